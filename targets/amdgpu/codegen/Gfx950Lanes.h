//===- Gfx950Lanes.h - What a lane of gfx950 can do -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The hooks of the shared lowering, as ops of the rocdl dialect.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_GFX950LANES_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_GFX950LANES_H

#include "moec/Simt/Lanes.h"
#include "targets/amdgpu/codegen/Machine.h"

namespace moec::amdgpu {

/// A subgroup is a wave, a block a workgroup, and shared memory LDS.
class Gfx950Lanes : public simt::Lanes {
public:
  explicit Gfx950Lanes(const Machine &machine);

  // Gfx950Lanes.cpp.
  void declareKernel(mlir::LLVM::LLVMFuncOp function, unsigned threads) const override;
  void finishKernel(mlir::LLVM::LLVMFuncOp function, unsigned accumulators) const override;
  llvm::StringRef getSharedScope() const override { return "workgroup-one-as"; }

  Value emitBlockId(Builder &builder, unsigned axis) const override;
  Value emitThreadId(Builder &builder) const override;
  Value emitUniform(Builder &builder, Value value) const override;

  void emitBarrier(Builder &builder, simt::Memory memory) const override;
  Value emitExchange(Builder &builder, Value word, Value lane, unsigned bit) const override;
  void keepOrder(Builder &builder) const override;
  /// Keeps matrix instructions with scales out of the branch that uses their results, where lanes
  /// are missing.
  Value pin(Builder &builder, Value value) const override;
  bool isOutOfBoundsBelow() const override { return true; } // As an offset without a sign, it is.
  std::pair<Value, Value> emitSwap(Builder &builder, Value a, Value b, unsigned bit) const override;

  /// A window is a buffer descriptor.
  Value openWindow(Builder &builder, Value base, Value &exists) const override;
  Value emitPlace(Builder &builder, Value window, Value offset, int64_t constant,
                  Value condition) const override;
  simt::WindowPlace narrowPlace(Builder &builder, const simt::WindowPlace &place,
                                Value inside) const override;
  Value emitLoad(Builder &builder, const simt::WindowPlace &place, Type type) const override;
  void emitStore(Builder &builder, const simt::WindowPlace &place, Value value,
                 Value isOwner) const override;
  Value emitRead(Builder &builder, const simt::ReadAtom &atom, Value place,
                 Type type) const override;

  void emitCopy(Builder &builder, const simt::WindowPlace &source, Value distance, Value place,
                unsigned bytes, const simt::CopyScopes &scopes) const override;
  void emitCopyWait(Builder &builder, unsigned stages, unsigned accesses) const override;

  Value emitProduct(Builder &builder, const simt::Atom &atom, const simt::ProductOperand &first,
                    const simt::ProductOperand &second, Value sum) const override;

  // Gfx950Formats.cpp.
  Value emitDecodedPair(Builder &builder, CodeType code, Type type, Value word, Value factor,
                        unsigned part) const override;
  Value emitEncodedPair(Builder &builder, CodeType code, Value word, Value first, Value second,
                        Value factor, unsigned part) const override;
  Value emitDecodedRun(Builder &builder, CodeType code, Type type, Value words,
                       Value factor) const override;
  Value emitEncodedRun(Builder &builder, CodeType code, Value low, Value high,
                       Value factor) const override;
  Value emitDecodedScale(Builder &builder, Value word) const override;

  void addFunctionPatterns(mlir::RewritePatternSet &patterns) const override;
};

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_GFX950LANES_H
