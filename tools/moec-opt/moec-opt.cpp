//===- moec-opt.cpp - Runs passes on IR -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/InitAllDialects.h"
#include "moec/InitAllPasses.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);
  // Passes ask the machine that a module names.
  moec::TargetRegistry targets;
  moec::registerAllTargets(targets);
  moec::registerTargetResolver(registry, targets);
  moec::registerAllPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "moec's optimizer\n", registry));
}
