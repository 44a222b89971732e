//===- Anchor.h - The op a group is about -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Groups of the families here hold one op that gives the kernel its name, and views of what it
// reads and makes. A view changes no byte, so kernels see through it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_ANCHOR_H
#define MOEC_LIB_CONVERSION_MOETOTILE_ANCHOR_H

#include "moec/Dialect/MoE/MoE.h"

namespace moec {

/// The only op of that kind in the group's body. Fails with a diagnostic at the group if there is
/// none, or anything beside it but views.
template <typename OpTy> mlir::FailureOr<OpTy> getAnchor(moe::GroupOp group) {
  OpTy anchor;
  for (mlir::Operation &op : group.getBody().front().without_terminator()) {
    if (mlir::isa<moe::ViewOp>(op))
      continue;
    auto found = mlir::dyn_cast<OpTy>(op);
    if (!found || anchor) {
      mlir::InFlightDiagnostic error = group.emitOpError()
                                       << "computes one " << OpTy::getOperationName() << " only";
      error.attachNote(op.getLoc()) << "cannot add this op to its kernel";
      return error;
    }
    anchor = found;
  }
  if (!anchor)
    return group.emitOpError() << "has no " << OpTy::getOperationName();
  return anchor;
}

/// The argument of the group's body that a value is, or is a view of. The anchor's operands are
/// nothing else, since the body has no other ops.
inline mlir::Value stripViews(mlir::Value value) {
  while (auto view = value.getDefiningOp<moe::ViewOp>())
    value = view.getInput();
  return value;
}

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_ANCHOR_H
