//===- Queries.h - Queries and the cache rows they see ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the kernels that read caches share: walking over the queries of a ragged batch, loading
// heads, and turning positions of a sequence into cache rows.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_QUERIES_H
#define MOEC_LIB_CONVERSION_MOETOTILE_QUERIES_H

#include "Emitter.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

namespace moec {

/// A range of a row.
struct Piece {
  int64_t offset, width;
};

/// Cuts a width into powers of two, largest first: 576 is 512 and 64. Tiles of these extents need
/// no masks.
llvm::SmallVector<Piece> cutWidth(int64_t width, int64_t offset = 0);

/// Consecutive tokens of one sequence in this step, at consecutive positions. All are index values.
struct QueryRun {
  /// How many queries a tile has; `count` of them are live, at least 1.
  int64_t queries;
  mlir::Value firstToken, count;
  mlir::Value firstPosition, lastPosition;
  /// Where the sequence's row of the block table starts.
  mlir::Value tableRow;
};

/// Emits `body` for the runs among tokens `queries * block` … of the step: one where `queries` is
/// 1, else for each sequence that has tokens there. A run of one token gets a body of its own, with
/// `queries` = 1.
void forEachQueryRun(Emitter &e, const GroupKernel &kernel, int64_t queries, mlir::Value block,
                     llvm::function_ref<void(const QueryRun &)> body);

/// The positions of a run's queries, as an i32 tile [queries, 1].
mlir::Value emitQueryPositions(Emitter &e, const QueryRun &run);

/// Heads `first` … of a tensor [tokens, heads, width] that may be stored as [tokens, heads *
/// width].
struct HeadRange {
  int64_t heads, width;
  /// How many heads a tile has, the first head, and how many are left (null: at least a tile's).
  int64_t block;
  mlir::Value first, left;
};

/// Loads the heads of a run's tokens: a tile [queries * block, piece's width] for each piece.
llvm::SmallVector<mlir::Value> loadHeads(Emitter &e, mlir::Value ref, const QueryRun &run,
                                         const HeadRange &range, llvm::ArrayRef<Piece> pieces);
/// Stores such tiles.
void storeHeads(Emitter &e, llvm::ArrayRef<mlir::Value> tiles, mlir::Value ref, const QueryRun &run,
                const HeadRange &range, llvm::ArrayRef<Piece> pieces);

/// A tile as products take it, in f32 or bf16; of codes their numbers.
mlir::Value toOperand(Emitter &e, mlir::Value tile);

/// The cache rows of an i32 tile of positions [keys]; −1 where `visible` is false.
mlir::Value emitCacheRows(Emitter &e, mlir::Value table, const QueryRun &run, mlir::Value positions,
                          mlir::Value visible, int64_t pageSize);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_QUERIES_H
