//===- CpuFeatures.cpp - What this processor has ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Bits as in Intel's manual (volume 2, CPUID; volume 1, chapter 13) and AMD's (volume 3, appendix
// E). A feature whose registers the operating system does not save is none.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/device/CpuFeatures.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sched.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

using namespace moec::cpu;

//===----------------------------------------------------------------------===//
// The table of features
//===----------------------------------------------------------------------===//

namespace {
enum Register { eax, ebx, ecx, edx };

/// Parts of the state in XCR0: SSE and AVX; those and the masks, the upper halves and the upper 16
/// of the vectors; the tiles' configuration and their data.
constexpr uint64_t none = 0, avx = 0x6, avx512 = 0xe6, tiles = 0x60000;
/// Of these a process has to ask before it uses them.
constexpr uint64_t onRequest = 0x40000;

struct Feature {
  std::string_view name; ///< LLVM's
  uint32_t leaf, subleaf;
  Register where;
  unsigned bit;
  uint64_t state;
};
} // namespace

/// Instructions that code may be made of, in the order of the alphabet.
static constexpr Feature features[] = {{"adx", 7, 0, ebx, 19, none},
                                       {"aes", 1, 0, ecx, 25, none},
                                       {"amx-bf16", 7, 0, edx, 22, tiles},
                                       {"amx-complex", 7, 1, edx, 8, tiles},
                                       {"amx-fp16", 7, 1, eax, 21, tiles},
                                       {"amx-int8", 7, 0, edx, 25, tiles},
                                       {"amx-tile", 7, 0, edx, 24, tiles},
                                       {"avx", 1, 0, ecx, 28, avx},
                                       {"avx2", 7, 0, ebx, 5, avx},
                                       {"avx512bf16", 7, 1, eax, 5, avx512},
                                       {"avx512bitalg", 7, 0, ecx, 12, avx512},
                                       {"avx512bw", 7, 0, ebx, 30, avx512},
                                       {"avx512cd", 7, 0, ebx, 28, avx512},
                                       {"avx512dq", 7, 0, ebx, 17, avx512},
                                       {"avx512f", 7, 0, ebx, 16, avx512},
                                       {"avx512fp16", 7, 0, edx, 23, avx512},
                                       {"avx512ifma", 7, 0, ebx, 21, avx512},
                                       {"avx512vbmi", 7, 0, ecx, 1, avx512},
                                       {"avx512vbmi2", 7, 0, ecx, 6, avx512},
                                       {"avx512vl", 7, 0, ebx, 31, avx512},
                                       {"avx512vnni", 7, 0, ecx, 11, avx512},
                                       {"avx512vp2intersect", 7, 0, edx, 8, avx512},
                                       {"avx512vpopcntdq", 7, 0, ecx, 14, avx512},
                                       {"avxifma", 7, 1, eax, 23, avx},
                                       {"avxneconvert", 7, 1, edx, 5, avx},
                                       {"avxvnni", 7, 1, eax, 4, avx},
                                       {"avxvnniint16", 7, 1, edx, 10, avx},
                                       {"avxvnniint8", 7, 1, edx, 4, avx},
                                       {"bmi", 7, 0, ebx, 3, none},
                                       {"bmi2", 7, 0, ebx, 8, none},
                                       {"cmov", 1, 0, edx, 15, none},
                                       {"crc32", 1, 0, ecx, 20, none},
                                       {"cx16", 1, 0, ecx, 13, none},
                                       {"cx8", 1, 0, edx, 8, none},
                                       {"f16c", 1, 0, ecx, 29, avx},
                                       {"fma", 1, 0, ecx, 12, avx},
                                       {"fma4", 0x80000001, 0, ecx, 16, avx},
                                       {"fxsr", 1, 0, edx, 24, none},
                                       {"gfni", 7, 0, ecx, 8, none},
                                       {"lzcnt", 0x80000001, 0, ecx, 5, none},
                                       {"mmx", 1, 0, edx, 23, none},
                                       {"movbe", 1, 0, ecx, 22, none},
                                       {"pclmul", 1, 0, ecx, 1, none},
                                       {"popcnt", 1, 0, ecx, 23, none},
                                       {"prfchw", 0x80000001, 0, ecx, 8, none},
                                       {"rdrnd", 1, 0, ecx, 30, none},
                                       {"rdseed", 7, 0, ebx, 18, none},
                                       {"sahf", 0x80000001, 0, ecx, 0, none},
                                       {"sha", 7, 0, ebx, 29, none},
                                       {"sse", 1, 0, edx, 25, none},
                                       {"sse2", 1, 0, edx, 26, none},
                                       {"sse3", 1, 0, ecx, 0, none},
                                       {"sse4.1", 1, 0, ecx, 19, none},
                                       {"sse4.2", 1, 0, ecx, 20, none},
                                       {"sse4a", 0x80000001, 0, ecx, 6, none},
                                       {"ssse3", 1, 0, ecx, 9, none},
                                       {"tbm", 0x80000001, 0, ecx, 21, none},
                                       {"vaes", 7, 0, ecx, 9, avx},
                                       {"vpclmulqdq", 7, 0, ecx, 10, avx},
                                       {"x87", 1, 0, edx, 0, none},
                                       {"xop", 0x80000001, 0, ecx, 11, avx},
                                       {"xsave", 1, 0, ecx, 26, none}};

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

#if defined(__x86_64__)
/// XCR0, which only a processor whose operating system has switched it on lets programs read.
static uint64_t readSavedState() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

ProcessorState ProcessorState::read() {
  // Leaves that the table and the processor's name are in.
  static constexpr std::pair<uint32_t, uint32_t> wanted[] = {
      {1, 0}, {7, 0}, {7, 1}, {0x80000001, 0}, {0x80000002, 0}, {0x80000003, 0}, {0x80000004, 0}};
  constexpr unsigned osxsave = 27;
  constexpr int getSupportedState = 0x1021; // ARCH_GET_XCOMP_SUPP, newer than many headers
  ProcessorState state;
  for (auto [leaf, subleaf] : wanted) {
    std::array<uint32_t, 4> out;
    // Subleaf 0 of leaf 7 says how many more it has.
    if (subleaf != 0 && state.leaves[{leaf, 0}][eax] < subleaf)
      continue;
    if (__get_cpuid_count(leaf, subleaf, &out[eax], &out[ebx], &out[ecx], &out[edx]))
      state.leaves[{leaf, subleaf}] = out;
  }
  if (state.leaves[{1, 0}][ecx] >> osxsave & 1)
    state.saved = readSavedState();
  // A kernel that does not know the call has no state that is on request.
  if (syscall(SYS_arch_prctl, getSupportedState, &state.permitted) != 0)
    state.permitted = 0;
  return state;
}
#else
ProcessorState ProcessorState::read() { return {}; }
#endif

/// The 48 bytes of the processor's name, without the spaces around it.
static std::string readName(const ProcessorState &state) {
  std::string name;
  for (uint32_t leaf : {0x80000002, 0x80000003, 0x80000004}) {
    auto found = state.leaves.find({leaf, 0});
    if (found == state.leaves.end())
      return {};
    name.append(reinterpret_cast<const char *>(found->second.data()), 16);
  }
  name.resize(std::strlen(name.c_str()));
  size_t begin = name.find_first_not_of(' ');
  return begin == name.npos ? "" : name.substr(begin, name.find_last_not_of(' ') + 1 - begin);
}

CpuFeatures::CpuFeatures(const ProcessorState &state) : modelName(readName(state)) {
  for (const Feature &feature : features) {
    auto found = state.leaves.find({feature.leaf, feature.subleaf});
    bool isThere =
        found != state.leaves.end() && (found->second[feature.where] >> feature.bit & 1) != 0;
    uint64_t asked = feature.state & onRequest;
    if (isThere && (state.saved & feature.state) == feature.state &&
        (state.permitted & asked) == asked)
      names.insert(feature.name);
  }
}

std::vector<std::string_view> CpuFeatures::known() {
  std::vector<std::string_view> names;
  for (const Feature &feature : features)
    names.push_back(feature.name);
  return names;
}

bool CpuFeatures::requestTiles() {
  constexpr int requestState = 0x1023; // ARCH_REQ_XCOMP_PERM, newer than many headers
  constexpr int tileData = 18;         // onRequest as a number
  return syscall(SYS_arch_prctl, requestState, tileData) == 0;
}

void CpuFeatures::add(std::string_view name) {
  for (const Feature &feature : features)
    if (feature.name == name)
      names.insert(feature.name);
}

void CpuFeatures::removeAll(std::string_view prefix) {
  std::erase_if(names, [&](std::string_view name) { return name.starts_with(prefix); });
}

std::string CpuFeatures::describeMissing(const std::vector<std::string> &wanted) const {
  std::string missing;
  for (const std::string &name : wanted)
    if (!has(name))
      missing += (missing.empty() ? "" : ", ") + name;
  if (missing.empty())
    return {};
  return "this processor (" + (modelName.empty() ? "unknown" : modelName) + ") lacks " + missing +
         "; compile the model for this machine";
}

//===----------------------------------------------------------------------===//
// Cores and caches
//===----------------------------------------------------------------------===//

/// The first word of a file; empty if it cannot be read.
static std::string readWord(const std::string &path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

/// `32K` as bytes; 0 if it is none.
static uint64_t parseSize(const std::string &text) {
  size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 15)
    return 0;
  uint64_t number = std::stoull(text.substr(0, digits));
  std::string unit = text.substr(digits);
  return unit == "K" ? number << 10 : unit == "M" ? number << 20 : unit.empty() ? number : 0;
}

HostFacts HostFacts::read(const std::string &processors) {
  HostFacts facts;
  cpu_set_t set;
  facts.cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? unsigned(CPU_COUNT(&set))
                                                             : std::thread::hardware_concurrency();
  // Four or five caches: instructions, data, and the levels behind.
  for (unsigned index = 0; index != 16; ++index) {
    std::string folder = processors + "/cpu0/cache/index" + std::to_string(index) + "/";
    std::string level = readWord(folder + "level"), type = readWord(folder + "type");
    if (type != "Data" && type != "Unified")
      continue;
    if (level == "1")
      facts.firstLevelBytes = parseSize(readWord(folder + "size"));
    if (level == "2")
      facts.secondLevelBytes = parseSize(readWord(folder + "size"));
  }
  return facts;
}
