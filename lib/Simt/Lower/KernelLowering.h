//===- KernelLowering.h - One tile.kernel to one function -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks a kernel in program order and writes what one lane does: scalars stay arith and scf, tiles
// become lists of vectors, and what a machine does in its own way its Lanes emit.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LOWER_KERNELLOWERING_H
#define MOEC_LIB_SIMT_LOWER_KERNELLOWERING_H

#include "../Layout/KernelLayouts.h"
#include "../Loops/StagedCopies.h"
#include "Access.h"
#include "Intermediates.h"
#include "LaneEmitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

#include <functional>

namespace moec::simt {

namespace scf = mlir::scf;

/// Lowers one kernel.
class KernelLowering : private LaneEmitter {
public:
  KernelLowering(tile::KernelOp kernel, const KernelLayouts &layouts, const Lanes &machine);

  /// Writes an LLVM function of the kernel's name before the kernel, over arith, math, scf, LLVM
  /// ops and the machine's own. Its arguments are the words of the kernel ABI. Fails with a
  /// diagnostic.
  mlir::FailureOr<LLVM::LLVMFuncOp> run();
  const KernelMetrics &getMetrics() const { return metrics; }

private:
  // Driver (KernelLowering.cpp).
  /// The function, with one argument for each word of the kernel ABI.
  LLVM::LLVMFuncOp createFunction();
  /// Says what the kernel's arguments and block ids are in the function.
  void bindArguments(LLVM::LLVMFuncOp function);
  void bindPlace();
  mlir::LogicalResult lowerOp(mlir::Operation *op);
  mlir::LogicalResult lowerTileOp(mlir::Operation *op);
  mlir::LogicalResult lowerIf(scf::IfOp op);
  /// Lowers a branch of `op` to the insertion point; the first one says how wide the chunks of each
  /// tile in `shapes` are, the second one follows.
  mlir::LogicalResult lowerBranch(scf::IfOp op, mlir::Block &block,
                                  llvm::SmallVectorImpl<TileValue> &shapes);
  mlir::LogicalResult lowerMade(mlir::Operation *op);
  /// The tile, as the IR says that it lies.
  const TileValue &getTile(Value value) const { return tiles.find(value)->second; }
  /// A splat, constant or iota in any layout; nothing for other values.
  std::optional<Distributed> materialize(Value value, const LinearLayout &layout);
  /// A constant that differs from element to element, from a table in memory.
  Distributed emitTable(mlir::DenseElementsAttr table, const LinearLayout &layout);
  void setTile(Value value, Distributed tile) { tiles[value] = TileValue{std::move(tile), {}}; }
  /// The values that carry a tile through loops, and back.
  void appendCarried(Value value, llvm::SmallVectorImpl<Value> &carried);
  TileValue takeCarried(Value like, mlir::ValueRange &carried);

  // Elementwise ops, and blocks (LowerElementwise.cpp).
  /// Lowers the ops of a block but for what is `done`.
  mlir::LogicalResult lowerOps(mlir::Block &block, const llvm::DenseSet<mlir::Operation *> &done);
  /// `op` and the ops behind it that are lowered with it.
  llvm::SmallVector<mlir::Operation *> findElementwise(mlir::Operation *op);
  /// The width of the chunks in which `op` is lowered; those before it have that of `width`.
  unsigned getWidth(mlir::Operation *op, llvm::ArrayRef<mlir::Operation *> before, unsigned width);
  mlir::LogicalResult lowerElementwise(llvm::ArrayRef<mlir::Operation *> ops);
  Value emitElementwise(mlir::Operation *op, llvm::ArrayRef<Value> operands, Type type);
  /// LowerMath.cpp.
  Value emitSine(Value angle, bool cosine);

  // Loops (LowerLoop.cpp).
  mlir::LogicalResult lowerFor(scf::ForOp op);
  /// Lowers the body once, for the step `number`, but for what is `done`; appends what it yields.
  mlir::LogicalResult lowerStep(scf::ForOp op, Value number, llvm::SmallVectorImpl<Value> &carried,
                                const llvm::DenseSet<mlir::Operation *> &done);
  /// Gives the loop's arguments their initial values, and appends these; answers to how many
  /// registers its products add.
  unsigned initCarried(scf::ForOp op, llvm::SmallVectorImpl<Value> &inits);
  /// Gives `targets`, which are like the loop's arguments, the first of the values.
  void setCarried(scf::ForOp op, mlir::ValueRange targets, mlir::ValueRange &carried);

  // Staged loops (StagedLoop.cpp).
  /// The loop's rounds, with what is loaded before the first and what is left behind the last.
  mlir::LogicalResult lowerStagedFor(const StagedLoop &loop);
  /// Whole rounds from the step `first`, the one of that index, to `end`.
  mlir::LogicalResult lowerRounds(const StagedLoop &loop, Value first, Value end, unsigned index,
                                  llvm::SmallVectorImpl<Values> &loaded);
  /// The number of the step that comes so many after the one of the number `from`.
  Value getStep(const StagedLoop &loop, Value from, int64_t index);
  /// Loads for the step `number`, which is the one of that index in its round, and perhaps the
  /// loop's last; answers the registers that are filled.
  mlir::FailureOr<Values> loadAhead(const StagedLoop &loop, Value number, unsigned index,
                                    bool isLast);
  /// A step on what was loaded for it, the first of `loaded`, which it takes; its results become
  /// the loop's arguments. Behind it come `left` steps, or more than are loaded for. If there is
  /// one that far behind, it first loads for it, as the last of `loaded`.
  mlir::LogicalResult lowerStagedStep(const StagedLoop &loop, Value number, unsigned index,
                                      int64_t left, llvm::SmallVectorImpl<Values> &loaded);

  // Copies of staged loops (StagedCopies.cpp).
  /// Takes those of the loads that can be copied out of `loop`, for its first step `first`.
  mlir::LogicalResult openCopies(StagedLoop &loop, Value first);
  /// Says what each lane copies of a stream, and where from in the first step.
  void openStream(const StagedTile &tile, StagedStream &stream);
  /// Finds the operands that products read from the slots, and this lane's part of the addresses.
  void openOperands(StagedCopies &made);
  /// The pointer to the byte `offset` of a slot; what is copied whole is behind the last.
  Value getSlot(unsigned slot, unsigned offset);
  /// The stored element of a row at which the step of that number begins.
  Value getStepColumn(const StagedStream &stream, Value number);
  /// Whether the piece that begins at register `reg` of those that this lane copies, whose part of
  /// the element is `mine`, lies before column `end`.
  Value emitIsBefore(const StagedStream &stream, Value mine, unsigned reg, int64_t end);
  /// This lane's copies of a stream, from `distance` bytes behind the first step's; of the last
  /// step, those columns that there are, and zeros.
  void copyStream(const StagedStream &stream, unsigned slot, Value distance, bool isLast);
  /// All copies for the step `number`.
  void emitCopies(Value number, unsigned slot, bool isLast);
  /// Takes the scales that no step changes to registers, four a dword, so that no step reads them.
  void readFixedScales();
  /// So many registers of a tile, from `first` on, out of the slot of this step.
  Value readStaged(const StagedOperand &operand, bool scales, unsigned first, unsigned width);

  // Memory (LowerMemory.cpp).
  mlir::LogicalResult lowerLoad(tile::LoadOp op);
  mlir::LogicalResult lowerStore(tile::StoreOp op);
  mlir::LogicalResult lowerGather(tile::GatherOp op);
  mlir::LogicalResult lowerScatter(tile::ScatterOp op);
  mlir::LogicalResult lowerLoadScalar(tile::LoadScalarOp op);
  mlir::LogicalResult lowerView(tile::ViewOp op);
  /// What the block did to `ref` so far is done before what follows, if the kernel both writes
  /// it and accesses it elsewhere.
  void orderAccess(Value ref);
  /// The tile of row indices in the layout that goes with a tile in the given one; null for a load
  /// or store.
  using RowSource = std::function<Distributed(const LinearLayout &)>;
  TileValue emitTileLoad(const Ref &ref, mlir::RankedTensorType type, const TileLayout &layout,
                         mlir::OperandRange indices, mlir::OperandRange bounds,
                         const RowSource &rows, bool keepMasked);
  /// The global scale of the matrix that these indices, which may go on with rows, name.
  Distributed loadGlobal(const Ref &ref, mlir::OperandRange indices);
  void emitTileStore(const Ref &ref, Value value, mlir::OperandRange indices,
                     mlir::OperandRange bounds, const RowSource &rows);
  /// The row indices that the lanes of a tile in `layout` need; the tile of indices itself may lie
  /// anyhow.
  Distributed getRows(Value rows, const LinearLayout &layout);
  /// The indices of the rows of a tile in `layout`; −1, and nothing below, for no row and, unless
  /// it is null, from `bound` on.
  Distributed getRowsBefore(Value bound, Value rows, const LinearLayout &layout);

  // Accesses (LowerAccess.cpp).
  Access makeAccess(const Ref &ref, mx::BlockStream stream, mlir::RankedTensorType tile,
                    mlir::OperandRange indices, mlir::OperandRange bounds, bool rowsAreGathered);
  /// The distance in bytes of a tile at these indices from its ref, whose first `skipped`
  /// dimensions have none; `aligned`, in stored elements, is lowered to what divides it.
  Value emitOrigin(const StoredRef &stored, mlir::OperandRange indices, unsigned skipped,
                   int64_t &aligned);
  /// A bound within [0, extent], as an i32 that counts units.
  Value emitBound(Value bound, int64_t extent, int64_t unit);
  /// What `bound` is at least in the step that is being lowered, and exactly in a loop's last one;
  /// nothing if that depends on more than the step.
  std::optional<int64_t> getStepBound(Value bound) const;
  /// The bounds given, and the true extents of what was padded.
  void setBounds(Access &access, mlir::RankedTensorType tile, mlir::OperandRange bounds,
                 int64_t perElement);
  /// Whether `element` is within the bounds, where the lane's part of them is `coordinates`; null
  /// if there are none.
  Value emitInBounds(const Access &access, const LinearLayout &layout, uint64_t element,
                     llvm::ArrayRef<Value> coordinates);
  /// Gives a vector its pointer, the lane's part of row 0 at `start`, and whether its row exists.
  void placeInRow(AccessVector &vector, const Access &access, const LinearLayout &layout,
                  uint64_t element, Value start);
  void forEachVector(const Access &access, const LinearLayout &layout,
                     llvm::function_ref<void(const AccessVector &)> visit);
  Distributed emitLoad(const Access &access, const LinearLayout &layout, Type element,
                       std::optional<int64_t> masked);
  void emitStore(const Access &access, const Distributed &tile);

  // Changes of layout (ConvertLayout.cpp).
  void lowerConvertLayout(tile::ConvertLayoutOp op);

  // Products (LowerMatrix.cpp).
  /// `op`, and the products that read the same left operand and have only what is `done` between.
  llvm::SmallVector<mlir::Operation *> findBeside(mlir::Operation *op,
                                                  const llvm::DenseSet<mlir::Operation *> &done);
  /// Products with the same left operand, none of which takes the result of another.
  mlir::LogicalResult lowerMmas(llvm::ArrayRef<mlir::Operation *> ops);
  /// An operand of an atom, which lies as `layout` says, with zeros from column `left` on.
  Value clearPadding(Value fragment, const LinearLayout &layout, int64_t left);

  // Formats (LowerFormats.cpp).
  /// The bits of the largest magnitude of each block of f32 numbers, in as few lanes as the scales
  /// of `layout` are.
  Distributed emitBlockMaxima(llvm::ArrayRef<Value> numbers, const TileLayout &layout,
                              int64_t blockSize);
  /// Scales of blocks whose numbers lie as `data`.
  BlockScales emitBlockScales(const Distributed &largest, const LinearLayout &data,
                              mx::BlockType block, std::optional<mx::Rounding> rounding);
  /// The codes of f32 numbers, as small floats and as int8.
  Distributed emitScaledCodes(llvm::ArrayRef<Value> numbers, const LinearLayout &layout,
                              const BlockScales &scales, mx::BlockType block);
  Distributed emitIntegerCodes(llvm::ArrayRef<Value> numbers, const LinearLayout &layout,
                               const BlockScales &scales);
  mlir::LogicalResult lowerQuantize(tile::QuantizeOp op);
  mlir::LogicalResult lowerDequantize(tile::DequantizeOp op);

  // Counting (LowerCount.cpp).
  /// Keys; −1 for padding and for what is not below `limit`.
  Values getKeys(Value tile, int64_t limit);
  mlir::LogicalResult lowerScan(tile::ScanOp op);
  mlir::LogicalResult lowerHistogram(tile::HistogramOp op);
  mlir::LogicalResult lowerRank(tile::RankOp op);

  // Selection (LowerSelect.cpp).
  /// i32 keys that order as the f32 numbers of a tile of that shape do; least where a number is
  /// never chosen.
  Values emitSortKeys(const Distributed &tile, llvm::ArrayRef<int64_t> shape);
  /// Registers of a tile of that shape; 0 for padding.
  Values getExisting(const Distributed &tile, llvm::ArrayRef<int64_t> shape);
  Candidates makeCandidates(Value tile);
  /// For each row of the lane, how many of its candidates reach the limit.
  Values countCandidates(llvm::ArrayRef<const Candidates *> parts, llvm::ArrayRef<Value> limits);
  /// The greatest key that at least `k` candidates of a row reach, or the least of all keys.
  Values findThresholds(llvm::ArrayRef<const Candidates *> parts, const LinearLayout &lanesOfRows,
                        int64_t k);
  mlir::LogicalResult lowerTopK(tile::TopKOp op);
  mlir::LogicalResult lowerTopKMerge(tile::TopKMergeOp op);
  /// Numbers the candidates of `list` and `block`; answers for each row how many are above the
  /// threshold (the high half of the word) and how many at it.
  Values countBefore(llvm::ArrayRef<Candidates *> parts, llvm::ArrayRef<Value> thresholds);
  /// Writes what is kept of a part to its slots.
  void writeSelected(const Candidates &part, const SelectionImage &image);
  mlir::LogicalResult storeSelection(tile::TopKMergeOp op, const Candidates &list,
                                     const Candidates &block, llvm::ArrayRef<Value> total);

  // Shapes (LowerShape.cpp).
  /// Slice, concat, interleave, deinterleave, and reshapes that shift elements.
  mlir::LogicalResult lowerMove(mlir::Operation *op);
  mlir::LogicalResult lowerShapeOp(mlir::Operation *op);

  tile::KernelOp kernel;
  const KernelLayouts &layouts;
  mlir::IRMapping scalars;
  llvm::DenseMap<Value, TileValue> tiles;
  llvm::DenseMap<Value, Ref> refs;
  /// Arguments that are written and have more than one access.
  llvm::DenseSet<Value> ordered;
  /// Row indices converted so far in the blocks that are open, innermost last.
  std::vector<ConvertedRows> convertedRows;
  /// The staged loop that is being lowered, if one is, and whether this is its last step.
  StagedStep stagedStep;
  /// What the loop that is being lowered copies, if it copies something.
  std::optional<StagedCopies> copies;
  unsigned numTables = 0;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LOWER_KERNELLOWERING_H
