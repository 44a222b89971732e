//===- KernelEmitter.h - One tile.kernel to vector code ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The walk over a kernel in program order. Ops across elements (products, reductions, selections)
// and values that are expensive and used twice are materialised where they stand; everything else
// is pulled by who uses it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELEMITTER_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELEMITTER_H

#include "targets/cpu/codegen/lower/Lower.h"
#include "targets/cpu/codegen/products/ProductEmitter.h"

namespace moec::cpu {

/// Emits one kernel as a function of the kernel ABI into a module.
class KernelEmitter {
public:
  using Value = mlir::Value;

  KernelEmitter(tile::KernelOp kernel, const Machine &machine, MicroKernels &library)
      : state(kernel, machine), scratch(state.b), puller(state, scratch),
        products(state, scratch, puller, library), machine(machine), b(state.b) {}

  /// Emits the function at the end of `module`.
  mlir::FailureOr<LoweredKernel> emit(mlir::ModuleOp module);

private:
  //===--- Program order (KernelEmitter.cpp) ------------------------------===//
  void emitBlocks();
  Value getZeros();
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
  struct Scope {
    ScratchPlan::Scope scratch;
    size_t products;
  };
  Scope openScope() const { return {scratch.open(), products.openScope()}; }
  void closeScope(Scope scope);

  //===--- Ops across elements (Reduce.cpp, Select.cpp) -------------------===//
  void emitScan(tile::ScanOp op);
  void emitHistogram(tile::HistogramOp op);
  void emitRank(tile::RankOp op);
  void emitTopK(tile::TopKOp op);
  void emitTopKMerge(tile::TopKMergeOp op);
  void emitConcat(tile::ConcatOp op);

  KernelState state;
  ScratchPlan scratch;
  Puller puller;
  ProductEmitter products;
  const Machine &machine;
  CodeBuilder &b;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_KERNELEMITTER_H
