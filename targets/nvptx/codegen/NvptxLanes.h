//===- NvptxLanes.h - What a lane of a warp can do --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The hooks of the shared lowering, as calls of LLVM's intrinsics.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_NVPTXLANES_H
#define MOEC_TARGETS_NVPTX_CODEGEN_NVPTXLANES_H

#include "moec/Simt/Lanes.h"
#include "targets/nvptx/codegen/Machine.h"

namespace moec::nvptx {

/// A subgroup is a warp.
class NvptxLanes : public simt::Lanes {
public:
  explicit NvptxLanes(const Machine &machine);

  void declareKernel(mlir::LLVM::LLVMFuncOp function, unsigned threads) const override;
  /// Tables are in global memory: constant memory serves one address at a time.
  unsigned getAddressSpace(simt::Memory memory) const override;
  llvm::StringRef getSharedScope() const override { return "block"; }

  Value emitBlockId(Builder &builder, unsigned axis) const override;
  Value emitThreadId(Builder &builder) const override;
  void emitBarrier(Builder &builder, simt::Memory memory) const override;
  Value emitExchange(Builder &builder, Value word, Value lane, unsigned bit) const override;

  Value emitLoad(Builder &builder, const simt::WindowPlace &place, Type type) const override;
  void emitStore(Builder &builder, const simt::WindowPlace &place, Value value,
                 Value isOwner) const override;
  Value emitRead(Builder &builder, const simt::ReadAtom &atom, Value place,
                 Type type) const override;

  /// A stage is a group of copies, which is what a wait counts.
  void emitCopy(Builder &builder, const simt::WindowPlace &source, Value distance, Value place,
                unsigned bytes, const simt::CopyScopes &scopes) const override;
  void endCopies(Builder &builder) const override;
  void keepOrder(Builder &builder) const override;
  void emitCopyWait(Builder &builder, unsigned stages, unsigned accesses) const override;

  Value emitProduct(Builder &builder, const simt::Atom &atom, const simt::ProductOperand &first,
                    const simt::ProductOperand &second, Value sum) const override;
  /// By the machine's conversion where it has one for these codes.
  Value emitEncodedPair(Builder &builder, CodeType code, Value word, Value first, Value second,
                        Value factor, unsigned part) const override;
  /// math.exp and math.log on instructions that there are (Functions.cpp).
  void addFunctionPatterns(mlir::RewritePatternSet &patterns) const override;

private:
  Value emitScaledProduct(Builder &builder, const simt::Atom &atom,
                          const simt::ProductOperand &first, const simt::ProductOperand &second,
                          Value sum) const;

  const Machine &machine;
};

/// What an intrinsic of LLVM gives for these operands.
mlir::Value callIntrinsic(mlir::ImplicitLocOpBuilder &builder, mlir::Type type,
                          llvm::StringRef name, mlir::ValueRange operands);

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_NVPTXLANES_H
