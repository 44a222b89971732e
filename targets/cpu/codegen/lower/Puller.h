//===- Puller.h - Tiles, a vector at a time ---------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A tile is either *pulled*, recomputed a vector at a time where it is used, or *materialised* in
// scratch, by the loop nest that pulls it. A chain of elementwise ops is so one loop nest however
// many tiles it names, and the size of the code does not depend on the size of the tiles.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_PULLER_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_PULLER_H

#include "targets/cpu/codegen/lower/KernelState.h"
#include "targets/cpu/codegen/lower/ScratchPlan.h"
#include "targets/cpu/codegen/lower/Vectors.h"

#include <map>

namespace moec::cpu {

class Puller {
public:
  using Value = mlir::Value;

  Puller(KernelState &state, ScratchPlan &scratch)
      : state(state), scratch(scratch), machine(state.machine), b(state.b) {}

  //===--- Tiles in scratch (Materialize.cpp) -----------------------------===//
  /// The tile in scratch, put there now if it is not yet.
  Buffer getBuffer(Value tile);
  /// Computes the tile into `buffer`.
  void materializeInto(Value tile, const Buffer &buffer);
  /// Whether to materialise a pulled value where it is defined.
  bool worthKeeping(mlir::Operation *op);
  /// Leaves it to the reduction that goes over the value first to put it in scratch on the way, if
  /// there is one.
  bool leaveToReduction(mlir::Operation *op);

  //===--- Loop nests (Nest.cpp) ------------------------------------------===//
  /// Loops over a tile's shape, a vector along the last dimension at a time. `bounds` limits
  /// dimensions (null: the extent); `sources` are the tiles that `body` pulls at its own point;
  /// `guard` may skip a row. In a masked step, the last value given to `body` is the number of
  /// lanes that are inside, else null.
  void
  loopNest(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<Value> bounds,
           llvm::ArrayRef<Value> sources, unsigned width,
           llvm::function_ref<void(llvm::ArrayRef<Value> at, unsigned width, Value count)> body,
           llvm::function_ref<Value(llvm::ArrayRef<Value> leading)> guard = {});
  /// Loops over the blocks of a block-scaled tile; `at` is each one's first element.
  void blockNest(Value tile, llvm::ArrayRef<Value> bounds,
                 llvm::function_ref<void(llvm::ArrayRef<Value> at)> body,
                 llvm::function_ref<Value(llvm::ArrayRef<Value> leading)> guard = {});
  /// Lanes for a tile of this element and last extent.
  unsigned getWidth(mlir::RankedTensorType type);
  /// Lanes for pulling `tile`, several registers of them where whole rows are such and every op on
  /// the way takes them: then what is one number for a row is read once for all, and sums are
  /// independent of each other. It shows in no result.
  unsigned getWideWidth(Value tile);

  //===--- Pulling (Pull.cpp, Formats.cpp) --------------------------------===//
  /// The vector of `width` elements of the tile from `at` along the last dimension. bf16 elements
  /// are their bits, i16; index is i64.
  Value pull(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  /// The same in f32, from f32, bf16 or a block-scaled element.
  Value pullF32(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  /// The block at a point, rounded now if `tile` is a quantisation that is not in scratch.
  CodeBlock getBlock(Value tile, llvm::ArrayRef<Value> at);

  //===--- Memory (Memory.cpp) --------------------------------------------===//
  /// Offset of an element, as (matrix, row, column) flattened; in elements of the ref.
  Value getOffset(const Access &access, llvm::ArrayRef<Value> at);
  /// Index along each dimension of the ref.
  Point getIndices(const Access &access, llvm::ArrayRef<Value> at);
  /// Of a stack, the matrix that indices are in.
  Value getMatrixNumber(const Access &access, llvm::ArrayRef<Value> indices);
  /// The bound along a tile dimension, or null if it is the extent.
  Value getBound(const Access &access, unsigned dim);
  void emitStore(mlir::Operation *op);
  void storePartial(Value vector, Value pointer, Value count);

  //===--- Reductions (Reduce.cpp) ----------------------------------------===//
  void emitReduce(tile::ReduceOp op);

private:
  /// Pulled vectors by tile, width and point.
  using Memo = std::map<std::vector<std::pair<int64_t, void *>>, Value>;
  /// State of the loop nest being emitted.
  struct Nest {
    /// Where values that do not change along the last dimension go, if not in place.
    mlir::Operation *hoistBefore = nullptr;
    /// Whether a vector may reach past the end of its tile or of a bound.
    bool masked = false;
    /// Loads whose bound along the last dimension is not the nest's.
    llvm::DenseSet<mlir::Operation *> alwaysMasked;
    /// Vectors pulled so far, in place and before the innermost loop.
    Memo memo, hoistedMemo;
  };

  //===--- Tiles in scratch (Materialize.cpp, Formats.cpp) ----------------===//
  unsigned getCost(Value tile, unsigned depth = 0);
  /// Puts in scratch, before a nest of this width starts, what pulling `tile` needs as a whole.
  void prepare(Value tile, unsigned width);
  void prepare(Value tile, unsigned width, llvm::DenseSet<Value> &seen);
  /// Whether a reshape can only be pulled from memory.
  static bool crossesRows(tile::ReshapeOp op, unsigned width);
  void materializeQuantized(tile::QuantizeOp op, const Buffer &buffer);
  CodeBlock quantizeBlock(tile::QuantizeOp op, llvm::ArrayRef<Value> at);
  void storeCodes(llvm::ArrayRef<Value> codes, unsigned bits, Value pointer);

  //===--- Loop nests (Nest.cpp) ------------------------------------------===//
  void innerLoop(Point at, int64_t extent, Value bound, llvm::ArrayRef<Value> sources,
                 unsigned width,
                 llvm::function_ref<void(llvm::ArrayRef<Value>, unsigned, Value)> body);
  /// Collects the bounds up to which `tile` may be pulled without masks.
  void collectBounds(Value tile, bool sameColumns, Nest &nest, llvm::SmallVectorImpl<Value> &bounds,
                     llvm::DenseSet<std::pair<Value, unsigned>> &seen);
  /// Whether `tile` can be pulled by vectors of several registers.
  bool isWide(Value tile, unsigned width);
  /// Runs `body` before the innermost loop, given `at` there; in place if a coordinate is only
  /// known inside.
  Value hoisted(llvm::ArrayRef<Value> at, llvm::function_ref<Value(llvm::ArrayRef<Value>)> body);

  //===--- Pulling (Pull.cpp, Elementwise.cpp) ----------------------------===//
  /// The same as one scalar, computed outside the innermost loop.
  Value pullScalar(Value tile, llvm::ArrayRef<Value> at);
  Value pullUncached(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  Value pullElementwise(mlir::Operation *op, llvm::ArrayRef<Value> at, unsigned width);
  Value emitElementwise(mlir::Operation *op, llvm::ArrayRef<Value> operands, unsigned width);
  Value pullConstant(mlir::arith::ConstantOp op, llvm::ArrayRef<Value> at, unsigned width);
  Value pullReshape(tile::ReshapeOp op, llvm::ArrayRef<Value> at, unsigned width);
  Value pullTranspose(tile::TransposeOp op, llvm::ArrayRef<Value> at, unsigned width);
  Value pullHalf(tile::DeinterleaveOp op, bool odd, llvm::ArrayRef<Value> at, unsigned width);
  Value pullInterleaved(tile::InterleaveOp op, llvm::ArrayRef<Value> at, unsigned width);
  Value pullBuffer(const Buffer &buffer, llvm::ArrayRef<Value> at, unsigned width);
  /// Elements at a linear offset of dense memory, by lane.
  Value gatherLanes(Value pointer, mlir::Type element, Value first, int64_t stride, unsigned width);

  //===--- Memory (Memory.cpp) --------------------------------------------===//
  Value pullAccess(mlir::Operation *op, llvm::ArrayRef<Value> at, unsigned width);
  Value pullPacked(const Access &access, llvm::ArrayRef<Value> at, unsigned width, Value inside);
  /// Offset of an element of a packed matrix with `columns` columns.
  Value getPackedOffset(const Access &access, llvm::ArrayRef<Value> indices,
                        const tile::PackedLayout &layout, int64_t matrixSize, int64_t columns);
  /// Whether the point is within the bounds of all dimensions but the last, and of a row that
  /// exists; null means always.
  Value getInside(const Access &access, llvm::ArrayRef<Value> at, bool lastToo);
  /// The same for a run of codes: bounds are whole blocks, so it is all inside or all outside.
  Value getBlockInside(const Access &access, llvm::ArrayRef<Value> at);
  void emitBlockStore(const Access &access, Value value);
  Value loadPartial(Value pointer, mlir::Type element, unsigned width, Value count);

  //===--- Block-scaled tiles, read (Blocks.cpp) --------------------------===//
  /// (Code − zero) × scale, in f32.
  Value pullNumbers(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  /// Codes, as i8 lanes; those of one block, or of several whole ones.
  Value pullCodes(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  Value pullBlockCodes(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  Value loadCodes(Value data, Value offset, unsigned bits, unsigned width, Value inside);
  /// What `pull` gives of a block, in the lanes of each block that the run covers.
  Value pullByBlock(Value tile, llvm::ArrayRef<Value> at, unsigned width,
                    llvm::function_ref<Value(llvm::ArrayRef<Value> at, unsigned width)> pull);
  /// The scale of a block, times the matrix's own, in f32; and as it is stored.
  Value pullScale(Value tile, llvm::ArrayRef<Value> at);
  Value pullStoredScale(Value tile, llvm::ArrayRef<Value> at);
  /// The zero point of a block, in f32.
  Value pullZero(Value tile, llvm::ArrayRef<Value> at);
  /// The memory behind a block-scaled tile; nothing if it is in scratch or made by an op.
  std::optional<Access> getBlockAccess(Value tile);
  /// Number of the block at a point, in the order in which scales and zero points lie.
  Value getBlockNumber(const Access &access, llvm::ArrayRef<Value> at);

  //===--- Reductions (Reduce.cpp) ----------------------------------------===//
  /// Reduces along any dimension but the last, a vector of columns at a time.
  void reduceColumns(tile::ReduceOp op, const Buffer &result);
  /// Pulls, before the loop over dimension `dim`, what of `tile` does not change along it.
  void pullUnchanged(Value tile, int64_t dim, llvm::ArrayRef<Value> at, unsigned width);
  /// Reduces one row of `extent` elements to a scalar.
  Value reduceRow(tile::ReduceKind kind, Value input, llvm::ArrayRef<Value> leading, int64_t extent,
                  unsigned width, unsigned ways, Value neutral);

  KernelState &state;
  ScratchPlan &scratch;
  const Machine &machine;
  CodeBuilder &b;
  Nest *nest = nullptr;
  /// Tiles that reductions put in scratch on their way.
  llvm::DenseMap<mlir::Operation *, Value> storedAlong;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_PULLER_H
