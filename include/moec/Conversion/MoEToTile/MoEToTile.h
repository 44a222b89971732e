//===- MoEToTile.h - From groups to tile programs ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOTILE_MOETOTILE_H
#define MOEC_CONVERSION_MOETOTILE_MOETOTILE_H

#include "mlir/Pass/Pass.h"

namespace moec {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Conversion/MoEToTile/Passes.h.inc"

} // namespace moec

#endif // MOEC_CONVERSION_MOETOTILE_MOETOTILE_H
