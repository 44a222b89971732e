//===- Atoms.h - Matrix and transposing instructions, as data ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An atom is one instruction of a wave with the layouts of its operands. The layouts drive code
// generation and the packing of weights; the tests enumerate them against the manual's formulas.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_LAYOUT_ATOMS_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_LAYOUT_ATOMS_H

#include "moec/Layout/LinearLayout.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace moec::amdgpu {

/// The element formats of matrix operands.
enum class Format { F32, BF16, I8, FP8, BF8, FP6, BF6, FP4 };

/// Bits of one element.
unsigned getBits(Format format);
/// The code of a format in the cbsz and blgp fields of a scaled product; nothing for F32, BF16 and
/// I8.
std::optional<unsigned> getScaledCode(Format format);

/// One matrix instruction: D[i][j] = C[i][j] + Σ_k A[i][k] · B[j][k], by one wave of 64 lanes. C
/// and D are f32, or i32 if the operands are I8. Both operands have the same layout, over [rows,
/// k].
struct MfmaAtom {
  /// Whether operands carry one scale for each 32 elements along k.
  bool scaled;
  /// The format of unscaled operands.
  Format format;
  /// Extents. D is `rows` × `rows`.
  unsigned rows, k;
  /// The operation's name in the rocdl dialect.
  llvm::StringRef op;

  /// Whether the instruction takes operands of this format.
  bool takes(Format format) const;
  /// (register, lane) → [rows, k], for either operand. A register here is one element.
  LinearLayout getOperandLayout(Format format) const;
  /// (register, lane) → [rows, rows] of D; the first dimension is the first operand's.
  LinearLayout getResultLayout() const;
  /// (lane) → [rows, k / 32]: the scale byte that each lane supplies. Only if scaled; it doesn't
  /// depend on the format.
  LinearLayout getScaleLayout() const;
};

/// All matrix atoms of the machine, preferred ones first.
llvm::ArrayRef<MfmaAtom> getMfmaAtoms();
/// The preferred atom for operands of this format, scaled or not; null if there is none.
const MfmaAtom *findMfmaAtom(Format format, bool scaled);

/// A read of LDS that transposes: in each group of 16 lanes, lane i names a piece of a row, a row
/// being 16 elements, and receives column i of all the rows.
struct TransposeAtom {
  unsigned elementBits;
  /// Bytes that a lane names and receives.
  unsigned bytes;
  /// The operation's name in the rocdl dialect.
  llvm::StringRef op;

  /// Elements that a lane receives, which is how many rows a group has.
  unsigned getElements() const { return bytes * 8 / elementBits; }
  /// (register, lane) → [rows of all groups, 16]: what each lane names.
  LinearLayout getPieces() const;
  /// The same for what it receives.
  LinearLayout getColumns() const;
  /// What lanes have to name so that they receive `wanted`; nothing if a piece would not be
  /// neighbours of a row in it.
  std::optional<LinearLayout> getPiecesOf(const LinearLayout &wanted) const;
};

/// One for each width of elements.
llvm::ArrayRef<TransposeAtom> getTransposeAtoms();

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_LAYOUT_ATOMS_H
