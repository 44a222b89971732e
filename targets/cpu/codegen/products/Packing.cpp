//===- Packing.cpp - How codes of a panel lie and are read ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/Packing.h"
#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Codes of k, k + 1, … lie in a word of 32 bits from the low end up.
static SmallVector<Value> readBytesOfWords(CodeBuilder &b, const Machine &, CodeType, Value pointer,
                                           unsigned lanes) {
  Value words = b.load(b.vec(b.getI32Type(), lanes), pointer);
  SmallVector<Value> numbers;
  for (unsigned j = 0; j != 4; ++j)
    numbers.push_back(signedToFloat(b, words, 8 * j, 8));
  return numbers;
}

static SmallVector<Value> readNibbles(CodeBuilder &b, const Machine &machine, CodeType type,
                                      Value pointer, unsigned lanes) {
  Value words = b.load(b.vec(b.getI32Type(), lanes), pointer);
  SmallVector<Value> numbers;
  for (unsigned j = 0; j != 8; ++j)
    numbers.push_back(decodeNibbles(b, machine, type, words, 4 * j));
  return numbers;
}

/// Four codes of 6 bits are three bytes of a row, which become the low ones of a word: 12 bytes of
/// each 16 that are loaded go to their places in one shuffle within 128 bits.
static SmallVector<Value> readSixBits(CodeBuilder &b, const Machine &machine, CodeType type,
                                      Value pointer, unsigned lanes) {
  unsigned bytes = 3 * lanes;
  SmallVector<int64_t> order, joined;
  SmallVector<Value> parts;
  for (unsigned part = 0; part != lanes / 4; ++part) {
    // The last part starts earlier: nothing behind the rows is read.
    unsigned start = std::min(12 * part, bytes - 16);
    parts.push_back(b.load(b.vec(b.getI8Type(), 16), b.offset(pointer, start)));
    for (unsigned byte = 0; byte != 16; ++byte)
      order.push_back(16 * part + 12 * part - start + byte / 4 * 3 + std::min(byte % 4, 2u));
  }
  for (unsigned size = 16; parts.size() != 1; size *= 2) {
    joined = llvm::to_vector(llvm::seq<int64_t>(2 * size));
    for (size_t i = 0; i != parts.size() / 2; ++i)
      parts[i] = b.shuffle(parts[2 * i], parts[2 * i + 1], joined);
    parts.resize(parts.size() / 2);
  }
  Value words = b.bitcast(b.shuffle(parts[0], parts[0], order), b.vec(b.getI32Type(), lanes));
  SmallVector<Value> numbers;
  for (unsigned j = 0; j != 4; ++j)
    numbers.push_back(decodeSixBits(b, machine, type, words, 6 * j));
  return numbers;
}

static SmallVector<Value> readBytes(CodeBuilder &b, const Machine &, CodeType type, Value pointer,
                                    unsigned lanes) {
  Value codes = b.load(b.vec(b.getI8Type(), lanes), pointer);
  return {decodeSmallFloat(b, type, b.zext(codes, b.vec(b.getI16Type(), lanes)))};
}

static SmallVector<Value> readBytesByLookup(CodeBuilder &b, const Machine &machine, CodeType type,
                                            Value pointer, unsigned lanes) {
  return lookUpBytes(b, machine, type, b.load(b.vec(b.getI8Type(), 4 * lanes), pointer));
}

using Digits = std::pair<unsigned, int64_t>;
static constexpr Digits rowByRow[] = {{0, panelRows}};
static constexpr Digits byPair[] = {{1, 2}, {0, panelRows}};
static constexpr Digits byFour[] = {{1, 4}, {0, panelRows}}, byEight[] = {{1, 8}, {0, panelRows}};
/// The order in which lookUpBytes makes vectors of rows of one k.
static constexpr Digits byLookup[] = {{1, 2}, {0, 4}, {1, 2}, {0, panelRows / 4}};

constexpr Packing moec::cpu::numbersByRow = {"numbers", 1, rowByRow, 1, nullptr};
constexpr Packing moec::cpu::numbersByPair = {"pairs", 2, byPair, 1, nullptr};
constexpr Packing moec::cpu::nibblesByEight = {"nibbles", 8, byEight, 1, readNibbles};
constexpr Packing moec::cpu::bytesByFour = {"bytes", 4, byFour, 1, readBytesOfWords};
constexpr Packing moec::cpu::sixBitsByFour = {"six-bits", 4, byFour, 1, readSixBits};
constexpr Packing moec::cpu::floatsByRow = {"floats", 1, rowByRow, 2, readBytes};
constexpr Packing moec::cpu::floatsByLookup = {"lookup", 4, byLookup, 1, readBytesByLookup};

ArrayRef<Digits> moec::cpu::getScaleDigits() { return rowByRow; }
