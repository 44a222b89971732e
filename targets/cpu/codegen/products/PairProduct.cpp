//===- PairProduct.cpp - Products of bf16 in pairs of k -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Where there is AMX, tiles of many rows go through it, those of few through vectors; which one is
// said by the schedule, and both have the same numbers. Vectors that multiply pairs themselves have
// an order of their own.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/ProductEmitter.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Tiles take denormals for zeros on the way in and out, whatever MXCSR says; multiply-adds of
/// vectors do as it says. It is changed around calls, across which no operation moves.
void ProductEmitter::withoutDenormals(function_ref<void()> body) {
  constexpr int64_t flushToZero = 0x8000, denormalsAreZero = 0x40;
  uint64_t top = scratch.getTop();
  Value before = scratch.allocateBytes(8), changed = b.offset(before, 4);
  b.intrinsic(machine.getIntrinsic(Instruction::ReadMode), before);
  Value mode = b.ori(b.load(b.getI32Type(), before), b.i32(flushToZero | denormalsAreZero));
  b.store(mode, changed);
  b.intrinsic(machine.getIntrinsic(Instruction::SetMode), changed);
  body();
  b.intrinsic(machine.getIntrinsic(Instruction::SetMode), before);
  scratch.release(top);
}

void ProductEmitter::emitPairs(const Staged &a, const Panels &right, const Buffer &acc, Value rows,
                               int64_t depth, const ProductAtom &atom) {
  loopPanels(right, acc, depth, [&](const PanelPlace &panel, Value steps) {
    emitBlocks(a, panel, acc, rows, atom.getBlocks(acc.type.getDimSize(0)), right.stepBytes, steps,
               [&](RegisterBlock block) {
                 return atom.body == Body::PairsOfBf16
                            ? library.getDotProduct(right.format, block, a.stride)
                            : library.getPairProduct(right.format, block, a.stride);
               });
  });
}

/// A panel of codes becomes bf16 in pairs once for all rows. The last block has only its live rows
/// configured, so others are neither read nor written.
void ProductEmitter::emitTiles(const Staged &a, const Panels &right, const Buffer &acc, Value rows,
                               int64_t depth, const ProductAtom &atom) {
  int64_t n = acc.type.getDimSize(1);
  Value converted;
  if (right.format.isScaled())
    converted = scratch.allocateBytes(2 * panelRows * depth);
  loopPanels(right, acc, depth, [&](const PanelPlace &panel, Value steps) {
    Value pairs = panel.streams.front(), count = b.castTo(steps, b.getI64Type());
    if (converted) {
      SmallVector<Value> arguments(panel.streams.begin(), panel.streams.end());
      arguments.append({converted, count});
      LLVM::CallOp::create(b, library.getDequantize(right.format, /*toPairs=*/true), arguments);
      pairs = converted;
    }
    forTileBlocks(rows, atom, [&](RegisterBlock block, Value row, Value) {
      Value left = b.offset(a.data, b.getI16Type(), b.mul(row, a.stride));
      Value to = b.offset(panel.out, b.getF32Type(), b.mul(row, n));
      LLVM::CallOp::create(b, library.getTileProduct(block),
                           ValueRange{left, pairs, to, b.i64(2 * a.stride), b.i64(4 * n), count});
    });
  });
  b.intrinsic(machine.getIntrinsic(Instruction::ReleaseTiles), {});
}
