//===- DotProducts.cpp - Sums of products of codes ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Sums of small integers are exact in 32 bits. E2M1 codes are doubled to be integers; the left
// operand's scales carry the factor. Weights are biased to be unsigned where the machine multiplies
// unsigned by signed bytes, and the left operand's sums take that off again. Sums of two such
// products have 16 bits; as many of them as cannot overflow are added up before they are widened.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/kernels/DotProducts.h"
#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// `longest` is how many 16-bit sums of two products cannot overflow together: the largest biased
/// weight is 24 (E2M1), 15 (int4) or 255 (int8), the largest left code 12 (E2M1, doubled) or 128.
/// That is 56 for E2M1 times E2M1, more than the 8 that a block of 32 has, and 5 for int8 weights
/// times E2M1.
DotProducts::DotProducts(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows rows,
                         CodeType weight)
    : b(b), machine(machine), body(atom.body), weight(weight), lanes(machine.getLanes()) {
  i32 = b.vec(b.getI32Type(), lanes);
  i16 = b.vec(b.getI16Type(), 2 * lanes);
  i8 = b.vec(b.getI8Type(), 4 * lanes);
  int64_t largest = weight == CodeType::E2M1 ? 24 : weight == CodeType::Int4 ? 15 : 255;
  int64_t most = rows == Rows::ShortCodes ? 12 : 128;
  longest = std::max<int64_t>(1, 32767 / (2 * largest * most));
  if (weight == CodeType::E2M1)
    biased = getDoubledE2m1(b, lanes);
}

Value moec::cpu::getDoubledE2m1(CodeBuilder &b, unsigned lanes) {
  SmallVector<int64_t> table;
  for (unsigned i = 0; i != 4 * lanes; ++i) {
    static const int64_t doubled[8] = {0, 1, 2, 3, 4, 6, 8, 12};
    int64_t number = doubled[i % 8];
    table.push_back(12 + (i % 16 < 8 ? number : -number));
  }
  return b.integers(b.getI8Type(), table);
}

SmallVector<Value> DotProducts::split(Value words) {
  if (weight != CodeType::Int8) {
    auto look = [&](Value nibbles) {
      // Every byte holds a nibble of one k (below) and of the next (above); the lookup is of 16
      // bytes within each 128 bits, as the table repeats.
      Value bytes = b.andi(b.bitcast(nibbles, i8), 15);
      if (weight == CodeType::Int4)
        // Two's complement of four bits plus 8, without an addition.
        return b.xori(bytes, b.integer(i8, 8));
      return b.intrinsic(machine.getIntrinsic(Instruction::LookUp16Bytes), i8, {biased, bytes});
    };
    return {look(words), look(b.shr(words, 4))};
  }
  if (body == Body::PairsOfWords) {
    // Even bytes with their sign, then odd ones, each as 16 bits.
    Value pairs = b.bitcast(words, i16);
    return {b.sar(b.shl(pairs, 8), 8), b.sar(pairs, 8)};
  }
  // Plus 128, modulo 256.
  return {b.xori(b.bitcast(words, i8), b.integer(i8, -128))};
}

void DotProducts::accumulate(BlockSum &sum, Value weights, Value codes) {
  Value left = b.splat(codes, lanes);
  if (body == Body::PairsOfWords) {
    sum.total = b.add(sum.total, multiplyWords(weights, b.bitcast(left, i16)));
    return;
  }
  left = b.bitcast(left, i8);
  // Four products and the sum in 32 bits in one instruction, without saturation.
  if (body == Body::FoursOfBytes) {
    StringRef name = machine.getIntrinsic(Instruction::AddFoursOfBytes);
    sum.total = b.intrinsic(name, i32, {sum.total, weights, left});
    return;
  }
  // Unsigned by signed bytes, two neighbouring products added in 16 bits. It saturates, which
  // `longest` rules out.
  StringRef name = machine.getIntrinsic(Instruction::AddPairsOfBytes);
  Value pairs = b.intrinsic(name, i16, {weights, left});
  sum.pairs = sum.pairs ? b.add(sum.pairs, pairs) : pairs;
  if (++sum.count == longest)
    widen(sum);
}

void DotProducts::widen(BlockSum &sum) {
  if (sum.count == 0)
    return;
  sum.total = b.add(sum.total, multiplyWords(sum.pairs, b.integer(i16, 1)));
  sum.pairs = Value();
  sum.count = 0;
}

Value DotProducts::multiplyWords(Value x, Value y) {
  return b.intrinsic(machine.getIntrinsic(Instruction::AddPairsOfWords), i32, {x, y});
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

/// k whose products are one straight piece of code. Words of two bytes are made of bytes, and what
/// becomes of a long piece's does not stay in registers: LLVM takes row after row. One row has no
/// other that would share them.
static int64_t getChunk(const ProductAtom &atom, RegisterBlock block, int64_t run) {
  int64_t longest = 32, group = atom.staging.order.size();
  bool inSteps = atom.body == Body::PairsOfWords && block.rows > 2;
  return std::min(run, inSteps ? 2 * group : longest);
}

CodeSums::CodeSums(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows kind,
                   CodeType weight, RegisterBlock block, LeftCodes left, int64_t run, Value panel)
    : b(b), rows(block.rows), vectors(block.vectors), lanes(machine.getLanes()),
      group(atom.staging.order.size()), codeBytes(atom.staging.bits / 8), run(run),
      chunk(getChunk(atom, block, run)), left(left), panel(panel),
      dots(b, machine, atom, kind, weight) {}

Value CodeSums::loadStart(Value number, unsigned row) {
  Value starts = b.offset(left.starts, b.getI32Type(), number);
  return b.load(b.getI32Type(), b.offset(starts, 4 * row * (left.stride / run)));
}

SmallVector<Value> CodeSums::sum(Value number, ArrayRef<Value> starts) {
  SmallVector<Value> totals;
  for (Value start : starts)
    totals.append(vectors, b.splat(start, lanes));
  int64_t chunks = run / chunk;
  return b.loop(b.index(0), b.index(chunks), 1, totals, [&](Value i, ValueRange totals) {
    return addChunk(totals, b.add(b.mul(number, chunks), i));
  });
}

SmallVector<Value> CodeSums::addChunk(ValueRange totals, Value number) {
  SmallVector<BlockSum> sums;
  for (Value total : totals)
    sums.push_back({total, Value()});
  int64_t groups = chunk / group;
  Value words = b.offset(panel, b.getI8Type(), b.mul(number, groups * 4 * panelRows));
  Value codes = b.offset(left.codes, b.getI8Type(), b.mul(number, chunk * codeBytes));
  // Narrower blocks are for rows that find the panel in a cache.
  if (vectors * lanes == panelRows)
    b.prefetchStream(words, groups * 4 * panelRows);
  for (int64_t g = 0; g != groups; ++g) {
    // Splitting a word costs as much as a product or two; all rows of the block share it, which is
    // what its height is for. And all vectors share a row's codes, which are a load.
    SmallVector<SmallVector<Value>> weights;
    for (unsigned v = 0; v != vectors; ++v)
      weights.push_back(dots.split(
          b.load(b.vec(b.getI32Type(), lanes), b.offset(words, 4 * (g * panelRows + v * lanes)))));
    for (size_t part = 0; part != weights.front().size(); ++part)
      for (unsigned r = 0; r != rows; ++r) {
        int64_t place = (r * left.stride + g * group) * codeBytes + 4 * part;
        Value row = b.load(b.getI32Type(), b.offset(codes, place));
        for (unsigned v = 0; v != vectors; ++v)
          dots.accumulate(sums[r * vectors + v], weights[v][part], row);
      }
  }
  SmallVector<Value> result;
  for (BlockSum &sum : sums) {
    dots.widen(sum);
    result.push_back(sum.total);
  }
  return result;
}
