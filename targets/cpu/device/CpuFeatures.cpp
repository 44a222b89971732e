//===- CpuFeatures.cpp - What this processor has ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Linux and LLVM spell most features alike, up to punctuation; a table has the others.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/device/CpuFeatures.h"

#include <fstream>
#include <iterator>
#include <utility>

using namespace moec::cpu;

/// LLVM's name and Linux's where they differ by more than punctuation.
static constexpr std::pair<std::string_view, std::string_view> aliases[] = {
    {"bmi", "bmi1"},
    {"lzcnt", "abm"},
    {"pclmul", "pclmulqdq"},
    {"sahf", "lahf_lm"},
    {"prfchw", "3dnowprefetch"},
    {"sha", "sha_ni"},
    {"sse3", "pni"},
    {"crc32", "sse4_2"},
    {"rdrnd", "rdrand"},
    {"x87", "fpu"},
    {"64bit", "lm"}};

/// `name` without punctuation.
static std::string plain(std::string_view name) {
  std::string out;
  for (char c : name)
    if (c != '_' && c != '.' && c != '-')
      out.push_back(c);
  return out;
}

/// What follows the colon of the first line that begins with `key`; empty when there is none.
static std::string_view field(std::string_view text, std::string_view key) {
  size_t begin = text.find(key);
  if (begin == std::string_view::npos)
    return {};
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  size_t colon = line.find(':');
  if (colon == std::string_view::npos)
    return {};
  line.remove_prefix(std::min(colon + 2, line.size()));
  return line;
}

CpuFeatures CpuFeatures::parse(std::string_view cpuinfo) {
  CpuFeatures features;
  features.modelName = field(cpuinfo, "model name");
  std::string_view list = field(cpuinfo, "flags");
  while (!list.empty()) {
    size_t end = std::min(list.find(' '), list.size());
    features.flags.insert(plain(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return features;
}

CpuFeatures CpuFeatures::host() {
  std::ifstream file("/proc/cpuinfo");
  return parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

bool CpuFeatures::has(std::string_view name) const {
  for (const auto &[llvmName, linuxName] : aliases)
    if (name == llvmName)
      return flags.count(plain(linuxName)) != 0;
  return flags.count(plain(name)) != 0;
}
