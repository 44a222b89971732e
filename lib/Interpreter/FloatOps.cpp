//===- FloatOps.cpp - Arithmetic of floats, element by element ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

template <typename... Ops> static void addUnary(OpTable &table, double (*function)(double)) {
  table.add<Ops...>([function](Execution &execution, auto op) {
    const TileValue &a = execution.get(op->getOperand(0));
    execution.make(op->getResult(0), [&](auto, int64_t i) { return function(a.numbers[i]); });
  });
}

template <typename... Ops>
static void addBinary(OpTable &table, double (*function)(double, double)) {
  table.add<Ops...>([function](Execution &execution, auto op) {
    const TileValue &a = execution.get(op->getOperand(0));
    const TileValue &b = execution.get(op->getOperand(1));
    execution.make(op->getResult(0),
                   [&](auto, int64_t i) { return function(a.numbers[i], b.numbers[i]); });
  });
}

static bool compare(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool isUnordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::ORD:
    return !isUnordered;
  case P::UNO:
    return isUnordered;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !isUnordered && a != b;
  case P::UEQ:
    return isUnordered || a == b;
  case P::UGT:
    return isUnordered || a > b;
  case P::UGE:
    return isUnordered || a >= b;
  case P::ULT:
    return isUnordered || a < b;
  case P::ULE:
    return isUnordered || a <= b;
  case P::UNE:
    return a != b;
  }
  llvm_unreachable("all predicates are above");
}

static void fuse(Execution &execution, math::FmaOp op) {
  const TileValue &a = execution.get(op.getA()), &b = execution.get(op.getB());
  const TileValue &c = execution.get(op.getC());
  bool isSingle = getElementTypeOrSelf(op.getResult()).isF32();
  // One rounding: a sum in f64 that is rounded to f32 has had two.
  execution.make(op.getResult(), [&](auto, int64_t i) {
    double x = a.numbers[i], y = b.numbers[i], z = c.numbers[i];
    return isSingle ? double(std::fma(float(x), float(y), float(z))) : std::fma(x, y, z);
  });
}

static void addFunctions(OpTable &table) {
  addUnary<math::AbsFOp>(table, [](double a) { return std::fabs(a); });
  addUnary<math::CeilOp>(table, [](double a) { return std::ceil(a); });
  addUnary<math::CosOp>(table, [](double a) { return std::cos(a); });
  addUnary<math::ErfOp>(table, [](double a) { return std::erf(a); });
  addUnary<math::ExpOp>(table, [](double a) { return std::exp(a); });
  addUnary<math::Exp2Op>(table, [](double a) { return std::exp2(a); });
  addUnary<math::FloorOp>(table, [](double a) { return std::floor(a); });
  addUnary<math::LogOp>(table, [](double a) { return std::log(a); });
  addUnary<math::Log1pOp>(table, [](double a) { return std::log1p(a); });
  addUnary<math::Log2Op>(table, [](double a) { return std::log2(a); });
  addUnary<math::RoundEvenOp>(table, [](double a) { return std::nearbyint(a); });
  addUnary<math::RsqrtOp>(table, [](double a) { return 1 / std::sqrt(a); });
  addUnary<math::SinOp>(table, [](double a) { return std::sin(a); });
  addUnary<math::SqrtOp>(table, [](double a) { return std::sqrt(a); });
  addUnary<math::TanhOp>(table, [](double a) { return std::tanh(a); });
  addUnary<math::TruncOp>(table, [](double a) { return std::trunc(a); });
  addBinary<math::CopySignOp>(table, [](double a, double b) { return std::copysign(a, b); });
  table.add<math::FmaOp>(fuse);
}

void interpreter::addFloatOps(OpTable &table) {
  addFunctions(table);
  addUnary<arith::ExtFOp, arith::TruncFOp>(table, [](double a) { return a; });
  addUnary<arith::NegFOp>(table, [](double a) { return -a; });
  addBinary<arith::AddFOp>(table, [](double a, double b) { return a + b; });
  addBinary<arith::SubFOp>(table, [](double a, double b) { return a - b; });
  addBinary<arith::MulFOp>(table, [](double a, double b) { return a * b; });
  addBinary<arith::DivFOp>(table, [](double a, double b) { return a / b; });
  addBinary<arith::RemFOp>(table, [](double a, double b) { return std::fmod(a, b); });
  addBinary<arith::MaxNumFOp>(table, [](double a, double b) { return std::fmax(a, b); });
  addBinary<arith::MinNumFOp>(table, [](double a, double b) { return std::fmin(a, b); });
  // These give a NaN where there is one.
  addBinary<arith::MaximumFOp>(
      table, [](double a, double b) { return std::isnan(a + b) ? a + b : std::fmax(a, b); });
  addBinary<arith::MinimumFOp>(
      table, [](double a, double b) { return std::isnan(a + b) ? a + b : std::fmin(a, b); });
  table.add<arith::CmpFOp>([](Execution &execution, arith::CmpFOp op) {
    const TileValue &a = execution.get(op.getLhs()), &b = execution.get(op.getRhs());
    execution.make(op.getResult(), [&](auto, int64_t i) {
      return double(compare(op.getPredicate(), a.numbers[i], b.numbers[i]));
    });
  });
}
