//===- HostLanes.h - What a lane of the skeleton GPU can do -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The hooks of the shared lowering for a machine of 16 lanes that the host plays: what a lane does
// alone is plain LLVM, what it does with others is a call into Block.h. The marks "Machine:" say
// what a real one has in their place.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_EXAMPLES_GPU_HOSTLANES_H
#define MOEC_EXAMPLES_GPU_HOSTLANES_H

#include "moec/Simt/Lanes.h"

namespace moec::skeleton {

class HostLanes : public simt::Lanes {
public:
  HostLanes();

  void declareKernel(mlir::LLVM::LLVMFuncOp function, unsigned threads) const override;
  unsigned getAddressSpace(simt::Memory memory) const override { return 0; }
  llvm::StringRef getSharedScope() const override { return ""; }

  Value emitBlockId(Builder &builder, unsigned axis) const override;
  Value emitThreadId(Builder &builder) const override;

  void emitBarrier(Builder &builder, simt::Memory memory) const override;
  Value emitExchange(Builder &builder, Value word, Value lane, unsigned bit) const override;

  Value emitLoad(Builder &builder, const simt::WindowPlace &place, Type type) const override;
  void emitStore(Builder &builder, const simt::WindowPlace &place, Value value,
                 Value isOwner) const override;

  Value emitProduct(Builder &builder, const simt::Atom &atom, const simt::ProductOperand &first,
                    const simt::ProductOperand &second, Value sum) const override;

  // Small floats are by the defaults.

  void addFunctionPatterns(mlir::RewritePatternSet &patterns) const override;
};

} // namespace moec::skeleton

#endif // MOEC_EXAMPLES_GPU_HOSTLANES_H
