//===- Weights.h - Weights of every format for tests ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Random matrices as the packer would leave them, with their exact values beside.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_CPUCODEGEN_WEIGHTS_H
#define MOEC_UNITTESTS_CPUCODEGEN_WEIGHTS_H

#include "Harness.h"

namespace moec::cpu::test {

/// `matrices` matrices of rows x columns numbers, packed as the target packs them or row-major.
struct Weight {
  enum Format { F32, BF16, FP4, Int8, Int4 };
  static constexpr Format formats[] = {F32, BF16, FP4, Int8, Int4};

  Weight(Format format, int64_t rows, int64_t columns, bool packed, unsigned seed = 3,
         int64_t matrices = 1);

  bool isScaled() const { return format != F32 && format != BF16; }
  std::string elementType() const;
  /// The type of its ref; three dimensions if there are several matrices.
  std::string refType() const;
  /// Arguments (x, weight, y, rows).
  std::vector<Word> words(Word x, std::vector<float> &y, int64_t rows);
  /// The weight's own words.
  std::vector<Word> own();

  Format format;
  int64_t rows, columns, matrices;
  bool packed;
  /// Exact, row-major.
  std::vector<float> values;
  std::vector<uint8_t> codes, scaleBytes;
};

} // namespace moec::cpu::test

#endif // MOEC_UNITTESTS_CPUCODEGEN_WEIGHTS_H
