//===- Atom.h - Instructions of whole subgroups, as data --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An atom is one instruction with the layouts of its operands. The layouts drive how products are
// cut, where tiles lie and how weights are packed; what the instruction is called is the machine's
// affair.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_ATOM_H
#define MOEC_SIMT_ATOM_H

#include "moec/Layout/LinearLayout.h"

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <vector>

namespace moec::simt {

/// The element formats of matrix operands.
enum class Format { F32, BF16, I8, FP8, BF8, FP6, BF6, FP4 };

/// Bits of one element.
unsigned getBits(Format format);

/// The operands of an atom.
enum class Side { First, Second };

/// One matrix instruction: D[i][j] = C[i][j] + Σ_k A[i][k] · B[j][k], where A, the first operand,
/// is [rows, k], B is [columns, k] and C and D are [rows, columns]. C and D are f32, or i32 if the
/// operands are I8. In every layout a register is one element.
struct Atom {
  /// Where the numbers of both operands lie if they have this format.
  struct Operands {
    Format format;
    LinearLayout first, second;
  };
  /// Where their scales lie: [rows, k / scaleBlock] and [columns, k / scaleBlock].
  struct Scales {
    LinearLayout first, second;
  };

  /// The machine's name of it.
  llvm::StringRef name;
  /// Extents, powers of two.
  unsigned rows, columns, k;
  /// The formats that it takes; a scaled atom takes any two of them.
  std::vector<Operands> operands;
  LinearLayout result;
  /// The scale that each lane supplies, the same for every format; none if operands have none.
  std::optional<Scales> scales = {};

  bool isScaled() const { return scales.has_value(); }
  /// Whether it takes operands of this format.
  bool takes(Format format) const;
  /// That of an operand, whose format it takes.
  const LinearLayout &getOperandLayout(Side side, Format format) const;
  const LinearLayout &getScaleLayout(Side side) const;
};

/// Numbers along k that share one scale of a scaled atom, or of groups of int8.
inline constexpr unsigned scaleBlock = 32;

/// A read of shared memory that moves elements between the lanes of a subgroup: a lane names a
/// piece, which is a run of neighbours, and receives as many elements of other pieces.
struct ReadAtom {
  /// The machine's name of it.
  llvm::StringRef name;
  unsigned elementBits;
  /// Bytes that a lane names and receives.
  unsigned bytes;
  /// (register, lane) → element of a tile: what each lane names, and what it receives.
  LinearLayout pieces, received;

  /// Elements that a lane names and receives.
  unsigned getNumElements() const { return pieces.getNumRegisters(); }
  /// What lanes have to name so that they receive `wanted`; nothing if a piece would not be a run
  /// of neighbours in it.
  std::optional<LinearLayout> getPiecesOf(const LinearLayout &wanted) const;
};

} // namespace moec::simt

#endif // MOEC_SIMT_ATOM_H
