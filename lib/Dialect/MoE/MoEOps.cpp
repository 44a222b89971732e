//===- MoEOps.cpp - Definitions of the ops --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What TableGen generates for the ops; their rules are in the files of the op families.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

#define GET_OP_CLASSES
#include "moec/Dialect/MoE/MoEOps.cpp.inc"
