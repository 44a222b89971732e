//===- Formulas.cpp - Affine maps as formulas of a plan -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Formulas.h"

#include "moec/Dialect/Exec/Exec.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace moec;

namespace {
/// Builds one postfix formula.
class FormulaWriter {
public:
  LogicalResult push(AffineExpr expr);
  void step(plan::FormulaOp op, int64_t value = 0) {
    formula->steps.push_back(plan::FormulaStep(value, op));
  }
  std::unique_ptr<plan::FormulaT> take() { return std::move(formula); }

private:
  std::unique_ptr<plan::FormulaT> formula = std::make_unique<plan::FormulaT>();
};
} // namespace

LogicalResult FormulaWriter::push(AffineExpr expr) {
  static_assert(unsigned(exec::StepDim::Tokens) == unsigned(plan::Dim::Tokens) &&
                unsigned(exec::StepDim::Sequences) == unsigned(plan::Dim::Sequences) &&
                unsigned(exec::StepDim::LogitsRows) == unsigned(plan::Dim::LogitsRows) &&
                unsigned(exec::StepDim::TablePages) == unsigned(plan::Dim::BlockTableStride));
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    step(plan::FormulaOp::Dimension, dim.getPosition());
    return success();
  }
  // An array's rows have P as a symbol, since it multiplies S.
  if (isa<AffineSymbolExpr>(expr)) {
    step(plan::FormulaOp::Dimension, int64_t(plan::Dim::BlockTableStride));
    return success();
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    step(plan::FormulaOp::Constant, constant.getValue());
    return success();
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || failed(push(binary.getLHS())) || failed(push(binary.getRHS())))
    return failure();
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    step(plan::FormulaOp::Add);
    return success();
  case AffineExprKind::Mul:
    step(plan::FormulaOp::Mul);
    return success();
  case AffineExprKind::FloorDiv:
    step(plan::FormulaOp::FloorDiv);
    return success();
  case AffineExprKind::CeilDiv:
    step(plan::FormulaOp::CeilDiv);
    return success();
  default:
    return failure();
  }
}

Expected<std::unique_ptr<plan::FormulaT>> moec::writeFormula(ArrayRef<AffineExpr> exprs,
                                                             const std::string &what) {
  FormulaWriter writer;
  for (auto [index, expr] : llvm::enumerate(exprs)) {
    if (failed(writer.push(expr)))
      return Error::make(what, " uses an operator that formulas lack");
    if (index > 0)
      writer.step(plan::FormulaOp::Min);
  }
  return writer.take();
}
