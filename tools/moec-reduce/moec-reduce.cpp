//===- moec-reduce.cpp - Smaller models with the same failure -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// MLIR's reducer for our dialects; docs/Debugging.md shows it at work.
//
//===----------------------------------------------------------------------===//

#include "ReductionPatterns.h"

#include "moec/InitAllDialects.h"
#include "moec/InitAllPasses.h"

#include "mlir/Reducer/Passes.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  moec::registerAllPasses();
  mlir::registerTransformsPasses();
  mlir::registerReducerPasses();
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);
  moec::registerReductionPatterns(registry);
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
