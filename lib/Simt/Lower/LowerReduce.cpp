//===- LowerReduce.cpp - Reductions along a dimension ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers first, then lanes by exchange, then subgroups through shared memory: always the same
// tree.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

Value LaneEmitter::emitCombine(tile::ReduceKind kind, Value a, Value b) {
  bool integer = isa<IntegerType>(getElementTypeOrSelf(a.getType()));
  // Maximum and minimum prefer a number to NaN.
  switch (kind) {
  case tile::ReduceKind::Add:
    return integer ? Value(arith::AddIOp::create(builder, a, b))
                   : Value(arith::AddFOp::create(builder, a, b));
  case tile::ReduceKind::Max:
    return integer ? Value(arith::MaxSIOp::create(builder, a, b))
                   : Value(arith::MaxNumFOp::create(builder, a, b));
  case tile::ReduceKind::Min:
    return integer ? Value(arith::MinSIOp::create(builder, a, b))
                   : Value(arith::MinNumFOp::create(builder, a, b));
  }
  llvm_unreachable("all kinds are listed");
}

TypedAttr simt::getNeutral(OpBuilder &builder, tile::ReduceKind kind, Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    unsigned bits = integer.getWidth();
    APInt value = kind == tile::ReduceKind::Add   ? APInt::getZero(bits)
                  : kind == tile::ReduceKind::Max ? APInt::getSignedMinValue(bits)
                                                  : APInt::getSignedMaxValue(bits);
    return builder.getIntegerAttr(type, value);
  }
  const llvm::fltSemantics &semantics = cast<FloatType>(type).getFloatSemantics();
  if (kind == tile::ReduceKind::Add)
    return builder.getFloatAttr(type, APFloat::getZero(semantics));
  // The maximum starts at −inf, the minimum at inf.
  return builder.getFloatAttr(type, APFloat::getInf(semantics, kind == tile::ReduceKind::Max));
}

Value LaneEmitter::emitLaneExchange(Value value, unsigned bit) {
  Type type = value.getType(), i32Type = builder.getI32Type();
  unsigned bits = type.getIntOrFloatBitWidth();
  // Exchanges move dwords.
  if (bits == 64) {
    auto halves = VectorType::get({2}, i32Type);
    SmallVector<Value> words =
        splitChunk(builder, builder.getLoc(), LLVM::BitcastOp::create(builder, halves, value));
    for (Value &word : words)
      word = emitLaneExchange(word, bit);
    return LLVM::BitcastOp::create(builder, type, joinChunk(builder, builder.getLoc(), words));
  }
  // Narrower values travel in the low bits of a dword.
  Value word = value;
  if (isa<FloatType>(type))
    word = arith::BitcastOp::create(builder, builder.getIntegerType(bits), word);
  if (bits < 32)
    word = arith::ExtUIOp::create(builder, i32Type, word);
  word = machine.emitExchange(builder, word, lane, bit);
  if (bits < 32)
    word = arith::TruncIOp::create(builder, builder.getIntegerType(bits), word);
  if (isa<FloatType>(type))
    word = arith::BitcastOp::create(builder, type, word);
  return word;
}

void LaneEmitter::clearBeyond(MutableArrayRef<Value> values, const LinearLayout &layout,
                              tile::ReduceKind kind, unsigned dim, int64_t extent) {
  Type element = values.front().getType();
  Value neutral = arith::ConstantOp::create(builder, getNeutral(builder, kind, element));
  Value coordinate = emitLaneCoordinate(layout, dim);
  for (auto [reg, value] : llvm::enumerate(values)) {
    int64_t place = layout.getCoordinate(layout.getElement(reg, 0, 0), dim);
    if (place >= extent) {
      value = neutral;
      continue;
    }
    Value inside =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, coordinate, i32(extent - place));
    value = arith::SelectOp::create(builder, inside, value, neutral);
  }
}

void LaneEmitter::combineRegisters(SmallVectorImpl<Value> &values, const LinearLayout &layout,
                                   uint64_t mask, llvm::function_ref<Value(Value, Value)> combine) {
  // Highest bit first, so that what is left keeps its order. A register bit with a zero basis
  // repeats the others: one of the two is dropped, not combined.
  const std::vector<uint64_t> &registers = layout.getBases(Space::Register);
  SmallVector<unsigned> left(values.size());
  for (unsigned reg = 0; reg < values.size(); ++reg)
    left[reg] = reg;
  for (int bit = int(registers.size()) - 1; bit >= 0; --bit) {
    bool replica = registers[bit] == 0;
    if (!replica && !(registers[bit] & mask))
      continue;
    for (unsigned reg : left)
      if (!(reg >> bit & 1) && !replica)
        values[reg] = combine(values[reg], values[reg | 1u << bit]);
    llvm::erase_if(left, [&](unsigned reg) { return reg >> bit & 1; });
  }
  SmallVector<Value> kept;
  for (unsigned reg : left)
    kept.push_back(values[reg]);
  values = std::move(kept);
}

void LaneEmitter::combineSubgroups(MutableArrayRef<Value> values, const LinearLayout &layout,
                                   tile::ReduceKind kind, uint64_t mask) {
  // The bits of a subgroup's number that run along the dimension: subgroups that differ in others
  // reduce other elements, and read only the parts of their own kind.
  uint64_t along = 0;
  for (auto [bit, basis] : llvm::enumerate(layout.getBases(Space::Subgroup)))
    if (basis & mask)
      along |= uint64_t(1) << bit;
  if (!along)
    return;
  Type element = values.front().getType(), i8 = builder.getI8Type();
  // Neighbouring lanes write neighbouring words, so no two lanes meet in a bank.
  unsigned bytes = element.getIntOrFloatBitWidth() / 8;
  unsigned perSubgroup = values.size() * machine.lanes * bytes;
  Value base = getShared(perSubgroup << layout.getNumBits(Space::Subgroup));
  auto placeOf = [&](Value writer, unsigned index) {
    Value offset = arith::MulIOp::create(builder, writer, i32(perSubgroup));
    offset =
        arith::AddIOp::create(builder, offset, arith::MulIOp::create(builder, lane, i32(bytes)));
    offset = arith::AddIOp::create(builder, offset, i32(index * machine.lanes * bytes));
    return LLVM::GEPOp::create(builder, base.getType(), i8, base, ArrayRef<LLVM::GEPArg>{offset});
  };
  emitBarrier();
  for (auto [index, value] : llvm::enumerate(values))
    LLVM::StoreOp::create(builder, value, placeOf(subgroup, index), bytes);
  emitBarrier();
  // All subgroups combine all parts in the same order, so that they agree in every bit.
  uint64_t all = (uint64_t(1) << layout.getNumBits(Space::Subgroup)) - 1;
  Value others = arith::AndIOp::create(builder, subgroup, i32(all & ~along));
  for (auto [index, result] : llvm::enumerate(values)) {
    Value total;
    // The subsets of `along`, in ascending order.
    uint64_t number = 0;
    do {
      Value part = LLVM::LoadOp::create(
          builder, element, placeOf(arith::OrIOp::create(builder, others, i32(number)), index),
          bytes);
      total = total ? emitCombine(kind, total, part) : part;
      number = (number - along) & along;
    } while (number);
    result = total;
  }
}

Distributed LaneEmitter::emitSwapReduce(const Distributed &tile, const LinearLayout &wanted,
                                        llvm::function_ref<Value(Value, Value)> combine) {
  std::vector<uint64_t> registers = tile.layout.getBases(Space::Register);
  std::vector<uint64_t> lanes = tile.layout.getBases(Space::Lane);
  const uint64_t mask = tile.layout.getDimMask(tile.layout.getRank() - 1);
  SmallVector<Value> values = regroup(builder, builder.getLoc(), tile, 1).chunks;
  for (unsigned bit = 0; bit < lanes.size(); ++bit) {
    // The last dimension has the lowest bits.
    uint64_t result = wanted.getBases(Space::Lane)[bit] << llvm::popcount(mask);
    auto part = llvm::find(registers, result);
    if (!(lanes[bit] & mask) || result == 0 || part == registers.end())
      continue;
    const unsigned apart = 1u << (part - registers.begin());
    SmallVector<Value> combined;
    for (unsigned reg = 0; reg < values.size(); ++reg)
      if (!(reg & apart)) {
        auto [low, high] = machine.emitSwap(builder, values[reg], values[reg | apart], bit);
        combined.push_back(combine(low, high));
      }
    values = std::move(combined);
    registers.erase(part);
    lanes[bit] = result;
  }
  return makeFromRegisters(
      LinearLayout(tile.layout.getShape(), registers, lanes, tile.layout.getBases(Space::Subgroup)),
      tile.element, values);
}

Distributed LaneEmitter::gatherFromLanes(const Distributed &tile, const LinearLayout &wanted) {
  std::vector<uint64_t> registers = tile.layout.getBases(Space::Register);
  std::vector<uint64_t> lanes = tile.layout.getBases(Space::Lane);
  SmallVector<Value> values = regroup(builder, builder.getLoc(), tile, 1).chunks;
  for (unsigned bit = lanes.size(); bit-- > 0;) {
    if (lanes[bit] == wanted.getBases(Space::Lane)[bit])
      continue;
    // A register swapped with itself: that of the lower lanes and that of the higher ones.
    SmallVector<Value> low, high;
    for (Value value : values) {
      auto [first, second] = machine.emitSwap(builder, value, value, bit);
      low.push_back(first);
      high.push_back(second);
    }
    llvm::append_range(low, high);
    values = std::move(low);
    registers.push_back(lanes[bit]);
    lanes[bit] = 0;
  }
  LinearLayout layout(tile.layout.getShape(), registers, lanes,
                      tile.layout.getBases(Space::Subgroup));
  return convert(makeFromRegisters(layout, tile.element, values), wanted);
}

Distributed LaneEmitter::emitReduce(tile::ReduceKind kind, Distributed tile, unsigned dim,
                                    int64_t extent) {
  // Three levels by cost: registers of a lane are combined for nothing but the operation, lanes
  // take an exchange for each bit, subgroups two barriers.
  const LinearLayout layout = tile.layout;
  assert(isPermutation(layout) && "reductions work on layouts of single bits");
  uint64_t mask = layout.getDimMask(dim);
  SmallVector<Value> values = regroup(builder, builder.getLoc(), tile, 1).chunks;

  // Padding takes no part.
  if (extent != layout.getShape()[dim])
    clearBeyond(values, layout, kind, dim, extent);
  combineRegisters(values, layout, mask, [&](Value a, Value b) { return emitCombine(kind, a, b); });
  // Both lanes of an exchange combine the same two values, so afterwards both have the result.
  const std::vector<uint64_t> &lanes = layout.getBases(Space::Lane);
  for (unsigned bit = 0; bit < lanes.size(); ++bit)
    if (lanes[bit] & mask)
      for (Value &value : values)
        value = emitCombine(kind, value, emitLaneExchange(value, bit));
  combineSubgroups(values, layout, kind, mask);

  LinearLayout collapsed = layout.collapse(dim).dropReplicatedRegisters();
  assert(values.size() == collapsed.getNumRegisters() && "one value a register is left");
  return makeFromRegisters(collapsed, tile.element, values);
}
