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

#include "moec/Formats/BlockFormat.h"

#include <optional>
#include <string_view>

namespace moec::cpu::test {

/// `matrices` matrices of rows x columns numbers, packed as the chip packs them or row-major.
struct Weight {
  /// f32, bf16, or a format's name: of the table, or of those that only checkpoints have.
  using Format = std::string_view;
  static constexpr Format F32 = "f32", BF16 = "bf16", FP4 = "mxfp4", Int8 = "int8", Int4 = "int4";
  /// All of them.
  static std::vector<Format> getFormats();

  Weight(Format format, int64_t rows, int64_t columns, bool packed, unsigned seed = 3,
         int64_t matrices = 1, const std::string &chip = "native");

  /// Takes these codes and scales, row-major as checkpoints have them, in place of random ones; of
  /// formats without zero points and global scales.
  void replace(std::vector<uint8_t> codes, std::vector<uint8_t> scaleBytes);

  bool isScaled() const { return block.has_value(); }
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
  std::string chip;
  /// The record of its row form, if it is block-scaled.
  std::optional<BlockFormat> block;
  /// Exact, row-major.
  std::vector<float> values;
  std::vector<uint8_t> codes, scaleBytes, zeros;
  std::vector<float> global;

private:
  /// Brings row-major codes and what is beside them into the chip's order, if it packs them.
  void pack();
};

/// The kernel @product of `?xK` activations with an N x K weight, in blocks of BM x BN x BK: of
/// numbers (f32 or bf16), or of codes, which are dequantised where only one side has blocks of 32
/// and scales alone.
std::string makeProduct(const Weight &weight, const std::string &activation, int64_t bm, int64_t bn,
                        int64_t bk, bool ofCodes = false);

/// |y − Σ a·w| ≤ 1e-5 · Σ |a·w|, in double precision.
void expectProduct(const std::vector<float> &x, const Weight &weight, const std::vector<float> &y,
                   int64_t rows);

} // namespace moec::cpu::test

#endif // MOEC_UNITTESTS_CPUCODEGEN_WEIGHTS_H
