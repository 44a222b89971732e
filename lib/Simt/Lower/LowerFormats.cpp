//===- LowerFormats.cpp - Conversions of number formats -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small floats are the machine's conversions; groups of integers are plain arithmetic.
//
//===----------------------------------------------------------------------===//
#include "../Layout/LayoutRules.h"
#include "../Refusal.h"
#include "Dequantize.h"
#include "KernelLowering.h"

#include "moec/Simt/Formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

static bool isFp4(mx::BlockType block) { return isa<Float4E2M1FNType>(block.getElement()); }

/// The largest code's number is 2^power times a mantissa in [1, 2), whose bits below the one these
/// are in an f32.
static std::pair<int64_t, int64_t> splitLargestCode(mx::BlockType block) {
  auto bits = llvm::bit_cast<uint32_t>(largestCode(block.getFormat().code));
  return {int64_t(bits >> 23) - 127, bits & 0x7fffff};
}

// The compiler alone makes int4.
bool simt::canQuantize(mx::BlockType block) {
  // Longer blocks than lanes have together are not built.
  if (block.getBlock().size() != 1 || block.getStreams().size() != 2 || block.getBlockSize() > 32)
    return false;
  return block.hasPowerOfTwoScale() ? canDequantize(block)
                                    : block.getElement().isInteger(8) && block.getScale().isF32();
}

bool simt::canMultiply(Type rows, Type weight) {
  auto isNumber = [](Type type) { return type.isF32() || type.isBF16() || type.isF16(); };
  auto made = dyn_cast<mx::BlockType>(rows), read = dyn_cast<mx::BlockType>(weight);
  return (made ? canQuantize(made) : isNumber(rows)) &&
         (read ? canDequantize(read) : isNumber(weight));
}

static LogicalResult emitNoLowering(Operation *op, mx::BlockType block) {
  return refuse(op) << "has no lowering for " << block << " on this machine";
}

/// The E8M0 byte, as an i32, for a block whose largest magnitude has the bits `amax`.
static Value emitScaleByte(ImplicitLocOpBuilder &builder, Value amax, mx::BlockType block,
                           mx::Rounding rounding) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
  };
  // Added to the mantissa, this carries into the exponent exactly where the rule rounds up.
  auto [power, mantissa] = splitLargestCode(block);
  int64_t carry = 0;
  if (rounding == mx::Rounding::Ceil)
    carry = 0x7fffff - mantissa;
  else if (rounding == mx::Rounding::Even)
    carry = 0x200000;
  Value exponent = arith::ShRUIOp::create(
      builder, arith::AddIOp::create(builder, amax, constant(carry)), constant(23));
  // E8M0 is an exponent with a bias of 127, like that of f32: the largest magnitude's exponent,
  // less that of the largest code (2 for 6, 8 for 448), is the scale. Clamped to 0 … 254; 255
  // stands for NaN.
  Value byte = LLVM::USubSat::create(builder, exponent, constant(power));
  byte = arith::MinUIOp::create(builder, byte, constant(254));
  // Bits below those of infinity, the sign being cleared.
  Value finite =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, amax, constant(0x7f800000));
  return arith::SelectOp::create(builder, finite, byte, constant(255));
}

Distributed KernelLowering::emitBlockMaxima(ArrayRef<Value> numbers, const TileLayout &layout,
                                            int64_t blockSize) {
  // In a lane by a maximum that keeps a NaN, for which machines have one instruction of several
  // numbers and their signs.
  SmallVector<Value> magnitudes;
  for (Value number : numbers)
    magnitudes.push_back(math::AbsFOp::create(builder, number));
  // A block is a dimension of its own while its elements are reduced.
  std::vector<int64_t> split = layout.data.getShape(), blocks = split;
  split.back() /= blockSize;
  blocks.back() /= blockSize;
  split.push_back(blockSize);
  const unsigned dim = split.size() - 1;
  const LinearLayout whole = layout.data.reshape(split);
  const uint64_t mask = whole.getDimMask(dim);
  // One after the other, so that each such instruction takes two more.
  const std::vector<uint64_t> &registers = whole.getBases(LinearLayout::Space::Register);
  unsigned along = 0, copies = 0;
  std::vector<uint64_t> kept;
  for (auto [bit, basis] : llvm::enumerate(registers)) {
    along |= unsigned((basis & mask) != 0) << bit;
    copies |= unsigned(basis == 0) << bit;
    if (basis && !(basis & mask))
      kept.push_back(basis);
  }
  SmallVector<Value> maxima;
  for (unsigned reg = 0; reg < magnitudes.size(); ++reg)
    if (!(reg & (along | copies))) {
      Value most = magnitudes[reg];
      for (unsigned other = along; other; other = (other - 1) & along)
        most = arith::MaximumFOp::create(builder, most, magnitudes[reg | other]);
      maxima.push_back(most);
    }
  const LinearLayout left(whole.getShape(), kept, whole.getBases(LinearLayout::Space::Lane),
                          whole.getBases(LinearLayout::Space::Subgroup));
  // Between lanes as integers, as which magnitudes compare alike, NaN above all. That may have a
  // sign, too, with which it is the largest without.
  for (Value &most : maxima)
    most = arith::BitcastOp::create(builder, builder.getI32Type(), most);
  Distributed largest = makeFromRegisters(left, builder.getI32Type(), maxima);
  if (machine.swaps)
    largest = emitSwapReduce(largest, *layout.scales, [&](Value a, Value b) -> Value {
      return arith::MaxUIOp::create(builder, a, b);
    });
  largest = regroup(builder, builder.getLoc(), largest, 1);
  for (Value &bits : largest.chunks)
    bits = arith::AndIOp::create(builder, bits, i32(0x7fffffff));
  largest = emitReduce(tile::ReduceKind::Max, largest, dim, blockSize);
  largest = regroup(builder, builder.getLoc(), largest, 1);
  largest.layout = largest.layout.reshape(blocks);
  return largest;
}

BlockScales KernelLowering::emitBlockScales(const Distributed &largest, const LinearLayout &data,
                                            mx::BlockType block,
                                            std::optional<mx::Rounding> rounding) {
  BlockScales scales;
  scales.layout = *withScales(data, block).scales;
  scales.blockSize = block.getBlockSize();
  Distributed words{largest.layout, builder.getI32Type(), {}, 1};
  scales.stored = {largest.layout, getScaleType(block), {}, 1};
  for (Value amax : largest.chunks) {
    if (block.hasPowerOfTwoScale()) {
      words.chunks.push_back(emitScaleByte(builder, amax, block, *rounding));
      scales.stored.chunks.push_back(
          arith::TruncIOp::create(builder, builder.getI8Type(), words.chunks.back()));
      continue;
    }
    // The largest magnitude becomes the largest code, 127.
    Value value = arith::BitcastOp::create(builder, builder.getF32Type(), amax);
    Value most = arith::ConstantOp::create(builder, builder.getF32FloatAttr(127));
    Value nan = arith::ConstantOp::create(
        builder,
        builder.getFloatAttr(builder.getF32Type(), APFloat::getQNaN(APFloat::IEEEsingle())));
    Value factor = arith::DivFOp::create(builder, value, most);
    // By the bits, as above: one comparison tells infinity and NaN from the rest.
    scales.finite.push_back(
        arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, amax, i32(0x7f800000)));
    scales.factors.push_back(factor);
    scales.stored.chunks.push_back(
        arith::SelectOp::create(builder, scales.finite.back(), factor, nan));
  }
  if (!block.hasPowerOfTwoScale())
    return scales;
  if (words.layout != scales.layout)
    words = regroup(builder, builder.getLoc(), gatherFromLanes(words, scales.layout), 1);
  Value most = words.chunks.front();
  for (Value byte : ArrayRef(words.chunks).drop_front())
    most = arith::MaxUIOp::create(builder, most, byte);
  scales.someInfinite = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, most, i32(255));
  for (Value byte : words.chunks) {
    scales.finite.push_back(
        arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, byte, i32(255)));
    // The byte as an exponent field is the f32 that conversions take, and its reciprocal is never
    // needed: narrowing divides by it.
    scales.factors.push_back(arith::BitcastOp::create(
        builder, builder.getF32Type(), arith::ShLIOp::create(builder, byte, i32(23))));
    // The largest code times the scale.
    auto [power, mantissa] = splitLargestCode(block);
    Value exponent = arith::AddIOp::create(builder, byte, i32(power));
    exponent = arith::MinSIOp::create(builder, exponent, i32(254));
    Value limit = arith::OrIOp::create(builder, arith::ShLIOp::create(builder, exponent, i32(23)),
                                       i32(mantissa));
    scales.limits.push_back(arith::BitcastOp::create(builder, builder.getF32Type(), limit));
  }
  return scales;
}

/// Numbers or codes of a block, or zeros in one that is not finite: that has a scale of NaN, and
/// its codes are zeros, whatever they were.
static Value selectFinite(ImplicitLocOpBuilder &builder, const BlockScales &scales, unsigned owner,
                          Value value) {
  Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(value.getType()));
  return arith::SelectOp::create(builder, scales.finite[owner], value, zero);
}

/// Zeros in place of the words of codes whose block, their owner if all have one, is not finite.
static void clearInfinite(ImplicitLocOpBuilder &builder, const BlockScales &scales,
                          ArrayRef<std::optional<unsigned>> owners, MutableArrayRef<Value> words) {
  // Of many blocks one comparison tells that there is nothing to do, and a branch leaves it out.
  constexpr unsigned many = 8;
  std::optional<scf::IfOp> branch;
  OpBuilder::InsertionGuard guard(builder);
  if (scales.factors.size() >= many) {
    branch = scf::IfOp::create(builder, ValueRange(words).getTypes(), scales.someInfinite,
                               /*addThenBlock=*/true, /*addElseBlock=*/true);
    builder.setInsertionPointToStart(branch->elseBlock());
    scf::YieldOp::create(builder, words);
    builder.setInsertionPointToStart(branch->thenBlock());
  }
  for (auto [owner, word] : llvm::zip(owners, words))
    if (owner)
      word = selectFinite(builder, scales, *owner, word);
  if (!branch)
    return;
  scf::YieldOp::create(builder, words);
  llvm::copy(branch->getResults(), words.begin());
}

/// Codes of six bits, 32 in one conversion; where a lane has 16 of a block in a row, half of it is
/// for nothing.
static Distributed emitSixBitCodes(ImplicitLocOpBuilder &builder, const Lanes &machine,
                                   ArrayRef<Value> numbers, const LinearLayout &layout,
                                   const BlockScales &scales, mx::BlockType block) {
  constexpr unsigned half = 16;
  Location loc = builder.getLoc();
  unsigned run = layout.getContiguousBits() >= 5 && block.getBlockSize() >= 32 ? 32 : half;
  Distributed codes{layout.packLast(4), builder.getIntegerType(96), {}, 1};
  for (unsigned first = 0; first < numbers.size(); first += run) {
    unsigned owner = scales.getRegister(layout.getElement(first, 0, 0));
    SmallVector<Value> low, high;
    for (unsigned i = 0; i < run; ++i)
      (i < half ? low : high).push_back(numbers[first + i]);
    Value a = joinChunk(builder, loc, low);
    Value b = high.empty() ? a : joinChunk(builder, loc, high);
    Value all =
        machine.emitEncodedRun(builder, block.getFormat().code, a, b, scales.factors[owner]);
    for (unsigned part = 0; part < run / half; ++part) {
      int32_t from = int32_t(3 * part);
      Value dwords = LLVM::ShuffleVectorOp::create(builder, all, all,
                                                   ArrayRef<int32_t>{from, from + 1, from + 2});
      dwords = selectFinite(builder, scales, owner, dwords);
      codes.chunks.push_back(LLVM::BitcastOp::create(builder, codes.element, dwords));
    }
  }
  return codes;
}

Distributed KernelLowering::emitScaledCodes(ArrayRef<Value> numbers, const LinearLayout &layout,
                                            const BlockScales &scales, mx::BlockType block) {
  if (block.getElementBits() == 6)
    return emitSixBitCodes(builder, machine, numbers, layout, scales, block);
  unsigned perByte = isFp4(block) ? 2 : 1, count = numbers.size();
  unsigned bytes = count / perByte, width = std::min(4u, bytes);
  Distributed codes{layout.packLast(perByte - 1), builder.getI8Type(), {}, width};
  auto ownerOf = [&](unsigned reg) {
    return scales.getRegister(layout.getElement(std::min(reg, count - 1), 0, 0));
  };
  auto prepare = [&](unsigned reg, unsigned owner, bool selects) -> Value {
    Value value = numbers[reg];
    if (selects)
      value = selectFinite(builder, scales, owner, value);
    if (isFp4(block))
      return value;
    value = arith::MinNumFOp::create(builder, value, scales.limits[owner]);
    Value least = arith::NegFOp::create(builder, scales.limits[owner]);
    return arith::MaxNumFOp::create(builder, value, least);
  };
  SmallVector<Value> words;
  SmallVector<std::optional<unsigned>> owners;
  Value one = arith::ConstantOp::create(builder, builder.getF32FloatAttr(1));
  // Four bytes are filled one conversion after the other, each keeping the rest of its register.
  // One takes two numbers, which make a byte of FP4 and two bytes of FP8.
  for (unsigned first = 0; first < bytes; first += width) {
    Value word = LLVM::UndefOp::create(builder, builder.getI32Type());
    // Codes of one block are selected together, those of several number by number.
    const unsigned wordOwner = ownerOf(first * perByte);
    bool isOfOne = true;
    for (unsigned i = 0; i < width * perByte; ++i)
      isOfOne &= ownerOf(first * perByte + i) == wordOwner;
    for (unsigned i = 0, part = 0; i < width; i += isFp4(block) ? 1 : 2, ++part) {
      unsigned reg = (first + i) * perByte, last = std::min(reg + 1, count - 1);
      unsigned owner = ownerOf(reg);
      Value low = prepare(reg, owner, !isOfOne), high = prepare(last, owner, !isOfOne);
      // Zeros divided by NaN would be none.
      Value factor = scales.factors[owner];
      if (!isOfOne)
        factor = arith::SelectOp::create(builder, scales.finite[owner], factor, one);
      word =
          machine.emitEncodedPair(builder, block.getFormat().code, word, low, high, factor, part);
    }
    words.push_back(word);
    owners.push_back(isOfOne ? std::optional(wordOwner) : std::nullopt);
  }
  clearInfinite(builder, scales, owners, words);
  for (Value word : words) {
    if (width < 4)
      word = arith::TruncIOp::create(builder, builder.getIntegerType(8 * width), word);
    codes.chunks.push_back(width == 1 ? word
                                      : Value(LLVM::BitcastOp::create(
                                            builder, getChunkType(codes.element, width), word)));
  }
  return codes;
}

Distributed KernelLowering::emitIntegerCodes(ArrayRef<Value> numbers, const LinearLayout &layout,
                                             const BlockScales &scales) {
  Distributed codes{layout, builder.getI8Type(), {}, 1};
  Value zero = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0));
  Value limit = arith::ConstantOp::create(builder, builder.getF32FloatAttr(127));
  for (auto [reg, number] : llvm::enumerate(numbers)) {
    unsigned owner = scales.getRegister(layout.getElement(reg, 0, 0));
    Value code = arith::DivFOp::create(builder, number, scales.factors[owner]);
    // Rounded before it is clamped and converted, since the conversion to integers truncates.
    code = math::RoundEvenOp::create(builder, code);
    code = arith::MinNumFOp::create(builder, code, limit);
    code = arith::MaxNumFOp::create(builder, code, arith::NegFOp::create(builder, limit));
    // A block of zeros divides by zero, one that is not finite has no scale: both have zeros.
    Value some =
        arith::CmpFOp::create(builder, arith::CmpFPredicate::UNE, scales.factors[owner], zero);
    some = arith::AndIOp::create(builder, some, scales.finite[owner]);
    code = arith::SelectOp::create(builder, some, code, zero);
    code = arith::FPToSIOp::create(builder, builder.getI32Type(), code);
    codes.chunks.push_back(arith::TruncIOp::create(builder, builder.getI8Type(), code));
  }
  return codes;
}

LogicalResult KernelLowering::lowerQuantize(tile::QuantizeOp op) {
  auto block = cast<mx::BlockType>(op.getResult().getType().getElementType());
  if (!canQuantize(block))
    return emitNoLowering(op, block);
  const TileLayout &wanted = layouts.get(op.getResult());
  const Distributed &input = getTile(op.getInput()).data;
  SmallVector<Value> numbers;
  for (unsigned reg = 0; reg < input.getNumRegisters(); ++reg) {
    Value number = extractRegisters(builder, builder.getLoc(), input, reg, 1);
    if (!number.getType().isF32())
      number = arith::ExtFOp::create(builder, builder.getF32Type(), number);
    numbers.push_back(number);
  }
  // Every lane that holds a number of a block holds its scale afterwards. Those that are bytes may
  // be made by some of them for the others.
  TileLayout made = wanted;
  if (!block.hasPowerOfTwoScale())
    made = withScales(wanted.data, block);
  Distributed largest = emitBlockMaxima(numbers, made, block.getBlockSize());
  BlockScales scales = emitBlockScales(largest, wanted.data, block, op.getRounding());
  Distributed codes = block.hasPowerOfTwoScale()
                          ? emitScaledCodes(numbers, wanted.data, scales, block)
                          : emitIntegerCodes(numbers, wanted.data, scales);
  tiles[op.getResult()] = TileValue{codes, convert(scales.stored, *wanted.scales)};
  return success();
}

LogicalResult KernelLowering::lowerDequantize(tile::DequantizeOp op) {
  auto block = cast<mx::BlockType>(op.getInput().getType().getElementType());
  if (!canDequantize(block))
    return emitNoLowering(op, block);
  TileValue input = getTile(op.getInput());
  input.scales = regroup(builder, builder.getLoc(), *input.scales, 1);
  if (input.zeros)
    input.zeros = regroup(builder, builder.getLoc(), *input.zeros, 1);
  setTile(op.getResult(),
          dequantize(builder, machine, input, block, layouts.get(op.getResult()).data,
                     op.getResult().getType().getElementType()));
  return success();
}
