//===- ScaledKernels.cpp - Products of codes and panels of codes ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Sums of small integers are exact (DotProducts.h), so only one multiply-add a block is in f32.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Vectors.h"
#include "targets/cpu/codegen/products/kernels/DotProducts.h"
#include "targets/cpu/codegen/products/kernels/MicroKernels.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

namespace {
/// The body of a product of codes: `rows` rows of staged codes times one panel, a few vectors of
/// its rows at a time.
///
/// There are two levels of sums. Within a run that both sides have one scale for they are of
/// integers and exact, in 32 bits; rows · vectors of them live as long as the run. Over the runs
/// each element of the result is one chain of fused multiply-adds in f32, run after run, so it does
/// not depend on the block of rows that it is computed in.
class ScaledProduct {
public:
  /// Of the panel whose arrays start at `streams`.
  ScaledProduct(CodeBuilder &b, const Machine &machine, const ProductAtom &atom, Rows kind,
                const PanelFormat &format, RegisterBlock block, LeftCodes left,
                ArrayRef<Value> streams)
      : b(b), format(format.getBlock()), rows(block.rows), lanes(machine.getLanes()),
        vectors(block.vectors), run(std::gcd(left.block, format.getBlock().blockColumns)),
        bias(atom.getBias(format.getBlock().code)), left(left),
        reader(b, machine, format, vectors, streams),
        sums(b, machine, atom, kind, format.getBlock().code, block, left, run, streams.front()) {}

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
    totals =
        b.loop(b.index(0), b.div(depth, run), 1, totals, [&](Value number, ValueRange carried) {
          SmallVector<Value> starts;
          for (unsigned r = 0; r != rows; ++r) {
            Value start = sums.loadStart(number, r);
            starts.push_back(format.hasZero ? b.mul(start, -bias) : start);
          }
          SmallVector<Value> exact = sums.sum(number, starts);
          return addScaled(carried, exact, number);
        });
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        b.store(totals[r * vectors + v], getPlace(r, v));
  }

private:
  /// The totals with a run's sums, each times its two scales.
  SmallVector<Value> addScaled(ValueRange totals, ArrayRef<Value> exact, Value number) {
    SmallVector<Value> next(totals);
    PanelReader::Block beside = reader.readBlock(b.div(number, format.blockColumns / run));
    Value rowScales = b.offset(left.scales, b.getF32Type(), b.div(number, left.block / run));
    for (unsigned v = 0; v != vectors; ++v) {
      for (unsigned r = 0; r != rows; ++r) {
        Value rowScale =
            b.load(b.getF32Type(), b.offset(rowScales, 4 * r * left.getScalesPerRow()));
        // The product of the scales is rounded once, the sum times it in the multiply-add.
        Value both = b.fmul(beside.scales[v], b.splat(rowScale, lanes));
        Value number32 =
            arith::SIToFPOp::create(b, b.vec(b.getF32Type(), lanes), exact[r * vectors + v]);
        if (format.hasZero) {
          // Σ (w − zero) · a. Every part is an integer of less than 24 bits, so this is exact.
          Value taken = arith::SIToFPOp::create(b, b.getF32Type(), sums.loadStart(number, r));
          number32 = b.fsub(number32, b.fmul(beside.zeros[v], b.splat(taken, lanes)));
        }
        next[r * vectors + v] = b.fma(number32, both, next[r * vectors + v]);
      }
    }
    return next;
  }

  CodeBuilder &b;
  BlockFormat format;
  unsigned rows, lanes, vectors;
  int64_t run, bias;
  LeftCodes left;
  PanelReader reader;
  CodeSums sums;
};
} // namespace

LLVM::LLVMFuncOp MicroKernels::getScaledProduct(const ProductAtom &atom, Rows rows,
                                                const PanelFormat &format, RegisterBlock block,
                                                CodeRows staged) {
  std::string name = ("moec_scaled_" + format.getName() + "_" + Twine(atom.staging.bits) +
                      (rows == Rows::ShortCodes ? "_short_"
                       : staged.block == 32     ? "_"
                                                : "_of_" + Twine(staged.block).str() + "_") +
                      Twine(block.rows) + "_" + Twine(staged.stride))
                         .str();
  return makeCodeProduct(name, format, block, [&](CodeBuilder &b, const Columns &columns) {
    ScaledProduct(b, machine, atom, rows, format, block,
                  {columns.a, columns.scales, columns.starts, staged.stride, staged.block},
                  columns.streams)
        .emit(columns.c, columns.cStride, columns.depth);
  });
}

LLVM::LLVMFuncOp
MicroKernels::makeCodeProduct(const std::string &name, const PanelFormat &format,
                              RegisterBlock block,
                              function_ref<void(CodeBuilder &b, const Columns &columns)> body) {
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
  Columns columns = {given[0],
                     {},
                     b.castTo(given[streams + 4], b.getIndexType()),
                     {},
                     b.castTo(given[streams + 5], b.getIndexType()),
                     {},
                     given[1],
                     given[2]};
  b.loop(b.index(0), b.index(panelRows), block.vectors * machine.getLanes(), [&](Value column) {
    columns.c = b.offset(given[streams + 3], b.getF32Type(), column);
    columns.streams = format.getStreamsAt(b, given.slice(3, streams), column);
    body(b, columns);
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}
