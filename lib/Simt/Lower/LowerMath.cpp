//===- LowerMath.cpp - Functions that machines have roughly ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A machine's sine is meant for angles of a few turns. Positions of a long context are angles of
// many thousand radians, so these are reduced in double precision first.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// Σ coefficients[i] · z^i, by Horner's rule.
static Value emitPolynomial(ImplicitLocOpBuilder &builder, Value z, ArrayRef<double> coefficients) {
  Type f32 = builder.getF32Type();
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(builder, builder.getFloatAttr(f32, value));
  };
  Value sum = constant(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = math::FmaOp::create(builder, sum, z, constant(coefficient));
  return sum;
}

Value KernelLowering::emitSine(Value angle, bool cosine) {
  Type f32 = builder.getF32Type(), f64 = builder.getF64Type();
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(builder, builder.getF64FloatAttr(value));
  };
  // angle = quarter · π/2 + rest, with π/2 in two parts; the rest is within π/4.
  Value wide = arith::ExtFOp::create(builder, f64, angle);
  Value quarter = math::RoundEvenOp::create(
      builder, arith::MulFOp::create(builder, wide, constant(0x1.45f306dc9c883p-1)));
  Value negated = arith::NegFOp::create(builder, quarter);
  Value rest = math::FmaOp::create(builder, negated, constant(0x1.921fb54442d18p+0), wide);
  rest = math::FmaOp::create(builder, negated, constant(0x1.1a62633145c07p-54), rest);
  // The quarter's two low bits choose between sine and cosine of the rest and the sign; a cosine is
  // the sine a quarter further.
  Value number = arith::FPToSIOp::create(builder, builder.getI32Type(), quarter);
  if (cosine)
    number = arith::AddIOp::create(builder, number, i32(1));

  // Taylor series: the first term left out is below 2e-9.
  Value r = arith::TruncFOp::create(builder, f32, rest);
  Value z = arith::MulFOp::create(builder, r, r);
  Value sine = arith::MulFOp::create(
      builder, r, emitPolynomial(builder, z, {1, -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880}));
  Value other =
      emitPolynomial(builder, z, {1, -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800});
  auto bit = [&](int64_t mask) -> Value {
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::ne,
                                 arith::AndIOp::create(builder, number, i32(mask)), i32(0));
  };
  Value result = arith::SelectOp::create(builder, bit(1), other, sine);
  return arith::SelectOp::create(builder, bit(2), arith::NegFOp::create(builder, result), result);
}
