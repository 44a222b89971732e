//===- Attention.cpp - The kernel of softmax attention --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block computes some query heads that share a key/value head, for one token or for BQ tokens of
// a sequence. It streams over the keys in blocks of BN with a running maximum and denominator.
// Key blocks start at multiples of BN from position 0, so a token's sums are the same in whatever
// chunk or batch it comes. Where a list of blocks is selected, a key block holds whole ones of them
// or lies within one.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Queries.h"

using namespace mlir;
using namespace moec;

namespace {

static constexpr ScheduleKey queriesKey{"BQ", ScheduleValue::Extent, 1, "tokens of a block"};
static constexpr ScheduleKey headsKey{"HB", ScheduleValue::Extent, 16,
                                      "most query heads of a block that share keys"};
static constexpr ScheduleKey keysKey{"BN", ScheduleValue::Extent, 64,
                                     "keys that are read at a time"};
static constexpr ScheduleKey keys[] = {queriesKey, headsKey, keysKey};

/// What `moe.attention` asks, as numbers, and the shape of a block.
struct AttentionSpec {
  AttentionSpec(moe::AttentionOp op, const KernelRequest &request)
      : heads(op.getQuery().getType().getDimSize(1)), scale(op.getScale().convertToDouble()),
        window(op.getWindow().value_or(0)),
        probabilities(op.getProbabilities().value_or(Float32Type::get(op.getContext()))) {
    if (auto kind = dyn_cast<moe::LatentAttr>(op.getKv().getType().getKind())) {
      isLatent = true;
      keyWidth = kind.getRank() + kind.getRopeDim();
      valueWidth = kind.getRank();
    } else {
      auto pairs = cast<moe::KeyValueAttr>(op.getKv().getType().getKind());
      kvHeads = pairs.getHeads();
      keyWidth = pairs.getKeyDim();
      valueWidth = pairs.getValueDim();
    }
    if (op.getSelected())
      selected = op.getSelected().getType().getDimSize(1);
    listed = int64_t(op.getBlock().value_or(1));
    valuePieces = cutWidth(valueWidth);
    keyPieces = isLatent ? valuePieces : cutWidth(keyWidth);
    if (isLatent)
      llvm::append_range(keyPieces, cutWidth(keyWidth - valueWidth, /*offset=*/valueWidth));
    group = heads / kvHeads;
    headBlock = std::min<int64_t>(request.choose(headsKey), llvm::PowerOf2Ceil(group));
    keyBlock = request.choose(keysKey);
    if (keyBlock % listed != 0)
      keyBlock = std::gcd(keyBlock, listed);
    // Tokens that choose their keys share none.
    queryBlock = selected ? 1 : request.choose(queriesKey);
  }

  /// Blocks that a key/value head's queries take.
  int64_t getHeadBlocks() const { return llvm::divideCeil(group, headBlock); }

  /// Query heads; heads of keys and values; numbers of a key and a value.
  int64_t heads, kvHeads = 1, keyWidth, valueWidth;
  /// The value is the beginning of the key.
  bool isLatent = false;
  /// How keys and values are cut into tiles.
  SmallVector<Piece> keyPieces, valuePieces;
  double scale;
  /// Keys seen, or 0 for all; entries of a token's list, or 0 for no list; the keys of an entry.
  int64_t window, selected = 0, listed = 1;
  Type probabilities;
  /// Query heads that share a key/value head.
  int64_t group;
  int64_t headBlock, keyBlock, queryBlock;
};

/// What a block reads and writes.
struct AttentionRefs {
  Value query, cache, table, selected, sinks, result;
  int64_t pageSize;
};

/// Emits the attention of a run of queries.
class AttentionEmitter {
public:
  /// `kvHead` is the key/value head, `range` the query heads of the block.
  AttentionEmitter(Emitter &e, const AttentionSpec &spec, const AttentionRefs &refs,
                   const QueryRun &run, Value kvHead, HeadRange range)
      : e(e), spec(spec), refs(refs), run(run), kvHead(kvHead), range(range),
        rows(run.queries * range.block) {}

  void emit() {
    for (Value tile : loadHeads(e, refs.query, run, range, spec.keyPieces))
      query.push_back(toOperand(e, tile));
    positions = spreadOverHeads(emitQueryPositions(e, run));
    SmallVector<Value> state = getStart();
    auto [from, to] = getKeys();
    state = e.loop(from, to, spec.keyBlock, state,
                   [&](Value key, ValueRange carried) { return emitKeyBlock(key, carried); });
    SmallVector<Value> results;
    for (Value sum : ArrayRef(state).drop_front(2))
      results.push_back(e.cast(e.div(sum, state[1]), elementOf(refs.result)));
    range.width = spec.valueWidth;
    storeHeads(e, results, refs.result, run, range, spec.valuePieces);
  }

private:
  static Type elementOf(Value ref) { return cast<tile::RefType>(ref.getType()).getElementType(); }

  /// A number for each query [queries, 1], for each of its heads [rows, 1].
  Value spreadOverHeads(Value tile) {
    if (run.queries == 1)
      return e.broadcast(tile, {rows, 1});
    Value cube = e.reshape(tile, {run.queries, 1, 1});
    return e.reshape(e.broadcast(cube, {run.queries, range.block, 1}), {rows, 1});
  }

  /// The running maximum, denominator and sums before the first key. A sink is a key whose value
  /// is 0.
  SmallVector<Value> getStart() {
    Value maximum, denominator;
    if (refs.sinks) {
      ValueRange bounds = range.left ? ValueRange(range.left) : ValueRange();
      Value sinks = e.cast(e.load(refs.sinks, range.first, {range.block}, bounds), e.getF32());
      Value cube = e.reshape(sinks, {1, range.block, 1});
      maximum = e.reshape(e.broadcast(cube, {run.queries, range.block, 1}), {rows, 1});
      denominator = e.fill(1.0, {rows, 1});
    } else {
      // Finite, so that a block in which a query sees nothing leaves exp(0) and not NaN.
      maximum = e.fill(std::numeric_limits<float>::lowest(), {rows, 1});
      denominator = e.fill(0.0, {rows, 1});
    }
    SmallVector<Value> state{maximum, denominator};
    for (Piece piece : spec.valuePieces)
      state.push_back(e.fill(0.0, {rows, piece.width}));
    return state;
  }

  /// The first key block's start and the end of the keys: positions, or places in the list.
  std::pair<Value, Value> getKeys() {
    Value begin = e.index(0), end = e.add(run.lastPosition, e.index(1));
    if (spec.selected)
      return {begin, e.min(end, e.index(spec.selected * spec.listed))};
    if (spec.window) {
      Value block = e.index(spec.keyBlock);
      Value first = e.max(e.sub(run.firstPosition, e.index(spec.window - 1)), begin);
      begin = e.mul(e.div(first, block), block);
    }
    return {begin, end};
  }

  /// The positions of a block of keys; negative or beyond the last query's position where there is
  /// none.
  Value getKeyPositions(Value key) {
    int64_t size = spec.keyBlock, listed = spec.listed;
    if (!spec.selected)
      return e.add(e.splat(key, {size}), e.iota({size}, 0));
    if (listed == 1)
      return loadListed(key, size);
    Value entry = e.div(key, e.index(listed));
    if (size <= listed) {
      Value block =
          e.mul(e.loadScalar(refs.selected, {run.firstToken, entry}), e.i32(int32_t(listed)));
      Value first = e.add(block, e.toI32(e.rem(key, e.index(listed))));
      return e.add(e.splat(first, {size}), e.iota({size}, 0));
    }
    int64_t blocks = size / listed;
    Value first = e.mul(loadListed(entry, blocks), e.fill(listed, {blocks}));
    Value keys = e.add(e.reshape(first, {blocks, 1}), e.iota({blocks, listed}, 1));
    return e.reshape(keys, {size});
  }

  /// `count` entries of the token's list, −1 beyond its end.
  Value loadListed(Value entry, int64_t count) {
    Value left = e.sub(e.index(spec.selected), entry);
    bool whole = spec.selected % count == 0;
    Value bounds[] = {left};
    Value listed = e.load(refs.selected, {run.firstToken, entry}, {count},
                          whole ? ValueRange() : ValueRange(bounds));
    if (whole)
      return listed;
    return e.select(e.less(e.iota({count}, 0), e.splat(left, {count})), listed,
                    e.fill(int64_t(-1), {count}));
  }

  /// Which keys [keys] some query of the run sees.
  Value getVisible(Value keys) {
    Value visible = e.lessEqual(keys, e.splat(run.lastPosition, {spec.keyBlock}));
    if (spec.window) {
      // The pages of what no query sees any more may be somebody else's, or hold no numbers.
      Value behind = e.sub(run.firstPosition, e.index(spec.window));
      visible = e.logicalAnd(visible, e.less(e.splat(behind, {spec.keyBlock}), keys));
    }
    if (spec.selected)
      visible = e.logicalAnd(visible, e.lessEqual(e.fill(int64_t(0), {spec.keyBlock}), keys));
    return visible;
  }

  /// Which keys each query sees.
  Value getMask(Value keys) {
    Value row = e.reshape(keys, {1, spec.keyBlock});
    Value mask = e.lessEqual(row, positions);
    if (spec.window)
      mask = e.logicalAnd(mask, e.less(e.sub(positions, e.fill(spec.window, {rows, 1})), row));
    if (spec.selected)
      mask = e.logicalAnd(mask, e.lessEqual(e.fill(int64_t(0), {1, 1}), row));
    return mask;
  }

  /// Numbers `pieces` of cache rows, from column `first` on.
  SmallVector<Value> gatherPieces(Value cacheRows, Value first, ArrayRef<Piece> pieces) {
    // Rows of a page follow each other, and blocks of keys start at multiples of their size.
    int64_t together = spec.selected ? std::gcd(spec.keyBlock, spec.listed) : spec.keyBlock;
    int64_t run = std::gcd(together, refs.pageSize);
    SmallVector<Value> tiles;
    for (Piece piece : pieces) {
      Value column = e.add(first, e.index(piece.offset));
      Value tile = e.gather(refs.cache, cacheRows, column, {spec.keyBlock, piece.width}, {}, run);
      tiles.push_back(toOperand(e, tile));
    }
    return tiles;
  }

  SmallVector<Value> emitKeyBlock(Value key, ValueRange state) {
    Value keys = getKeyPositions(key);
    Value cacheRows = emitCacheRows(e, refs.table, run, keys, getVisible(keys), refs.pageSize);
    Value column = spec.isLatent ? e.index(0) : e.mul(kvHead, e.index(spec.keyWidth));
    SmallVector<Value> keyTiles = gatherPieces(cacheRows, column, spec.keyPieces);

    Value scores = e.fill(0.0, {rows, spec.keyBlock});
    for (auto [part, tile] : llvm::zip_equal(query, keyTiles))
      scores = e.mmaNK(part, tile, scores);
    scores = e.mul(scores, e.fill(spec.scale, {rows, spec.keyBlock}));
    scores = e.select(getMask(keys), scores, e.lowest({rows, spec.keyBlock}));

    Value maximum = e.max(state[0], e.reduce(tile::ReduceKind::Max, scores, 1));
    Value weights = e.exp(e.sub(scores, maximum));
    Value shrink = e.exp(e.sub(state[0], maximum));
    Value denominator = e.add(e.mul(state[1], shrink), e.reduce(tile::ReduceKind::Add, weights, 1));
    SmallVector<Value> next{maximum, denominator};

    SmallVector<Value> valueTiles(keyTiles);
    if (!spec.isLatent) {
      Value values =
          e.add(e.index(spec.kvHeads * spec.keyWidth), e.mul(kvHead, e.index(spec.valueWidth)));
      valueTiles = gatherPieces(cacheRows, values, spec.valuePieces);
    }
    Value rounded = toOperand(e, e.cast(weights, spec.probabilities));
    for (auto [number, sum] : llvm::enumerate(state.drop_front(2)))
      next.push_back(e.mmaKN(rounded, valueTiles[number], e.mul(sum, shrink)));
    return next;
  }

  Emitter &e;
  const AttentionSpec &spec;
  const AttentionRefs &refs;
  const QueryRun &run;
  Value kvHead;
  HeadRange range;
  int64_t rows;
  SmallVector<Value> query;
  /// Of each row's query: [rows, 1].
  Value positions;
};

} // namespace

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::AttentionOp> found = getAnchor<moe::AttentionOp>(request.group);
  if (failed(found))
    return failure();
  moe::AttentionOp op = *found;
  AttentionSpec spec(op, request);

  MLIRContext *context = request.builder.getContext();
  auto formula = [&](AffineExpr expr) { return AffineMap::get(numKernelDims, 0, expr); };
  AffineExpr tokens = getAffineDimExpr(unsigned(KernelDim::Tokens), context);
  int64_t headBlocks = spec.kvHeads * spec.getHeadBlocks();
  GroupKernel kernel(request, {formula(tokens.ceilDiv(spec.queryBlock)),
                               formula(getAffineConstantExpr(headBlocks, context)),
                               formula(getAffineConstantExpr(1, context))});
  AttentionRefs refs{kernel.getInput(stripViews(op.getQuery())),
                     kernel.getInput(op.getKv()),
                     kernel.getStep(StepInput::BlockTable),
                     {},
                     {},
                     kernel.getOutput(0),
                     request.pageSize};
  if (op.getSelected())
    refs.selected = kernel.getInput(stripViews(op.getSelected()));
  if (FlatSymbolRefAttr symbol = op.getSinksAttr())
    refs.sinks = kernel.getWeight(symbol);

  Emitter e(kernel.getBuilder());
  Value blocks = e.index(spec.getHeadBlocks()), number = kernel.getBlockId(1);
  Value kvHead = e.div(number, blocks);
  Value inGroup = e.mul(e.rem(number, blocks), e.index(spec.headBlock));
  HeadRange range{spec.heads, spec.keyWidth, spec.headBlock,
                  e.add(e.mul(kvHead, e.index(spec.group)), inGroup), Value()};
  if (spec.group % spec.headBlock != 0)
    range.left = e.sub(e.index(spec.group), inGroup);
  forEachQueryRun(e, kernel, spec.queryBlock, kernel.getBlockId(0), [&](const QueryRun &run) {
    AttentionEmitter(e, spec, refs, run, kvHead, range).emit();
  });
  return kernel.finish();
}

/// What a block does in a loop over the keys that its tokens see.
static BlockWork countBlock(const WorkRequest &request, moe::AttentionOp op, int64_t limit) {
  const StepSize &step = request.step;
  moe::KVType kv = op.getKv().getType();
  int64_t heads = op.getQuery().getType().getDimSize(1), kvHeads = 1;
  if (auto pairs = dyn_cast<moe::KeyValueAttr>(kv.getKind()))
    kvHeads = pairs.getHeads();
  int64_t keyWidth = op.getQuery().getType().getDimSize(2), valueWidth = op.getType().getDimSize(2);
  int64_t group = heads / kvHeads;
  int64_t headBlock = std::min<int64_t>(request.choose(headsKey), llvm::PowerOf2Ceil(group));
  int64_t queryBlock = op.getSelected() ? 1 : request.choose(queriesKey);
  // Tokens of several sequences are taken one by one.
  int64_t queries = step.tokens > step.sequences ? queryBlock : 1;
  double keysAtATime = double(request.choose(keysKey));
  double rows = double(std::max<int64_t>(16, queries * headBlock));

  BlockWork block;
  block.blocks = BlockWork::countTrips(double(step.tokens), double(queryBlock)) *
                 double(kvHeads * llvm::divideCeil(group, headBlock));
  double runs = std::min(double(queryBlock / queries), double(step.tokens));
  double seen = step.countKeys(limit) / double(step.tokens);
  block.trips = runs * BlockWork::countTrips(seen, keysAtATime);
  double keyed = block.trips * keysAtATime;
  double stored = double(kv.getKind().getWidth()) / double(kvHeads);
  block.bytesRead = getStoredBytes(kv.getElement(), keyed * stored);
  block.multiplyAdds = keyed * rows * double(keyWidth + valueWidth);
  // A score is scaled, masked, compared, its exponential taken and added, and it is rounded and
  // moved to be an operand; sums of values shrink; keys and values pass through shared memory.
  block.numbers = keyed * (24 * rows + double(keyWidth + valueWidth)) +
                  block.trips * 2 * rows * double(valueWidth);
  block.reductions = 2 * block.trips;
  // A page, and what lies in it; where keys are listed, the list before.
  block.dependentLoads = op.getSelected() ? 3 : 2;
  block.held = rows * double(keyWidth + valueWidth);
  return block;
}

static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  const StepSize &step = request.step;
  KernelWork work = countRowWork(request);
  auto op = *group.getBody().getOps<moe::AttentionOp>().begin();
  moe::KVType kv = op.getKv().getType();
  int64_t heads = op.getQuery().getType().getDimSize(1);
  int64_t keyWidth = op.getQuery().getType().getDimSize(2), valueWidth = op.getType().getDimSize(2);
  int64_t window = op.getWindow().value_or(0);
  // The rows that a sequence's tokens read together.
  double cacheRows = double(step.context);
  int64_t each = step.tokens / step.sequences;
  if (window)
    cacheRows = std::min(cacheRows, double(window + each - 1));
  if (op.getSelected()) {
    window = op.getSelected().getType().getDimSize(1) * int64_t(op.getBlock().value_or(1));
    cacheRows = std::min(cacheRows, double(window) * double(each));
  }
  work.cacheBytes = getStoredBytes(kv.getElement(), double(step.sequences) * cacheRows *
                                                        double(kv.getKind().getWidth()));
  work.multiplyAdds = step.countKeys(window) * double(heads) * double(keyWidth + valueWidth);
  work.block = countBlock(request, op, window);
  return work;
}

KernelFamilyRecord moec::describeAttention() {
  return {moe::KernelFamily::Attention, build, keys, countWork, /*readsContext=*/true};
}
