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

/// The machine with lanes of a module's target.
static mlir::FailureOr<const moec::simt::Lanes *> findLanes(mlir::ModuleOp module) {
  mlir::FailureOr<const moec::Target *> target = moec::findTarget(module);
  if (failed(target))
    return mlir::failure();
  if (!*target)
    return mlir::emitError(module.getLoc(), "names no machine; moec-set-target does");
  const moec::simt::Lanes *lanes = (*target)->lanes();
  if (!lanes)
    return mlir::emitError(module.getLoc())
           << "is for " << (*target)->name() << ", which has no lanes";
  return lanes;
}

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);
  // Passes ask the machine that a module names.
  moec::TargetRegistry targets;
  moec::registerAllTargets(targets);
  moec::registerTargetResolver(registry, targets);
  moec::simt::registerMachineFinder(registry, findLanes);
  moec::registerAllPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "moec's optimizer\n", registry));
}
