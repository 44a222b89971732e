//===- moec-translate.cpp - IR to the artifact's plan -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// `--exec-to-plan` makes plan.fb of the last stage's IR, as the compiler does.
//
//===----------------------------------------------------------------------===//

#include "moec/InitAllDialects.h"
#include "moec/Target/TargetResolver.h"
#include "moec/Translation/ExecToPlan.h"

#include "mlir/Support/LogicalResult.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"

int main(int argc, char **argv) {
  moec::registerExecToPlanTranslation([](mlir::DialectRegistry &registry) {
    moec::registerAllDialects(registry);
    moec::TargetRegistry targets;
    moec::registerAllTargets(targets);
    moec::registerTargetResolver(registry, targets);
  });
  return mlir::failed(mlir::mlirTranslateMain(argc, argv, "moec's translations"));
}
