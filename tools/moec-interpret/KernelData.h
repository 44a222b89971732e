//===- KernelData.h - Arguments for any kernel ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arrays for the refs of a kernel about which nothing else is known: numbers of any type at random,
// and integers that count up, as lists of tokens, pages and sequences do.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECINTERPRET_KERNELDATA_H
#define MOEC_TOOLS_MOECINTERPRET_KERNELDATA_H

#include "moec/Interpreter/Interpreter.h"

#include <optional>
#include <string>
#include <vector>

namespace moec {

/// What the arguments shall be.
struct DataOptions {
  /// The extent of dynamic dimensions, and the bound of integers.
  int64_t rows = 8;
  /// Of the dynamic dimensions in the order of the refs; those that are not here are `rows`.
  std::vector<int64_t> extents;
  /// Of the index arguments in order; those that are not here are `rows`.
  std::vector<int64_t> indices;
  uint64_t seed = 1;
};

/// The arguments of a launch, which own their bytes.
class KernelData {
public:
  KernelData(tile::KernelOp kernel, const DataOptions &options);

  /// One argument: an array, whose type is not null, or a number.
  struct Entry {
    tile::RefType type;
    /// Its arrays, in the order of the kernel's words.
    llvm::SmallVector<std::vector<uint8_t>, 4> streams;
    int64_t index = 0;
  };
  std::vector<Entry> entries;

  /// They refer to the bytes here.
  std::vector<interpreter::Argument> getArguments();
  /// What is in arrays that both have, where it differs: a sentence for the first number of each. A
  /// number may be off by the rounding of its type and by `tolerance` of the array's largest one.
  std::vector<std::string> compare(const KernelData &other, double tolerance) const;
};

} // namespace moec

#endif // MOEC_TOOLS_MOECINTERPRET_KERNELDATA_H
