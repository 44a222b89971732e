//===- Signature.h - What a group's kernel is passed ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One rule gives every group's kernel its arguments, so that neither builders nor launches keep
// tables: the group's inputs in order (a batch, a cache or expert blocks stand for several arrays
// or one), then the weights its body names, then the caches it writes and the states it uses, then
// its results, then the step's extents.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOTILE_SIGNATURE_H
#define MOEC_CONVERSION_MOETOTILE_SIGNATURE_H

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/Tile/Tile.h"
#include "moec/StepArrays.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace moec {

/// The inputs that a `!moe.batch` stands for, of those in moec/StepArrays.h: in their order, and
/// arrays about pages only where the group reads or writes a cache, those about slots where it uses
/// a state.
inline bool isOfBatch(StepInput input) {
  return input >= StepInput::Positions && input <= StepInput::StateWrite;
}

/// The arrays a `!moe.expert_blocks` expands to. A block holds pairs of one expert; a pair is
/// token * top_k + choice.
enum class ExpertBlocksArray : unsigned {
  Pairs,       ///< i32[blocks * BM]: the pairs, −1 past a block's last
  BlockExpert, ///< i32[blocks]: the expert of a block
  BlockPairs,  ///< i32[blocks]: how many pairs the block has, at least 1
  BlockCount,  ///< i32[1]: how many blocks there are
};
inline constexpr unsigned numExpertBlocksArrays = 4;

/// The most blocks that `tokens` tokens with `topK` choices each need, when a block holds
/// `blockRows` pairs of one expert: min(T·top_k, ⌊(T·top_k + experts·(blockRows − 1)) /
/// blockRows⌋), as a formula over dim 0 = T. Two results mean the least of them, as in a kernel's
/// grid.
mlir::AffineMap getMaxBlocks(mlir::MLIRContext *context, int64_t topK, int64_t experts,
                             int64_t blockRows);

/// The extents that every kernel takes as index arguments, in their order. Formulas of the plan
/// range over others, see exec::StepDim.
enum class KernelDim : unsigned {
  Rows,      ///< rows of the group's results: tokens, or rows of logits behind select_rows
  Tokens,    ///< T
  Sequences, ///< S
  TablePages ///< P, columns of the block table
};
inline constexpr unsigned numKernelDims = 4;

/// How a state lies in memory: a row a slot.
tile::RefType getStateRef(mlir::RankedTensorType type);

/// One argument of a kernel.
struct KernelArgument {
  enum class Kind { Input, Step, Weight, Cache, State, Output, Dim };

  Kind kind;
  /// Input, Output: number of the group's operand or result. Step: a StepInput. Dim: a KernelDim.
  unsigned index = 0;
  /// The array of expert blocks, an ExpertBlocksArray; else 0.
  unsigned part = 0;
  /// Weight, Cache, State: the symbol. For the cache of a `!moe.kv` input it is null: the input's
  /// maker knows it.
  mlir::FlatSymbolRefAttr symbol;
  /// A `!tile.ref`, or index.
  mlir::Type type;
  /// Weight: the op that reads it.
  mlir::Operation *reader = nullptr;
};

/// All that the kernel of a group may be passed.
class KernelSignature {
public:
  /// The type a weight has in memory: packed for the machine, or row-major. Asked with the op that
  /// reads it and its symbol.
  using WeightType =
      llvm::function_ref<tile::RefType(mlir::Operation *reader, mlir::FlatSymbolRefAttr weight)>;

  KernelSignature(moe::GroupOp group, WeightType weightType);

  llvm::ArrayRef<KernelArgument> getArguments() const { return arguments; }
  llvm::SmallVector<mlir::Type> getTypes() const;

  /// The argument's number. Each asserts that it exists.
  unsigned getInput(unsigned operand, unsigned part = 0) const;
  unsigned getOutput(unsigned result, unsigned part = 0) const;
  unsigned getWeight(mlir::FlatSymbolRefAttr symbol) const;
  unsigned getCache(mlir::FlatSymbolRefAttr symbol) const;
  unsigned getState(mlir::FlatSymbolRefAttr symbol) const;
  unsigned getStep(StepInput input) const;
  unsigned getDim(KernelDim dim) const;

private:
  unsigned find(KernelArgument::Kind kind, unsigned index, unsigned part,
                mlir::FlatSymbolRefAttr symbol) const;

  llvm::SmallVector<KernelArgument> arguments;
};

/// Whether the op reads the weight as the matrix of a product, so that it may be packed.
bool isMatrixOperand(mlir::Operation *reader, mlir::FlatSymbolRefAttr weight);

} // namespace moec

#endif // MOEC_CONVERSION_MOETOTILE_SIGNATURE_H
