//===- Divisibility.cpp - What divides an index ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A walk up the definitions of index arithmetic. Cheap, since kernels compute few indices.
//
//===----------------------------------------------------------------------===//
#include "Divisibility.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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

bool simt::isAtLeast(Value bound, int64_t extent) {
  if (std::optional<int64_t> constant = getConstant(bound))
    return *constant >= extent;
  // The bound that a loop over whole tiles leaves: end − i, where every i of the loop is at most
  // end − step.
  if (auto difference = bound.getDefiningOp<arith::SubIOp>()) {
    std::optional<int64_t> end = getConstant(difference.getLhs());
    auto induction = dyn_cast<BlockArgument>(difference.getRhs());
    if (!end || !induction)
      return false;
    auto loop = dyn_cast<scf::ForOp>(induction.getOwner()->getParentOp());
    if (!loop || induction != loop.getInductionVar())
      return false;
    std::optional<int64_t> first = getConstant(loop.getLowerBound());
    std::optional<int64_t> last = getConstant(loop.getUpperBound());
    std::optional<int64_t> step = getConstant(loop.getStep());
    if (!first || !last || !step || *last <= *first)
      return false;
    // The loop's last i, where the bound is smallest.
    int64_t largest = *first + (*last - *first - 1) / *step * *step;
    return *end - largest >= extent;
  }
  return false;
}
