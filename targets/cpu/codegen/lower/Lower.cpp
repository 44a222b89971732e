//===- Lower.cpp - Kernels to the LLVM dialect ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Lower.h"
#include "targets/cpu/codegen/lower/KernelEmitter.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Loads every dialect that lowered code consists of.
static void loadDialects(MLIRContext &context) {
  context.loadDialect<arith::ArithDialect, cf::ControlFlowDialect, LLVM::LLVMDialect,
                      math::MathDialect, scf::SCFDialect, vector::VectorDialect>();
}

/// As many bytes as a plan may give a worker.
static constexpr uint64_t maxScratchBytes = uint64_t(1) << 32;

OwningOpRef<ModuleOp> moec::cpu::lowerKernels(ArrayRef<tile::KernelOp> kernels,
                                              const Machine &machine,
                                              SmallVectorImpl<LoweredKernel> &lowered) {
  MLIRContext *context = tile::KernelOp(kernels.front()).getContext();
  loadDialects(*context);
  OwningOpRef<ModuleOp> module(ModuleOp::create(UnknownLoc::get(context)));
  MicroKernels library(*module, machine);
  bool failed = false;
  for (tile::KernelOp kernel : kernels) {
    FailureOr<LoweredKernel> made = KernelEmitter(kernel, machine, library).emit(*module);
    if (succeeded(made) && made->scratchBytes > maxScratchBytes)
      made = kernel.emitError() << "kernel '" << kernel.getSymName() << "' takes "
                                << made->scratchBytes << " bytes of scratch a thread, more than "
                                << maxScratchBytes << ": what it lists or holds is too long";
    failed |= mlir::failed(made);
    lowered.push_back(mlir::failed(made) ? LoweredKernel() : std::move(*made));
  }
  // Emission hoists and remembers values; a mistake there must not reach LLVM.
  if (failed || mlir::failed(verify(*module)))
    return nullptr;
  return module;
}

LogicalResult moec::cpu::convertToLLVM(ModuleOp module) {
  MLIRContext *context = module.getContext();
  LLVMTypeConverter converter(context);
  RewritePatternSet patterns(context);
  // All at once: a partial conversion would leave casts of index between the dialects.
  populateSCFToControlFlowConversionPatterns(patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  return applyFullConversion(module, target, std::move(patterns));
}
