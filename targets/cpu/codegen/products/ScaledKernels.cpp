//===- ScaledKernels.cpp - Products of codes and panels of codes ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Sums of small integers are exact in 32 bits, so only one multiply-add a block is in f32. E2M1
// codes are doubled to be integers; the left operand's scales carry the factor. Weights are biased
// to be unsigned where the machine multiplies unsigned by signed bytes, and the left operand's sums
// take that off again. Sums of two such products have 16 bits; as many of them as cannot overflow
// are added up before they are widened.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Vectors.h"
#include "targets/cpu/codegen/products/MicroKernels.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

namespace {
/// One vector of sums of a block, in the making.
struct BlockSum {
  Value total; ///< 32-bit lanes
  Value pairs; ///< 16-bit lanes that are not in `total` yet, or null
  unsigned count = 0;
};

/// Dot products along K of a group of codes, into 32-bit lanes.
class DotProducts {
public:
  /// `longest` is how many 16-bit sums of two products cannot overflow together: the largest biased
  /// weight is 24 (E2M1), 15 (int4) or 255 (int8), the largest left code 12 (E2M1, doubled) or 128.
  /// That is 56 for E2M1 times E2M1, more than the 8 that a block of 32 has, and 5 for int8 weights
  /// times E2M1.
  DotProducts(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows rows,
              CodeType weight)
      : b(b), machine(machine), body(atom.body), weight(weight), lanes(machine.getLanes()) {
    i32 = b.vec(b.getI32Type(), lanes);
    i16 = b.vec(b.getI16Type(), 2 * lanes);
    i8 = b.vec(b.getI8Type(), 4 * lanes);
    int64_t largest = weight == CodeType::E2M1 ? 24 : weight == CodeType::Int4 ? 15 : 255;
    int64_t most = rows == Rows::WideCodes ? 128 : 12;
    longest = std::max<int64_t>(1, 32767 / (2 * largest * most));
    if (weight == CodeType::E2M1) {
      // 2 · number + 12, by code.
      SmallVector<int64_t> table;
      for (unsigned i = 0; i != 4 * lanes; ++i) {
        static const int64_t doubled[8] = {0, 1, 2, 3, 4, 6, 8, 12};
        int64_t number = doubled[i % 8];
        table.push_back(12 + (i % 16 < 8 ? number : -number));
      }
      biased = b.integers(b.getI8Type(), table);
    }
  }

  /// The panel's words, as what each part of the left operand's words multiplies.
  SmallVector<Value> split(Value words) {
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

  /// Adds, in every 32-bit lane (a column), the products of four codes of the left operand, which
  /// are the same for all lanes, with that column's four weights.
  void accumulate(BlockSum &sum, Value weights, Value codes) {
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

  /// Moves what is in 16-bit lanes to the total.
  void widen(BlockSum &sum) {
    if (sum.count == 0)
      return;
    sum.total = b.add(sum.total, multiplyWords(sum.pairs, b.integer(i16, 1)));
    sum.pairs = Value();
    sum.count = 0;
  }

private:
  /// Signed 16-bit lanes, two neighbouring products added in 32 bits; times 1 it widens and adds
  /// pairs.
  Value multiplyWords(Value x, Value y) {
    return b.intrinsic(machine.getIntrinsic(Instruction::AddPairsOfWords), i32, {x, y});
  }

  CodeBuilder &b;
  const Machine &machine;
  Body body;
  CodeType weight;
  unsigned lanes, longest;
  VectorType i32, i16, i8;
  Value biased;
};

/// The body of a product of codes: `rows` rows of staged codes times one panel, a few vectors of
/// its rows at a time.
///
/// There are two levels of sums. Within a block of the panel they are of integers and exact, in 32
/// bits; rows · vectors of them live as long as the block. Over the blocks each element of the
/// result is one chain of fused multiply-adds in f32, block after block, so it does not depend on
/// the block of rows that it is computed in.
class ScaledProduct {
public:
  /// The left operand: its codes, and for each block of them a scale and a start of the sum.
  struct Left {
    Value codes, scales, starts;
    int64_t stride; ///< codes from a row to the next
  };

  /// Of the panel whose arrays start at `streams`.
  ScaledProduct(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows kind,
                const PanelFormat &format, RegisterBlock block, Left left, ArrayRef<Value> streams)
      : b(b), format(format.getBlock()), rows(block.rows), lanes(machine.getLanes()),
        vectors(block.vectors), group(atom.staging.order.size()), codeBytes(atom.staging.bits / 8),
        bias(atom.getBias(format.getBlock().code)), left(left), panel(streams.front()),
        reader(b, machine, format, vectors, streams),
        dots(b, machine, atom, kind, format.getBlock().code) {}

  /// Adds to the rows of `c`, `cStride` bytes apart, what these columns make of `depth` k.
  void emit(Value c, Value cStride, Value depth) {
    VectorType f32 = b.vec(b.getF32Type(), lanes);
    auto getPlace = [&](unsigned r, unsigned v) {
      return b.offset(b.offset(c, b.getI8Type(), b.mul(cStride, r)), 4 * v * lanes);
    };
    SmallVector<Value> totals;
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        totals.push_back(b.load(f32, getPlace(r, v)));
    Value blocks = b.div(depth, format.blockColumns);
    totals = b.loop(b.index(0), blocks, 1, totals, [&](Value block, ValueRange carried) {
      SmallVector<BlockSum> sums = sumBlock(block);
      return addScaled(carried, sums, block);
    });
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        b.store(totals[r * vectors + v], getPlace(r, v));
  }

private:
  /// The exact sums of a block, by row and vector.
  SmallVector<BlockSum> sumBlock(Value block) {
    SmallVector<BlockSum> sums;
    int64_t groups = format.blockColumns / group;
    // A sum starts at -bias · Σ a, which is the same for all columns: Σ (w + bias) · a then ends at
    // Σ w · a.
    Value starts = b.offset(left.starts, b.getI32Type(), block);
    for (unsigned r = 0; r != rows; ++r) {
      Value start = b.load(b.getI32Type(), b.offset(starts, 4 * r * getBlocksPerRow()));
      if (format.hasZero)
        start = b.mul(start, -bias);
      sums.append(vectors, BlockSum{b.splat(start, lanes), Value()});
    }
    Value words = b.offset(panel, b.getI8Type(), b.mul(block, groups * 4 * panelRows));
    Value codes =
        b.offset(left.codes, b.getI8Type(), b.mul(block, format.blockColumns * codeBytes));
    if (rows == 1)
      b.prefetchStream(words, groups * 4 * panelRows);
    for (int64_t g = 0; g != groups; ++g)
      for (unsigned v = 0; v != vectors; ++v) {
        Value word =
            b.load(b.vec(b.getI32Type(), lanes), b.offset(words, 4 * (g * panelRows + v * lanes)));
        // Splitting a word costs as much as a product or two; all rows of the block share it, which
        // is what its height is for.
        for (auto [part, weights] : llvm::enumerate(dots.split(word)))
          for (unsigned r = 0; r != rows; ++r) {
            int64_t place = (r * left.stride + g * group) * codeBytes + 4 * part;
            dots.accumulate(sums[r * vectors + v], weights,
                            b.load(b.getI32Type(), b.offset(codes, place)));
          }
      }
    for (BlockSum &sum : sums)
      dots.widen(sum);
    return sums;
  }

  /// The totals with a block's sums, each times its two scales.
  SmallVector<Value> addScaled(ValueRange totals, ArrayRef<BlockSum> sums, Value block) {
    SmallVector<Value> next(totals);
    PanelReader::Block beside = reader.readBlock(block);
    Value rowScales = b.offset(left.scales, b.getF32Type(), b.div(block, 32 / format.blockColumns));
    Value rowSums = b.offset(left.starts, b.getI32Type(), block);
    for (unsigned v = 0; v != vectors; ++v) {
      for (unsigned r = 0; r != rows; ++r) {
        Value rowScale = b.load(b.getF32Type(), b.offset(rowScales, 4 * r * (left.stride / 32)));
        // The product of the scales is rounded once, the sum times it in the multiply-add.
        Value both = b.fmul(beside.scales[v], b.splat(rowScale, lanes));
        Value number =
            arith::SIToFPOp::create(b, b.vec(b.getF32Type(), lanes), sums[r * vectors + v].total);
        if (format.hasZero) {
          // Σ (w − zero) · a. Every part is an integer of less than 24 bits, so this is exact.
          Value sum = b.load(b.getI32Type(), b.offset(rowSums, 4 * r * getBlocksPerRow()));
          Value taken = arith::SIToFPOp::create(b, b.getF32Type(), sum);
          number = b.fsub(number, b.fmul(beside.zeros[v], b.splat(taken, lanes)));
        }
        next[r * vectors + v] = b.fma(number, both, next[r * vectors + v]);
      }
    }
    return next;
  }

  int64_t getBlocksPerRow() const { return left.stride / format.blockColumns; }

  CodeBuilder &b;
  BlockFormat format;
  unsigned rows, lanes, vectors;
  int64_t group, codeBytes, bias;
  Left left;
  Value panel;
  PanelReader reader;
  DotProducts dots;
};
} // namespace

LLVM::LLVMFuncOp MicroKernels::getScaledProduct(const ProductAtom &atom, Rows rows,
                                                const PanelFormat &format, RegisterBlock block,
                                                int64_t aStride) {
  std::string name =
      ("moec_scaled_" + format.getName() + "_" + Twine(atom.staging.bits) +
       (rows == Rows::WideCodes ? "_" : "_short_") + Twine(block.rows) + "_" + Twine(aStride))
          .str();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType(), i64 = b.getI64Type();
  unsigned streams = format.getStreamBits().size();
  SmallVector<Type> types(streams + 4, ptr);
  types.append(2, i64);
  auto function = declare(name, types);
  b.setInsertionPointToStart(&function.front());
  ValueRange given = function.getArguments();
  Value cStride = b.castTo(given[streams + 4], b.getIndexType());
  Value depth = b.castTo(given[streams + 5], b.getIndexType());
  b.loop(b.index(0), b.index(panelRows), block.vectors * machine.getLanes(), [&](Value column) {
    ScaledProduct product(b, machine, atom, rows, format, block,
                          {given[0], given[1], given[2], aStride},
                          format.getStreamsAt(b, given.slice(3, streams), column));
    product.emit(b.offset(given[streams + 3], b.getF32Type(), column), cStride, depth);
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}
