//===- CodeBuilder.cpp - Short names for the ops of lowered code ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/CodeBuilder.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moec::cpu;

static SmallVector<int64_t> makeRange(int64_t first, int64_t end) {
  auto range = llvm::seq(first, end);
  return SmallVector<int64_t>(range.begin(), range.end());
}

std::optional<int64_t> moec::cpu::getConstant(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return std::nullopt;
}

unsigned moec::cpu::getElementBytes(Type element) {
  if (element.isIndex())
    return 8;
  return std::max(1u, element.getIntOrFloatBitWidth() / 8);
}

Value CodeBuilder::index(int64_t value) { return arith::ConstantIndexOp::create(*this, value); }

Value CodeBuilder::integer(Type type, int64_t value) {
  if (auto vector = dyn_cast<VectorType>(type)) {
    Attribute element = getIntegerAttr(vector.getElementType(), value);
    return arith::ConstantOp::create(*this, DenseElementsAttr::get(vector, element));
  }
  return arith::ConstantOp::create(*this, getIntegerAttr(type, value));
}

Value CodeBuilder::real(Type type, double value) {
  if (auto vector = dyn_cast<VectorType>(type)) {
    Attribute element = getFloatAttr(vector.getElementType(), value);
    return arith::ConstantOp::create(*this, DenseElementsAttr::get(vector, element));
  }
  return arith::ConstantOp::create(*this, getFloatAttr(type, value));
}

Value CodeBuilder::zero(Type type) { return arith::ConstantOp::create(*this, getZeroAttr(type)); }

Value CodeBuilder::integers(Type element, ArrayRef<int64_t> values) {
  SmallVector<Attribute> attributes;
  for (int64_t value : values)
    attributes.push_back(getIntegerAttr(element, value));
  return arith::ConstantOp::create(*this,
                                   DenseElementsAttr::get(vec(element, values.size()), attributes));
}

Value CodeBuilder::reals(ArrayRef<float> values) {
  return arith::ConstantOp::create(
      *this, DenseElementsAttr::get(vec(getF32Type(), values.size()), values));
}

/// Most extents are constants, so most addresses and bounds fold. LLVM would fold them too, but
/// loops that run once and branches that are never taken are decided by these constants while the
/// code is written.
Value CodeBuilder::add(Value a, Value b) {
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (x && y)
    return integer(a.getType(), *x + *y);
  if (x == 0)
    return b;
  if (y == 0)
    return a;
  return arith::AddIOp::create(*this, a, b);
}

Value CodeBuilder::sub(Value a, Value b) {
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (x && y)
    return integer(a.getType(), *x - *y);
  if (y == 0)
    return a;
  return arith::SubIOp::create(*this, a, b);
}

Value CodeBuilder::mul(Value a, Value b) {
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (x && y)
    return integer(a.getType(), *x * *y);
  if (x == 0 || y == 1)
    return a;
  if (y == 0 || x == 1)
    return b;
  return arith::MulIOp::create(*this, a, b);
}

Value CodeBuilder::min(Value a, Value b) {
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (x && y)
    return *x < *y ? a : b;
  return arith::MinSIOp::create(*this, a, b);
}

Value CodeBuilder::max(Value a, Value b) {
  std::optional<int64_t> x = getConstant(a), y = getConstant(b);
  if (x && y)
    return *x > *y ? a : b;
  return arith::MaxSIOp::create(*this, a, b);
}

Value CodeBuilder::div(Value a, int64_t b) {
  if (b == 1)
    return a;
  if (std::optional<int64_t> x = getConstant(a))
    return integer(a.getType(), *x / b);
  return arith::DivUIOp::create(*this, a, integer(a.getType(), b));
}

Value CodeBuilder::rem(Value a, int64_t b) {
  if (std::optional<int64_t> x = getConstant(a))
    return integer(a.getType(), *x % b);
  if (b == 1)
    return integer(a.getType(), 0);
  return arith::RemUIOp::create(*this, a, integer(a.getType(), b));
}

Value CodeBuilder::castTo(Value a, Type type) {
  if (a.getType() == type)
    return a;
  if (std::optional<int64_t> constant = getConstant(a))
    return integer(type, *constant);
  return arith::IndexCastOp::create(*this, type, a);
}

Value CodeBuilder::bitcast(Value a, Type type) {
  if (a.getType() == type)
    return a;
  auto from = dyn_cast<VectorType>(a.getType()), to = dyn_cast<VectorType>(type);
  if (from && from.getShape() != to.getShape())
    return vector::BitCastOp::create(*this, to, a);
  return arith::BitcastOp::create(*this, type, a);
}

Value CodeBuilder::lanesOf(Value vector, int64_t first, int64_t count) {
  if (first == 0 && count == cast<VectorType>(vector.getType()).getNumElements())
    return vector;
  return shuffle(vector, vector, makeRange(first, first + count));
}

Value CodeBuilder::steps(int64_t lanes) { return integers(getI32Type(), makeRange(0, lanes)); }

Value CodeBuilder::offset(Value pointer, Type element, Value elements) {
  int64_t bytes = getElementBytes(element);
  if (std::optional<int64_t> constant = getConstant(elements))
    return offset(pointer, *constant * bytes);
  // Elements are counted in integers of their size: types such as bf16 need no counterpart in LLVM.
  Type unit = getIntegerType(8 * bytes);
  return LLVM::GEPOp::create(*this, ptrType(), unit, pointer,
                             ArrayRef<LLVM::GEPArg>{castTo(elements, getI64Type())});
}

Value CodeBuilder::offset(Value pointer, int64_t bytes) {
  if (bytes == 0)
    return pointer;
  return LLVM::GEPOp::create(*this, ptrType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{i64(bytes)});
}

Value CodeBuilder::linearize(ArrayRef<Value> at, ArrayRef<int64_t> shape) {
  Value linear = at[0];
  for (size_t dim = 1; dim != shape.size(); ++dim)
    linear = add(mul(linear, shape[dim]), at[dim]);
  return linear;
}

/// Tiles start anywhere, so only elements are aligned.
static unsigned getAlignment(Type type) {
  Type element = getElementTypeOrSelf(type);
  return isa<LLVM::LLVMPointerType>(element) ? 8 : getElementBytes(element);
}

Value CodeBuilder::load(Type type, Value pointer) {
  return LLVM::LoadOp::create(*this, type, pointer, getAlignment(type));
}

void CodeBuilder::store(Value value, Value pointer) {
  LLVM::StoreOp::create(*this, value, pointer, getAlignment(value.getType()));
}

void CodeBuilder::prefetch(Value pointer, int64_t bytes) {
  constexpr int64_t cacheLine = 64;
  for (int64_t line = 0; line < bytes; line += cacheLine)
    LLVM::Prefetch::create(*this, offset(pointer, line), /*rw=*/0, /*hint=*/3, /*cache=*/1);
}

void CodeBuilder::copy(Value to, Value from, Value bytes) {
  LLVM::MemcpyOp::create(*this, to, from, castTo(bytes, getI64Type()), /*isVolatile=*/false);
}

Value CodeBuilder::intrinsic(StringRef name, Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(*this, result, getStringAttr(name), operands).getResult(0);
}

void CodeBuilder::intrinsic(StringRef name, ValueRange operands) {
  LLVM::CallIntrinsicOp::create(*this, getStringAttr(name), operands);
}

void CodeBuilder::loop(Value from, Value to, int64_t step, function_ref<void(Value)> body) {
  std::optional<int64_t> first = getConstant(from), end = getConstant(to);
  if (first && end && *first >= *end)
    return;
  if (first && end && *first + step >= *end)
    return body(from);
  auto op = scf::ForOp::create(*this, from, to, index(step));
  InsertionGuard guard(*this);
  setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

SmallVector<Value> CodeBuilder::loop(Value from, Value to, int64_t step, ValueRange init,
                                     function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  std::optional<int64_t> first = getConstant(from), end = getConstant(to);
  if (first && end && *first >= *end)
    return llvm::to_vector(init);
  if (first && end && *first + step >= *end)
    return body(from, init);
  auto op = scf::ForOp::create(*this, from, to, index(step), init);
  InsertionGuard guard(*this);
  setInsertionPointToStart(op.getBody());
  SmallVector<Value> results = body(op.getInductionVar(), op.getRegionIterArgs());
  // A loop without carried values comes with its terminator.
  if (!init.empty())
    scf::YieldOp::create(*this, results);
  return SmallVector<Value>(op.getResults());
}

void CodeBuilder::nest(ArrayRef<int64_t> shape, ArrayRef<Value> bounds,
                       function_ref<void(ArrayRef<Value>)> body) {
  SmallVector<Value> at;
  std::function<void()> emitDim = [&] {
    size_t dim = at.size();
    if (dim == shape.size())
      return body(at);
    Value end = index(shape[dim]);
    if (bounds[dim])
      end = min(bounds[dim], end);
    loop(index(0), end, 1, [&](Value i) {
      at.push_back(i);
      emitDim();
      at.pop_back();
    });
  };
  emitDim();
}

void CodeBuilder::ifThen(Value condition, function_ref<void()> body) {
  if (std::optional<int64_t> constant = getConstant(condition)) {
    if (*constant)
      body();
    return;
  }
  auto op = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  InsertionGuard guard(*this);
  setInsertionPointToStart(op.thenBlock());
  body();
}

void CodeBuilder::ifElse(Value condition, function_ref<void()> then,
                         function_ref<void()> otherwise) {
  auto op = scf::IfOp::create(*this, condition, /*withElseRegion=*/true);
  InsertionGuard guard(*this);
  setInsertionPointToStart(op.thenBlock());
  then();
  setInsertionPointToStart(op.elseBlock());
  otherwise();
}
