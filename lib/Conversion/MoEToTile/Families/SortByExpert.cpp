//===- SortByExpert.cpp - The kernel that sorts pairs by expert ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One block reads the chosen experts twice: to count the pairs of each, then to put every pair at
// its stable place. The blocks of BM rows of an expert follow those of the expert before it.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Emitter.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

using namespace mlir;
using namespace moec;

namespace {

/// Emits the kernel; the refs are those of the expert blocks.
class SortByExpertEmitter {
public:
  SortByExpertEmitter(Emitter &e, moe::ExpertBlocksType type, int64_t blockRows, int64_t tokens,
                      Value ids, Value numTokens, ArrayRef<Value> lists)
      : e(e), experts(llvm::PowerOf2Ceil(type.getExperts())), topK(type.getTopK()),
        blockRows(blockRows), tokens(tokens), ids(ids), numTokens(numTokens), lists(lists) {}

  void emit() {
    Value zero = e.fill(int64_t(0), {experts});
    Value count =
        forEachChunk(zero, [&](Value keys, Value, Value count) { return histogram(keys, count); });
    Value blocks = e.ceilDiv(count, blockRows);
    Value first = tile::ScanOp::create(e.getBuilder(), blocks.getType(), tile::ReduceKind::Add,
                                       blocks, 0, /*exclusive=*/true);
    e.store(e.reduce(tile::ReduceKind::Add, blocks, 0), get(ExpertBlocksArray::BlockCount),
            e.index(0));
    describeBlocks(count, blocks, first);
    Value place = e.mul(first, e.fill(blockRows, {experts}));
    forEachChunk(place, [&](Value keys, Value pairs, Value place) {
      Value places = tile::RankOp::create(e.getBuilder(), keys.getType(), keys, place);
      e.scatter(pairs, get(ExpertBlocksArray::Pairs), places);
      return histogram(keys, place);
    });
  }

private:
  Value get(ExpertBlocksArray array) const { return lists[unsigned(array)]; }

  Value histogram(Value keys, Value base) {
    return tile::HistogramOp::create(e.getBuilder(), base.getType(), keys, base);
  }

  /// Streams over the pairs. `body` gets the experts of a chunk, −1 past the last pair, their
  /// numbers and the carried counters, and gives the counters' next values.
  Value forEachChunk(Value counters, llvm::function_ref<Value(Value, Value, Value)> body) {
    auto chunk = [&](Value token, ValueRange carried) -> SmallVector<Value> {
      Value left = e.sub(numTokens, token);
      Value all = e.load(ids, {token, e.index(0)}, {tokens, topK}, {left, e.index(topK)});
      Value live = e.less(e.iota({tokens, topK}, 0), e.splat(left, {tokens, topK}));
      Value keys = e.select(live, all, e.fill(int64_t(-1), {tokens, topK}));
      int64_t size = tokens * topK;
      Value pairs = e.add(e.splat(e.mul(token, e.index(topK)), {size}), e.iota({size}, 0));
      return {body(e.reshape(keys, {size}), pairs, carried.front())};
    };
    return e.loop(e.index(0), numTokens, tokens, counters, chunk).front();
  }

  /// Writes the expert and the live rows of each block, and empties its list of pairs.
  void describeBlocks(Value count, Value blocks, Value first) {
    constexpr int64_t step = 16;
    Value used = e.loadIndex(get(ExpertBlocksArray::BlockCount), e.index(0));
    auto row = [&](Value tile) { return e.reshape(tile, {1, experts}); };
    Value begin = row(first), end = row(e.add(first, blocks)), pairs = row(count);
    Value zero = e.fill(int64_t(0), {step, experts}), rows = e.fill(blockRows, {step, experts});
    e.loop(e.index(0), used, step, {}, [&](Value block, ValueRange) -> SmallVector<Value> {
      Value left = e.sub(used, block);
      Value number = e.add(e.iota({step, experts}, 0), e.splat(block, {step, experts}));
      Value mine = e.logicalAnd(e.lessEqual(begin, number), e.less(number, end));
      Value rest = e.sub(pairs, e.mul(e.sub(number, begin), rows));
      auto write = [&](Value values, ExpertBlocksArray array) {
        Value sum = e.reduce(tile::ReduceKind::Add, e.select(mine, values, zero), 1);
        e.store(e.reshape(sum, {step}), get(array), block, left);
      };
      write(e.iota({step, experts}, 1), ExpertBlocksArray::BlockExpert);
      write(e.min(rest, rows), ExpertBlocksArray::BlockPairs);
      e.store(e.fill(int64_t(-1), {step * blockRows}), get(ExpertBlocksArray::Pairs),
              e.mul(block, e.index(blockRows)), e.mul(left, e.index(blockRows)));
      return {};
    });
  }

  Emitter &e;
  int64_t experts, topK, blockRows, tokens;
  Value ids, numTokens;
  ArrayRef<Value> lists;
};

} // namespace

static constexpr ScheduleKey rowsKey{"BM", ScheduleValue::Extent, 1,
                                     "pairs in a block of the lists"};
static constexpr ScheduleKey tokensKey{"tokens", ScheduleValue::Extent, 64,
                                       "tokens that are sorted at a time"};
static constexpr ScheduleKey keys[] = {rowsKey, tokensKey};

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::SortByExpertOp> op = getAnchor<moe::SortByExpertOp>(request.group);
  if (failed(op))
    return failure();
  MLIRContext *context = request.builder.getContext();
  AffineMap one = AffineMap::get(numKernelDims, 0, getAffineConstantExpr(1, context));
  GroupKernel kernel(request, {one, one, one});
  Emitter e(kernel.getBuilder());
  SmallVector<Value> lists;
  for (unsigned part = 0; part != numExpertBlocksArrays; ++part)
    lists.push_back(kernel.getOutput(0, part));
  SortByExpertEmitter(e, op->getType(), request.choose(rowsKey), request.choose(tokensKey),
                      kernel.getInput(stripViews(op->getIds())), kernel.getDim(KernelDim::Rows),
                      lists)
      .emit();
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
    work.bytesWritten += double(request.rows) * expertBlocks.getTopK() * sizeof(int32_t);
    double pairs = double(request.choose(tokensKey) * expertBlocks.getTopK());
    double experts = double(llvm::PowerOf2Ceil(expertBlocks.getExperts()));
    BlockWork &block = work.block;
    block.blocks = 1;
    block.trips = BlockWork::countTrips(double(request.rows), double(request.choose(tokensKey)));
    block.bytesRead = 2 * work.activationBytes;
    // Each pair is held against each expert, to know its rank; each block of the lists, too.
    ExpectedBlocks lists(request.rows, expertBlocks, request.choose(rowsKey));
    block.numbers = block.trips * 7 * pairs * experts + 14 * lists.blocks * experts;
    block.reductions = block.trips * 2;
    block.held = experts;
  }
  return work;
}

KernelFamilyRecord moec::describeSortByExpert() {
  return {moe::KernelFamily::SortByExpert, build, keys, countWork};
}
