//===- ExecToTile.h - From planned kernels to tile programs -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_EXECTOTILE_EXECTOTILE_H
#define MOEC_CONVERSION_EXECTOTILE_EXECTOTILE_H

#include "mlir/Pass/Pass.h"

namespace moec {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Conversion/ExecToTile/Passes.h.inc"

} // namespace moec

#endif // MOEC_CONVERSION_EXECTOTILE_EXECTOTILE_H
