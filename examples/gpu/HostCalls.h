//===- HostCalls.h - Calls of the machine's functions -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the hooks emit alike.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_EXAMPLES_GPU_HOSTCALLS_H
#define MOEC_EXAMPLES_GPU_HOSTCALLS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moec::skeleton {

/// Machine: an intrinsic. Here one of the functions of Block.h; null without a result.
mlir::Value callMachine(mlir::ImplicitLocOpBuilder &builder, llvm::StringRef name,
                        mlir::Type result, mlir::ValueRange operands);

mlir::Value createI32(mlir::ImplicitLocOpBuilder &builder, int64_t value);

} // namespace moec::skeleton

#endif // MOEC_EXAMPLES_GPU_HOSTCALLS_H
