//===- FunctionInterface.h - What a function takes and gives ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOEXEC_FUNCTIONINTERFACE_H
#define MOEC_LIB_CONVERSION_MOETOEXEC_FUNCTIONINTERFACE_H

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/StepArrays.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moec {

/// A function of the model as the runtime sees it. Everything that has no name in
/// moec/StepArrays.h, or another shape than that name has, is refused.
class FunctionInterface {
public:
  /// Fails with a diagnostic at the function that says what no runtime could fill or read.
  static mlir::FailureOr<FunctionInterface> read(mlir::func::FuncOp function);

  mlir::func::FuncOp getFunction() const { return function; }
  mlir::MLIRContext *getContext() const { return mlir::func::FuncOp(function).getContext(); }

  /// Rows of a value: tokens, or rows of logits behind select_rows.
  bool isOverLogitsRows(mlir::Value value) const { return logitsRows.contains(value); }
  mlir::AffineMap getRows(mlir::Value value) const;

  /// The input that a tensor argument is.
  exec::InterfaceArrayAttr getInput(mlir::BlockArgument argument) const {
    return arguments.lookup(argument);
  }
  /// The outputs, one for each result.
  llvm::ArrayRef<exec::InterfaceArrayAttr> getOutputs() const { return outputs; }
  /// The output whose memory a group's result is written to; null for none.
  exec::InterfaceArrayAttr getOutput(mlir::OpResult result) const;
  /// Outputs that are copies: of an argument, or of what another output is already.
  struct Copy {
    exec::InterfaceArrayAttr output;
    mlir::Value value;
  };
  llvm::ArrayRef<Copy> getCopies() const { return copies; }

  /// An input of a batch, that of the states of rule `of` where there is one for each.
  exec::InterfaceArrayAttr makeBatchInput(StepInput input, exec::RuleAttr of) const;

private:
  explicit FunctionInterface(mlir::func::FuncOp function) : function(function) {}
  /// Finds the values with a row for each row of logits; no group may mix them with others.
  mlir::LogicalResult readRows();
  /// Refuses a cache that is written twice.
  mlir::LogicalResult readStates();
  mlir::LogicalResult readArguments();
  mlir::LogicalResult readResults();
  /// The array of that name as `value` has it; `what` names the value in messages.
  mlir::FailureOr<exec::InterfaceArrayAttr> match(llvm::ArrayRef<ArrayInfo> table,
                                                  llvm::StringRef name, const std::string &what,
                                                  mlir::Value value);

  mlir::func::FuncOp function;
  llvm::DenseSet<mlir::Value> logitsRows;
  llvm::DenseMap<mlir::Value, exec::InterfaceArrayAttr> arguments;
  llvm::SmallVector<exec::InterfaceArrayAttr> outputs;
  llvm::DenseMap<mlir::Value, exec::InterfaceArrayAttr> written;
  llvm::SmallVector<Copy> copies;
};

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOEXEC_FUNCTIONINTERFACE_H
