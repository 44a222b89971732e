//===- SmallFloats.cpp - Codes by integer arithmetic ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The defaults of the hooks for small floats, for machines without such conversions. The exponent
// and mantissa of a code, shifted to where bf16 has them, are the number times a power of two,
// subnormal or not, so that one exact product decodes it. Two codes are worked on at once, one in
// each half of a dword.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Lanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

namespace {
/// A float of a sign, `exponent` and `mantissa` bits.
struct SmallFloat {
  unsigned exponent, mantissa, bias;
  /// The largest code of a number, without its sign.
  unsigned largest;
  /// What is above it: bits of a bf16 that make its number infinite or none; 0 if it has none.
  unsigned beyond;

  unsigned getBits() const { return 1 + exponent + mantissa; }
};

/// Emits for both halves of a dword.
class Halves {
public:
  explicit Halves(ImplicitLocOpBuilder &builder) : builder(builder) {}

  Value constant(uint32_t word) {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(int32_t(word)));
  }
  /// A dword with the same in both halves.
  Value both(uint32_t half) { return constant(half << 16 | half); }
  Value mask(Value a, Value b) { return arith::AndIOp::create(builder, a, b); }
  Value unite(Value a, Value b) { return arith::OrIOp::create(builder, a, b); }
  /// To higher bits, or to lower ones if `by` is negative.
  Value shift(Value word, int by) {
    if (by == 0)
      return word;
    if (by > 0)
      return arith::ShLIOp::create(builder, word, constant(by));
    return arith::ShRUIOp::create(builder, word, constant(-by));
  }

private:
  ImplicitLocOpBuilder &builder;
};
} // namespace

static SmallFloat getSmallFloat(CodeType code) {
  constexpr unsigned infinity = 0x7f80, nan = 0x7fc0;
  switch (code) {
  case CodeType::E2M1:
    return {2, 1, 1, 7, 0};
  case CodeType::E2M3:
    return {2, 3, 1, 31, 0};
  case CodeType::E3M2:
    return {3, 2, 3, 31, 0};
  case CodeType::E4M3:
    return {4, 3, 7, 126, nan};
  default:
    // Of codes beyond the largest the mantissa says which are infinite.
    return {5, 2, 15, 123, infinity};
  }
}

static Value castBits(ImplicitLocOpBuilder &builder, Type type, Value value) {
  return LLVM::BitcastOp::create(builder, type, value);
}

/// The numbers of two codes, each in the low bits of a half, as a pair of bf16, which is exact.
static Value decodePair(ImplicitLocOpBuilder &builder, const SmallFloat &format, Value codes) {
  Halves emit(builder);
  unsigned signBit = format.exponent + format.mantissa, mantissaBits = 7;
  Value magnitudes = emit.mask(codes, emit.both((1u << signBit) - 1));
  Value signs = emit.shift(emit.mask(codes, emit.both(1u << signBit)), int(15 - signBit));
  Value small = emit.shift(magnitudes, int(mantissaBits - format.mantissa));
  Type bf16 = builder.getBF16Type(), pair = VectorType::get({2}, bf16);
  // 2^(127 - bias): what the exponent of a bf16 counts from, less what the code's does.
  auto power = APFloat(APFloat::BFloat(), APInt(16, (254 - format.bias) << mantissaBits));
  auto factors = DenseElementsAttr::get(cast<ShapedType>(pair), power);
  Value numbers = arith::MulFOp::create(builder, castBits(builder, pair, emit.unite(small, signs)),
                                        arith::ConstantOp::create(builder, factors));
  if (!format.beyond)
    return numbers;
  // One more than the largest carries into the sign's place, and gives a factor of 0 or 1.
  Value carry =
      arith::AddIOp::create(builder, magnitudes, emit.both((1u << signBit) - 1 - format.largest));
  Value isBeyond = emit.shift(emit.mask(carry, emit.both(1u << signBit)), -int(signBit));
  Value bits = arith::MulIOp::create(builder, isBeyond, emit.constant(format.beyond));
  return castBits(builder, pair,
                  emit.unite(castBits(builder, builder.getI32Type(), numbers), bits));
}

/// A factor as the f32 that it stands for; null for a constant one.
static Value getFactor(ImplicitLocOpBuilder &builder, Value factor) {
  FloatAttr constant;
  if (matchPattern(factor, m_Constant(&constant)) && constant.getValue().isExactlyValue(1))
    return {};
  Halves emit(builder);
  Value bits = arith::BitcastOp::create(builder, builder.getI32Type(), factor);
  Value none =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, bits, emit.constant(0x7f800000));
  // A field of 0 is half the least normal number.
  bits = arith::MaxUIOp::create(builder, bits, emit.constant(0x00400000));
  bits = arith::SelectOp::create(builder, none, emit.constant(0x7fc00000), bits);
  return arith::BitcastOp::create(builder, builder.getF32Type(), bits);
}

/// A pair of bf16 times a factor, which may be null, as `type`.
static Value scalePair(ImplicitLocOpBuilder &builder, Value numbers, Value factor,
                       VectorType type) {
  auto splat = [&](Value scalar) -> Value {
    Value all = LLVM::PoisonOp::create(builder, type);
    for (int i = 0; i < 2; ++i)
      all = LLVM::InsertElementOp::create(
          builder, all, scalar,
          Value(arith::ConstantOp::create(builder, builder.getI32IntegerAttr(i))));
    return all;
  };
  if (type.getElementType().isBF16()) {
    if (!factor)
      return numbers;
    Value narrow = arith::TruncFOp::create(builder, builder.getBF16Type(), factor);
    return arith::MulFOp::create(builder, numbers, splat(narrow));
  }
  // A bf16 is the high half of the f32 of the same number.
  Halves emit(builder);
  Value words = castBits(builder, builder.getI32Type(), numbers);
  Value result = LLVM::PoisonOp::create(builder, type);
  Value halves[] = {emit.shift(words, 16), emit.mask(words, emit.constant(0xffff0000))};
  for (auto [i, half] : llvm::enumerate(halves)) {
    Value number = arith::BitcastOp::create(builder, builder.getF32Type(), half);
    if (factor)
      number = arith::MulFOp::create(builder, number, factor);
    result = LLVM::InsertElementOp::create(builder, result, number, emit.constant(i));
  }
  return result;
}

Value Lanes::emitDecodedPair(Builder &builder, CodeType code, Type type, Value word, Value factor,
                             unsigned part) const {
  SmallFloat format = getSmallFloat(code);
  Halves emit(builder);
  unsigned bits = format.getBits();
  // The second code moves from behind the first to the high half.
  Value first = emit.shift(word, -int(2 * bits * part));
  Value codes = emit.unite(
      emit.mask(first, emit.constant((1u << bits) - 1)),
      emit.mask(emit.shift(first, int(16 - bits)), emit.constant(((1u << bits) - 1) << 16)));
  return scalePair(builder, decodePair(builder, format, codes), getFactor(builder, factor),
                   cast<VectorType>(type));
}

Value Lanes::emitDecodedRun(Builder &builder, CodeType code, Type type, Value words,
                            Value factor) const {
  SmallFloat format = getSmallFloat(code);
  Halves emit(builder);
  constexpr unsigned count = 32, bits = 6;
  SmallVector<Value> dwords;
  for (unsigned i = 0; i < count * bits / 32; ++i)
    dwords.push_back(LLVM::ExtractElementOp::create(builder, words, emit.constant(i)));
  auto extract = [&](unsigned number) {
    unsigned from = number * bits, place = from % 32;
    Value low = emit.shift(dwords[from / 32], -int(place));
    if (place + bits > 32)
      low = emit.unite(low, emit.shift(dwords[from / 32 + 1], int(32 - place)));
    return emit.mask(low, emit.constant((1u << bits) - 1));
  };
  auto all = cast<VectorType>(type);
  auto pair = VectorType::get({2}, all.getElementType());
  Value scale = getFactor(builder, factor), result = LLVM::PoisonOp::create(builder, type);
  for (unsigned i = 0; i < count; i += 2) {
    Value codes = emit.unite(extract(i), emit.shift(extract(i + 1), 16));
    Value numbers = scalePair(builder, decodePair(builder, format, codes), scale, pair);
    for (unsigned j = 0; j < 2; ++j)
      result = LLVM::InsertElementOp::create(
          builder, result, LLVM::ExtractElementOp::create(builder, numbers, emit.constant(j)),
          emit.constant(i + j));
  }
  return result;
}

Value Lanes::emitDecodedScale(Builder &builder, Value word) const {
  Value numbers = decodePair(builder, getSmallFloat(CodeType::E4M3), word);
  Value words = castBits(builder, builder.getI32Type(), numbers);
  return arith::BitcastOp::create(builder, builder.getF32Type(), Halves(builder).shift(words, 16));
}

Value Lanes::emitReciprocal(Builder &builder, Value factor) {
  Halves emit(builder);
  Value bits = arith::BitcastOp::create(builder, builder.getI32Type(), factor);
  Value inverse = arith::SubIOp::create(builder, emit.constant(254u << 23), bits);
  // That of 2^127 is subnormal. Where the factor is no number codes are zeros, whatever it becomes.
  inverse = arith::MaxSIOp::create(builder, inverse, emit.constant(0x00400000));
  return arith::BitcastOp::create(builder, builder.getF32Type(), inverse);
}

Value Lanes::insertPart(Builder &builder, Value word, Value codes, unsigned part, unsigned bits) {
  Halves emit(builder);
  uint32_t place = (bits < 32 ? (1u << bits) - 1 : ~0u) << bits * part;
  return emit.unite(emit.mask(word, emit.constant(~place)), emit.shift(codes, int(bits * part)));
}

/// The code of an f32 divided by a factor, whose reciprocal is given, in the low bits of a dword.
static Value encode(ImplicitLocOpBuilder &builder, const SmallFloat &format, Value number,
                    Value reciprocal) {
  Halves emit(builder);
  Type f32 = builder.getF32Type(), word = builder.getI32Type();
  auto toFloat = [&](Value bits) -> Value { return arith::BitcastOp::create(builder, f32, bits); };
  number = arith::MulFOp::create(builder, number, reciprocal);
  Value bits = arith::BitcastOp::create(builder, word, number);
  Value magnitude = emit.mask(bits, emit.constant(0x7fffffff));
  // Normal codes: half of the last bit less one, and one more if that is odd, carries where
  // rounding to even does.
  int dropped = 23 - int(format.mantissa);
  Value odd = emit.mask(emit.shift(magnitude, -dropped), emit.constant(1));
  Value rounded =
      arith::AddIOp::create(builder, magnitude, emit.constant((1u << (dropped - 1)) - 1));
  rounded = emit.shift(arith::AddIOp::create(builder, rounded, odd), -dropped);
  rounded = arith::SubIOp::create(builder, rounded,
                                  emit.constant((127 - format.bias) << format.mantissa));
  // Subnormal ones: a sum whose last bit is the least code's is rounded by the addition itself.
  uint32_t least = 127 + 1 - format.bias;
  Value offset = emit.constant((least + unsigned(dropped)) << 23);
  Value sum = arith::AddFOp::create(builder, toFloat(magnitude), toFloat(offset));
  Value counted =
      arith::SubIOp::create(builder, arith::BitcastOp::create(builder, word, sum), offset);
  Value isSmall = arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, magnitude,
                                        emit.constant(least << 23));
  Value code = arith::SelectOp::create(builder, isSmall, counted, rounded);
  code = arith::MinUIOp::create(builder, code, emit.constant(format.largest));
  unsigned signBit = format.exponent + format.mantissa;
  return emit.unite(code,
                    emit.mask(emit.shift(bits, int(signBit) - 31), emit.constant(1u << signBit)));
}

Value Lanes::emitEncodedPair(Builder &builder, CodeType code, Value word, Value first, Value second,
                             Value factor, unsigned part) const {
  SmallFloat format = getSmallFloat(code);
  Halves emit(builder);
  Value reciprocal = emitReciprocal(builder, factor);
  unsigned bits = format.getBits();
  Value high = emit.shift(encode(builder, format, second, reciprocal), int(bits));
  Value codes = emit.unite(encode(builder, format, first, reciprocal), high);
  return insertPart(builder, word, codes, part, 2 * bits);
}

Value Lanes::emitEncodedRun(Builder &builder, CodeType code, Value low, Value high,
                            Value factor) const {
  SmallFloat format = getSmallFloat(code);
  Halves emit(builder);
  constexpr unsigned half = 16, bits = 6;
  Value reciprocal = emitReciprocal(builder, factor);
  SmallVector<Value> words(2 * half * bits / 32);
  auto add = [&](unsigned word, Value bits) {
    words[word] = words[word] ? emit.unite(words[word], bits) : bits;
  };
  for (unsigned i = 0; i < 2 * half; ++i) {
    Value number =
        LLVM::ExtractElementOp::create(builder, i < half ? low : high, emit.constant(i % half));
    Value made = encode(builder, format, number, reciprocal);
    unsigned from = i * bits, place = from % 32;
    add(from / 32, emit.shift(made, int(place)));
    if (place + bits > 32)
      add(from / 32 + 1, emit.shift(made, int(place) - 32));
  }
  Value result = LLVM::PoisonOp::create(
      builder, VectorType::get({int64_t(words.size())}, builder.getI32Type()));
  for (auto [i, word] : llvm::enumerate(words))
    result = LLVM::InsertElementOp::create(builder, result, word, emit.constant(i));
  return result;
}

Value Lanes::spreadCodes(Builder &builder, Value words, unsigned bits, unsigned place) {
  Halves emit(builder);
  SmallVector<Value> from = splitChunk(builder, builder.getLoc(), words), bytes;
  // The fields `high` of a word move up, away from `low`. One mask does where what stays behind is
  // in nobody's place.
  auto moveApart = [&](Value word, unsigned by, uint32_t low, uint32_t high) {
    Value moved = emit.shift(word, int(by));
    if (!(low & low << by))
      return emit.mask(emit.unite(word, moved), emit.constant(low | high << by));
    return emit.unite(emit.mask(word, emit.constant(low)),
                      emit.mask(moved, emit.constant(high << by)));
  };
  const unsigned inWord = 4 * bits;
  const uint32_t pair = (1u << 2 * bits) - 1, code = (1u << bits) - 1, codes = code << 16 | code;
  for (unsigned begin = 0; begin < 32 * from.size(); begin += inWord) {
    unsigned first = begin % 32;
    Value word = emit.shift(from[begin / 32], -int(first));
    if (first + inWord > 32)
      word = emit.unite(word, emit.shift(from[begin / 32 + 1], int(32 - first)));
    else if (first + inWord < 32)
      word = emit.mask(word, emit.constant((1u << inWord) - 1));
    // Pairs into halves, then codes into bytes.
    word = moveApart(word, 16 - 2 * bits, pair, pair << 2 * bits);
    word = moveApart(word, 8 - bits, codes, codes << bits);
    bytes.push_back(emit.shift(word, int(place)));
  }
  return joinChunk(builder, builder.getLoc(), bytes);
}
