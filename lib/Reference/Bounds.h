//===- Bounds.h - How far a sound computation may be off --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A function of an op, called after its evaluator, finds the bounds of its results from the bounds
// of its operands (first order) and from what its own arithmetic in f32 may lose.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_BOUNDS_H
#define MOEC_LIB_REFERENCE_BOUNDS_H

#include "Interpreter.h"

namespace moec::reference {

/// What the functions of all ops share.
struct Bounds {
  Interpreter &step;
  /// What a sum of products may lose, in units of Σ|a·b|.
  double relative;

  /// How far the numbers of an operand may be off, its rounding included: as many as it has.
  std::vector<float> operandBounds(mlir::Value value) const;
  /// Passes an operand's bounds to the result, number by number.
  void copy(mlir::Value result, mlir::Value operand) const;
  /// What an activation may be off by when gate and up are off by so much.
  double activationBound(moe::ActivationAttr kind, double gate, double up, double gateBound,
                         double upBound) const;
  /// What row · matrix may be off by: relative · Σ|a·b| + Σ bound(a)·|b|.
  double productBound(const float *row, const float *bounds, const float *column,
                      int64_t width) const;
};

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_BOUNDS_H
