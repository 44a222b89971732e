//===- Lowering.cpp - From tile kernels to the LLVM dialect ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts, lowering, then MLIR's own conversions for what stayed scalar.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Lowering.h"

#include "Lower/KernelLowering.h"

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
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// Whether the machine has an instruction for these codes: for both numbers with powers of two as
/// scales, or for both integers.
static bool hasInstruction(tile::MmaScaledOp op, const Geometry &machine) {
  std::optional<Format> a = getOperandFormat(op.getA().getType().getElementType());
  std::optional<Format> b = getOperandFormat(op.getB().getType().getElementType());
  return a && b && findAtom(machine, *a, *b, /*scaled=*/*a != Format::I8);
}

/// Functions without an instruction, by others that have one.
static LogicalResult expandFunctions(ModuleOp module, const Lanes &machine) {
  RewritePatternSet patterns(module.getContext());
  // There is no library of device functions to call.
  math::populateExpansionPatterns(patterns, {"tanh"});
  populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
    return name == math::ErfOp::getOperationName() || name == math::Log1pOp::getOperationName();
  });
  machine.addFunctionPatterns(patterns);
  return applyPatternsGreedily(module, std::move(patterns));
}

FailureOr<std::vector<LoweredKernel>> simt::lowerKernels(ModuleOp module, const Lanes &machine) {
  MLIRContext *context = module.getContext();
  DialectRegistry registry;
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  index::registerConvertIndexToLLVMInterface(registry);
  registerConvertMathToLLVMInterface(registry);
  context->appendDialectRegistry(registry);
  context->loadDialect<LLVM::LLVMDialect, arith::ArithDialect, cf::ControlFlowDialect,
                       math::MathDialect>();

  // Before layouts are assigned: an expanded product is a plain one of dequantised tiles, with
  // other operand layouts.
  module.walk([&](tile::MmaScaledOp op) {
    if (!hasInstruction(op, machine))
      tile::expandScaledProduct(op);
  });
  std::vector<LoweredKernel> lowered;
  for (tile::KernelOp kernel : llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
    FailureOr<LayoutAssignment> layouts = LayoutAssignment::compute(kernel, machine);
    if (failed(layouts))
      return failure();
    KernelLowering lowering(kernel, *layouts, machine);
    if (failed(lowering.run()))
      return failure();
    lowered.push_back({kernel.getSymName().str(), lowering.getMetrics()});
    kernel.erase();
  }
  if (failed(expandFunctions(module, machine)))
    return failure();
  // What the lowering emits is naive: constants and lane arithmetic again and again. Both are
  // removed before and after control flow becomes branches.
  PassManager passes(context);
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  passes.addPass(createCSEPass());
  if (failed(passes.run(module)))
    return failure();
  return lowered;
}
