//===- Lowering.cpp - From tile kernels to the LLVM dialect ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The passes of this layer, then MLIR's own conversions for what stayed scalar.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Lowering.h"

#include "Passes/Machine.h"
#include "moec/Diagnostics/Diagnostics.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

void simt::addLoweringPasses(OpPassManager &passes, const Lanes &machine,
                             std::vector<LoweredKernel> &lowered) {
  // Before layouts are assigned: an expanded product is a plain one of dequantised tiles, with
  // other operand layouts.
  passes.addPass(createExpandProducts(machine));
  passes.addPass(createAssignLayouts(machine));
  passes.addPass(createLowerKernels(machine, lowered));
  passes.addPass(createExpandFunctions(machine));
}

Expected<std::vector<LoweredKernel>> simt::lowerKernels(ModuleOp module, const Lanes &machine,
                                                        StringRef name) {
  MLIRContext *context = module.getContext();
  DialectRegistry registry;
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  index::registerConvertIndexToLLVMInterface(registry);
  registerConvertMathToLLVMInterface(registry);
  context->appendDialectRegistry(registry);
  context->loadDialect<LLVM::LLVMDialect, arith::ArithDialect, cf::ControlFlowDialect,
                       math::MathDialect>();

  std::vector<LoweredKernel> lowered;
  PassManager passes(context);
  addLoweringPasses(passes, machine, lowered);
  // What the lowering emits is naive: constants and lane arithmetic again and again. Both are
  // removed before and after control flow becomes branches.
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCSEPass());
  // Diagnostics become the sentence of the error.
  DiagnosticCollector said(context);
  if (failed(passes.run(module)))
    return Error::make("cannot lower the kernels for ", name.str(), ": ", said.error());
  return lowered;
}
