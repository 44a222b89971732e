//===- FoldedKernels.cpp - Products of codes with folded scales -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Rows have one scale for several blocks of the weight, whose scales are powers of two: within such
// a group a column's exponents count from its least one, and sums are shifted, or, where there are
// many rows, codes are, once for all of them. Both are exact, so their bytes are the same.
//
// A scale of 2^-127 (byte 0), which blocks of zeros have, counts as zero in a group with others.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Vectors.h"
#include "targets/cpu/codegen/products/kernels/DotProducts.h"
#include "targets/cpu/codegen/products/kernels/MicroKernels.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// k of a block of the weight.
static constexpr int64_t partColumns = 32;
/// Exponents from here on, among them NaN, take the way of columns that span too much: powers of
/// two above them are no f32.
static constexpr int64_t largestExponent = 250;

namespace {
/// The exponents of a group's blocks, for a few vectors of columns.
class GroupScales {
public:
  /// `scales`: where the E8M0 bytes of the panel start, at the first of these columns.
  GroupScales(CodeBuilder &b, const Machine &machine, unsigned vectors, int64_t group, Value scales)
      : b(b), shiftName(machine.getIntrinsic(Instruction::ShiftLanes)), lanes(machine.getLanes()),
        vectors(vectors), parts(group / partColumns), scales(scales) {
    i32 = b.vec(b.getI32Type(), lanes);
  }

  int64_t getParts() const { return parts; }

  /// The bytes of block `number` of the panel.
  Value load(Value number, unsigned v) {
    Value place = b.offset(scales, b.getI8Type(), b.mul(number, panelRows));
    return b.zext(b.load(b.vec(b.getI8Type(), lanes), b.offset(place, v * lanes)), i32);
  }

  struct Range {
    SmallVector<Value> least, most;
  };
  /// The least and the largest exponents of a group. Byte 0 is the least only among its like.
  Range findRange(Value group) {
    Range range;
    Value first = b.mul(group, parts);
    for (unsigned v = 0; v != vectors; ++v) {
      Value least, most;
      for (int64_t part = 0; part != parts; ++part) {
        Value bytes = load(b.add(first, part), v);
        // 0 - 1 is the largest number without a sign.
        Value before = b.sub(bytes, b.integer(i32, 1));
        least = least ? arith::MinUIOp::create(b, least, before).getResult() : before;
        most = most ? b.max(most, bytes) : bytes;
      }
      range.least.push_back(b.add(least, b.integer(i32, 1)));
      range.most.push_back(most);
    }
    return range;
  }

  /// Lanes whose exponents span more than so many.
  Value isWider(const Range &range, unsigned v, int64_t span) {
    auto isMore = [&](Value value, int64_t limit) {
      return b.cmp(arith::CmpIPredicate::sgt, value, b.integer(i32, limit));
    };
    return b.ori(isMore(b.sub(range.most[v], range.least[v]), span),
                 isMore(range.most[v], largestExponent));
  }

  /// Whether any lane of masks is set.
  Value isAny(ArrayRef<Value> masks) {
    Type word = b.getIntegerType(lanes);
    Value all;
    for (Value mask : masks) {
      Value bits = LLVM::BitcastOp::create(b, word, mask);
      all = all ? b.ori(all, bits) : bits;
    }
    return b.cmp(arith::CmpIPredicate::ne, all, b.integer(word, 0));
  }

  /// Lanes times 2^count; 0 for counts that are 32 and more without a sign, as those of byte 0 are.
  Value shift(Value value, Value counts) { return b.intrinsic(shiftName, i32, {value, counts}); }

private:
  CodeBuilder &b;
  StringRef shiftName;
  unsigned lanes, vectors;
  int64_t parts;
  Value scales;
  VectorType i32;
};

/// `rows` rows of staged codes times a few vectors of a panel's columns.
class FoldedProduct {
public:
  FoldedProduct(CodeBuilder &b, const Machine &machine, const ProductAtom &atom,
                RegisterBlock block, LeftCodes left, ArrayRef<Value> streams)
      : b(b), rows(block.rows), vectors(block.vectors), lanes(machine.getLanes()), left(left),
        scales(b, machine, vectors, left.block, streams[1]),
        sums(b, machine, atom, Rows::GroupCodes, CodeType::E2M1, block, left, partColumns,
             streams[0]) {
    f32 = b.vec(b.getF32Type(), lanes);
  }

  /// Adds to the rows of `c`, `cStride` bytes apart, what these columns make of `depth` k.
  void emit(Value c, Value cStride, Value depth) {
    auto getPlace = [&](unsigned number) {
      Value row = b.offset(c, b.getI8Type(), b.mul(cStride, number / vectors));
      return b.offset(row, 4 * (number % vectors) * lanes);
    };
    SmallVector<Value> totals;
    for (unsigned number = 0; number != rows * vectors; ++number)
      totals.push_back(b.load(f32, getPlace(number)));
    totals = b.loop(b.index(0), b.div(depth, left.block), 1, totals,
                    [&](Value group, ValueRange totals) { return addGroup(totals, group); });
    for (auto [number, total] : llvm::enumerate(totals))
      b.store(total, getPlace(number));
  }

private:
  SmallVector<Value> addGroup(ValueRange totals, Value group) {
    GroupScales::Range range = scales.findRange(group);
    SmallVector<Value> exact = sumGroup(range, group), folded(totals), masks;
    for (unsigned v = 0; v != vectors; ++v) {
      addScaled(folded, exact, v, range.least[v], group);
      masks.push_back(scales.isWider(range, v, MicroKernels::widestSpan));
    }
    auto choice = scf::IfOp::create(b, ValueRange(folded).getTypes(), scales.isAny(masks),
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.elseBlock());
    scf::YieldOp::create(b, folded);
    b.setInsertionPointToStart(choice.thenBlock());
    SmallVector<Value> chains = addBlocks(totals, group);
    for (auto [number, chain] : llvm::enumerate(chains))
      chain = b.select(masks[number % vectors], chain, folded[number]);
    scf::YieldOp::create(b, chains);
    return choice.getResults();
  }

  /// The exact sums of a group in units of its columns' least powers of two.
  SmallVector<Value> sumGroup(const GroupScales::Range &range, Value group) {
    SmallVector<Value> zeros(rows * vectors, b.zero(b.vec(b.getI32Type(), lanes)));
    int64_t parts = scales.getParts();
    return b.loop(b.index(0), b.index(parts), 1, zeros, [&](Value part, ValueRange carried) {
      Value number = b.add(b.mul(group, parts), part);
      SmallVector<Value> next(carried), block = sumBlock(number);
      for (unsigned v = 0; v != vectors; ++v) {
        Value counts = b.sub(scales.load(number, v), range.least[v]);
        for (unsigned r = 0; r != rows; ++r) {
          Value &sum = next[r * vectors + v];
          sum = b.add(sum, scales.shift(block[r * vectors + v], counts));
        }
      }
      return next;
    });
  }

  SmallVector<Value> sumBlock(Value number) {
    SmallVector<Value> starts;
    for (unsigned r = 0; r != rows; ++r)
      starts.push_back(sums.loadStart(number, r));
    return sums.sum(number, starts);
  }

  /// Adds the sums of a vector of columns times their scales, 2^(exponent − 127), and the rows'.
  void addScaled(MutableArrayRef<Value> totals, ArrayRef<Value> exact, unsigned v, Value exponents,
                 Value group) {
    Value columnScale = decodeE8m0(b, exponents);
    Value rowScales = b.offset(left.scales, b.getF32Type(), group);
    for (unsigned r = 0; r != rows; ++r) {
      Value scale = b.load(b.getF32Type(), b.offset(rowScales, 4 * r * left.getScalesPerRow()));
      Value sum = arith::SIToFPOp::create(b, f32, exact[r * vectors + v]);
      Value &total = totals[r * vectors + v];
      total = b.fma(sum, b.fmul(columnScale, b.splat(scale, lanes)), total);
    }
  }

  /// The totals with the group, one multiply-add for each block.
  SmallVector<Value> addBlocks(ValueRange totals, Value group) {
    int64_t parts = scales.getParts();
    return b.loop(b.index(0), b.index(parts), 1, totals, [&](Value part, ValueRange carried) {
      Value number = b.add(b.mul(group, parts), part);
      SmallVector<Value> next(carried), block = sumBlock(number);
      for (unsigned v = 0; v != vectors; ++v)
        addScaled(next, block, v, scales.load(number, v), group);
      return next;
    });
  }

  CodeBuilder &b;
  unsigned rows, vectors, lanes;
  LeftCodes left;
  GroupScales scales;
  CodeSums sums;
  VectorType f32;
};
} // namespace

LLVM::LLVMFuncOp MicroKernels::getFoldedProduct(const ProductAtom &atom, const PanelFormat &format,
                                                RegisterBlock block, CodeRows staged) {
  std::string name = ("moec_folded_" + format.getName() + "_of_" + Twine(staged.block) + "_" +
                      Twine(block.rows) + "_" + Twine(staged.stride))
                         .str();
  return makeCodeProduct(name, format, block, [&](CodeBuilder &b, const Columns &columns) {
    FoldedProduct(b, machine, atom, block,
                  {columns.a, columns.scales, columns.starts, staged.stride, staged.block},
                  columns.streams)
        .emit(columns.c, columns.cStride, columns.depth);
  });
}

LLVM::LLVMFuncOp MicroKernels::getFold(const PanelFormat &format, int64_t group) {
  std::string name = ("moec_fold_" + format.getName() + "_of_" + Twine(group)).str();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType();
  auto function = declare(name, {ptr, ptr, ptr, ptr, ptr, b.getI64Type()});
  b.setInsertionPointToStart(&function.front());
  ValueRange given = function.getArguments();
  unsigned lanes = machine.getLanes(), vectors = panelRows / lanes;
  VectorType i32 = b.vec(b.getI32Type(), lanes), i8 = b.vec(b.getI8Type(), 4 * lanes);
  GroupScales scales(b, machine, vectors, group, given[1]);
  const ProductAtom &atom = *findAtom(machine, {Rows::GroupCodes, CodeType::E2M1});
  DotProducts dots(b, machine, atom, Rows::GroupCodes, CodeType::E2M1);
  Value depth = b.castTo(given[5], b.getIndexType());
  // Bytes of a word of 8 codes, and of both words of fours that become of it, of all columns.
  constexpr int64_t wordBytes = 4 * panelRows, words = partColumns / 8;
  auto foldBlock = [&](Value number, unsigned v, Value counts) {
    // What split() adds to codes, shifted like them: no byte reaches the next one.
    Value bias = b.bitcast(scales.shift(b.integer(i32, 0x0c0c0c0c), counts), i8);
    for (int64_t w = 0; w != words; ++w) {
      Value word = b.add(b.mul(number, words), w);
      Value from = b.offset(given[0], b.getI8Type(), b.mul(word, wordBytes));
      Value to = b.offset(given[2], b.getI8Type(), b.mul(word, 2 * wordBytes));
      Value codes = b.load(i32, b.offset(from, 4 * v * lanes));
      for (auto [half, bytes] : llvm::enumerate(dots.split(codes))) {
        Value shifted = b.bitcast(scales.shift(b.bitcast(bytes, i32), counts), i8);
        b.store(b.sub(shifted, bias), b.offset(to, half * wordBytes + 4 * v * lanes));
      }
    }
  };
  b.loop(b.index(0), b.div(depth, group), 1, [&](Value g) {
    GroupScales::Range range = scales.findRange(g);
    SmallVector<Value> masks;
    Value outScales = b.offset(given[3], b.getF32Type(), b.mul(g, panelRows));
    for (unsigned v = 0; v != vectors; ++v) {
      masks.push_back(scales.isWider(range, v, widestFold));
      b.store(decodeE8m0(b, range.least[v]), b.offset(outScales, 4 * v * lanes));
    }
    Value fits = b.select(scales.isAny(masks), b.i32(0), b.i32(1));
    b.store(fits, b.offset(given[4], b.getI32Type(), g));
    b.loop(b.index(0), b.index(scales.getParts()), 1, [&](Value part) {
      Value number = b.add(b.mul(g, scales.getParts()), part);
      for (unsigned v = 0; v != vectors; ++v)
        foldBlock(number, v, b.sub(scales.load(number, v), range.least[v]));
    });
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}
