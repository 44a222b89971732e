//===- MoEToExec.h - From groups to the host plan ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOEXEC_MOETOEXEC_H
#define MOEC_CONVERSION_MOETOEXEC_MOETOEXEC_H

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/MoE/MoE.h"

#include "mlir/Pass/Pass.h"

namespace moec {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Conversion/MoEToExec/Passes.h.inc"

/// The forms of the weights that a plan reads, as `moe-pack-weights` declared them.
class WeightForms {
public:
  explicit WeightForms(exec::PlanOp plan);

  /// The form in which `reader` reads the `moe.weight` of that name, or null.
  exec::WeightOp find(mlir::Operation *reader, mlir::FlatSymbolRefAttr weight) const;
  /// The reference that a kernel is passed for it; the form must be there.
  tile::RefType getType(mlir::Operation *reader, mlir::FlatSymbolRefAttr weight) const {
    return find(reader, weight).getType();
  }

private:
  llvm::DenseMap<std::pair<mlir::Attribute, exec::WeightForm>, exec::WeightOp> forms;
};

/// The form in which an op reads a weight.
exec::WeightForm getWeightForm(mlir::Operation *reader, mlir::FlatSymbolRefAttr weight);

/// A text that is equal for two groups exactly when one kernel can compute both: the body without
/// the names of weights, caches and layers, with the types of what it is passed.
std::string getStructuralKey(moe::GroupOp group,
                             llvm::function_ref<mlir::Type(mlir::FlatSymbolRefAttr)> symbolType);

} // namespace moec

#endif // MOEC_CONVERSION_MOETOEXEC_MOETOEXEC_H
