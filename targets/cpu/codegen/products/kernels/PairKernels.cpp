//===- PairKernels.cpp - Products of bf16 in pairs of k -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Tiles add, for each step of 32 k, a chain of the even k and a chain of the odd ones. Few rows go
// through vectors, in the same order, so that a row has the same bytes whatever it goes through.
// Tiles themselves: TileKernels.cpp. Without tiles there may be vectors that multiply pairs, whose
// order is one chain.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Vectors.h"
#include "targets/cpu/codegen/products/kernels/MicroKernels.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

namespace {
/// `rows` rows of f32 times a few vectors of a panel. Each element has three accumulators in
/// registers: its sum, and the step's two chains.
class PairProduct {
public:
  PairProduct(CodeBuilder &b, const Machine &machine, const PanelFormat &format,
              RegisterBlock block, int64_t aStride, Value a, ArrayRef<Value> streams)
      : b(b), format(format), rows(block.rows), vectors(block.vectors), lanes(machine.getLanes()),
        aStride(aStride), a(a), reader(b, machine, format, block.vectors, streams) {}

  /// Adds to `c` what these columns make of `depth` k.
  void emit(Value c, Value cStride, Value depth) {
    VectorType f32 = b.vec(b.getF32Type(), lanes);
    auto getPlace = [&](unsigned number) {
      Value row = b.offset(c, b.getI8Type(), b.mul(cStride, number / vectors));
      return b.offset(row, 4 * (number % vectors) * lanes);
    };
    unsigned count = rows * vectors;
    SmallVector<Value> sums;
    for (unsigned number = 0; number != count; ++number)
      sums.push_back(b.load(f32, getPlace(number)));
    sums = b.loop(b.index(0), b.div(depth, pairStep), 1, sums, [&](Value step, ValueRange sums) {
      SmallVector<Value> chains = addStep(step), next;
      for (unsigned number = 0; number != count; ++number)
        next.push_back(b.fadd(sums[number], b.fadd(chains[number], chains[count + number])));
      return next;
    });
    for (unsigned number = 0; number != count; ++number)
      b.store(sums[number], getPlace(number));
  }

private:
  /// The even chains of all elements of the block, then the odd ones.
  SmallVector<Value> addStep(Value step) {
    // Blocks of codes are as long as steps.
    PanelReader::Block beside;
    if (format.isScaled())
      beside = reader.readBlock(step);
    SmallVector<Value> zeros(2 * rows * vectors, b.zero(b.vec(b.getF32Type(), lanes)));
    return reader.loopGroups(step, pairStep / format.getGroup(), beside, a, zeros,
                             [&](SmallVectorImpl<Value> &chains, ArrayRef<Value> numbers,
                                 Value aColumn,
                                 int64_t k) { accumulate(chains, numbers, aColumn, k); });
  }

  /// Groups are pairs or more, so the parity of `k` within one is that of k.
  void accumulate(SmallVectorImpl<Value> &chains, ArrayRef<Value> numbers, Value aColumn,
                  int64_t k) {
    for (unsigned r = 0; r != rows; ++r) {
      Value left = b.load(b.getF32Type(), b.offset(aColumn, 4 * (r * aStride + k)));
      Value wide = b.splat(left, lanes);
      for (unsigned v = 0; v != vectors; ++v) {
        Value &chain = chains[(k % 2 * rows + r) * vectors + v];
        chain = b.fma(wide, numbers[v], chain);
      }
    }
  }

  CodeBuilder &b;
  PanelFormat format;
  unsigned rows, vectors, lanes;
  int64_t aStride;
  Value a;
  PanelReader reader;
};

/// `rows` rows of bf16 times a few vectors of a panel of bf16, both in pairs of k. Each element has
/// one accumulator in registers; a pair takes a load for each vector and a broadcast for each row.
class DotProduct {
public:
  DotProduct(CodeBuilder &b, const Machine &machine, RegisterBlock block, int64_t aStride, Value a,
             Value panel)
      : b(b), name(machine.getIntrinsic(Instruction::AddPairsOfBf16)), rows(block.rows),
        vectors(block.vectors), lanes(machine.getLanes()), aStride(aStride), a(a), panel(panel) {}

  /// Adds to `c` what these columns make of `depth` k.
  void emit(Value c, Value cStride, Value depth) {
    VectorType f32 = b.vec(b.getF32Type(), lanes);
    auto getPlace = [&](unsigned number) {
      Value row = b.offset(c, b.getI8Type(), b.mul(cStride, number / vectors));
      return b.offset(row, 4 * (number % vectors) * lanes);
    };
    SmallVector<Value> sums;
    for (unsigned number = 0; number != rows * vectors; ++number)
      sums.push_back(b.load(f32, getPlace(number)));
    // Few rows have little code for a pair.
    int64_t unroll = rows > 2 ? 4 : pairStep / 2;
    sums = b.loop(b.index(0), depth, unroll, sums, [&](Value k, ValueRange carried) {
      SmallVector<Value> next(carried);
      Value row = b.offset(panel, b.getI8Type(), b.mul(k, 2 * panelRows));
      b.prefetchStream(row, unroll * 2 * panelRows);
      for (int64_t u = 0; u != unroll; u += 2)
        addPair(next, b.offset(row, u * 2 * panelRows), b.offset(a, b.getI16Type(), b.add(k, u)));
      return next;
    });
    for (unsigned number = 0; number != rows * vectors; ++number)
      b.store(sums[number], getPlace(number));
  }

private:
  /// The pair at `left` of each row times that of the columns at `right`.
  void addPair(SmallVectorImpl<Value> &sums, Value right, Value left) {
    VectorType pairs = b.vec(b.getBF16Type(), 2 * lanes);
    SmallVector<Value> columns;
    for (unsigned v = 0; v != vectors; ++v)
      columns.push_back(b.load(pairs, b.offset(right, 4 * v * lanes)));
    for (unsigned r = 0; r != rows; ++r) {
      Value word = b.load(b.getI32Type(), b.offset(left, 2 * r * aStride));
      Value wide = b.bitcast(b.splat(word, lanes), pairs);
      for (unsigned v = 0; v != vectors; ++v) {
        Value &sum = sums[r * vectors + v];
        sum = b.intrinsic(name, sum.getType(), {sum, wide, columns[v]});
      }
    }
  }

  CodeBuilder &b;
  StringRef name;
  unsigned rows, vectors, lanes;
  int64_t aStride;
  Value a, panel;
};
} // namespace

LLVM::LLVMFuncOp MicroKernels::getPairProduct(const PanelFormat &format, RegisterBlock block,
                                              int64_t aStride) {
  std::string name =
      ("moec_by_pairs_" + format.getName() + "_" + Twine(block.rows) + "_" + Twine(aStride)).str();
  return makeProduct(name, format, block, [&](CodeBuilder &b, const Columns &columns) {
    PairProduct(b, machine, format, block, aStride, columns.a, columns.streams)
        .emit(columns.c, columns.cStride, columns.depth);
  });
}

LLVM::LLVMFuncOp MicroKernels::getDotProduct(const PanelFormat &format, RegisterBlock block,
                                             int64_t aStride) {
  std::string name =
      ("moec_dots_" + format.getName() + "_" + Twine(block.rows) + "_" + Twine(aStride)).str();
  return makeProduct(name, format, block, [&](CodeBuilder &b, const Columns &columns) {
    DotProduct(b, machine, block, aStride, columns.a, columns.streams.front())
        .emit(columns.c, columns.cStride, columns.depth);
  });
}
