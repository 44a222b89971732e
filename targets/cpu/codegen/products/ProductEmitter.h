//===- ProductEmitter.h - Products of tiles ---------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The left operand is staged as its atom wants it, the right one streamed from memory where it is a
// packed weight, else staged as panels. The product then walks panel by panel, and down each panel
// by register blocks.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PRODUCTEMITTER_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PRODUCTEMITTER_H

#include "targets/cpu/codegen/lower/Puller.h"
#include "targets/cpu/codegen/products/kernels/MicroKernels.h"

namespace moec::cpu {

class ProductEmitter {
public:
  using Value = mlir::Value;

  ProductEmitter(KernelState &state, ScratchPlan &scratch, Puller &puller, MicroKernels &library)
      : state(state), scratch(scratch), puller(puller), library(library), machine(state.machine),
        b(state.b) {}

  void emit(tile::MmaOp op);
  void emit(tile::MmaScaledOp op);

  /// How many products were made of each instruction.
  const std::map<llvm::StringRef, unsigned> &getInstructions() const { return instructions; }

  /// Staged operands lie in scratch and are forgotten with the scope that they were staged in.
  size_t openScope() const { return trail.size(); }
  void closeScope(size_t scope);

private:
  /// Buffer of the accumulator, holding its start value.
  Buffer getAccumulator(Value acc, Value result);
  /// Rows of the left operand that can differ from zero.
  Value getRowBound(Value a);
  /// The left operand in scratch: rows of f32, or of codes with a scale and a correction for each
  /// block. `stride` is in elements, of `bits` each where they are numbers.
  struct Staged {
    Value data;
    int64_t stride;
    unsigned bits = 32;
    Value scales;
    Value sums;
    /// Codes with one scale, and of one sum; of folded products also a sum for each scale.
    int64_t block = 0, run = 0;
    Value wholeSums;
  };
  /// As f32, or with `bits` of 16 a tile of bf16 as it is.
  Staged stageLeft(Value a, Value rows, unsigned bits);
  Staged stageCodes(Value a, Value rows, const ProductAtom &atom, const BlockFormat &weight);
  /// A product of numbers: what is codes on either side is f32 before it is multiplied.
  void emitNumberProduct(Value a, Value b, bool kn, const Buffer &acc, Value rows);
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
  /// As f32 by k, or as bf16 in pairs of k (Staging.cpp).
  Panels stageRight(Value b, bool kn, const PanelFormat &format);
  /// Stores a vector of words, of one k or one pair of them, for the columns from one on.
  using StoreWords = llvm::function_ref<void(Value words, Value k, Value column)>;
  void stageByRows(Value b, bool paired, StoreWords store);
  void stageTransposed(Value b, StoreWords store);
  void stagePairsTransposed(Value b, StoreWords store);
  struct PanelPlace;
  /// A product of integers by the atom of both sides.
  void emitCodeProduct(Value a, const Panels &b, const ProductAtom &atom, const Buffer &acc,
                       Value rows);
  /// What of a product of codes is the same for all panels.
  struct CodeProduct {
    Staged left;
    const Panels &panels;
    const ProductAtom &atom; ///< by vectors
    Rows kind;
    bool folded;
    int64_t depth, height, columns; ///< of the tiles of rows and of sums
  };
  /// Where groups of codes that have one scale, of int8 in fours, are: in the panel or in scratch.
  struct WholePanel {
    Value codes, scales;
    /// An i32 for each group, whether it is there; null: all are.
    Value folds;
  };
  /// Adds to `rows` rows from `first` on what vectors make of `count` k from group `group` on.
  void emitByVectors(const CodeProduct &product, const PanelPlace &panel, Value first, Value rows,
                     Value group, Value count);
  /// Groups of a panel, FoldedProduct.cpp: as int8, by vectors or by `tiles`.
  void emitGroups(const CodeProduct &product, const ProductAtom *tiles, const PanelPlace &panel,
                  const WholePanel &whole, Value rows, Value steps);
  void emitWholeByTiles(const CodeProduct &product, const ProductAtom &tiles,
                        const PanelPlace &panel, const WholePanel &whole, Value rows, Value steps);
  void emitWholeByVectors(const CodeProduct &product, const PanelPlace &panel,
                          const WholePanel &whole, Value rows, Value steps);
  /// Runs `body` where the group is whole, and else `otherwise`.
  void ifWhole(const WholePanel &whole, Value group, llvm::function_ref<void()> body,
               llvm::function_ref<void()> otherwise);
  /// Configures tiles for the rows of blocks of 32 and of what is left, and runs `body` on each.
  void forTileBlocks(Value rows, const ProductAtom &atom,
                     llvm::function_ref<void(RegisterBlock block, Value row, Value live)> body);
  /// Asks for the rows that a gathered tile is about to be read from: they lie apart in memory.
  void prefetchRows(Value tile);
  /// Runs `body` on an accumulator that is whole panels wide.
  void withPanelColumns(const Buffer &acc, Value rows,
                        llvm::function_ref<void(const Buffer &)> body);
  /// Covers `rows` rows with register blocks, highest first. Of all but the highest one is enough
  /// to cover what the higher ones leave.
  void emitRows(Value rows, llvm::ArrayRef<RegisterBlock> blocks,
                llvm::function_ref<void(RegisterBlock block, Value row)> body);
  void emitPanels(const Staged &a, const Panels &b, const Buffer &acc, Value rows, int64_t depth,
                  const ProductAtom &atom);
  /// A call of `product` for each block of rows of a panel.
  using GetProduct = llvm::function_ref<mlir::LLVM::LLVMFuncOp(RegisterBlock block)>;
  void emitBlocks(const Staged &a, const PanelPlace &panel, const Buffer &acc, Value rows,
                  llvm::ArrayRef<RegisterBlock> blocks, int64_t stepBytes, Value steps,
                  GetProduct product);
  /// Products of pairs (PairProduct.cpp), by either kind of vectors and by tiles. All take
  /// denormals for zeros, the first where the mode says so.
  void emitPairs(const Staged &a, const Panels &b, const Buffer &acc, Value rows, int64_t depth,
                 const ProductAtom &atom);
  void emitTiles(const Staged &a, const Panels &b, const Buffer &acc, Value rows, int64_t depth,
                 const ProductAtom &atom);
  void withoutDenormals(llvm::function_ref<void()> body);
  /// Where a panel's arrays and its columns of the accumulator start.
  struct PanelPlace {
    llvm::SmallVector<Value, 4> streams;
    Value out;
  };
  /// Runs `body` for every panel with columns that exist; `steps`, within `depth`, are those of K
  /// that are not zero.
  void loopPanels(const Panels &b, const Buffer &acc, int64_t depth,
                  llvm::function_ref<void(const PanelPlace &panel, Value steps)> body);

  KernelState &state;
  ScratchPlan &scratch;
  Puller &puller;
  MicroKernels &library;
  const Machine &machine;
  CodeBuilder &b;
  /// Staged operands by what they are and how they were staged, and what undoes the entries.
  /// A tile, and how it is staged: as numbers of 32 bits or 16, or as stageCodes() says, which
  /// gives other numbers.
  using StagedKey = std::pair<Value, unsigned>;
  static constexpr unsigned stagedAsF32 = 0, stagedAsBf16 = 1u << 30;
  llvm::DenseMap<StagedKey, Staged> staged;
  llvm::SmallVector<StagedKey> trail;
  std::map<llvm::StringRef, unsigned> instructions;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PRODUCTEMITTER_H
