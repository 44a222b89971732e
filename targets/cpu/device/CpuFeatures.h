//===- CpuFeatures.h - What this processor has ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Features by the names that LLVM uses, so that an artifact can say what its kernels need.
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_CPU_DEVICE_CPUFEATURES_H
#define TARGETS_CPU_DEVICE_CPUFEATURES_H

#include <set>
#include <string>
#include <string_view>

namespace moec::cpu {

/// The features of a processor.
class CpuFeatures {
public:
  /// Reads those of this machine that its operating system enables.
  static CpuFeatures host();
  /// The features in the text of Linux's /proc/cpuinfo.
  static CpuFeatures parse(std::string_view cpuinfo);

  /// True when the processor has the feature that LLVM calls `name`, for example "avx512vnni".
  bool has(std::string_view name) const;
  /// The processor's name, for people; empty when unknown.
  const std::string &model() const { return modelName; }

private:
  std::set<std::string, std::less<>> flags;
  std::string modelName;
};

} // namespace moec::cpu

#endif // TARGETS_CPU_DEVICE_CPUFEATURES_H
