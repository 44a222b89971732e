//===- moec-lsp-server.cpp - Our dialects in an editor ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Speaks the Language Server Protocol on stdin and stdout: diagnostics, hover, definitions and
// references for files such as model.mlir and what --dump-stages writes.
//
//===----------------------------------------------------------------------===//

#include "moec/InitAllDialects.h"

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  moec::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry)) ? 1 : 0;
}
