//===- DotProducts.h - Sums of products of codes ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// What the register blocks of all products of codes are made of: exact sums of integers over a run
// of k, for a few rows of staged codes and a few vectors of a panel.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_KERNELS_DOTPRODUCTS_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_KERNELS_DOTPRODUCTS_H

#include "targets/cpu/codegen/products/Atoms.h"
#include "targets/cpu/codegen/products/Panels.h"

namespace moec::cpu {

/// One vector of sums, in the making.
struct BlockSum {
  mlir::Value total; ///< 32-bit lanes
  mlir::Value pairs; ///< 16-bit lanes that are not in `total` yet, or null
  unsigned count = 0;
};

/// 2 · number + 12 of E2M1 codes as bytes, by code, repeated within a vector.
mlir::Value getDoubledE2m1(CodeBuilder &b, unsigned lanes);

/// Dot products along K of a group of codes, into 32-bit lanes.
class DotProducts {
public:
  using Value = mlir::Value;

  DotProducts(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows rows,
              CodeType weight);

  /// The panel's words, as what each part of the left operand's words multiplies.
  llvm::SmallVector<Value> split(Value words);

  /// Adds, in every 32-bit lane (a column), the products of four codes of the left operand, which
  /// are the same for all lanes, with that column's four weights.
  void accumulate(BlockSum &sum, Value weights, Value codes);

  /// Moves what is in 16-bit lanes to the total.
  void widen(BlockSum &sum);

private:
  /// Signed 16-bit lanes, two neighbouring products added in 32 bits; times 1 it widens and adds
  /// pairs.
  Value multiplyWords(Value x, Value y);

  CodeBuilder &b;
  const Machine &machine;
  Body body;
  CodeType weight;
  unsigned lanes, longest;
  mlir::VectorType i32, i16, i8;
  Value biased;
};

/// The left operand of a product of codes: its codes, a scale for each of its blocks, and what the
/// sum of each run of k starts at.
struct LeftCodes {
  mlir::Value codes, scales, starts;
  int64_t stride; ///< codes from a row to the next
  int64_t block;  ///< codes with one scale

  int64_t getScalesPerRow() const { return stride / block; }
};

/// Sums over runs of `run` k, which blocks of both sides are whole ones of, for the rows of a
/// register block times vectors of the panel whose codes start at `panel`.
class CodeSums {
public:
  using Value = mlir::Value;

  CodeSums(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows kind,
           CodeType weight, RegisterBlock block, LeftCodes left, int64_t run, Value panel);

  /// Where the sum of a row's run starts, an i32: at -bias · Σ a, so that Σ (w + bias) · a ends at
  /// Σ w · a; or for weights with zero points Σ a.
  Value loadStart(Value run, unsigned row);

  /// The exact sums of a run in 32-bit lanes, by row and vector, from `starts` of its rows on.
  llvm::SmallVector<Value> sum(Value run, llvm::ArrayRef<Value> starts);

private:
  /// Adds the products of `columns` k from the codes' and words' places on.
  llvm::SmallVector<Value> addChunk(mlir::ValueRange totals, Value chunk);

  CodeBuilder &b;
  unsigned rows, vectors, lanes;
  int64_t group, codeBytes, run, chunk;
  LeftCodes left;
  Value panel;
  DotProducts dots;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_KERNELS_DOTPRODUCTS_H
