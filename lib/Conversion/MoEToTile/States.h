//===- States.h - Blocks that carry a sequence's state ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the kernels over states in slots share. A block owns a part of the state that no other one
// touches, reads it from the slot that a sequence goes on from, takes the sequence's tokens of this
// step in order, and writes it where the batch wants it kept; both slots may be one. Taken one by
// one, the result does not depend on how a sequence is cut into steps; in whole chunks, it does not
// as long as steps end at multiples of a chunk.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_STATES_H
#define MOEC_LIB_CONVERSION_MOETOTILE_STATES_H

#include "Emitter.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

namespace moec {

/// A part of the state of one sequence: `rows` rows of `width` numbers of it, as a tile of
/// `tileRows` rows, the last of which may be zeros.
struct StatePart {
  /// The state as rows of whole heads or channels: [slots * rowsOfSlot, …].
  mlir::Value ref;
  int64_t rowsOfSlot;
  /// The part's first row within a slot, its first column, and how many of its columns there are
  /// (null: all).
  mlir::Value firstRow, firstColumn, columns;
  int64_t rows, tileRows, width;
};

/// Loads the part from slot `slot`; zeros where that is −1.
mlir::Value loadState(Emitter &e, const StatePart &part, mlir::Value slot);
/// Stores it in slot `slot`; not at all where that is −1.
void storeState(Emitter &e, mlir::Value tile, const StatePart &part, mlir::Value slot);

/// What is done with a token, or with tokens that begin with it: it is given the first one's number
/// and the state before it, as tiles, and returns the state behind the last one.
using TokenBody =
    llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value token, mlir::ValueRange state)>;
using KeepState = llvm::function_ref<void(mlir::ValueRange state, mlir::Value slot)>;
/// The walk over the tokens of sequence `sequence` in this step; `keep` stores a state.
void forEachToken(Emitter &e, const GroupKernel &kernel, mlir::Value sequence,
                  llvm::ArrayRef<mlir::Value> state, TokenBody body, KeepState keep);
/// The same, but `chunk` tokens whose first one's position is a multiple of `chunk` are given to
/// `whole` together, where no state is to be kept between them. How a sequence is cut into steps at
/// other positions decides which tokens that are.
void forEachChunk(Emitter &e, const GroupKernel &kernel, mlir::Value sequence, int64_t chunk,
                  llvm::ArrayRef<mlir::Value> state, TokenBody whole, TokenBody body,
                  KeepState keep);

/// The slot that a sequence goes on from.
mlir::Value loadStartSlot(Emitter &e, const GroupKernel &kernel, mlir::Value sequence);

/// What a kernel over a state of `numbers` numbers a sequence has to do besides its rows.
/// It leaves what a block does to the family.
KernelWork countStateWork(const WorkRequest &request, int64_t numbers);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_STATES_H
