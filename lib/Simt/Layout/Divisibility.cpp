//===- Divisibility.cpp - What divides an index ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A walk up the definitions of index arithmetic. Cheap, since kernels compute few indices.
//
//===----------------------------------------------------------------------===//
#include "Divisibility.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cstdlib>
#include <numeric>

using namespace mlir;
using namespace moec;

std::optional<int64_t> simt::getConstant(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

int64_t simt::getDivisor(Value value) {
  if (std::optional<int64_t> constant = getConstant(value))
    return std::abs(*constant);
  // An induction variable is its lower bound plus a multiple of the step. Of other arguments, such
  // as the kernel's, nothing is known.
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (loop && argument == loop.getInductionVar())
      return std::gcd(getDivisor(loop.getLowerBound()), getDivisor(loop.getStep()));
    return 1;
  }
  // A common divisor of both sides divides a sum, a difference and a choice between them; products
  // multiply theirs. Zero is divided by everything, and gcd(0, x) = x says so.
  return llvm::TypeSwitch<Operation *, int64_t>(value.getDefiningOp())
      .Case<arith::AddIOp, arith::SubIOp, arith::MinSIOp, arith::MaxSIOp, arith::MinUIOp,
            arith::MaxUIOp>(
          [](auto op) { return std::gcd(getDivisor(op.getLhs()), getDivisor(op.getRhs())); })
      .Case<arith::MulIOp>([](auto op) {
        int64_t product;
        bool overflow =
            __builtin_mul_overflow(getDivisor(op.getLhs()), getDivisor(op.getRhs()), &product);
        return overflow ? 1 : product;
      })
      .Case<arith::SelectOp>([](auto op) {
        return std::gcd(getDivisor(op.getTrueValue()), getDivisor(op.getFalseValue()));
      })
      .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp, arith::ExtUIOp>(
          [](auto op) { return getDivisor(op.getIn()); })
      .Default([](Operation *) { return 1; });
}

/// The loop whose induction variable a bound end − i has; null if it is none.
static scf::ForOp getBoundedLoop(Value bound) {
  auto difference = bound.getDefiningOp<arith::SubIOp>();
  auto induction = difference ? dyn_cast<BlockArgument>(difference.getRhs()) : BlockArgument();
  auto loop = induction ? dyn_cast<scf::ForOp>(induction.getOwner()->getParentOp()) : scf::ForOp();
  return loop && induction == loop.getInductionVar() ? loop : scf::ForOp();
}

std::optional<int64_t> simt::getLastBound(Value bound, scf::ForOp loop) {
  if (!loop || getBoundedLoop(bound) != loop)
    return std::nullopt;
  std::optional<int64_t> end = getConstant(bound.getDefiningOp<arith::SubIOp>().getLhs());
  std::optional<int64_t> first = getConstant(loop.getLowerBound());
  std::optional<int64_t> last = getConstant(loop.getUpperBound());
  std::optional<int64_t> step = getConstant(loop.getStep());
  if (!end || !first || !last || !step || *last <= *first)
    return std::nullopt;
  return *end - (*first + (*last - *first - 1) / *step * *step);
}

bool simt::isAtLeast(Value bound, int64_t extent) {
  if (std::optional<int64_t> constant = getConstant(bound))
    return *constant >= extent;
  // The bound that a loop over whole tiles leaves is smallest in its last step.
  std::optional<int64_t> least = getLastBound(bound, getBoundedLoop(bound));
  return least && *least >= extent;
}
