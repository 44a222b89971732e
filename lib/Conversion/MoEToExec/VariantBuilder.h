//===- VariantBuilder.h - One variant of a function's plan ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOEXEC_VARIANTBUILDER_H
#define MOEC_LIB_CONVERSION_MOETOEXEC_VARIANTBUILDER_H

#include "FunctionInterface.h"

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToExec/Schedules.h"
#include "moec/Conversion/MoEToTile/Signature.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace moec {

/// The kernels of the plan so far, by structural key.
class KernelTable {
public:
  explicit KernelTable(mlir::OpBuilder builder) : builder(builder) {}

  /// The kernel of that key, which is a copy of `group` if it is new.
  exec::KernelOp get(moe::GroupOp group, tile::ScheduleAttr schedule, exec::RuleAttr rule,
                     const std::string &key);

private:
  mlir::OpBuilder builder;
  llvm::StringMap<exec::KernelOp> kernels;
  llvm::StringMap<unsigned> perFamily;
};

/// The inputs that a function's variants take, each once, in the order of stepInputs.
class InputTable {
public:
  void add(exec::InterfaceArrayAttr input) { inputs.insert({input, true}); }
  mlir::ArrayAttr get(mlir::MLIRContext *context) const;

private:
  llvm::MapVector<mlir::Attribute, bool> inputs;
};

/// Emits the steps of one variant.
class VariantBuilder {
public:
  /// All of it outlives the builder. `estimated` are the token counts of steps to predict.
  VariantBuilder(exec::VariantOp variant, const FunctionInterface &interface, exec::PlanOp plan,
                 const WeightForms &weights, KernelTable &kernels, InputTable &inputs,
                 const SchedulePlanner &planner, llvm::ArrayRef<int64_t> estimated,
                 exec::LimitsAttr limits);

  mlir::LogicalResult run();

private:
  mlir::LogicalResult emitGroup(moe::GroupOp group);
  void emitCopies();
  mlir::LogicalResult allocateResult(moe::GroupOp group, mlir::OpResult result);
  mlir::Value passArgument(moe::GroupOp group, const KernelArgument &argument, exec::RuleAttr rule);
  mlir::Value passDim(moe::GroupOp group, KernelDim dim);
  /// The rule of the states that a group reads or writes, null without any. Fails where it has
  /// several.
  mlir::FailureOr<exec::RuleAttr> findRule(moe::GroupOp group);
  exec::CostAttr predict(moe::GroupOp group, tile::ScheduleAttr schedule);

  mlir::AffineExpr dim(exec::StepDim which) { return builder.getAffineDimExpr(unsigned(which)); }
  mlir::AffineMap formula(llvm::ArrayRef<mlir::AffineExpr> results) {
    return mlir::AffineMap::get(exec::numStepDims, 0, results, builder.getContext());
  }
  mlir::Value scalar(mlir::AffineExpr expr);
  mlir::Value input(exec::InterfaceArrayAttr array);
  mlir::Value output(exec::InterfaceArrayAttr array);
  mlir::Value stateRef(mlir::FlatSymbolRefAttr cache, mlir::Type type);

  exec::VariantOp variant;
  const FunctionInterface &interface;
  exec::PlanOp plan;
  const WeightForms &weights;
  KernelTable &kernels;
  InputTable &declaredInputs;
  const SchedulePlanner &planner;
  llvm::ArrayRef<int64_t> estimated;
  exec::LimitsAttr limits;
  mlir::ImplicitLocOpBuilder builder;

  /// The arrays that stand for a value, by part.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value, numExpertBlocksArrays>> arrays;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> scalars;
  llvm::DenseMap<mlir::Attribute, mlir::Value> inputs, weightRefs, stateRefs;
};

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOEXEC_VARIANTBUILDER_H
