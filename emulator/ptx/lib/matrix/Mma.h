//===- Mma.h - Products of matrices in registers ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// All mma.sync shapes m16n8kK have one layout. With e elements of A or B in a register of 32 bits,
// g = lane / 4 and t = lane % 4:
//
//   register j of A holds row g + 8 · (j % 2), columns e · t + 4 · e · (j / 2) and the e − 1 behind
//   register j of B holds column g, rows e · t + 4 · e · j and the e − 1 behind
//   register j of C and D holds row g + 8 · (j / 2), column 2 · t + j % 2
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_MATRIX_MMA_H
#define MOEC_EMULATOR_PTX_LIB_MATRIX_MMA_H

#include "emulator/ptx/lib/decode/Types.h"
#include "moec/emulator/ptx/Warp.h"

#include <cstdint>
#include <optional>

namespace moec::ptx {

constexpr unsigned kRows = 16, kColumns = 8, kMostK = 64;

/// What an mma.sync multiplies.
struct MmaForm {
  Ty a = Ty::None, b = Ty::None;
  uint8_t k = 0;           ///< Extent of K.
  uint8_t elements = 1;    ///< Of A or B in a register.
  uint8_t scaleVector = 0; ///< Scales of a row of A; 0: none.
  Ty scale = Ty::None;
  bool padded = false; ///< Elements of fewer than 8 bits lie in bytes.
  bool integer = false, saturates = false;
  unsigned registersA() const { return 2 * registersB(); }
  unsigned registersB() const { return k / (4u * elements); }
};

/// The scales of rows of A and of columns of B, block by block of K, and which are poison.
struct MmaScales {
  double a[kRows][4], b[kColumns][4];
  uint32_t poisonRows = 0, poisonColumns = 0;
};

/// Reads the last six sources of a scaled product: a register with scales of A, one with those of
/// B, and for each of them the selectors {byte, thread}, constants or registers. Row m of A has its
/// first scale in that byte of lane 4 · (m mod 8) + 2 · thread + m / 8, column n of B in lane
/// 4 · n + thread; those of further blocks of K lie in the bytes behind. False after a fault:
/// selectors that are undefined, differ among lanes, or are out of range.
bool readScales(Warp &w, const Instruction &inst, const MmaForm &form, MmaScales &scales);

/// The sum of one element of D when a card's freedom is used: products of some of K at a time, in
/// an order that the seed says, each sum's addends cut off 24 bits below the largest.
float perturbedSum(float c, const double *products, unsigned k, uint64_t seed);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_MATRIX_MMA_H
