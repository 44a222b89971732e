//===- IntegerOps.cpp - Arithmetic of integers, constants, conversions ----===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Integers wrap around at the range of their type, as those of machines. What has 64 bits is held
// as far as 53 bits go; what is larger is an error.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

using Wide = __int128;

/// The number as an unsigned one of the type's range.
static uint64_t toUnsigned(int64_t number, Type element) {
  unsigned bits = integerBits(element);
  return bits == 64 ? uint64_t(number) : uint64_t(number) & ((uint64_t(1) << bits) - 1);
}

/// Makes an integer result of numbers that `body` computes without a bound of their size.
template <typename Body> static Error makeIntegers(Execution &execution, Value result, Body body) {
  TileValue tile = TileValue::forType(result.getType());
  Type element = getElementTypeOrSelf(result);
  for (size_t i = 0; i != tile.numbers.size(); ++i) {
    tile.numbers[i] = wrap(body(i), element);
    if (!isHeld(tile.numbers[i], element))
      return Error::make(
          "gives an integer of more than 53 bits, which the interpreter cannot hold");
  }
  execution.set(result, std::move(tile));
  return Error::success();
}

/// Adds ops whose operands are taken as signed numbers.
template <typename... Ops> static void addSigned(OpTable &table, Wide (*function)(Wide, Wide)) {
  table.add<Ops...>([function](Execution &execution, auto op) {
    const TileValue &a = execution.get(op.getLhs()), &b = execution.get(op.getRhs());
    return makeIntegers(execution, op.getResult(),
                        [&](size_t i) { return function(Wide(a.numbers[i]), Wide(b.numbers[i])); });
  });
}

/// Adds ops whose operands are taken as unsigned numbers.
template <typename... Ops>
static void addUnsigned(OpTable &table, uint64_t (*function)(uint64_t, uint64_t)) {
  table.add<Ops...>([function](Execution &execution, auto op) {
    const TileValue &a = execution.get(op.getLhs()), &b = execution.get(op.getRhs());
    Type element = getElementTypeOrSelf(op.getResult());
    return makeIntegers(execution, op.getResult(), [&](size_t i) {
      return Wide(function(toUnsigned(int64_t(a.numbers[i]), element),
                           toUnsigned(int64_t(b.numbers[i]), element)));
    });
  });
}

/// Adds a division: as `add` does, but a divisor of 0 is an error.
template <typename Op, typename Add> static void addDivision(OpTable &table, Add add) {
  OpTable inner;
  add(inner);
  OpTable::Meaning divide = *inner.find(Op::getOperationName());
  table.add<Op>([divide](Execution &execution, Op op) {
    if (llvm::is_contained(execution.get(op.getRhs()).numbers, 0))
      return Error::make("divides by 0");
    return divide(execution, op);
  });
}

static Wide floorDivide(Wide a, Wide b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

/// Adds a shift: one by as many bits as there are, or more, is an error.
template <typename Op>
static void addShift(OpTable &table, Wide (*function)(Wide, unsigned, Type)) {
  table.add<Op>([function](Execution &execution, Op op) {
    const TileValue &a = execution.get(op.getLhs()), &b = execution.get(op.getRhs());
    Type element = getElementTypeOrSelf(op.getResult());
    for (double count : b.numbers)
      if (count < 0 || count >= integerBits(element))
        return Error::make("shifts ", integerBits(element), " bits by ", int64_t(count));
    return makeIntegers(execution, op.getResult(), [&](size_t i) {
      return function(Wide(a.numbers[i]), unsigned(b.numbers[i]), element);
    });
  });
}

/// Adds ops of one operand; `function` is given its number, its type and the result's.
template <typename... Ops>
static void addConversion(OpTable &table, Wide (*function)(int64_t number, Type from)) {
  table.add<Ops...>([function](Execution &execution, auto op) {
    const TileValue &a = execution.get(op->getOperand(0));
    Type from = getElementTypeOrSelf(op->getOperand(0));
    return makeIntegers(execution, op->getResult(0),
                        [&](size_t i) { return function(int64_t(a.numbers[i]), from); });
  });
}

static bool compare(arith::CmpIPredicate predicate, int64_t a, int64_t b, Type element) {
  using P = arith::CmpIPredicate;
  uint64_t ua = toUnsigned(a, element), ub = toUnsigned(b, element);
  // An i1 is held as 0 or 1; as a signed number it is 0 or −1.
  if (element.isInteger(1))
    a = -a, b = -b;
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  case P::ult:
    return ua < ub;
  case P::ule:
    return ua <= ub;
  case P::ugt:
    return ua > ub;
  case P::uge:
    return ua >= ub;
  }
  llvm_unreachable("all predicates are above");
}

static double numberOf(Attribute attribute) {
  if (auto value = dyn_cast<FloatAttr>(attribute))
    return value.getValueAsDouble();
  APInt bits = cast<IntegerAttr>(attribute).getValue();
  return double(bits.getBitWidth() == 1 ? int64_t(bits.getZExtValue()) : bits.getSExtValue());
}

static Error constant(Execution &execution, arith::ConstantOp op) {
  TileValue tile = TileValue::forType(op.getType());
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  if (elements && !elements.isSplat())
    llvm::transform(elements.getValues<Attribute>(), tile.numbers.begin(), numberOf);
  else
    std::fill(tile.numbers.begin(), tile.numbers.end(),
              numberOf(elements ? elements.getSplatValue<Attribute>() : op.getValue()));
  Type element = getElementTypeOrSelf(op.getType());
  for (double number : tile.numbers)
    if (!isHeld(number, element))
      return Error::make("is an integer of more than 53 bits, which the interpreter cannot hold");
  execution.set(op.getResult(), std::move(tile));
  return Error::success();
}

static void choose(Execution &execution, arith::SelectOp op) {
  const TileValue &condition = execution.get(op.getCondition());
  TileValue tile = execution.get(op.getTrueValue());
  const TileValue &other = execution.get(op.getFalseValue());
  bool isScalar = condition.numbers.size() == 1;
  if (isScalar && !condition.numbers[0])
    tile = other;
  for (size_t i = 0; i != tile.numbers.size() && !isScalar; ++i)
    if (!condition.numbers[i])
      tile.numbers[i] = other.numbers[i];
  execution.set(op.getResult(), std::move(tile));
}

/// Conversions to integers round towards zero; numbers beyond the range have no meaning.
static Error convertToInteger(Execution &execution, Operation *op, bool isSigned) {
  const TileValue &a = execution.get(op->getOperand(0));
  unsigned bits = integerBits(getElementTypeOrSelf(op->getResult(0)));
  double low = isSigned ? -std::ldexp(1, int(bits) - 1) : 0;
  double high = std::ldexp(1, int(bits) - int(isSigned));
  for (double number : a.numbers)
    if (!(std::trunc(number) >= low && std::trunc(number) < high))
      return Error::make("converts ", number, ", which an integer of ", bits, " bits cannot hold");
  return makeIntegers(execution, op->getResult(0),
                      [&](size_t i) { return Wide(std::trunc(a.numbers[i])); });
}

static void addArithmetic(OpTable &table) {
  addSigned<arith::AddIOp>(table, [](Wide a, Wide b) { return a + b; });
  addSigned<arith::SubIOp>(table, [](Wide a, Wide b) { return a - b; });
  addSigned<arith::MulIOp>(table, [](Wide a, Wide b) { return a * b; });
  addSigned<arith::MaxSIOp>(table, [](Wide a, Wide b) { return std::max(a, b); });
  addSigned<arith::MinSIOp>(table, [](Wide a, Wide b) { return std::min(a, b); });
  addUnsigned<arith::MaxUIOp>(table, [](uint64_t a, uint64_t b) { return std::max(a, b); });
  addUnsigned<arith::MinUIOp>(table, [](uint64_t a, uint64_t b) { return std::min(a, b); });
  addUnsigned<arith::AndIOp>(table, [](uint64_t a, uint64_t b) { return a & b; });
  addUnsigned<arith::OrIOp>(table, [](uint64_t a, uint64_t b) { return a | b; });
  addUnsigned<arith::XOrIOp>(table, [](uint64_t a, uint64_t b) { return a ^ b; });
  addDivision<arith::DivSIOp>(table, [](OpTable &inner) {
    addSigned<arith::DivSIOp>(inner, [](Wide a, Wide b) { return a / b; });
  });
  addDivision<arith::FloorDivSIOp>(
      table, [](OpTable &inner) { addSigned<arith::FloorDivSIOp>(inner, floorDivide); });
  addDivision<arith::CeilDivSIOp>(table, [](OpTable &inner) {
    addSigned<arith::CeilDivSIOp>(inner, [](Wide a, Wide b) { return -floorDivide(-a, b); });
  });
  addDivision<arith::RemSIOp>(table, [](OpTable &inner) {
    addSigned<arith::RemSIOp>(inner, [](Wide a, Wide b) { return a % b; });
  });
  addDivision<arith::DivUIOp>(table, [](OpTable &inner) {
    addUnsigned<arith::DivUIOp>(inner, [](uint64_t a, uint64_t b) { return a / b; });
  });
  addDivision<arith::CeilDivUIOp>(table, [](OpTable &inner) {
    addUnsigned<arith::CeilDivUIOp>(inner,
                                    [](uint64_t a, uint64_t b) { return a / b + (a % b != 0); });
  });
  addDivision<arith::RemUIOp>(table, [](OpTable &inner) {
    addUnsigned<arith::RemUIOp>(inner, [](uint64_t a, uint64_t b) { return a % b; });
  });
}

static void addBitOps(OpTable &table) {
  addShift<arith::ShLIOp>(table, [](Wide a, unsigned count, Type) { return a << count; });
  addShift<arith::ShRSIOp>(table, [](Wide a, unsigned count, Type) { return a >> count; });
  addShift<arith::ShRUIOp>(table, [](Wide a, unsigned count, Type element) {
    return Wide(toUnsigned(int64_t(a), element) >> count);
  });
  addConversion<math::AbsIOp>(table, [](int64_t a, Type) { return Wide(std::abs(a)); });
  addConversion<math::CtPopOp>(
      table, [](int64_t a, Type from) { return Wide(llvm::popcount(toUnsigned(a, from))); });
  addConversion<math::CountLeadingZerosOp>(table, [](int64_t a, Type from) {
    return Wide(llvm::countl_zero(toUnsigned(a, from)) - 64 + int(integerBits(from)));
  });
  addConversion<math::CountTrailingZerosOp>(table, [](int64_t a, Type from) {
    return Wide(std::min<unsigned>(llvm::countr_zero(toUnsigned(a, from)), integerBits(from)));
  });
}

static void addConversions(OpTable &table) {
  addConversion<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(
      table, [](int64_t a, Type from) { return Wide(from.isInteger(1) ? -a : a); });
  addConversion<arith::IndexCastUIOp, arith::ExtUIOp>(
      table, [](int64_t a, Type from) { return Wide(toUnsigned(a, from)); });
  table.add<arith::SIToFPOp>([](Execution &execution, arith::SIToFPOp op) {
    const TileValue &a = execution.get(op.getIn());
    bool isBit = getElementTypeOrSelf(op.getIn()).isInteger(1);
    execution.make(op.getOut(),
                   [&](auto, int64_t i) { return isBit ? -a.numbers[i] : a.numbers[i]; });
  });
  table.add<arith::UIToFPOp>([](Execution &execution, arith::UIToFPOp op) {
    const TileValue &a = execution.get(op.getIn());
    Type from = getElementTypeOrSelf(op.getIn());
    execution.make(op.getOut(), [&](auto, int64_t i) {
      return double(toUnsigned(int64_t(a.numbers[i]), from));
    });
  });
  table.add<arith::FPToSIOp>([](Execution &execution, arith::FPToSIOp op) {
    return convertToInteger(execution, op, /*isSigned=*/true);
  });
  table.add<arith::FPToUIOp>([](Execution &execution, arith::FPToUIOp op) {
    return convertToInteger(execution, op, /*isSigned=*/false);
  });
  table.add<arith::BitcastOp>([](Execution &execution, arith::BitcastOp op) {
    const TileValue &a = execution.get(op.getIn());
    Type from = getElementTypeOrSelf(op.getIn()), to = getElementTypeOrSelf(op.getOut());
    execution.make(op.getOut(), [&](auto, int64_t i) {
      return decodeNumber(encodeNumber(a.numbers[i], from), to);
    });
  });
}

void interpreter::addIntegerOps(OpTable &table) {
  addArithmetic(table);
  addBitOps(table);
  addConversions(table);
  table.add<arith::ConstantOp>(constant);
  table.add<arith::SelectOp>(choose);
  table.add<arith::CmpIOp>([](Execution &execution, arith::CmpIOp op) {
    const TileValue &a = execution.get(op.getLhs()), &b = execution.get(op.getRhs());
    Type element = getElementTypeOrSelf(op.getLhs());
    execution.make(op.getResult(), [&](auto, int64_t i) {
      return double(
          compare(op.getPredicate(), int64_t(a.numbers[i]), int64_t(b.numbers[i]), element));
    });
  });
}
