//===- Machine.cpp - Facts about one x86-64 chip --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/Machine.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <map>

using namespace moec;
using namespace moec::cpu;

/// What kernels are written for, on every chip.
static constexpr const char *baseFeatures[] = {"avx2", "fma", "f16c", "bmi2"};

/// What else LLVM may choose instructions from when the chip has it, so that a device must have it
/// too. Features that only name how fast something is, or that need intrinsics, are not here.
static constexpr const char *usedFeatures[] = {
    "sse3",       "ssse3",        "sse4.1",         "sse4.2",     "sse4a",      "popcnt",
    "lzcnt",      "bmi",          "movbe",          "fma4",       "xop",        "tbm",
    "avx512f",    "avx512bw",     "avx512vl",       "avx512dq",   "avx512cd",   "avx512vnni",
    "avx512vbmi", "avx512vbmi2",  "avx512bitalg",   "avx512ifma", "avx512bf16", "avx512fp16",
    "avxvnni",    "avxvnniint8",  "avxvnniint16",   "avxifma",    "gfni",       "vaes",
    "vpclmulqdq", "avxneconvert", "avx512vpopcntdq"};

llvm::SmallVector<unsigned> Machine::getBlockRows() const {
  // Accumulators, a panel's vectors and one broadcast share the registers: with two vectors at a
  // time, 12 rows take 24 + 2 + 1 of 32, and 6 rows 12 + 2 + 1 of 16.
  if (registers == 32)
    return {12, 8, 4, 2, 1};
  return {6, 4, 2, 1};
}

unsigned Machine::getBlockVectors(unsigned rows, unsigned panel) const {
  unsigned all = panel / getLanes();
  // With 16 registers, two rows still take the whole panel: 8 accumulators, 4 vectors, one
  // broadcast. Higher blocks take half of its columns at a time.
  return registers == 16 && rows > 2 ? all / 2 : all;
}

llvm::SmallVector<unsigned> Machine::getScaledBlockRows(int64_t most) const {
  // Without sums of 16 bits there is room for more rows, which share the work on a panel's codes. A
  // tall block reads half a panel's width at a time, so it is for panels that come from a cache.
  if (vnni && most >= 24)
    return {12, 8, 4, 2, 1};
  return {4, 2, 1};
}

unsigned Machine::getScaledVectors(unsigned rows, unsigned panel) const {
  // Each vector of a row takes an accumulator of f32, one of 32 bits and, without VNNI, one of 16.
  unsigned all = panel / getLanes();
  if (rows > 4)
    return 1;
  // With 32 registers 4 rows of 2 vectors take 24; with 16 all rows together get as many vectors as
  // a panel has, 4, which take 12.
  return registers == 32 ? all : std::max(1u, all / rows);
}

/// What LLVM knows about a processor that exists.
static std::unique_ptr<llvm::MCSubtargetInfo> describe(const std::string &processor,
                                                       const std::string &features) {
  std::string message;
  llvm::Triple triple(Machine::triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(triple, processor, features));
}

std::vector<std::string> Machine::getRequiredFlags() const {
  std::vector<std::string> flags(std::begin(baseFeatures), std::end(baseFeatures));
  std::unique_ptr<llvm::MCSubtargetInfo> info = describe(processor, features);
  for (const char *feature : usedFeatures)
    if (info->checkFeatures(std::string("+") + feature))
      flags.push_back(feature);
  return flags;
}

/// The host's processor and, as `+feature,-feature`, what it has and lacks in spite of its name.
static std::pair<std::string, std::string> describeHost() {
  std::string processor = llvm::sys::getHostCPUName().str(), features;
  std::unique_ptr<llvm::MCSubtargetInfo> named = describe(processor, "");
  // In the order of the names, so that the same host gives the same text.
  std::map<std::string, bool> flags;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    flags[feature.first().str()] = feature.second;
  for (const auto &[name, present] : flags) {
    bool known = llvm::any_of(named->getAllProcessorFeatures(),
                              [&](const auto &feature) { return name == feature.Key; });
    // Only differences from the name, so that most hosts are a name alone.
    if (known && named->checkFeatures("+" + name) != present)
      features += (features.empty() ? "" : ",") + std::string(present ? "+" : "-") + name;
  }
  return {processor, features};
}

Expected<Machine> Machine::get(const std::string &chip) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  Machine machine;
  size_t comma = chip.find(',');
  machine.processor = chip.substr(0, comma);
  if (comma != std::string::npos)
    machine.features = chip.substr(comma + 1);
  if (machine.processor.empty() || machine.processor == "native") {
    auto [processor, features] = describeHost();
    machine.processor = processor;
    if (!features.empty())
      machine.features = features + (machine.features.empty() ? "" : "," + machine.features);
  }
  std::string message;
  llvm::Triple triple(Machine::triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return Error::make("no code generator for x86-64: ", message);
  // Asked of a subtarget without a name, since one with an unknown name complains on stderr.
  std::unique_ptr<llvm::MCSubtargetInfo> any(target->createMCSubtargetInfo(triple, "", ""));
  if (!any || !any->isCPUStringValid(machine.processor))
    return Error::make("unknown processor '", machine.processor, "'");
  std::unique_ptr<llvm::MCSubtargetInfo> info = describe(machine.processor, machine.features);
  auto has = [&](const char *feature) { return info->checkFeatures(std::string("+") + feature); };
  for (const char *feature : baseFeatures)
    if (!has(feature))
      return Error::make("processor '", machine.processor, "' lacks ", feature,
                         ", which kernels need");
  // All four or none: kernels are written for masks of bytes and words (BW), 256-bit forms (VL) and
  // conversions of 64-bit lanes (DQ) without asking for each.
  machine.avx512 = has("avx512f") && has("avx512bw") && has("avx512vl") && has("avx512dq");
  machine.vnni = machine.avx512 && has("avx512vnni");
  machine.vbmi = machine.avx512 && has("avx512vbmi");
  machine.vectorBits = machine.avx512 ? 512 : 256;
  machine.registers = machine.avx512 ? 32 : 16;
  return machine;
}
