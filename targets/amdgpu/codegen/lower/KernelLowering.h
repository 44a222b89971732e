//===- KernelLowering.h - One tile.kernel to one function --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks a kernel in program order and writes what one lane does: scalars stay arith and scf, tiles
// become lists of vectors, memory becomes buffer and LDS accesses.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_KERNELLOWERING_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_KERNELLOWERING_H

#include "targets/amdgpu/codegen/Machine.h"
#include "targets/amdgpu/codegen/layout/LayoutAssignment.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseSet.h"

#include <functional>

namespace moec::amdgpu {

namespace LLVM = mlir::LLVM;
namespace scf = mlir::scf;

/// Numbers about a lowered kernel, for the report.
struct KernelMetrics {
  /// Bytes of LDS a workgroup takes, work-items in it, tiles that changed layout through LDS.
  unsigned ldsBytes = 0, threads = 0, conversions = 0;
  /// Matrix instructions and the extra passes of the worst LDS access of a conversion.
  unsigned matrixOps = 0, bankConflicts = 0;
};

/// The argument of the kernel that a ref is or shows.
mlir::Value getArgument(mlir::Value ref);

/// What leaves a combination of that kind as it is.
mlir::TypedAttr getNeutral(mlir::OpBuilder &builder, tile::ReduceKind kind, mlir::Type type);

/// How many waves a kernel's schedule asks for: `subgroups`, else the machine's.
unsigned getNumSubgroups(tile::KernelOp kernel, const Machine &machine);

/// Lowers one kernel.
class KernelLowering {
public:
  KernelLowering(tile::KernelOp kernel, const LayoutAssignment &layouts, const Machine &machine);

  /// Writes an LLVM function of the kernel's name before the kernel, over arith, math, scf, LLVM
  /// and ROCDL ops. Its arguments are the words of the kernel ABI. Fails with a diagnostic.
  mlir::FailureOr<LLVM::LLVMFuncOp> run();
  const KernelMetrics &getMetrics() const { return metrics; }

private:
  using Value = mlir::Value;
  using Type = mlir::Type;
  using Space = LinearLayout::Space;

  /// A ref argument: its memory, and that of its scales if it is block-scaled.
  struct Ref {
    tile::RefType type;
    Value data, scales;
  };
  /// One rectangular access: what a load, store, gather or scatter has in common, for the codes or
  /// the scales of a ref. Extents and indices are in stored elements (bytes for nibbles).
  struct Access {
    /// Global address of the tile's first element; with `rows`, of the part of it that they don't
    /// choose.
    Value base;
    /// Bytes of one stored element.
    unsigned bytes;
    /// Per bit of the tile's element number, the distance in elements.
    llvm::SmallVector<int64_t> weights;
    /// Per dimension of the tile, the bound as an i32, or null.
    llvm::SmallVector<Value> live;
    /// The widest vector, in elements, that neither crosses a bound nor is misaligned.
    unsigned maxWidth;
    /// Row indices of a gather, one for each register of the tile's first dimension, or null; and
    /// the distance of rows in bytes.
    const Distributed *rows = nullptr;
    int64_t rowBytes = 0;
  };

  // Driver (KernelLowering.cpp).
  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOp(mlir::Operation *op);
  mlir::LogicalResult lowerTileOp(mlir::Operation *op);
  mlir::LogicalResult lowerIf(scf::IfOp op);
  mlir::LogicalResult lowerElementwise(mlir::Operation *op);
  /// The tile in the layout in which it was made.
  const TileValue &getTile(Value value) const { return tiles.find(value)->second; }
  /// The tile in another layout; converts, or makes it anew where that is cheap.
  TileValue getAs(Value value, const TileLayout &layout);
  Distributed getAs(Value value, const LinearLayout &layout) {
    return getAs(value, TileLayout{layout, std::nullopt}).data;
  }
  /// The same, made before in this block or one around it.
  const TileValue *findConverted(Value value, const TileLayout &layout) const;
  /// A splat, constant or iota in any layout; nothing for other values.
  std::optional<Distributed> rematerialize(Value value, const LinearLayout &layout);
  /// A constant that differs from element to element, from a table in memory.
  Distributed emitTable(mlir::DenseElementsAttr table, const LinearLayout &layout);
  void setTile(Value value, Distributed tile) { tiles[value] = TileValue{std::move(tile), {}}; }
  /// The values that carry a tile through loops, and back.
  void appendCarried(Value value, llvm::SmallVectorImpl<Value> &carried);
  TileValue takeCarried(Value like, mlir::ValueRange &carried);

  // Loops (LowerLoop.cpp).
  mlir::LogicalResult lowerFor(scf::ForOp op);
  /// A loop of so many steps whose loads run one step ahead.
  mlir::LogicalResult lowerPipelinedFor(scf::ForOp op, int64_t steps);
  /// Lowers the body once, for the step `number`, but for what is `done`; appends what it yields.
  mlir::LogicalResult lowerStep(scf::ForOp op, Value number, llvm::SmallVectorImpl<Value> &carried,
                                const llvm::DenseSet<mlir::Operation *> &done);
  /// Gives the loop's arguments their initial values, and appends these.
  void initCarried(scf::ForOp op, llvm::SmallVectorImpl<Value> &inits);
  /// Gives `targets`, which are like the loop's arguments, the first of the values.
  void setCarried(scf::ForOp op, mlir::ValueRange targets, mlir::ValueRange &carried);

  // Memory (LowerMemory.cpp).
  mlir::LogicalResult lowerLoad(tile::LoadOp op);
  mlir::LogicalResult lowerStore(tile::StoreOp op);
  mlir::LogicalResult lowerGather(tile::GatherOp op);
  mlir::LogicalResult lowerScatter(tile::ScatterOp op);
  mlir::LogicalResult lowerLoadScalar(tile::LoadScalarOp op);
  mlir::LogicalResult lowerView(tile::ViewOp op);
  Access makeAccess(const Ref &ref, bool scales, mlir::RankedTensorType tile,
                    mlir::OperandRange indices, mlir::OperandRange live, bool rowsAreGathered);
  /// What the workgroup did to `ref` so far is done before what follows, if the kernel both writes
  /// it and accesses it elsewhere.
  void orderAccess(Value ref);
  /// The tile of row indices in the layout that goes with a tile in the given one; null for a load
  /// or store.
  using RowSource = std::function<Distributed(const LinearLayout &)>;
  TileValue emitTileLoad(const Ref &ref, mlir::RankedTensorType type, const TileLayout &layout,
                         mlir::OperandRange indices, mlir::OperandRange live, const RowSource &rows,
                         bool keepMasked);
  void emitTileStore(const Ref &ref, Value value, mlir::OperandRange indices,
                     mlir::OperandRange live, const RowSource &rows);
  Distributed getRows(Value rows, const LinearLayout &layout);
  /// The type of one register of scales.
  Type getScaleType(mx::BlockType block);

  // Accesses (LowerAccess.cpp).
  /// One vector of an access: registers [reg, reg + width) of the tile.
  struct Vector {
    unsigned reg, width;
    /// A buffer descriptor, with `place` an offset in it (out of range if `condition` is false); or
    /// null, with `place` a pointer that is always good to read.
    Value descriptor, place;
    /// Whether the elements are within bounds; null if they always are.
    Value condition;
  };
  void forEachVector(const Access &access, const LinearLayout &layout,
                     llvm::function_ref<void(const Vector &)> visit);
  Distributed emitLoad(const Access &access, const LinearLayout &layout, Type element,
                       std::optional<int64_t> masked);
  void emitStore(const Access &access, const Distributed &tile);

  // Addresses (LowerAddress.cpp).
  /// The sum over set bits of `input` of their weights, as an i32.
  Value emitWeightedBits(Value input, llvm::ArrayRef<int64_t> weights);
  /// The exclusive or over set bits of `input` of their bases, as an i32.
  Value emitXorBits(Value input, llvm::ArrayRef<uint64_t> bases);
  /// The exclusive or of what `map`, which is linear, makes of the bases of this lane and wave.
  Value emitLaneBits(const LinearLayout &layout, llvm::function_ref<uint64_t(uint64_t)> map);
  /// Lane and wave part of coordinate `dim`, in layouts whose bases are single bits.
  Value emitLaneCoordinate(const LinearLayout &layout, unsigned dim);
  /// Lane and wave part of the element's number, in such layouts.
  Value emitLaneElement(const LinearLayout &layout);
  /// An i1 that holds where register `reg` is no padding of a tile of that shape; null if none is.
  Value emitExists(const LinearLayout &layout, llvm::ArrayRef<int64_t> shape, unsigned reg);
  /// An i1 that holds in one of those lanes and waves that hold the same; null if all differ.
  Value emitIsFirstHolder(const LinearLayout &layout);
  /// Whether every basis is one element bit or zero, and none occurs twice.
  static bool isPermutation(const LinearLayout &layout);
  /// The same value, made here and nowhere later: keeps matrix instructions with scales out of the
  /// branch that uses their results, where lanes are missing.
  Value pin(Value value);
  Value i32(int64_t value);
  Value i64(int64_t value);

  // LDS (ConvertLayout.cpp).
  Distributed convert(const Distributed &tile, const LinearLayout &layout);
  /// Writes every register of `source` to LDS, `width` at a time.
  void writeLds(const LdsImage &image, const Distributed &source, unsigned width);
  /// The pointer to `bytes` bytes of LDS that nobody uses between two emitBarrier().
  Value getLds(unsigned bytes);
  void emitBarrier();
  /// A barrier that orders global memory as well.
  void emitMemoryBarrier();

  // Products (LowerMatrix.cpp).
  mlir::LogicalResult lowerMma(mlir::Operation *op);
  /// An operand of an atom with zeros for what is beyond K.
  Value clearPadding(Value fragment, const MmaPlan &plan, unsigned step);

  // Functions (LowerMath.cpp).
  Value emitSine(Value angle, bool cosine);

  // Formats (LowerFormats.cpp).
  mlir::LogicalResult lowerQuantize(tile::QuantizeOp op);
  mlir::LogicalResult lowerDequantize(tile::DequantizeOp op);

  // Reductions (LowerReduce.cpp).
  Distributed emitReduce(tile::ReduceKind kind, Distributed tile, unsigned dim, int64_t extent);
  Value emitCombine(tile::ReduceKind kind, Value a, Value b);
  /// `value` of the lane whose number differs in bit `bit`.
  Value emitLaneExchange(Value value, unsigned bit);

  // Counting (LowerCount.cpp).
  /// For each register: the combination of what stands before its element along a dimension, and
  /// that of all.
  struct Scan {
    llvm::SmallVector<Value> before, totals;
  };
  /// `dim` of the tile, of true extent `extent`, must not be spread over waves.
  Scan emitScan(tile::ReduceKind kind, const Distributed &tile, unsigned dim, int64_t extent);
  /// The address of word `index` of `bytes` bytes of LDS.
  Value getLdsWord(Value index, unsigned bytes);
  /// A vector of keys in that layout; −1 for padding and for what is not below `limit`.
  llvm::SmallVector<Value> getKeys(Value tile, const LinearLayout &layout, int64_t limit);
  mlir::LogicalResult lowerScan(tile::ScanOp op);
  mlir::LogicalResult lowerHistogram(tile::HistogramOp op);
  mlir::LogicalResult lowerRank(tile::RankOp op);

  // Selection (LowerSelect.cpp).
  /// Registers of one part of the candidates of a merge; `rows[i]` is the number of the row among
  /// those of the lane, `inRow` an i1 that holds in lanes that are no copies of others, `first` one
  /// that holds in one holder of each candidate (both null where all do).
  struct Candidates {
    llvm::SmallVector<Value> keys, values, places, above, tied, before;
    llvm::SmallVector<unsigned> rows;
    Value inRow, first;
  };
  /// i32 keys that order as the f32 numbers of a tile of that shape do; least where a number is
  /// never chosen.
  llvm::SmallVector<Value> emitSortKeys(const Distributed &tile, llvm::ArrayRef<int64_t> shape);
  /// Registers of a tile of that shape; 0 for padding.
  llvm::SmallVector<Value> getExisting(const Distributed &tile, llvm::ArrayRef<int64_t> shape);
  Candidates makeCandidates(Value tile, const LinearLayout &layout);
  /// For each row of the lane, how many of its candidates reach the limit.
  llvm::SmallVector<Value> countCandidates(llvm::ArrayRef<const Candidates *> parts,
                                           llvm::ArrayRef<Value> limits);
  /// The greatest key that at least `k` candidates of a row reach, or the least of all keys.
  llvm::SmallVector<Value> findThresholds(llvm::ArrayRef<const Candidates *> parts,
                                          const LinearLayout &lanesOfRows, int64_t k);
  mlir::LogicalResult lowerTopK(tile::TopKOp op);
  mlir::LogicalResult lowerTopKMerge(tile::TopKMergeOp op);
  /// `total`: for each row, how many are above the threshold and how many at it.
  mlir::LogicalResult storeSelection(tile::TopKMergeOp op, const Candidates &list,
                                     const Candidates &block, const LinearLayout &listLayout,
                                     const LinearLayout &blockLayout, llvm::ArrayRef<Value> total);

  // Shapes (LowerShape.cpp).
  /// Where the elements of a part lie in a whole that is in LDS, in elements.
  struct Placement {
    llvm::SmallVector<int64_t> strides, offsets;
    /// The part's extents without padding.
    llvm::SmallVector<int64_t> extents;
    /// Elements of the whole, padding included.
    int64_t elements = 0;
  };
  Placement makePlacement(mlir::RankedTensorType whole);
  /// For each register its pointer, and an i1 that holds where it is no padding (or null).
  void forEachPlaced(const Placement &placement, const LinearLayout &layout, Type held,
                     llvm::function_ref<void(unsigned, Value, Value)> visit);
  void writePlaced(const Placement &placement, const Distributed &tile);
  Distributed readPlaced(const Placement &placement, const LinearLayout &layout, Type element);
  /// Slice, concat, interleave, deinterleave, and reshapes that shift elements.
  mlir::LogicalResult lowerMove(mlir::Operation *op);
  mlir::LogicalResult lowerShapeOp(mlir::Operation *op);

  tile::KernelOp kernel;
  const LayoutAssignment &layouts;
  const Machine &machine;
  mlir::ImplicitLocOpBuilder builder;
  mlir::IRMapping scalars;
  llvm::DenseMap<Value, TileValue> tiles;
  llvm::DenseMap<Value, Ref> refs;
  /// Arguments that are written and have more than one access.
  llvm::DenseSet<Value> ordered;
  /// Conversions made so far in the blocks that are open, innermost last.
  struct Converted {
    Value value;
    TileLayout layout;
    TileValue tile;
  };
  std::vector<Converted> converted;
  /// The work-item's place, as i32.
  Value lane, subgroup;
  LLVM::GlobalOp lds;
  unsigned numTables = 0;
  KernelMetrics metrics;
};

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_KERNELLOWERING_H
