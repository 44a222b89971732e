//===- InitAllDialects.h - Every dialect of the compiler --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// One function for tools and tests that read IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_INITALLDIALECTS_H
#define MOEC_INITALLDIALECTS_H

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/Moec/Moec.h"
#include "moec/Dialect/Tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace moec {

/// Adds our dialects, and those of MLIR that our IR contains.
inline void registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect,
                  mlir::scf::SCFDialect, exec::ExecDialect, moe::MoEDialect, MoecDialect,
                  mx::MXDialect, tile::TileDialect>();
}

} // namespace moec

#endif // MOEC_INITALLDIALECTS_H
