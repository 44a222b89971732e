//===- IndexSelect.cpp - The kernel that lists the best keys --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block scores all keys that BQ tokens of a sequence see, in blocks of BN, and keeps a running
// selection: no list of all scores exists. Tokens that see at most top_k keys list them unscored.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Queries.h"

using namespace mlir;
using namespace moec;

static constexpr ScheduleKey queriesKey{"BQ", ScheduleValue::Extent, 1, "tokens of a block"};
static constexpr ScheduleKey keysKey{"BN", ScheduleValue::Extent, 256,
                                     "keys that are scored at a time"};
static constexpr ScheduleKey keys[] = {queriesKey, keysKey};

namespace {

/// What `moe.index_select` asks, and the shape of a block.
struct IndexSelectSpec {
  IndexSelectSpec(moe::IndexSelectOp op, const KernelRequest &request)
      : heads(op.getQuery().getType().getDimSize(1)), width(op.getQuery().getType().getDimSize(2)),
        topK(op.getTopK()), scale(op.getScale().convertToDouble()),
        keyBlock(request.choose(keysKey)), queryBlock(request.choose(queriesKey)) {}

  int64_t heads, width, topK;
  double scale;
  int64_t keyBlock, queryBlock;
};

struct IndexSelectRefs {
  Value query, weights, keys, table, result;
  int64_t pageSize;
};

/// Emits the selection for a run of queries.
class IndexSelectEmitter {
public:
  IndexSelectEmitter(Emitter &e, const IndexSelectSpec &spec, const IndexSelectRefs &refs,
                     const QueryRun &run)
      : e(e), spec(spec), refs(refs), run(run) {}

  void emit() {
    positions = emitQueryPositions(e, run);
    Value all = e.lessEqual(e.iota({run.queries, spec.topK}, 1), positions);
    Value listed = e.select(all, e.iota({run.queries, spec.topK}, 1), e.fill(int64_t(-1), {1, 1}));
    e.branch(
        e.less(run.lastPosition, e.index(spec.topK)), [&] { store(listed); },
        [&] {
          // A query of the run may still see few keys.
          Value few = e.less(positions, e.fill(spec.topK, {run.queries, 1}));
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
    SmallVector<Value> query = loadHeads(e, refs.query, run, range, cutWidth(spec.width));
    Value weights = e.cast(e.load(refs.weights, {run.firstToken, e.index(0)},
                                  {run.queries, spec.heads}, {run.count, e.index(spec.heads)}),
                           e.getF32());
    weights = e.reshape(weights, {run.queries, spec.heads, 1});
    SmallVector<int64_t> shape{run.queries, spec.topK};
    SmallVector<Value> best{e.lowest(shape), e.fill(int64_t(-1), shape),
                            e.fill(0.0, {run.queries, 1})};
    Value end = e.add(run.lastPosition, e.index(1));
    auto body = [&](Value key, ValueRange best) -> SmallVector<Value> {
      Value scores = emitScores(key, query, weights);
      auto merge = tile::TopKMergeOp::create(e.getBuilder(), best[0].getType(), best[1].getType(),
                                             best[0], best[1], scores, e.toI32(key));
      return {merge.getNewValues(), merge.getNewIndices(), e.add(best[2], e.findNaN(scores, 1))};
    };
    best = e.loop(e.index(0), end, spec.keyBlock, best, body);
    return e.unlessNaN(best[2], best[1], e.fill(int64_t(-1), {1, 1}));
  }

  /// The scores [queries, keys] of a block of keys, −inf for keys that a query does not see.
  Value emitScores(Value key, ArrayRef<Value> query, Value weights) {
    int64_t keys = spec.keyBlock, rows = run.queries * spec.heads;
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
    // Written so that a NaN stays one: what attends to the list must learn of it.
    Value zero = e.fill(0.0, {1, 1, 1});
    Value positive = e.select(e.less(products, zero), zero, products);
    Value sum = e.reduce(tile::ReduceKind::Add, e.mul(positive, weights), 1);
    Value scores = e.mul(e.reshape(sum, {run.queries, keys}), e.fill(spec.scale, {1, 1}));
    Value seen = e.lessEqual(e.reshape(places, {1, keys}), positions);
    return e.select(seen, scores, e.lowest({1, 1}));
  }

  Emitter &e;
  const IndexSelectSpec &spec;
  const IndexSelectRefs &refs;
  const QueryRun &run;
  /// Of the queries: [queries, 1].
  Value positions;
};

} // namespace

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::IndexSelectOp> found = getAnchor<moe::IndexSelectOp>(request.group);
  if (failed(found))
    return failure();
  moe::IndexSelectOp op = *found;
  IndexSelectSpec spec(op, request);
  MLIRContext *context = request.builder.getContext();
  AffineMap one = AffineMap::get(numKernelDims, 0, getAffineConstantExpr(1, context));
  AffineExpr tokens = getAffineDimExpr(unsigned(KernelDim::Tokens), context);
  AffineMap blocks = AffineMap::get(numKernelDims, 0, tokens.ceilDiv(spec.queryBlock));
  GroupKernel kernel(request, {blocks, one, one});
  IndexSelectRefs refs{kernel.getInput(stripViews(op.getQuery())),
                       kernel.getInput(stripViews(op.getWeights())),
                       kernel.getInput(op.getKeys()),
                       kernel.getStep(StepInput::BlockTable),
                       kernel.getOutput(0),
                       request.pageSize};
  Emitter e(kernel.getBuilder());
  forEachQueryRun(e, kernel, spec.queryBlock, kernel.getBlockId(0),
                  [&](const QueryRun &run) { IndexSelectEmitter(e, spec, refs, run).emit(); });
  return kernel.finish();
}

static KernelWork countWork(moe::GroupOp group, const StepSize &step, int64_t rows) {
  KernelWork work = countRowWork(group, step, rows);
  auto select = *group.getBody().getOps<moe::IndexSelectOp>().begin();
  moe::KVType keys = select.getKeys().getType();
  int64_t heads = select.getQuery().getType().getDimSize(1), width = keys.getKind().getWidth();
  work.cacheBytes =
      getStoredBytes(keys.getElement(), double(step.sequences * step.context) * double(width));
  work.multiplyAdds = step.countKeys() * double(heads * width);
  return work;
}

KernelFamilyRecord moec::describeIndexSelect() {
  return {moe::KernelFamily::IndexSelect, build, keys, countWork, /*readsContext=*/true};
}
