//===- Bounds.h - How far a sound computation may be off --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One function an op, called after its evaluator: the bounds of its results from the bounds of its
// operands (first order) and from what its own arithmetic in f32 may lose.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_BOUNDS_H
#define MOEC_LIB_REFERENCE_BOUNDS_H

#include "Interpreter.h"

namespace moec::reference {

/// The bounds of one step.
struct Bounds {
  Interpreter &step;
  /// What a sum of products may lose, in units of Σ|a·b|.
  double relative;

  void find(moe::EmbedOp) {}
  void find(moe::SelectRowsOp op);
  void find(moe::GroupOp) {}
  void find(moe::LinearOp op);
  void find(moe::HeadLinearOp op);
  void find(moe::RMSNormOp op);
  void find(moe::LayerNormOp op);
  void find(moe::RopeOp op);
  void find(moe::ViewOp op);
  void find(moe::SliceOp op);
  void find(moe::ConcatOp op);
  void find(moe::AddOp op);
  void find(moe::MulOp op);
  void find(moe::ClampOp op);
  void find(moe::CastOp op);
  void find(moe::ActivationOp op);
  void find(mx::QuantizeOp op);
  void find(mx::DequantizeOp op);
  void find(moe::CacheAppendOp op);
  void find(moe::AttentionOp op);
  void find(moe::MLAAttentionOp op) { refuse(op); }
  void find(moe::IndexSelectOp op);
  void find(moe::RouteOp op);
  void find(moe::ExpertsOp op) { refuse(op); }
  void find(moe::DispatchOp) {}
  void find(moe::ExpertUpOp op);
  void find(moe::ExpertDownOp op);
  void find(moe::CombineOp op);

private:
  void refuse(mlir::Operation *op);
  /// How far the numbers of an operand may be off, its rounding included: as many as it has.
  std::vector<float> operandBounds(mlir::Value value) const;
  /// Passes an operand's bounds to the result, number by number.
  void copy(mlir::Value result, mlir::Value operand);
  /// What an activation may be off by when gate and up are off by so much.
  double activationBound(moe::ActivationAttr kind, double gate, double up, double gateBound,
                         double upBound) const;
  /// What row · matrix may be off by: relative · Σ|a·b| + Σ bound(a)·|b|.
  double productBound(const float *row, const float *bounds, const float *column,
                      int64_t width) const;
};

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_BOUNDS_H
