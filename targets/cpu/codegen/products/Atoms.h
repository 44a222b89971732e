//===- Atoms.h - How the CPU multiplies, as data ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A product of rows and a packed weight is made of register blocks, and a register block is an
// atom: the instruction that multiplies, what has to lie how on both sides of it, and how high and
// wide a block may be. What a machine has decides which atom it takes, here and nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_ATOMS_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_ATOMS_H

#include "targets/cpu/codegen/products/Packing.h"

namespace moec::cpu {

/// What the rows on the left are, as bits of a set.
enum class Rows : unsigned {
  Numbers = 1,     ///< anything as f32
  ShortCodes = 2,  ///< E2M1 codes, doubled: integers up to 12
  WideCodes = 4,   ///< int8 codes
  GroupCodes = 16, ///< int8 codes with one scale for more than 32 of them, which sums may span
  Bf16 = 8 ///< bf16, where the weight's numbers are, too, and K is whole steps of `pairStep`
};

/// The k of one step of a product of bf16 in pairs. Where a machine has AMX the even and the odd k
/// of a step are two chains of multiply-adds from zero, whose sum is then added, as in tiles; else
/// all pairs of a row are one chain, the odd k of each before the even one.
inline constexpr int64_t pairStep = 32;

/// How a left operand is staged.
struct CodeStaging {
  /// Places within a group of codes, in the order they are stored; empty for rows of numbers.
  llvm::ArrayRef<int64_t> order;
  /// Bits of a staged code, 8 or 16, or number: 32, f32, or 16, bf16.
  unsigned bits = 32;
};

/// k of one product of tiles of bytes. Groups of codes that tiles multiply are whole steps.
inline constexpr int64_t byteStep = 64;

/// How a register block adds up; the code of each is in MicroKernels.cpp, PairKernels.cpp,
/// ScaledKernels.cpp and FoldedKernels.cpp, that of tiles in TileKernels.cpp.
enum class Body {
  TilesOfBytes, ///< AMX: a group of k of a panel whose codes lie in fours, in sums of 32 bits
  Tiles,        ///< AMX: steps of `pairStep` k of a panel whose bf16 lie in pairs
  Pairs,        ///< the same numbers by multiply-adds of f32, for few rows
  PairsOfBf16,  ///< Instruction::AddPairsOfBf16, one chain of pairs along K
  MultiplyAdd,  ///< a fused multiply-add of f32 for each k
  FoursOfBytes, ///< Instruction::AddFoursOfBytes
  PairsOfBytes, ///< Instruction::AddPairsOfBytes, widened before 16 bits overflow
  PairsOfWords  ///< Instruction::AddPairsOfWords
};

/// A register block: rows of the left operand, vectors of a panel.
struct RegisterBlock {
  unsigned rows, vectors;
};

/// What is multiplied: rows, of which a tile has `height`, by a weight of codes or of numbers,
/// which are bf16 in pairs of k or f32 and bf16 by k.
struct Operands {
  Rows rows;
  std::optional<CodeType> codes;
  bool paired = false;
  int64_t height = 1;
};

/// One row of the table.
struct ProductAtom {
  /// The instruction that multiplies and the registers it takes.
  llvm::StringLiteral instruction;
  Isa needs;
  /// The Rows that it multiplies.
  unsigned rows;
  /// The types of the weight's codes, a bit each; or of its numbers, `byK` or `byPairs`.
  unsigned weights;
  const Packing *packing;
  CodeStaging staging;
  Body body;
  /// Register blocks, highest first, which cover any number of rows; and those for tiles of at
  /// least `manyRows` rows.
  llvm::ArrayRef<RegisterBlock> blocks, tallBlocks;
  /// Multiply-adds of a core in a cycle at most, operands in registers.
  unsigned rate;

  /// Rows that a tile of the left operand has at least.
  int64_t leastRows = 1;

  static constexpr unsigned byK = 1u << 16, byPairs = 1u << 17;

  /// `vpdpbusd.zmm/nibbles`, unlike any other's of the table.
  std::string getName() const {
    return (instruction + "/" + packing->name + (body == Body::Pairs ? "/by-pairs" : "")).str();
  }
  /// The blocks for a tile of so many rows.
  llvm::ArrayRef<RegisterBlock> getBlocks(int64_t rows) const {
    return rows >= manyRows ? tallBlocks : blocks;
  }
  bool multiplies(const Operands &operands) const {
    unsigned weight = operands.codes    ? 1u << unsigned(*operands.codes)
                      : operands.paired ? byPairs
                                        : byK;
    return (rows & unsigned(operands.rows)) != 0 && (weights & weight) != 0 &&
           operands.height >= leastRows;
  }
  /// What is added to every code of a weight to make it unsigned, where the body wants that; the
  /// sum of a block's left codes times this is taken off again.
  int64_t getBias(CodeType codes) const;

  static constexpr int64_t manyRows = 24;
};

/// All of them, preferred ones first.
llvm::ArrayRef<ProductAtom> getProductAtoms();

/// The atom of a machine for such operands; null if there is none. For Rows::Numbers there is
/// always one, but of weights in pairs, which only machines that multiply these have.
const ProductAtom *findAtom(const Machine &machine, const Operands &operands);

/// How a weight of codes lies on a machine: all atoms that it may be multiplied by there agree.
const Packing *getPacking(const Machine &machine, CodeType codes);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_ATOMS_H
