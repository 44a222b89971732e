//===- Pull.cpp - A vector of a tile, where it is used --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The recursion from a use to the memory and constants its elements come from.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

Type moec::cpu::getLaneType(Type element) {
  if (element.isBF16())
    return IntegerType::get(element.getContext(), 16);
  if (element.isIndex())
    return IntegerType::get(element.getContext(), 64);
  return element;
}

static RankedTensorType getTile(Value tile) { return cast<RankedTensorType>(tile.getType()); }

/// Fusion: the ops between a use and the memory behind it become one expression in the innermost
/// loop, with no tile between them. A tile that is reached by several ways, as x of x · sigmoid(x),
/// is computed once a step: vectors are remembered by tile, coordinates and width until the loop's
/// next step. Constants that are equal are other values at each creation, so a constant coordinate
/// is compared by its number.
Value Puller::pull(Value tile, ArrayRef<Value> at, unsigned width) {
  if (!nest)
    return pullUncached(tile, at, width);
  std::vector<std::pair<int64_t, void *>> key = {{width, tile.getAsOpaquePointer()}};
  for (Value coordinate : at) {
    std::optional<int64_t> constant = getConstant(coordinate);
    key.push_back(constant ? std::pair<int64_t, void *>(*constant, nullptr)
                           : std::pair<int64_t, void *>(0, coordinate.getAsOpaquePointer()));
  }
  auto found = nest->memo.find(key);
  if (found != nest->memo.end())
    return found->second;
  Value vector = pullUncached(tile, at, width);
  nest->memo[key] = vector;
  return vector;
}

/// For what is one number along the vector, such as the scale of a row: it is computed before the
/// innermost loop, if its coordinates are known there.
Value Puller::pullScalar(Value tile, ArrayRef<Value> at) {
  return hoisted(at, [&](ArrayRef<Value> at) { return b.extract(pull(tile, at, 1), 0); });
}

Value Puller::pullF32(Value tile, ArrayRef<Value> at, unsigned width) {
  if (isa<mx::BlockType>(getTile(tile).getElementType()))
    return pullNumbers(tile, at, width);
  Value vector = pull(tile, at, width);
  return getTile(tile).getElementType().isBF16() ? extendBf16(b, vector) : vector;
}

/// `first` and `stride` are in elements. Loads and inserts, since gather instructions have no form
/// for elements under 32 bits.
Value Puller::gatherLanes(Value pointer, Type element, Value first, int64_t stride,
                          unsigned width) {
  Value vector = b.zero(b.vec(element, width));
  for (unsigned lane = 0; lane != width; ++lane) {
    Value offset = b.add(first, stride * lane);
    vector = b.insert(b.load(element, b.offset(pointer, element, offset)), vector, lane);
  }
  return vector;
}

Value Puller::pullBuffer(const Buffer &buffer, ArrayRef<Value> at, unsigned width) {
  Type lane = getLaneType(buffer.type.getElementType());
  bool isBool = lane.isInteger(1);
  Type stored = isBool ? b.getI8Type() : lane;
  Value offset = b.linearize(at, buffer.type.getShape());
  Value vector = b.load(b.vec(stored, width), b.offset(buffer.data, stored, offset));
  return isBool ? b.trunc(vector, b.vec(lane, width)) : vector;
}

Value Puller::pullConstant(arith::ConstantOp op, ArrayRef<Value> at, unsigned width) {
  auto value = cast<DenseElementsAttr>(op.getValue());
  Type lane = getLaneType(value.getElementType());
  // Constants as lanes hold them: bf16 as 16 bits, index as 64.
  auto bits = [&](Attribute element) -> Attribute {
    if (auto real = dyn_cast<FloatAttr>(element); real && real.getType().isBF16())
      return b.getIntegerAttr(lane, real.getValue().bitcastToAPInt());
    if (auto integer = dyn_cast<IntegerAttr>(element); integer && integer.getType().isIndex())
      return b.getIntegerAttr(lane, integer.getInt());
    return element;
  };
  if (value.isSplat()) {
    Attribute element = bits(value.getSplatValue<Attribute>());
    return arith::ConstantOp::create(b, DenseElementsAttr::get(b.vec(lane, width), element));
  }
  // A table: one constant array, loaded from.
  auto module = state.function->getParentOfType<ModuleOp>();
  Type stored = lane.isInteger(1) ? b.getI8Type() : lane;
  SmallVector<Attribute> elements;
  for (Attribute element : value.getValues<Attribute>()) {
    Attribute converted = bits(element);
    if (lane.isInteger(1))
      converted = b.getIntegerAttr(stored, cast<IntegerAttr>(converted).getValue().getZExtValue());
    elements.push_back(converted);
  }
  // Vectors may read a little past the end.
  Attribute padding = b.getZeroAttr(stored);
  elements.append(256 / getElementBytes(stored), padding);
  auto data = DenseElementsAttr::get(
      RankedTensorType::get({static_cast<int64_t>(elements.size())}, stored), elements);
  Value address;
  {
    OpBuilder::InsertionGuard guard(b);
    std::string name;
    unsigned number = 0;
    do
      name = (state.kernel.getSymName() + ".table" + Twine(number++)).str();
    while (module.lookupSymbol(name));
    b.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(stored, elements.size());
    LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, data,
                           /*alignment=*/64);
    b.setInsertionPointToStart(&state.function.getBody().front());
    address = LLVM::AddressOfOp::create(b, b.ptrType(), name);
  }
  Buffer buffer{address, {}, getTile(op.getResult())};
  scratch.set(op.getResult(), buffer);
  return pullBuffer(buffer, at, width);
}

/// A vector is contiguous in both shapes if it stays within a row of each, which it does if the
/// width divides both rows; rows of equal length are the same rows.
bool Puller::crossesRows(tile::ReshapeOp op, unsigned width) {
  int64_t from = op.getInput().getType().getShape().back(), to = op.getType().getShape().back();
  return width != 1 && from != to && (from % width != 0 || to % width != 0);
}

Value Puller::pullReshape(tile::ReshapeOp op, ArrayRef<Value> at, unsigned width) {
  RankedTensorType from = op.getInput().getType(), to = op.getType();
  int64_t fromLast = from.getShape().back(), toLast = to.getShape().back();
  if (crossesRows(op, width))
    return pullBuffer(getBuffer(op.getResult()), at, width);
  Value linear;
  if (fromLast == toLast) {
    Point leading(at.drop_back());
    linear = leading.empty() ? b.index(0) : b.linearize(leading, to.getShape().drop_back());
  } else {
    linear = b.linearize(at, to.getShape());
  }
  Point source(from.getRank());
  int64_t dim = from.getRank() - 1;
  if (fromLast == toLast)
    source[dim--] = at.back();
  // From the element's number back to coordinates, by division by the extents from the last on.
  // With equal rows only the leading coordinates change.
  for (; dim >= 0; --dim) {
    int64_t extent = from.getDimSize(dim);
    source[dim] = dim == 0 ? linear : b.rem(linear, extent);
    linear = dim == 0 ? linear : b.div(linear, extent);
  }
  return pull(op.getInput(), source, width);
}

Value Puller::pullTranspose(tile::TransposeOp op, ArrayRef<Value> at, unsigned width) {
  ArrayRef<int64_t> permutation = op.getPermutation();
  unsigned rank = permutation.size();
  Point source(rank);
  for (unsigned dim = 0; dim != rank; ++dim)
    source[permutation[dim]] = at[dim];
  if (permutation.back() == static_cast<int64_t>(rank) - 1 || width == 1)
    return pull(op.getInput(), source, width);
  // The vector runs along another dimension of the operand, which must be in memory for that.
  Buffer buffer = getBuffer(op.getInput());
  int64_t stride = 1;
  for (int64_t dim = permutation.back() + 1; dim != rank; ++dim)
    stride *= buffer.type.getDimSize(dim);
  Type lane = getLaneType(buffer.type.getElementType());
  bool isBool = lane.isInteger(1);
  Value vector = gatherLanes(buffer.data, isBool ? b.getI8Type() : lane,
                             b.linearize(source, buffer.type.getShape()), stride, width);
  return isBool ? b.trunc(vector, b.vec(lane, width)) : vector;
}

static SmallVector<int64_t> everySecond(int64_t first, int64_t count) {
  SmallVector<int64_t> lanes;
  for (int64_t i = 0; i != count; ++i)
    lanes.push_back(first + 2 * i);
  return lanes;
}

/// Elements 2i or 2i + 1 of the last dimension: two vectors of the operand give one of the result.
Value Puller::pullHalf(tile::DeinterleaveOp op, bool odd, ArrayRef<Value> at, unsigned width) {
  Point source(at);
  source.back() = b.mul(source.back(), 2);
  if (width == 1) {
    source.back() = b.add(source.back(), odd);
    return pull(op.getInput(), source, 1);
  }
  Value low = pull(op.getInput(), source, width);
  source.back() = b.add(source.back(), width);
  Value high = pull(op.getInput(), source, width);
  return b.shuffle(low, high, everySecond(odd, width));
}

/// The other way: half a vector of each operand.
Value Puller::pullInterleaved(tile::InterleaveOp op, ArrayRef<Value> at, unsigned width) {
  Point source(at);
  source.back() = b.div(source.back(), 2);
  if (width == 1) {
    Value even = pull(op.getEven(), source, 1), odd = pull(op.getOdd(), source, 1);
    Value isOdd = b.eq(b.rem(at.back(), 2), b.index(1));
    return b.select(isOdd, odd, even);
  }
  SmallVector<int64_t> lanes;
  for (unsigned i = 0; i != width / 2; ++i)
    lanes.append({i, i + width / 2});
  Value even = pull(op.getEven(), source, width / 2), odd = pull(op.getOdd(), source, width / 2);
  return b.shuffle(even, odd, lanes);
}

Value Puller::pullUncached(Value tile, ArrayRef<Value> at, unsigned width) {
  if (const Buffer *buffer = scratch.find(tile))
    return pullBuffer(*buffer, at, width);
  Operation *op = tile.getDefiningOp();
  Type lane = getLaneType(getTile(tile).getElementType());
  return TypeSwitch<Operation *, Value>(op)
      .Case<tile::LoadOp, tile::GatherOp>([&](Operation *op) { return pullAccess(op, at, width); })
      .Case([&](arith::ConstantOp op) { return pullConstant(op, at, width); })
      .Case([&](tile::SplatOp op) {
        Value value = state.scalar(op.getScalar());
        bool isBf16 = value.getType().isBF16();
        return b.splat(isBf16 ? b.bitcast(value, lane) : b.castTo(value, lane), width);
      })
      .Case([&](tile::IotaOp op) {
        // Along the vector lanes count up; along another dimension they are equal.
        Value start = b.castTo(at[op.getDim()], b.getI32Type());
        Value vector = b.splat(start, width);
        bool last = op.getDim() + 1 == at.size();
        return last && width != 1 ? b.add(vector, b.steps(width)) : vector;
      })
      .Case([&](tile::BroadcastOp op) -> Value {
        Point source(at);
        ArrayRef<int64_t> from = op.getInput().getType().getShape();
        for (auto [dim, extent] : llvm::enumerate(from))
          if (extent == 1)
            source[dim] = b.index(0);
        // Repeated along the vector it is one number in all lanes.
        if (from.back() != 1 || width == 1)
          return pull(op.getInput(), source, width);
        return b.splat(pullScalar(op.getInput(), source), width);
      })
      .Case([&](tile::SliceOp op) {
        Point source(at);
        for (auto [dim, offset] : llvm::enumerate(op.getOffsets()))
          source[dim] = b.add(source[dim], offset);
        return pull(op.getInput(), source, width);
      })
      .Case([&](tile::ReshapeOp op) { return pullReshape(op, at, width); })
      .Case([&](tile::TransposeOp op) { return pullTranspose(op, at, width); })
      .Case([&](tile::DeinterleaveOp op) { return pullHalf(op, tile == op.getOdd(), at, width); })
      .Case([&](tile::InterleaveOp op) { return pullInterleaved(op, at, width); })
      .Case([&](tile::DequantizeOp op) -> Value {
        Value numbers = pullNumbers(op.getInput(), at, width);
        if (!op.getType().getElementType().isBF16())
          return numbers;
        // A code times a power of two is a bf16 already.
        mx::BlockType block = getBlockType(op.getInput());
        bool isExact = block.hasPowerOfTwoScale() && !block.getGlobal();
        return isExact ? cutToBf16(b, numbers) : truncateToBf16(b, numbers);
      })
      .Default([&](Operation *op) -> Value {
        if (op && isa<arith::ArithDialect, math::MathDialect>(op->getDialect()))
          return pullElementwise(op, at, width);
        state.unsupported(op, "has no lowering for this machine");
        return b.zero(b.vec(lane, width));
      });
}

Value Puller::pullElementwise(Operation *op, ArrayRef<Value> at, unsigned width) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    if (isa<RankedTensorType>(operand.getType()))
      operands.push_back(pull(operand, at, width));
    else
      operands.push_back(b.splat(state.scalar(operand), width));
  }
  return emitElementwise(op, operands, width);
}
