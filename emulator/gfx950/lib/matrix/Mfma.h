//===- Mfma.h - Matrix operations -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of matrix fused multiply-adds.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_MATRIX_MFMA_H
#define MOEC_EMULATOR_GFX950_LIB_MATRIX_MFMA_H

#include "emulator/gfx950/lib/vector/Narrow.h"
#include "moec/emulator/gfx950/Wave.h"

#include <cstdint>
#include <span>

namespace moec::gfx950 {

/// One opcode: `blocks` independent products of an M×K and a K×M matrix (all shapes are square).
/// `passes` are of four cycles; `xdl` tells the two kinds of matrix pipeline apart, whose hazard
/// windows differ.
struct MfmaOp {
  const char *name;
  uint8_t size; ///< M and N.
  uint8_t k;
  uint8_t blocks;
  Element a, b;
  bool integer;
  uint8_t passes;
  bool xdl;
};

/// Products of a single element type for each operand.
std::span<const MfmaOp> mfmaOps();
/// The f8f6f4 shapes, whose element types are operands; passes are those of 4- and 6-bit elements.
std::span<const MfmaOp> scaledMfmaOps();
/// Products with a matrix of which two of each four elements along K are stored.
std::span<const MfmaOp> sparseMfmaOps();

/// Gives the result registers their poison: a row of A (or its indices), a column of B or a
/// scale that holds any spreads over its row or column of the result, and the addend's stays in its
/// place.
void spreadMatrixPoison(Wave &wave, const Instruction &inst, const MfmaOp &op);
/// Register `r` of the addend in one lane.
uint32_t matrixAddend(const Wave &wave, const Operand &c, unsigned r, unsigned lane);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_MATRIX_MFMA_H
