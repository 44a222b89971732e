//===- IndexSelect.cpp - The kernel that lists the best keys or blocks ----===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block scores all keys that BQ tokens of a sequence see, in tiles of BN, and keeps a running
// selection: no list of all scores exists. What is selected are keys, or blocks of keys by the best
// of theirs; tiles then hold whole blocks. Tokens that see at most top_k of them list them
// unscored.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Queries.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;

static constexpr ScheduleKey queriesKey{"BQ", ScheduleValue::Extent, 1, "tokens of a block"};
static constexpr ScheduleKey keysKey{"BN", ScheduleValue::Extent, 256,
                                     "keys that are scored at a time"};
static constexpr ScheduleKey keys[] = {queriesKey, keysKey};

namespace {

/// What `moe.index_select` or `moe.block_select` asks, and the shape of a block of the kernel.
struct IndexSelectSpec {
  IndexSelectSpec(moe::IndexSelectOp op, const KernelRequest &request)
      : IndexSelectSpec(op.getQuery(), op.getKeys(), op.getTopK(), request) {
    weights = op.getWeights();
    scale = op.getScale().convertToDouble();
  }
  IndexSelectSpec(moe::BlockSelectOp op, const KernelRequest &request)
      : IndexSelectSpec(op.getQuery(), op.getKeys(), op.getTopK(), request) {
    block = op.getBlock();
    local = op.getLocal();
    keyTile = llvm::alignTo(keyTile, block);
  }

  /// Operands of the op; heads' weights are null where blocks are selected.
  TypedValue<RankedTensorType> query;
  TypedValue<moe::KVType> keys;
  Value weights;
  int64_t heads, width, topK;
  double scale = 1;
  /// Keys of what is selected, and how many of them are always selected.
  int64_t block = 1, local = 0;
  int64_t keyTile, queryBlock;

private:
  IndexSelectSpec(TypedValue<RankedTensorType> query, TypedValue<moe::KVType> keys, int64_t topK,
                  const KernelRequest &request)
      : query(query), keys(keys), heads(query.getType().getDimSize(1)),
        width(query.getType().getDimSize(2)), topK(topK), keyTile(request.choose(keysKey)),
        queryBlock(request.choose(queriesKey)) {}
};

struct IndexSelectRefs {
  Value query, weights, keys, table, result;
  int64_t pageSize;
};

/// The scores of a tile of keys, or of its blocks: [queries, selectable]. −inf is for those that a
/// query does not see; `broken` is NaN for a query that has a NaN among them, else 0.
struct Scores {
  Value scores, broken;
};

/// Emits the selection for a run of queries.
class IndexSelectEmitter {
public:
  IndexSelectEmitter(Emitter &e, const IndexSelectSpec &spec, const IndexSelectRefs &refs,
                     const QueryRun &run)
      : e(e), spec(spec), refs(refs), run(run) {}

  void emit() {
    positions = emitQueryPositions(e, run);
    last = spec.block == 1 ? positions : e.div(positions, e.fill(spec.block, {run.queries, 1}));
    Value all = e.lessEqual(e.iota({run.queries, spec.topK}, 1), last);
    Value listed = e.select(all, e.iota({run.queries, spec.topK}, 1), e.fill(int64_t(-1), {1, 1}));
    e.branch(
        e.less(run.lastPosition, e.index(spec.topK * spec.block)), [&] { store(listed); },
        [&] {
          // A query of the run may still see few keys.
          Value few = e.less(last, e.fill(spec.topK, {run.queries, 1}));
          Value scored = emitScored();
          store(run.queries == 1 ? scored : e.select(few, listed, scored));
        });
  }

private:
  void store(Value places) {
    e.store(places, refs.result, {run.firstToken, e.index(0)}, {run.count, e.index(spec.topK)});
  }

  Value emitScored() {
    HeadRange range{spec.heads, spec.width, spec.heads, e.index(0), Value()};
    query = loadHeads(e, refs.query, run, range, cutWidth(spec.width));
    if (refs.weights) {
      weights = e.cast(e.load(refs.weights, {run.firstToken, e.index(0)}, {run.queries, spec.heads},
                              {run.count, e.index(spec.heads)}),
                       e.getF32());
      weights = e.reshape(weights, {run.queries, spec.heads, 1});
    }
    SmallVector<int64_t> shape{run.queries, spec.topK};
    SmallVector<Value> best{e.lowest(shape), e.fill(int64_t(-1), shape),
                            e.fill(0.0, {run.queries, 1})};
    Value end = e.add(run.lastPosition, e.index(1));
    auto body = [&](Value key, ValueRange best) -> SmallVector<Value> {
      auto [scores, broken] = emitScores(key);
      Value first = spec.block == 1 ? key : e.div(key, e.index(spec.block));
      auto merge = tile::TopKMergeOp::create(e.getBuilder(), best[0].getType(), best[1].getType(),
                                             best[0], best[1], scores, e.toI32(first));
      return {merge.getNewValues(), merge.getNewIndices(), e.add(best[2], broken)};
    };
    best = e.loop(e.index(0), end, spec.keyTile, best, body);
    return e.unlessNaN(best[2], best[1], e.fill(int64_t(-1), {1, 1}));
  }

  /// The scores of a tile of keys.
  Scores emitScores(Value key) {
    int64_t keys = spec.keyTile, rows = run.queries * spec.heads;
    Value places = e.add(e.splat(key, {keys}), e.iota({keys}, 0));
    Value visible = e.lessEqual(places, e.splat(run.lastPosition, {keys}));
    Value cacheRows = emitCacheRows(e, refs.table, run, places, visible, refs.pageSize);
    Value products = e.fill(0.0, {rows, keys});
    for (auto [piece, part] : llvm::zip_equal(cutWidth(spec.width), query)) {
      Value tile = e.gather(refs.keys, cacheRows, e.index(piece.offset), {keys, piece.width}, {},
                            std::gcd(keys, refs.pageSize));
      products = e.mmaNK(toOperand(e, part), toOperand(e, tile), products);
    }
    products = e.reshape(products, {run.queries, spec.heads, keys});
    Value seen = e.lessEqual(e.reshape(places, {1, keys}), positions);
    return refs.weights ? scoreKeys(products, seen) : scoreBlocks(products, seen, key);
  }

  Scores scoreKeys(Value products, Value seen) {
    // Written so that a NaN stays one: what attends to the list must learn of it.
    Value zero = e.fill(0.0, {1, 1, 1});
    Value positive = e.select(e.less(products, zero), zero, products);
    Value sum = e.reduce(tile::ReduceKind::Add, e.mul(positive, weights), 1);
    Value scores = e.mul(e.reshape(sum, {run.queries, spec.keyTile}), e.fill(spec.scale, {1, 1}));
    scores = e.select(seen, scores, e.lowest({1, 1}));
    return {scores, e.findNaN(scores, 1)};
  }

  Scores scoreBlocks(Value products, Value seen, Value key) {
    int64_t queries = run.queries, keys = spec.keyTile, blocks = keys / spec.block;
    products = e.select(e.reshape(seen, {queries, 1, keys}), products, e.lowest({1, 1, 1}));
    // A maximum passes over a NaN.
    Value broken = e.findNaN(e.reshape(e.findNaN(products, 1), {queries, keys}), 1);
    Value best = e.reduce(tile::ReduceKind::Max, products, 1);
    best = e.reduce(tile::ReduceKind::Max, e.reshape(best, {queries, blocks, spec.block}), 2);
    Value scores = e.reshape(best, {queries, blocks});
    if (spec.local > 0) {
      Value number =
          e.add(e.splat(e.div(key, e.index(spec.block)), {1, blocks}), e.iota({1, blocks}, 1));
      Value before = e.less(e.sub(last, e.fill(spec.local, {queries, 1})), number);
      Value isLocal = e.logicalAnd(before, e.lessEqual(number, last));
      Value highest = e.fill(std::numeric_limits<double>::infinity(), {1, 1});
      scores = e.select(isLocal, highest, scores);
    }
    return {scores, broken};
  }

  Emitter &e;
  const IndexSelectSpec &spec;
  const IndexSelectRefs &refs;
  const QueryRun &run;
  /// Of the queries: their positions, and the number of the last block that each sees, [queries,
  /// 1].
  Value positions, last;
  /// The queries in pieces; their heads' weights [queries, heads, 1], if they have any.
  SmallVector<Value> query;
  Value weights;
};

} // namespace

/// What the group's op asks.
static FailureOr<IndexSelectSpec> describe(const KernelRequest &request) {
  moe::GroupOp group = request.group;
  if (!group.getBody().getOps<moe::BlockSelectOp>().empty()) {
    FailureOr<moe::BlockSelectOp> op = getAnchor<moe::BlockSelectOp>(group);
    if (failed(op))
      return failure();
    return IndexSelectSpec(*op, request);
  }
  FailureOr<moe::IndexSelectOp> op = getAnchor<moe::IndexSelectOp>(group);
  if (failed(op))
    return failure();
  return IndexSelectSpec(*op, request);
}

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<IndexSelectSpec> described = describe(request);
  if (failed(described))
    return failure();
  const IndexSelectSpec &spec = *described;
  MLIRContext *context = request.builder.getContext();
  AffineMap one = AffineMap::get(numKernelDims, 0, getAffineConstantExpr(1, context));
  AffineExpr tokens = getAffineDimExpr(unsigned(KernelDim::Tokens), context);
  AffineMap blocks = AffineMap::get(numKernelDims, 0, tokens.ceilDiv(spec.queryBlock));
  GroupKernel kernel(request, {blocks, one, one});
  IndexSelectRefs refs{kernel.getInput(stripViews(spec.query)),
                       spec.weights ? kernel.getInput(stripViews(spec.weights)) : Value(),
                       kernel.getInput(spec.keys),
                       kernel.getStep(StepInput::BlockTable),
                       kernel.getOutput(0),
                       request.pageSize};
  Emitter e(kernel.getBuilder());
  forEachQueryRun(e, kernel, spec.queryBlock, kernel.getBlockId(0),
                  [&](const QueryRun &run) { IndexSelectEmitter(e, spec, refs, run).emit(); });
  return kernel.finish();
}

/// What a block does: tokens that see no more than they may select list what they see.
static BlockWork countBlock(const WorkRequest &request, double heads, moe::KVType cache,
                            int64_t selected) {
  const StepSize &step = request.step;
  int64_t each = step.tokens / step.sequences;
  int64_t first = std::max(step.context - each, selected) + 1;
  BlockWork block;
  double queries = double(request.choose(queriesKey)), width = double(cache.getKind().getWidth());
  block.blocks = BlockWork::countTrips(double(step.tokens), queries);
  block.held = double(selected) + heads * width;
  block.numbers = 4 * double(selected);
  if (first > step.context)
    return block;
  double share = double(step.context - first + 1) / double(each);
  double size = double(request.choose(keysKey)), seen = double(first + step.context) / 2;
  double trips = queries * share * BlockWork::countTrips(seen, size);
  block.trips = std::max(1.0, trips);
  block.bytesRead = getStoredBytes(cache.getElement(), trips * size * width);
  block.multiplyAdds = trips * size * std::max(16.0, heads) * width;
  // Products are weighed and summed over heads; keys pass through shared memory. The best of those
  // so far and the new ones are found bit by bit.
  constexpr double bits = 32;
  block.numbers += trips * (size * (8 * heads + width) + bits * 4 * (double(selected) + size));
  block.reductions = trips * (2 + bits);
  block.dependentLoads = 2;
  return block;
}

static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  const StepSize &step = request.step;
  KernelWork work = countRowWork(request);
  int64_t heads = 0, selected = 0;
  moe::KVType keys;
  for (Operation &op : group.getBody().front())
    llvm::TypeSwitch<Operation *>(&op).Case<moe::IndexSelectOp, moe::BlockSelectOp>([&](auto op) {
      heads = op.getQuery().getType().getDimSize(1);
      keys = op.getKeys().getType();
      selected = op.getTopK();
      if constexpr (std::is_same_v<decltype(op), moe::BlockSelectOp>)
        selected *= op.getBlock();
    });
  int64_t width = keys.getKind().getWidth();
  work.cacheBytes =
      getStoredBytes(keys.getElement(), double(step.sequences * step.context) * double(width));
  work.multiplyAdds = step.countKeys() * double(heads * width);
  work.block = countBlock(request, double(heads), keys, selected);
  return work;
}

KernelFamilyRecord moec::describeIndexSelect() {
  return {moe::KernelFamily::IndexSelect, build, keys, countWork, /*readsContext=*/true};
}
