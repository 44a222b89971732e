//===- KernelEmitter.h - One tile.kernel to vector code ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A tile is either *pulled*, recomputed a vector at a time where it is used, or *materialised* in
// the scratch area of the worker. Ops across elements (products, reductions, selections) and values
// that are expensive and used twice are materialised; everything else is pulled, so that a chain of
// elementwise ops is one loop nest however many tiles it names, and the size of the code does not
// depend on the size of the tiles.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELEMITTER_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELEMITTER_H

#include "moec/Dialect/Tile/Tile.h"
#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/codegen/lower/Access.h"
#include "targets/cpu/codegen/lower/CodeBuilder.h"
#include "targets/cpu/codegen/lower/Vectors.h"
#include "targets/cpu/codegen/products/MicroKernels.h"

#include <map>

namespace moec::cpu {

/// Emits one kernel as a function of the kernel ABI into a module.
class KernelEmitter {
public:
  using Value = mlir::Value;
  using Point = llvm::SmallVector<mlir::Value, 4>;

  KernelEmitter(tile::KernelOp kernel, const Machine &machine, MicroKernels &library);

  /// Emits the function at the end of `module`; returns the bytes of scratch a worker needs.
  mlir::FailureOr<uint64_t> emit(mlir::ModuleOp module);

private:
  //===--- Program order (KernelEmitter.cpp) ------------------------------===//
  void emitBlocks();
  void visitBlock(mlir::Block &block);
  void visit(mlir::Operation *op);
  void visitScalar(mlir::Operation *op);
  void visitFor(mlir::scf::ForOp op);
  /// What a loop carries, and the values it starts with; one iteration, to the values of the next.
  struct LoopState;
  std::optional<LoopState> enterLoop(mlir::scf::ForOp op, llvm::SmallVectorImpl<Value> &init);
  llvm::SmallVector<Value> emitIteration(mlir::scf::ForOp op, const LoopState &state,
                                         mlir::ValueRange carried);
  void visitIf(mlir::scf::IfOp op);
  /// The lowered value of a scalar.
  Value scalar(Value value);
  /// Reports what has no lowering; emission goes on to find more.
  void unsupported(mlir::Operation *op, const llvm::Twine &what);

  //===--- Tiles in scratch (Materialize.cpp) -----------------------------===//
  Buffer allocate(mlir::RankedTensorType type);
  Value allocateBytes(uint64_t bytes);
  /// The tile in scratch, put there now if it is not yet.
  Buffer getBuffer(Value tile);
  /// Computes the tile into `buffer`.
  void materializeInto(Value tile, const Buffer &buffer);
  /// Whether to materialise a pulled value where it is defined.
  bool worthKeeping(mlir::Operation *op);
  unsigned getCost(Value tile, unsigned depth = 0);
  /// Puts in scratch, before a nest of this width starts, what pulling `tile` needs as a whole.
  void prepare(Value tile, unsigned width);
  void prepare(Value tile, unsigned width, llvm::DenseSet<Value> &seen);
  /// Whether a reshape can only be pulled from memory.
  static bool crossesRows(tile::ReshapeOp op, unsigned width);
  /// Where the result of an op that materialises goes: the buffer of the enclosing loop's next
  /// iteration, if that is all it is for, else a new one.
  Buffer getDestination(Value result);

  //===--- Loop nests (Nest.cpp) ------------------------------------------===//
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
  /// Loops over a tile's shape, a vector along the last dimension at a time. `bounds` limits
  /// dimensions (null: the extent); `sources` are the tiles that `body` pulls at its own point;
  /// `guard` may skip a row. In a masked step, the last value given to `body` is the number of
  /// lanes that are inside, else null.
  void
  loopNest(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<Value> bounds,
           llvm::ArrayRef<Value> sources, unsigned width,
           llvm::function_ref<void(llvm::ArrayRef<Value> at, unsigned width, Value count)> body,
           llvm::function_ref<Value(llvm::ArrayRef<Value> leading)> guard = {});
  void innerLoop(Point at, int64_t extent, Value bound, llvm::ArrayRef<Value> sources,
                 unsigned width,
                 llvm::function_ref<void(llvm::ArrayRef<Value>, unsigned, Value)> body);
  /// Collects the bounds up to which `tile` may be pulled without masks.
  void collectBounds(Value tile, bool sameColumns, Nest &nest, llvm::SmallVectorImpl<Value> &bounds,
                     llvm::DenseSet<std::pair<Value, unsigned>> &seen);
  /// Lanes for a tile of this element and last extent.
  unsigned getWidth(mlir::RankedTensorType type);
  /// Runs `body` before the innermost loop, given `at` there; in place if a coordinate is only
  /// known inside.
  Value hoisted(llvm::ArrayRef<Value> at, llvm::function_ref<Value(llvm::ArrayRef<Value>)> body);

  //===--- Pulling (Pull.cpp) ---------------------------------------------===//
  /// The vector of `width` elements of the tile from `at` along the last dimension. bf16 elements
  /// are their bits, i16; index is i64.
  Value pull(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  /// The same as one scalar, computed outside the innermost loop.
  Value pullScalar(Value tile, llvm::ArrayRef<Value> at);
  Value pullUncached(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  /// The same in f32, from f32, bf16 or a block-scaled element.
  Value pullF32(Value tile, llvm::ArrayRef<Value> at, unsigned width);
  Value pullElementwise(mlir::Operation *op, llvm::ArrayRef<Value> at, unsigned width);
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
  /// Offset of an element, as (matrix, row, column) flattened; in elements of the ref.
  Value getOffset(const Access &access, llvm::ArrayRef<Value> at);
  /// Index along each dimension of the ref.
  Point getIndices(const Access &access, llvm::ArrayRef<Value> at);
  /// Whether the point is within the bounds of all dimensions but the last, and of a row that
  /// exists; null means always.
  Value getInside(const Access &access, llvm::ArrayRef<Value> at, bool lastToo);
  /// The same for a run of codes: bounds are whole blocks, so it is all inside or all outside.
  Value getBlockInside(const Access &access, llvm::ArrayRef<Value> at);
  /// The bound along a tile dimension, or null if it is the extent.
  Value getBound(const Access &access, unsigned dim);
  void emitStore(mlir::Operation *op);
  void emitBlockStore(const Access &access, Value value);
  Value loadPartial(Value pointer, mlir::Type element, unsigned width, Value count);
  void storePartial(Value vector, Value pointer, Value count);
  Value getZeros();
  Streams getStreams(Value ref) { return refs.lookup(getRoot(ref)); }

  //===--- Elementwise ops (Elementwise.cpp, Math.cpp) --------------------===//
  Value emitElementwise(mlir::Operation *op, llvm::ArrayRef<Value> operands, unsigned width);

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
  /// Number of the block at a point, in the order in which scales and zero points lie; and of the
  /// matrix it belongs to.
  Value getBlockNumber(const Access &access, llvm::ArrayRef<Value> at);
  Value getMatrixNumber(const Access &access, llvm::ArrayRef<Value> indices);

  //===--- Block-scaled tiles, made (Formats.cpp) -------------------------===//
  /// The block at a point, rounded now if `tile` is a quantisation that is not in scratch.
  CodeBlock getBlock(Value tile, llvm::ArrayRef<Value> at);
  CodeBlock quantizeBlock(tile::QuantizeOp op, llvm::ArrayRef<Value> at);
  void storeCodes(llvm::ArrayRef<Value> codes, unsigned bits, Value pointer);
  /// Loops over the blocks of a tile; `at` is each one's first element.
  void blockNest(Value tile, llvm::ArrayRef<Value> bounds,
                 llvm::function_ref<void(llvm::ArrayRef<Value> at)> body,
                 llvm::function_ref<Value(llvm::ArrayRef<Value> leading)> guard = {});
  void materializeQuantized(tile::QuantizeOp op, const Buffer &buffer);

  //===--- Ops across elements (Reduce.cpp, Select.cpp) -------------------===//
  void emitReduce(tile::ReduceOp op);
  /// Reduces along any dimension but the last, a vector of columns at a time.
  void reduceColumns(tile::ReduceOp op, const Buffer &result);
  /// Reduces one row of `extent` elements to a scalar.
  Value reduceRow(tile::ReduceKind kind, Value input, llvm::ArrayRef<Value> leading, int64_t extent,
                  unsigned width, unsigned ways, Value neutral);
  void emitScan(tile::ScanOp op);
  void emitHistogram(tile::HistogramOp op);
  void emitRank(tile::RankOp op);
  void emitTopK(tile::TopKOp op);
  void emitTopKMerge(tile::TopKMergeOp op);
  void emitConcat(tile::ConcatOp op);

  //===--- Products (Product.cpp) -----------------------------------------===//
  void emitMma(tile::MmaOp op);
  void emitMmaScaled(tile::MmaScaledOp op);
  /// Buffer of the accumulator, holding its start value.
  Buffer getAccumulator(Value acc, Value result);
  /// Rows of the left operand that can differ from zero.
  Value getRowBound(Value a);
  /// The left operand in scratch: rows of f32, or of codes with a scale and a correction for each
  /// block. `stride` is in elements.
  struct Staged {
    Value data;
    int64_t stride;
    Value scales;
    Value sums;
  };
  Staged stageLeft(Value a, Value rows);
  Staged stageCodes(Value a, Value rows, const ProductAtom &atom, const BlockFormat &weight);
  /// A product of numbers: what is codes on either side is f32 before it is multiplied.
  void emitF32Product(Value a, Value b, bool kn, const Buffer &acc, Value rows);
  /// The right operand where it lies, if a micro-kernel reads it there, else staged in scratch.
  struct PanelStream {
    Value base;
    int64_t panelBytes; ///< from a panel to the next
  };
  struct Panels {
    PanelFormat format;
    llvm::SmallVector<PanelStream, 4> streams;
    /// Bytes from one step of K to the next.
    int64_t stepBytes = 0;
    /// Columns (of the product) that exist and steps of K that are not zero; null: all.
    Value columns, depth;
  };
  std::optional<Panels> findPanels(Value b);
  Panels stageRight(Value b, bool kn);
  /// A product of integers by the atom of both sides.
  void emitCodeProduct(Value a, const Panels &b, const ProductAtom &atom, const Buffer &acc,
                       Value rows);
  /// Asks for the rows that a gathered tile is about to be read from: they lie apart in memory.
  void prefetchRows(Value tile);
  /// Runs `body` on an accumulator that is whole panels wide.
  void withPanelColumns(const Buffer &acc, Value rows,
                        llvm::function_ref<void(const Buffer &)> body);
  /// Covers `rows` rows with register blocks, highest first. Of all but the highest one is enough
  /// to cover what the higher ones leave.
  void emitRows(Value rows, llvm::ArrayRef<RegisterBlock> blocks,
                llvm::function_ref<void(RegisterBlock block, Value row)> body);
  void emitPanels(const Staged &a, const Panels &b, const Buffer &acc, Value rows, int64_t depth);
  /// Where a panel's arrays and its columns of the accumulator start.
  struct PanelPlace {
    llvm::SmallVector<Value, 4> streams;
    Value out;
  };
  /// Runs `body` for every panel with columns that exist; `steps`, within `depth`, are those of K
  /// that are not zero.
  void loopPanels(const Panels &b, const Buffer &acc, int64_t depth,
                  llvm::function_ref<void(const PanelPlace &panel, Value steps)> body);

  tile::KernelOp kernel;
  const Machine &machine;
  MicroKernels &library;
  CodeBuilder b;
  mlir::LLVM::LLVMFuncOp function;
  /// Where constants of the whole function go.
  Value scratch, zeros, bounce;
  mlir::IRMapping scalars;
  /// The arrays of each argument, and the arguments that are written.
  llvm::DenseMap<Value, Streams> refs;
  llvm::DenseSet<Value> writtenRefs;

  /// Tiles in scratch, and what undoes the entries of the scope being emitted.
  llvm::DenseMap<Value, Buffer> buffers;
  using StagedKey = std::pair<Value, unsigned>;
  llvm::DenseMap<StagedKey, Staged> staged;
  llvm::SmallVector<Value> bufferTrail;
  llvm::SmallVector<StagedKey> stagedTrail;
  /// Buffers that loops want results in.
  llvm::DenseMap<Value, Buffer> destinations;
  struct Scope {
    size_t buffers, staged;
    uint64_t top;
  };
  Scope openScope() { return {bufferTrail.size(), stagedTrail.size(), scratchTop}; }
  void closeScope(Scope scope);
  void setBuffer(Value tile, Buffer buffer);

  uint64_t scratchTop = 0, scratchBytes = 0;
  Nest *nest = nullptr;
  bool failed = false;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELEMITTER_H
