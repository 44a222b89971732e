//===- StagedCopies.h - Tiles that pass no register -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The loop of a product may copy what all subgroups read straight from global to shared memory,
// some steps ahead. Shared memory has a slot for each stage; a slot can't be read from its copies
// until they have been waited for, nor be written from then until a barrier behind its last read.
// Of scales a step has so few in a row that those of all steps are copied before the first.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LOOPS_STAGEDCOPIES_H
#define MOEC_LIB_SIMT_LOOPS_STAGEDCOPIES_H

#include "../Layout/TileValue.h"
#include "../Lower/Access.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseSet.h"

namespace moec::simt {

/// The part of a loop's body that runs ahead.
struct AheadLoads {
  /// Loads and the scalars that say where, in the order of the body.
  llvm::SmallVector<mlir::Operation *> ops;
  /// The tiles that the loads make, and the loads, which the step itself leaves out.
  llvm::SmallVector<mlir::Value> tiles;
  llvm::DenseSet<mlir::Operation *> loads;
};

/// A loop of so many steps whose loads run `stages` − 1 steps ahead.
struct StagedLoop {
  mlir::scf::ForOp op;
  int64_t steps;
  unsigned stages;
  /// Whether what can pass by registers does.
  bool copies;
  AheadLoads ahead;
};

/// A step of such a loop, by what is known of it.
struct StagedStep {
  mlir::scf::ForOp loop;
  bool isLast = false;
};

/// One stream of a tile, copied in pieces.
struct StagedStream {
  StagedStream(const StoredRef &stored, mx::BlockStream stream) : stored(stored), stream(stream) {}

  StoredRef stored;
  mx::BlockStream stream;
  /// The type of a stored element, of which a tile has so many rows and columns.
  mlir::Type element;
  int64_t rows = 0, columns = 0;
  /// Whether the copies before the first step are for all steps: each has columns of its own, or
  /// all have the same.
  bool isWhole = false;
  /// Columns that are copied at once, and those that shared memory has room for, a power of two: of
  /// a step, or of all; and how many of a step's columns the last one has.
  int64_t copied = 0, padded = 0, lastColumns = 0;
  /// Bytes that a lane copies at once, and whether they pass a register, as no copy is as short.
  unsigned pieceBytes = 0;
  bool byRegisters = false;
  /// Where an element of [rows, padded] lies behind the stream's first byte, and where that is: in
  /// a slot, or in shared memory.
  BitMatrix address;
  unsigned offset = 0, bytes = 0;
  /// Which elements a lane copies: its pieces, one after the other.
  LinearLayout pieces;
  /// Where each of them is in the first step.
  llvm::SmallVector<WindowPlace> sources;

  unsigned getLog2Bytes() const { return llvm::Log2_32(stored.bytes); }
  /// A layout of a step's elements as one of [rows, padded].
  LinearLayout embed(const LinearLayout &layout) const;
};

/// A load or gather whose tile products alone take.
struct StagedTile {
  mlir::Operation *load;
  StagedStream codes;
  std::optional<StagedStream> scales;
};

/// The tile in a layout in which products take it, and for each stream the part of the address that
/// this lane and subgroup choose.
struct StagedOperand {
  unsigned tile;
  TileLayout layout;
  mlir::Value codesPart, scalesPart;
  /// Scales that no step changes, in registers: four in a dword.
  std::optional<Distributed> fixedScales;
};

/// What a loop copies.
struct StagedCopies {
  llvm::SmallVector<StagedTile, 1> tiles;
  llvm::DenseMap<mlir::Value, StagedOperand> operands;
  /// The number of the first step.
  mlir::Value first;
  /// Slots, bytes of one and of what is copied whole, behind the last; copies of a lane in a step.
  unsigned slots = 0, slotBytes = 0, wholeBytes = 0, accesses = 0;
  /// Loads to registers through windows, of as many bytes as one instruction moves, so that they
  /// stay one each: those so far, and those of one step that run ahead.
  unsigned wideLoads = 0, loads = 0;
  /// For each slot the scope of its bytes, and the scopes of all others; then that of what is
  /// whole.
  llvm::SmallVector<CopyScopes> scopes;
  /// The slot that the current step reads, and that step's number.
  unsigned current = 0;
  mlir::Value number;
  /// Whether that step is one of a round, so that sums come from the round before.
  bool inRounds = false;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LOOPS_STAGEDCOPIES_H
