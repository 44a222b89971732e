//===- HostFormats.cpp - Small floats on the skeleton GPU -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Machine: conversions of whole dwords. Here one function a code.
//
//===----------------------------------------------------------------------===//
#include "examples/gpu/HostCalls.h"
#include "examples/gpu/HostLanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moec;
using namespace moec::skeleton;

static unsigned getBits(CodeType code) { return BlockFormat{code, ScaleType::E8M0}.codeBits(); }

/// `count` bits of dwords, from bit `first` on, as an i32; `words` is a dword or a vector of them.
static Value extractBits(ImplicitLocOpBuilder &builder, Value words, unsigned first,
                         unsigned count) {
  auto getWord = [&](unsigned number) -> Value {
    if (!isa<VectorType>(words.getType()))
      return words;
    return LLVM::ExtractElementOp::create(builder, words, createI32(builder, number));
  };
  unsigned shift = first % 32;
  Value bits = arith::ShRUIOp::create(builder, getWord(first / 32), createI32(builder, shift));
  if (shift + count > 32) {
    Value high =
        arith::ShLIOp::create(builder, getWord(first / 32 + 1), createI32(builder, 32 - shift));
    bits = arith::OrIOp::create(builder, bits, high);
  }
  return arith::AndIOp::create(builder, bits, createI32(builder, (1 << count) - 1));
}

/// Numbers of codes from number `first` on, times the factor, as a vector.
static Value decode(ImplicitLocOpBuilder &builder, CodeType code, Type type, Value words,
                    Value factor, unsigned first) {
  auto vector = cast<VectorType>(type);
  Value result = LLVM::PoisonOp::create(builder, vector);
  for (unsigned i = 0; i < vector.getNumElements(); ++i) {
    unsigned bits = getBits(code);
    Value word = extractBits(builder, words, (first + i) * bits, bits);
    Value number = callMachine(builder, "moec_gpu_decode", builder.getF32Type(),
                               {createI32(builder, unsigned(code)), word});
    number = arith::MulFOp::create(builder, number, factor);
    if (!vector.getElementType().isF32())
      number = arith::TruncFOp::create(builder, vector.getElementType(), number);
    result = LLVM::InsertElementOp::create(builder, result, number, createI32(builder, i));
  }
  return result;
}

/// The code of a number divided by the factor, as an i32.
static Value encode(ImplicitLocOpBuilder &builder, CodeType code, Value number, Value factor) {
  Value quotient = arith::DivFOp::create(builder, number, factor);
  return callMachine(builder, "moec_gpu_encode", builder.getI32Type(),
                     {createI32(builder, unsigned(code)), quotient});
}

Value HostLanes::emitDecodedPair(Builder &builder, CodeType code, Type type, Value word,
                                 Value factor, unsigned part) const {
  return decode(builder, code, type, word, factor, 2 * part);
}

Value HostLanes::emitEncodedPair(Builder &builder, CodeType code, Value word, Value first,
                                 Value second, Value factor, unsigned part) const {
  unsigned bits = getBits(code), shift = 2 * part * bits;
  Value high = arith::ShLIOp::create(builder, encode(builder, code, second, factor),
                                     createI32(builder, bits));
  Value pair = arith::OrIOp::create(builder, encode(builder, code, first, factor), high);
  // The rest of the dword stays.
  Value kept = arith::AndIOp::create(builder, word,
                                     createI32(builder, ~int32_t(((1u << 2 * bits) - 1) << shift)));
  return arith::OrIOp::create(builder, kept,
                              arith::ShLIOp::create(builder, pair, createI32(builder, shift)));
}

Value HostLanes::emitDecodedRun(Builder &builder, CodeType code, Type type, Value words,
                                Value factor) const {
  return decode(builder, code, type, words, factor, 0);
}

Value HostLanes::emitEncodedRun(Builder &builder, CodeType code, Value low, Value high,
                                Value factor) const {
  constexpr unsigned numbers = 32, half = numbers / 2;
  unsigned bits = getBits(code);
  auto type = VectorType::get({numbers * bits / 32}, builder.getI32Type());
  SmallVector<Value> words(type.getNumElements(), createI32(builder, 0));
  for (unsigned i = 0; i < numbers; ++i) {
    Value number = LLVM::ExtractElementOp::create(builder, i < half ? low : high,
                                                  createI32(builder, i % half));
    Value bitsOf = encode(builder, code, number, factor);
    unsigned word = i * bits / 32, shift = i * bits % 32;
    words[word] = arith::OrIOp::create(
        builder, words[word], arith::ShLIOp::create(builder, bitsOf, createI32(builder, shift)));
    if (shift + bits > 32)
      words[word + 1] = arith::ShRUIOp::create(builder, bitsOf, createI32(builder, 32 - shift));
  }
  Value result = LLVM::PoisonOp::create(builder, type);
  for (auto [i, word] : llvm::enumerate(words))
    result = LLVM::InsertElementOp::create(builder, result, word, createI32(builder, i));
  return result;
}

Value HostLanes::emitDecodedScale(Builder &builder, Value word) const {
  return callMachine(
      builder, "moec_gpu_decode", builder.getF32Type(),
      {createI32(builder, unsigned(CodeType::E4M3)), extractBits(builder, word, 0, 8)});
}
