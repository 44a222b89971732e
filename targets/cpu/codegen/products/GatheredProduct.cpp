//===- GatheredProduct.cpp - Products by rows where they lie --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Attention multiplies weights by values, rows of a cache that a list names, with K along the rows.
// A run of rows that follow each other is a panel as micro-kernels read it, with a row's bytes from
// one step of K to the next. Few rows on the left use each value once: copied to scratch first, it
// would be written and read again for nothing.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/ProductEmitter.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Shorter runs are not worth the calls.
static constexpr int64_t shortestRun = 8;

/// The gather of a right operand [K, N] whose rows a micro-kernel can read in place, or null.
static tile::GatherOp findRows(Value right) {
  if (auto extend = right.getDefiningOp<arith::ExtFOp>())
    right = extend.getIn();
  auto gather = right.getDefiningOp<tile::GatherOp>();
  if (!gather || gather.getRef().getType().getPacked() || gather.getRef().getType().getRank() != 2)
    return nullptr;
  Type element = gather.getRef().getType().getElementType();
  bool isRead = (element.isF32() || element.isBF16()) && gather.getType().getRank() == 2 &&
                gather.getType().getDimSize(1) % panelRows == 0;
  return isRead && gather.getRun().value_or(1) >= shortestRun ? gather : nullptr;
}

void ProductEmitter::requestRows(tile::GatherOp gather) {
  Access access = *getAccess(gather);
  Type element = getLaneType(access.ref.getElementType());
  if (!element.isIntOrFloat())
    return;
  puller.getBuffer(access.rows);
  Value data = state.getStreams(access.refValue).data;
  int64_t rows = gather.getType().getDimSize(0), columns = gather.getType().getDimSize(1);
  b.loop(b.index(0), b.index(rows), 1, [&](Value row) {
    Value first = b.offset(data, element, puller.getOffset(access, {row, b.index(0)}));
    b.prefetch(first, columns * getElementBytes(element));
  });
}

/// Whether all rows of the list exist, and whether they all follow each other.
ProductEmitter::RowList ProductEmitter::readRowList(Value list, int64_t count) {
  int64_t lanes = machine.getLanes();
  Value first = b.load(b.getI32Type(), list);
  Value wide = b.splat(first, lanes), least = wide, together;
  for (int64_t i = 0; i != count; i += lanes) {
    Value rows = b.load(b.vec(b.getI32Type(), lanes), b.offset(list, 4 * i));
    least = b.min(least, rows);
    Value next = b.add(b.add(wide, i), b.steps(lanes));
    Value follow = b.eq(rows, next);
    together = together ? arith::AndIOp::create(b, together, follow).getResult() : follow;
  }
  auto reduce = [&](vector::CombiningKind kind, Value value) {
    return vector::ReductionOp::create(b, kind, value).getResult();
  };
  Value exist = b.sge(reduce(vector::CombiningKind::MINSI, least), b.i32(0));
  Value follow = reduce(vector::CombiningKind::AND, together);
  return {exist, arith::AndIOp::create(b, exist, follow)};
}

bool ProductEmitter::emitGatheredProduct(Value a, Value right, const Buffer &acc, Value rows,
                                         llvm::function_ref<void()> byStaging) {
  tile::GatherOp gather = findRows(right);
  if (!gather || scratch.contains(gather) || scratch.contains(right))
    return false;
  Access access = *getAccess(gather);
  int64_t depth = access.tile.getDimSize(0), run = *gather.getRun();
  // Numbers by row, never pairs of k.
  PanelFormat format = *PanelFormat::get(machine, access.ref.getElementType(), /*columns=*/1);
  const ProductAtom &atom = format.getAtom(machine, b.getF32Type(), acc.type.getDimSize(0));
  // From the third block of rows on it is cheaper to make f32 of the values once.
  if (acc.type.getDimSize(0) > 2 * atom.blocks.front().rows || puller.getBound(access, 0) ||
      puller.getBound(access, 1) || depth % machine.getLanes() != 0 || depth % run != 0)
    return false;
  Staged left = stageLeft(a, rows, /*bits=*/32);
  Value list = puller.getBuffer(access.rows).data;
  Panels values;
  values.format = format;
  Type element = access.ref.getElementType();
  values.stepBytes = access.ref.getDim(1) * getElementBytes(element);
  Value base =
      b.offset(state.getStreams(access.refValue).data, element, state.scalar(access.indices[0]));
  ++instructions[atom.instruction];
  auto addRun = [&](Value row, Value k, Value steps) {
    Value start = b.mul(b.castTo(row, b.getIndexType()), values.stepBytes);
    values.streams = {
        {b.offset(base, b.getI8Type(), start), panelRows * int64_t(getElementBytes(element))}};
    Staged part = left;
    part.data = b.offset(left.data, b.getF32Type(), k);
    loopPanels(values, acc, depth, [&](const PanelPlace &panel, Value) {
      emitBlocks(
          part, panel, acc, rows, atom.getBlocks(acc.type.getDimSize(0)), values.stepBytes, steps,
          [&](RegisterBlock block) { return library.getProduct(format, block, left.stride); });
    });
  };
  RowList listed = readRowList(list, depth);
  auto byRuns = [&] {
    b.loop(b.index(0), b.index(depth), run, [&](Value k) {
      addRun(b.load(b.getI32Type(), b.offset(list, b.getI32Type(), k)), k, b.index(run));
    });
  };
  b.ifElse(
      listed.together, [&] { addRun(b.load(b.getI32Type(), list), b.index(0), b.index(depth)); },
      [&] { b.ifElse(listed.exist, byRuns, byStaging); });
  return true;
}
