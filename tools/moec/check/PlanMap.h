//===- PlanMap.h - Where the values of a model lie in its plan --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An artifact holds its model beside its plan. Launches name the group that they compute and
// buffers the result that they hold, by the group's id.
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

/// An array of the plan: a buffer, a state or an output. A block-scaled one is followed by its
/// scales, under the next number.
struct Place {
  plan::ArgKind kind;
  uint32_t index;
  mlir::Type element;
};

/// One variant of a plan's function, seen from the model.
class PlanMap {
public:
  /// Fails when the variant computes other groups than the model's function has.
  static Expected<PlanMap> create(mlir::ModuleOp module, const plan::Plan &plan,
                                  const plan::Function &function, const plan::Variant &variant);

  /// A launch, as the number of its step, and the group that it computes.
  struct Launch {
    size_t step;
    const plan::Launch *launch;
    moe::GroupOp group;
  };
  llvm::ArrayRef<Launch> launches() const { return steps; }
  /// The arrays of a group's result: one of a tensor, four of expert blocks (see
  /// ExpertBlocksArray), none where no launch reads or writes them, or of what is no group's
  /// result.
  llvm::ArrayRef<Place> places(mlir::Value value) const;
  /// The state behind a `!moe.kv` value, and the one that an op uses.
  Place state(mlir::Value kv) const;
  Place state(moe::StateUserOp user) const;

private:
  Error addOutputs(mlir::ModuleOp module, const plan::Function &function);
  Error addBuffers(const plan::Variant &variant);

  llvm::SmallVector<Launch> steps;
  llvm::DenseMap<int64_t, moe::GroupOp> groups; ///< by id
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Place, 4>> arrays;
  llvm::DenseMap<mlir::Attribute, uint32_t> states; ///< by symbol
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_CHECK_PLANMAP_H
