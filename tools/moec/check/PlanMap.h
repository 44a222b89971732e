//===- PlanMap.h - Where the values of a model lie in its plan --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An artifact holds its model at the stage before the plan. Launches were made of its groups in
// order and buffers of the groups' results in order, so both can be found again; names are checked.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_CHECK_PLANMAP_H
#define MOEC_TOOLS_MOEC_CHECK_PLANMAP_H

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Support/Error.h"
#include "moec/abi/plan_generated.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace moec {

/// An array of the plan: a buffer, a cache or a step array. A block-scaled one is followed by its
/// scales, under the next number.
struct Place {
  plan::ArgKind kind;
  uint32_t index;
  mlir::Type element;
};

/// One variant of a plan, seen from the model.
class PlanMap {
public:
  /// `variant` is the plan's variant number. Fails when the plan has other launches than the model
  /// has groups.
  static Expected<PlanMap> create(mlir::ModuleOp module, const plan::Plan &plan, uint32_t variant);

  /// The group of each launch.
  llvm::ArrayRef<moe::GroupOp> groups() const { return launches; }
  /// The arrays of a group's result: one of a tensor, four of a dispatch (see DispatchArray), none
  /// where no launch reads or writes them, or of what is no group's result.
  llvm::ArrayRef<Place> places(mlir::Value value) const;
  /// The cache behind a `!moe.kv` value.
  Place cache(mlir::Value kv) const;

private:
  Error add(moe::GroupOp group, const plan::Variant &variant);

  llvm::SmallVector<moe::GroupOp> launches;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Place, 4>> arrays;
  llvm::DenseMap<mlir::Attribute, uint32_t> caches; ///< by symbol
  uint32_t nextBuffer = 0;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_CHECK_PLANMAP_H
