//===- MoEToTile.h - From groups to tile programs ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOTILE_MOETOTILE_H
#define MOEC_CONVERSION_MOETOTILE_MOETOTILE_H

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/Pass/Pass.h"

#include <string>

namespace moec {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Conversion/MoEToTile/Passes.h.inc"

/// What `moe-to-tile` calls the kernel of a group: a symbol made of the group's name.
std::string getKernelName(moe::GroupOp group);

} // namespace moec

#endif // MOEC_CONVERSION_MOETOTILE_MOETOTILE_H
