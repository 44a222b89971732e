//===- Precompiled.h - What most files of this folder include -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What most files of this folder include, precompiled (see moec_add_precompiled).
//
//===----------------------------------------------------------------------===//
#ifndef TARGETS_AMDGPU_CODEGEN_PRECOMPILED_H
#define TARGETS_AMDGPU_CODEGEN_PRECOMPILED_H

#include "moec/Precompiled.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

#endif // TARGETS_AMDGPU_CODEGEN_PRECOMPILED_H
