//===- SortByExpert.cpp - The kernel that sorts pairs by expert ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each block of the grid counts the pairs of all experts, puts its share of the pairs at their
// stable places and describes its share of the lists. As every block counts all of them again, no
// second launch is needed: ids are few and in a cache. The blocks of BM rows of an expert follow
// those of the expert before it.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Emitter.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

using namespace mlir;
using namespace moec;

static constexpr ScheduleKey rowsKey{"BM", ScheduleValue::Extent, 1,
                                     "pairs in a block of the lists"};
static constexpr ScheduleKey blocksKey{"blocks", ScheduleValue::Extent, 1,
                                       "blocks of the grid, which share the pairs"};
static constexpr ScheduleKey countKey{"count", ScheduleValue::Extent, 512,
                                      "pairs that are counted at a time"};
static constexpr ScheduleKey rankKey{"rank", ScheduleValue::Extent, 512,
                                     "pairs that are ranked at a time"};
static constexpr ScheduleKey keys[] = {rowsKey, blocksKey, countKey, rankKey};

namespace {

/// Emits the kernel.
class SortByExpertEmitter {
public:
  SortByExpertEmitter(GroupKernel &kernel, const KernelRequest &request, moe::SortByExpertOp op)
      : kernel(kernel), e(kernel.getBuilder()),
        experts(llvm::PowerOf2Ceil(op.getType().getExperts())), blockRows(request.choose(rowsKey)),
        shares(request.choose(blocksKey)), countStep(request.choose(countKey)),
        rankStep(request.choose(rankKey)), share(kernel.getBlockId(0)),
        ids(e.view(kernel.getInput(stripViews(op.getIds())), {ShapedType::kDynamic})),
        numPairs(e.mul(kernel.getDim(KernelDim::Rows), e.index(op.getType().getTopK()))) {}

  void emit() {
    Value zero = e.fill(int64_t(0), {experts});
    // Shares differ by a pair at most, and end with the pairs.
    auto getStart = [&](Value share) { return e.div(e.mul(share, numPairs), e.index(shares)); };
    bool isAlone = shares == 1;
    Value begin = isAlone ? e.index(0) : getStart(share);
    Value end = isAlone ? numPairs : getStart(e.add(share, e.index(1)));
    auto count = [&](Value keys, Value, Value counts) { return histogram(keys, counts); };
    Value before = isAlone ? zero : forEachStep(e.index(0), begin, countStep, zero, count);
    Value counts = forEachStep(begin, numPairs, countStep, before, count);
    Value blocks = e.ceilDiv(counts, blockRows);
    Value first = tile::ScanOp::create(e.getBuilder(), blocks.getType(), tile::ReduceKind::Add,
                                       blocks, 0, /*exclusive=*/true);
    describeBlocks(counts, blocks, first);
    Value firstRow = e.mul(first, e.fill(blockRows, {experts}));
    fillBlocks(e.add(firstRow, counts), e.add(first, blocks));
    forEachStep(begin, end, rankStep, e.add(firstRow, before),
                [&](Value keys, Value pairs, Value next) {
                  Value places = tile::RankOp::create(e.getBuilder(), keys.getType(), keys, next);
                  scatter(pairs, ExpertBlocksArray::Pairs, places);
                  return histogram(keys, next);
                });
  }

private:
  Value histogram(Value keys, Value base) {
    return tile::HistogramOp::create(e.getBuilder(), base.getType(), keys, base);
  }

  void scatter(Value tile, ExpertBlocksArray array, Value rows) {
    e.scatter(tile, kernel.getOutput(0, unsigned(array)), rows);
  }

  Value splat(Value scalar) { return e.splat(scalar, {experts}); }

  /// Streams over the pairs from `from` to `to`. `body` gets the experts of `step` pairs, −1 behind
  /// the last one, their numbers and the carried counters, and gives the counters' next values.
  Value forEachStep(Value from, Value to, int64_t step, Value counters,
                    llvm::function_ref<Value(Value, Value, Value)> body) {
    auto one = [&](Value start, ValueRange carried) -> SmallVector<Value> {
      Value left = e.sub(to, start);
      Value all = e.load(ids, start, {step}, left);
      Value number = e.iota({step}, 0);
      Value live = e.less(number, e.splat(left, {step}));
      Value keys = e.select(live, all, e.fill(int64_t(-1), {step}));
      return {body(keys, e.add(e.splat(start, {step}), number), carried.front())};
    };
    return e.loop(from, to, step, counters, one).front();
  }

  /// Writes the number of blocks, the expert of each and its live rows: of the j-th blocks of all
  /// experts at a time, for each j that is this share's. Elements are one share's each, as a
  /// kernel's blocks may write.
  void describeBlocks(Value counts, Value blocks, Value first) {
    Value none = e.fill(int64_t(-1), {experts}), expert = e.iota({experts}, 0);
    // Behind the blocks of the last expert there are none; no expert is the last one of other
    // shares.
    Value last = e.equal(expert, splat(e.add(share, e.index(experts - 1))));
    scatter(e.add(first, blocks), ExpertBlocksArray::BlockCount,
            e.select(last, e.fill(int64_t(0), {experts}), none));
    Value rows = e.fill(blockRows, {experts});
    e.loop(share, e.ceilDiv(numPairs, blockRows), shares, {},
           [&](Value index, ValueRange) -> SmallVector<Value> {
             Value j = splat(index);
             Value places = e.select(e.less(j, blocks), e.add(first, j), none);
             scatter(expert, ExpertBlocksArray::BlockExpert, places);
             scatter(e.min(e.sub(counts, e.mul(j, rows)), rows), ExpertBlocksArray::BlockPairs,
                     places);
             return {};
           });
  }

  /// Lists no pair in the rows from `begin` on in each expert's last block, which `end` follows:
  /// one row of each expert at a time.
  void fillBlocks(Value begin, Value end) {
    Value none = e.fill(int64_t(-1), {experts});
    Value endRow = e.mul(end, e.fill(blockRows, {experts}));
    e.loop(share, e.index(blockRows - 1), shares, {},
           [&](Value index, ValueRange) -> SmallVector<Value> {
             Value row = e.add(begin, splat(index));
             scatter(none, ExpertBlocksArray::Pairs, e.select(e.less(row, endRow), row, none));
             return {};
           });
  }

  GroupKernel &kernel;
  Emitter e;
  int64_t experts, blockRows, shares, countStep, rankStep;
  Value share, ids, numPairs;
};

} // namespace

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::SortByExpertOp> op = getAnchor<moe::SortByExpertOp>(request.group);
  if (failed(op))
    return failure();
  MLIRContext *context = request.builder.getContext();
  auto constant = [&](int64_t value) {
    return AffineMap::get(numKernelDims, 0, getAffineConstantExpr(value, context));
  };
  GroupKernel kernel(request, {constant(request.choose(blocksKey)), constant(1), constant(1)});
  SortByExpertEmitter(kernel, request, *op).emit();
  return kernel.finish();
}

/// The pairs that it lists; the lists of blocks are short beside them.
static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  KernelWork work = countRowWork(request);
  for (Type type : group.getOutputs().getTypes()) {
    auto expertBlocks = dyn_cast<moe::ExpertBlocksType>(type);
    if (!expertBlocks)
      continue;
    double pairs = double(request.rows) * expertBlocks.getTopK();
    double experts = double(llvm::PowerOf2Ceil(expertBlocks.getExperts()));
    double shares = double(request.choose(blocksKey)), blockRows = double(request.choose(rowsKey));
    double counted = double(request.choose(countKey)), ranked = double(request.choose(rankKey));
    work.bytesWritten += pairs * sizeof(int32_t);
    BlockWork &block = work.block;
    block.blocks = shares;
    block.trips = BlockWork::countTrips(pairs, counted);
    block.bytesRead = work.activationBytes * (1 + 1 / shares);
    double rankTrips = BlockWork::countTrips(pairs / shares, ranked);
    double described = BlockWork::countTrips(pairs / blockRows, shares);
    double filled = BlockWork::countTrips(blockRows - 1, shares);
    // A few operations for each pair that is counted, more for its rank; counters come and go with
    // each step, and what they become is scanned and scattered.
    block.numbers =
        7 * block.trips * counted + 64 * rankTrips * ranked +
        experts * (100 + 8 * block.trips + 10 * rankTrips + 23 * described + 15 * filled);
    block.reductions = 1 + block.trips + rankTrips;
    block.held = experts;
  }
  return work;
}

KernelFamilyRecord moec::describeSortByExpert() {
  return {moe::KernelFamily::SortByExpert, build, keys, countWork};
}
