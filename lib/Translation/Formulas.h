//===- Formulas.h - Affine maps as formulas of a plan -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TRANSLATION_FORMULAS_H
#define MOEC_LIB_TRANSLATION_FORMULAS_H

#include "moec/Support/Error.h"
#include "moec/abi/plan_generated.h"

#include "mlir/IR/AffineExpr.h"

#include <memory>

namespace moec {

/// The least of `exprs`, over (T, S, R, P) or (T, S, R)[P], in postfix order. Fails on an operator
/// that formulas lack; `what` names the formula in the sentence.
Expected<std::unique_ptr<plan::FormulaT>> writeFormula(llvm::ArrayRef<mlir::AffineExpr> exprs,
                                                       const std::string &what);

} // namespace moec

#endif // MOEC_LIB_TRANSLATION_FORMULAS_H
