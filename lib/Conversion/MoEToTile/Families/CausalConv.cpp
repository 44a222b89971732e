//===- CausalConv.cpp - The kernel of a convolution over tokens -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block computes BC channels of one sequence. The rows that its filters still see are tiles that
// move up by one with each token.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../States.h"

using namespace mlir;
using namespace moec;

static constexpr ScheduleKey channelsKey{"BC", ScheduleValue::Extent, 64, "channels of a block"};
static constexpr ScheduleKey keys[] = {channelsKey};

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::CausalConvOp> found = getAnchor<moe::CausalConvOp>(request.group);
  if (failed(found))
    return failure();
  moe::CausalConvOp op = *found;
  auto filters = moe::lookupWeight(op, op.getWeightAttr()).getTensorType();
  int64_t channels = filters.getDimSize(0), taps = filters.getDimSize(1), history = taps - 1;
  int64_t block = request.choose(channelsKey);

  MLIRContext *context = request.builder.getContext();
  auto formula = [&](AffineExpr expr) { return AffineMap::get(numKernelDims, 0, expr); };
  GroupKernel kernel(request,
                     {formula(getAffineDimExpr(unsigned(KernelDim::Sequences), context)),
                      formula(getAffineConstantExpr(llvm::divideCeil(channels, block), context)),
                      formula(getAffineConstantExpr(1, context))});
  Emitter e(kernel.getBuilder());
  Value sequence = kernel.getBlockId(0), zero = e.index(0);
  Value first = e.mul(kernel.getBlockId(1), e.index(block));
  Value left = channels % block ? e.sub(e.index(channels), first) : Value();
  auto boundsOf = [&](Value rows, Value columns) {
    return left ? SmallVector<Value>{rows, columns} : SmallVector<Value>{};
  };

  Value input =
      e.view(kernel.getInput(stripViews(op.getInput())), {ShapedType::kDynamic, channels});
  Value result = e.view(kernel.getOutput(0), {ShapedType::kDynamic, channels});
  Type element = cast<tile::RefType>(result.getType()).getElementType();
  StatePart part{e.view(kernel.getState(op.getStateAttr()), {ShapedType::kDynamic, channels}),
                 history,
                 zero,
                 first,
                 left,
                 1,
                 1,
                 block};

  // A filter's numbers are next to each other: they are read once, for all tokens.
  SmallVector<Value> filter, rows;
  SmallVector<Value> columnBounds;
  if (left)
    columnBounds = {left, e.index(1)};
  for (int64_t tap = 0; tap < taps; ++tap) {
    Value column = e.load(kernel.getWeight(op.getWeightAttr()), {first, e.index(tap)}, {block, 1},
                          columnBounds);
    filter.push_back(e.cast(e.reshape(column, {1, block}), e.getF32()));
  }
  Value start = loadStartSlot(e, kernel, sequence);
  for (int64_t row = 0; row < history; ++row) {
    part.firstRow = e.index(row);
    rows.push_back(loadState(e, part, start));
  }

  auto convolve = [&](Value token, ValueRange before) {
    Value x =
        e.cast(e.load(input, {token, first}, {1, block}, boundsOf(e.index(1), left)), e.getF32());
    SmallVector<Value> after(before.drop_front());
    after.push_back(x);
    Value sum = e.mul(before.front(), filter.front());
    for (auto [row, factor] : llvm::zip_equal(after, ArrayRef(filter).drop_front()))
      sum = e.add(sum, e.mul(row, factor));
    if (op.getSilu())
      sum = e.div(sum, e.add(e.fill(1.0, {1, block}), e.exp(e.sub(e.fill(0.0, {1, block}), sum))));
    e.store(e.cast(sum, element), result, {token, first}, boundsOf(e.index(1), left));
    return after;
  };
  auto keep = [&](ValueRange state, Value slot) {
    for (auto [number, row] : llvm::enumerate(state)) {
      part.firstRow = e.index(int64_t(number));
      storeState(e, row, part, slot);
    }
  };
  forEachToken(e, kernel, sequence, rows, convolve, keep);
  return kernel.finish();
}

static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  auto op = *group.getBody().getOps<moe::CausalConvOp>().begin();
  auto filters = moe::lookupWeight(op, op.getWeightAttr()).getTensorType();
  int64_t channels = filters.getDimSize(0), taps = filters.getDimSize(1);
  KernelWork work = countStateWork(request, channels * (taps - 1));
  work.multiplyAdds = double(request.rows) * double(channels) * double(taps);
  double wide = double(request.choose(channelsKey));
  BlockWork &block = work.block;
  block.blocks = double(request.step.sequences) * BlockWork::countTrips(double(channels), wide);
  block.trips = double(request.step.tokens) / double(request.step.sequences);
  // A product and a sum for each number of a filter, and what is around them.
  block.numbers = block.trips * wide * double(2 * taps + 8);
  block.bytesRead =
      (work.activationBytes + work.cacheBytes) / block.blocks + wide * double(taps) * 2;
  block.held = wide * double(2 * taps);
  return work;
}

KernelFamilyRecord moec::describeCausalConv() {
  return {moe::KernelFamily::CausalConv, build, keys, countWork};
}
