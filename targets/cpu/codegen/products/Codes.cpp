//===- Codes.cpp - Codes and scales as vectors ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Numbers from and to codes, bit for bit as lib/Formats defines them.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// The numbers of the first `count` codes of a type.
static SmallVector<float> listNumbers(CodeType type, unsigned count) {
  return llvm::map_to_vector(llvm::seq(count),
                             [&](unsigned code) { return decodeCode(type, uint8_t(code)); });
}

/// One instruction looks up 16 numbers by the low four bits of each lane; null where there is none.
static Value lookUpNibbles(CodeBuilder &b, const Machine &machine, CodeType type, Value codes) {
  auto i32 = cast<VectorType>(codes.getType());
  StringRef name = machine.findIntrinsic(Instruction::LookUp16, 32 * i32.getNumElements());
  if (name.empty())
    return {};
  return b.intrinsic(name, i32.clone(b.getF32Type()), {b.reals(listNumbers(type, 16)), codes});
}

Value moec::cpu::decodeE2m1(CodeBuilder &b, const Machine &machine, Value codes) {
  int64_t lanes = cast<VectorType>(codes.getType()).getNumElements();
  VectorType f32 = b.vec(b.getF32Type(), lanes), i32 = b.vec(b.getI32Type(), lanes);
  if (Value numbers = lookUpNibbles(b, machine, CodeType::E2M1, codes))
    return numbers;
  Value sign = b.shl(b.andi(codes, 8), 28);
  Value magnitude;
  // Eight numbers fit a register: those without sign, by the low three bits. The sign moves to bit
  // 31.
  if (StringRef name = machine.findIntrinsic(Instruction::LookUp8, 32 * lanes); !name.empty()) {
    magnitude = b.intrinsic(name, f32, {b.reals(listNumbers(CodeType::E2M1, 8)), codes});
  } else {
    // The code's exponent and mantissa at their places in an f32, which is 2^126 too small.
    Value bits = b.bitcast(b.shl(b.andi(codes, 7), 22), f32);
    magnitude = b.fmul(bits, b.real(f32, 0x1p126));
  }
  return b.bitcast(b.ori(b.bitcast(magnitude, i32), sign), f32);
}

Value moec::cpu::signedToFloat(CodeBuilder &b, Value words, unsigned first, unsigned bits) {
  auto i32 = cast<VectorType>(words.getType());
  // Shifted to the top and arithmetically back down, a code gets its sign.
  Value integers = b.sar(b.shl(words, 32 - bits - first), 32 - bits);
  return arith::SIToFPOp::create(b, i32.clone(b.getF32Type()), integers);
}

Value moec::cpu::decodeNibbles(CodeBuilder &b, const Machine &machine, CodeType type, Value words,
                               unsigned first) {
  // Lookups go by the low four bits, so what is left above them does not matter.
  Value codes = b.shr(words, first);
  if (type == CodeType::E2M1)
    return decodeE2m1(b, machine, codes);
  if (Value numbers = lookUpNibbles(b, machine, type, codes))
    return numbers;
  return signedToFloat(b, words, first, 4);
}

namespace {
/// A small float as a part of an f16, which has as many bits of exponent as the longest of them:
/// its magnitude's place there, and what the number is then too small by.
struct InHalf {
  unsigned bits, shift;
  float factor;
};
} // namespace

static InHalf getInHalf(CodeType type) {
  switch (type) {
  case CodeType::E2M3:
    return {6, 7, 0x1p14};
  case CodeType::E3M2:
    return {6, 8, 0x1p12};
  case CodeType::E4M3:
    return {8, 7, 0x1p8};
  case CodeType::E5M2:
    return {8, 8, 1};
  default:
    llvm_unreachable("no small float of 6 or 8 bits");
  }
}

Value moec::cpu::decodeSmallFloat(CodeBuilder &b, CodeType type, Value codes) {
  auto like = [&](Type element) -> Type {
    auto vector = dyn_cast<VectorType>(codes.getType());
    return vector ? Type(vector.clone(element)) : element;
  };
  InHalf half = getInHalf(type);
  codes = b.trunc(codes, like(b.getI16Type()));
  Value bits;
  if (half.bits == 8) {
    // With its sign as the upper half, and half as large where the exponent is shorter by a bit.
    bits = b.shl(codes, 8);
    if (half.shift == 7)
      bits = b.andi(b.sar(bits, 1), 0xbfff);
  } else {
    Value magnitude = b.shl(b.andi(codes, (1 << (half.bits - 1)) - 1), half.shift);
    bits = b.ori(magnitude, b.andi(b.shl(codes, 16 - half.bits), 0x8000));
  }
  // E5M2 is the upper half of an f16, with its infinities. Of E4M3 the largest magnitude is NaN: a
  // sum that only it carries to the sign sets the upper bit of the exponent, which then is all
  // ones.
  if (type == CodeType::E4M3) {
    Value magnitude = b.andi(bits, 0x7fff);
    Value carry = b.add(magnitude, b.integer(magnitude.getType(), 0x8000 - (0x7f << half.shift)));
    bits = b.ori(bits, b.andi(b.shr(carry, 1), 0x4000));
  }
  // The conversion is exact, of subnormals too, and does not slow down for them.
  Value number =
      arith::ExtFOp::create(b, like(b.getF32Type()), b.bitcast(bits, like(b.getF16Type())));
  return half.factor == 1 ? number : b.fmul(number, b.real(number.getType(), half.factor));
}

/// One byte of each of 128 numbers, and one instruction that looks it up by the low seven bits of
/// 64 bytes.
static Value lookUpByte(CodeBuilder &b, const Machine &machine, ArrayRef<int64_t> table,
                        Value codes) {
  auto half = [&](unsigned first) { return b.integers(b.getI8Type(), table.slice(first, 64)); };
  return b.intrinsic(machine.getIntrinsic(Instruction::LookUp128Bytes), codes.getType(),
                     {half(0), codes, half(64)});
}

SmallVector<Value> moec::cpu::lookUpBytes(CodeBuilder &b, const Machine &machine, CodeType type,
                                          Value codes) {
  // The numbers are exact in bf16: two bytes, which are looked up apart; the sign is the code's.
  SmallVector<int64_t> low, high;
  for (float number : listNumbers(type, 128)) {
    uint32_t bits = llvm::bit_cast<uint32_t>(number);
    assert((bits & 0xffff) == 0 && "a float of 8 bits is exact in bf16");
    low.push_back(bits >> 16 & 0xff);
    high.push_back(bits >> 24);
  }
  VectorType i32 = b.vec(b.getI32Type(), 16), f32 = b.vec(b.getF32Type(), 16);
  Value lower = lookUpByte(b, machine, low, codes);
  Value upper = b.ori(lookUpByte(b, machine, high, codes), b.andi(codes, 0x80));
  SmallVector<Value> numbers;
  for (int64_t half : {0, 8}) {
    // One instruction interleaves eight bytes of each of two within 128 bits: bf16, of which the
    // upper of two is an f32 once the lower is gone.
    SmallVector<int64_t> order;
    for (int64_t byte = 0; byte != 64; ++byte)
      order.push_back(byte / 16 * 16 + half + byte % 16 / 2 + byte % 2 * 64);
    Value both = b.bitcast(b.shuffle(lower, upper, order), i32);
    numbers.push_back(b.bitcast(b.shl(both, 16), f32));
    numbers.push_back(b.bitcast(b.andi(both, 0xffff0000), f32));
  }
  return numbers;
}

Value moec::cpu::decodeSixBits(CodeBuilder &b, const Machine &machine, CodeType type, Value words,
                               unsigned first) {
  auto i32 = cast<VectorType>(words.getType());
  Value codes = b.shr(words, first);
  StringRef name = machine.findIntrinsic(Instruction::LookUp32, 32 * i32.getNumElements());
  if (name.empty())
    return decodeSmallFloat(b, type, codes);
  // One instruction looks up 32 numbers, those without sign, by the low five bits of each lane.
  SmallVector<float> magnitudes = listNumbers(type, 32);
  VectorType f32 = i32.clone(b.getF32Type());
  Value magnitude = b.intrinsic(name, f32,
                                {b.reals(ArrayRef(magnitudes).take_front(16)), codes,
                                 b.reals(ArrayRef(magnitudes).drop_front(16))});
  Value sign = b.andi(b.shl(words, 26 - first), int64_t(INT32_MIN));
  return b.bitcast(b.ori(b.bitcast(magnitude, i32), sign), f32);
}

Value moec::cpu::decodeCodes(CodeBuilder &b, const Machine &machine, CodeType type, Value codes) {
  int64_t lanes = cast<VectorType>(codes.getType()).getNumElements();
  switch (type) {
  case CodeType::Int4:
    // Sign of four bits: (c ^ 8) - 8.
    codes = b.sub(b.xori(codes, b.integer(codes.getType(), 8)), b.integer(codes.getType(), 8));
    [[fallthrough]];
  case CodeType::Int8:
    return arith::SIToFPOp::create(b, b.vec(b.getF32Type(), lanes), codes);
  case CodeType::E2M1:
    return decodeE2m1(b, machine, b.zext(codes, b.vec(b.getI32Type(), lanes)));
  default:
    return decodeSmallFloat(b, type, b.zext(codes, b.vec(b.getI16Type(), lanes)));
  }
}

Value moec::cpu::encodeE4m3(CodeBuilder &b, Value numbers) {
  auto f32 = cast<VectorType>(numbers.getType());
  VectorType i32 = f32.clone(b.getI32Type());
  Value bits = b.bitcast(numbers, i32), magnitude = math::AbsFOp::create(b, numbers);
  // Below 2^-6 codes count steps of 2^-9; above, the mantissa is cut after its third bit.
  Value steps = math::RoundEvenOp::create(b, b.fmul(magnitude, b.real(f32, 0x1p9)));
  Value isSmall = b.cmpf(arith::CmpFPredicate::OLT, magnitude, b.real(f32, 0x1p-6));
  Value small = arith::FPToSIOp::create(b, i32, b.select(isSmall, steps, b.real(f32, 0)));
  Value word = b.bitcast(magnitude, i32);
  Value last = b.andi(b.shr(word, 20), 1);
  Value rounded = b.shr(b.add(word, b.add(last, b.integer(i32, 0x7ffff))), 20);
  Value large = b.min(b.sub(rounded, b.integer(i32, (127 - 7) << 3)), b.integer(i32, 0x7e));
  return b.ori(b.select(isSmall, small, large), b.andi(b.shr(bits, 24), 0x80));
}

Value moec::cpu::encodeE2m1(CodeBuilder &b, Value numbers) {
  auto f32 = cast<VectorType>(numbers.getType());
  VectorType i32 = f32.clone(b.getI32Type());
  // A code is how many of the halfway points between neighbouring magnitudes (0, 1/2, 1, 3/2, 2, 3,
  // 4, 6) lie below the number. At a halfway point the even code wins, so every second comparison
  // includes it.
  struct Edge {
    float at;
    bool inclusive;
  };
  static constexpr Edge edges[] = {{.25f, false}, {.75f, true}, {1.25f, false}, {1.75f, true},
                                   {2.5f, false}, {3.5f, true}, {5.f, false}};
  Value magnitude = math::AbsFOp::create(b, numbers);
  Value code = b.integer(i32, 0);
  for (Edge edge : edges) {
    auto predicate = edge.inclusive ? arith::CmpFPredicate::OGE : arith::CmpFPredicate::OGT;
    Value past = b.cmpf(predicate, magnitude, b.real(f32, edge.at));
    code = b.add(code, b.zext(past, i32));
  }
  return b.ori(code, b.andi(b.shr(b.bitcast(numbers, i32), 28), 8));
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

Type moec::cpu::getStoredType(CodeBuilder &b, ScaleType type) {
  switch (type) {
  case ScaleType::E8M0:
  case ScaleType::E4M3:
    return b.getI8Type();
  case ScaleType::BF16:
    return b.getI16Type();
  case ScaleType::F16:
    return b.getF16Type();
  case ScaleType::F32:
    return b.getF32Type();
  }
  llvm_unreachable("every scale type is handled");
}

/// The byte is the exponent of an f32, so it goes to bit 23. Byte 0 is 2^-127, which f32 has as a
/// subnormal; 255 is NaN.
Value moec::cpu::decodeE8m0(CodeBuilder &b, Value bytes) {
  Type i32 = bytes.getType();
  auto vector = dyn_cast<VectorType>(i32);
  Type f32 = vector ? Type(vector.clone(b.getF32Type())) : b.getF32Type();
  Value bits = b.shl(bytes, 23);
  bits = b.select(b.eq(bytes, b.integer(i32, 0)), b.integer(i32, 0x00400000), bits);
  bits = b.select(b.eq(bytes, b.integer(i32, 255)), b.integer(i32, 0x7fc00000), bits);
  return b.bitcast(bits, f32);
}

Value moec::cpu::decodeScale(CodeBuilder &b, ScaleType type, Value stored) {
  auto like = [&](Type element) -> Type {
    auto vector = dyn_cast<VectorType>(stored.getType());
    return vector ? Type(vector.clone(element)) : element;
  };
  switch (type) {
  case ScaleType::E8M0:
    return decodeE8m0(b, b.zext(stored, like(b.getI32Type())));
  case ScaleType::E4M3:
    return decodeSmallFloat(b, CodeType::E4M3, b.zext(stored, like(b.getI16Type())));
  case ScaleType::BF16:
    return b.bitcast(b.shl(b.zext(stored, like(b.getI32Type())), 16), like(b.getF32Type()));
  case ScaleType::F16:
    return arith::ExtFOp::create(b, like(b.getF32Type()), stored);
  case ScaleType::F32:
    return stored;
  }
  llvm_unreachable("every scale type is handled");
}
