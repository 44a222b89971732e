//===- Refusal.cpp - What a machine does not do ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Refusal.h"

#include "moec/Dialect/Tile/Tile.h"

using namespace mlir;
using namespace moec;

InFlightDiagnostic simt::refuse(Operation *op) {
  InFlightDiagnostic error = op->emitOpError();
  if (auto kernel = op->getParentOfType<tile::KernelOp>())
    error << "in kernel '" << kernel.getSymName() << "' ";
  return error;
}
