//===- GatedDelta.cpp - The kernel of the gated delta rule ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block computes BV columns of one head's state for one sequence: columns do not mix. Tokens are
// taken one by one, or whole chunks of them as products of matrices (the WY form of Yang et al.,
// "Gated Delta Networks"). With S the state before a chunk, G_t the sum of its decays up to token t
// and W_ti = exp(G_t − G_i) for i ≤ t, the corrections D [chunk, BV] solve a triangle of equations,
//
//     (1 + N) D = beta · (V − exp(G) · K S)     N_ti = beta_t W_ti (k_t · k_i) for i < t
//
// and the results and the next state are
//
//     O  = scale · (exp(G) · Q S + (W ∘ Q Kᵀ) D)
//     S' = exp(G_last) · S + (exp(G_last − G) · K)ᵀ D
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../States.h"
#include "../TriangularInverse.h"

using namespace mlir;
using namespace moec;

static constexpr ScheduleKey columnsKey{"BV", ScheduleValue::Extent, 32,
                                        "columns of a head's state in a block"};
static constexpr ScheduleKey chunksKey{"chunks", ScheduleValue::Switch, 0,
                                       "whole chunks of tokens as products of matrices"};
static constexpr ScheduleKey keys[] = {columnsKey, chunksKey};

/// Tokens of a chunk.
static constexpr int64_t chunk = moe::deltaChunk;
/// Extents of products are powers of two, and no smaller than the tiles of matrix cores.
static constexpr int64_t leastExtent = 16;

namespace {

/// Decays of a chunk's tokens, summed up.
///
/// A sum of 64 may be large where a single token forgets nearly all, and differences of two such
/// sums would then have lost the digits of the tokens behind. So each decay is cut in a multiple of
/// 1/64, whose sums and differences are exact below 2¹⁸, and a rest of at most 1/128.
struct SummedDecay {
  /// `decay` is [chunk, 1]; `isPast` [chunk, chunk] tells which tokens t (rows) have i (columns)
  /// behind them, or are it.
  SummedDecay(Emitter &e, Value decay, Value isPast) : e(e), isPast(isPast) {
    // exp(−100) is 0 beside any state: what is less would only cost digits. A NaN stays.
    Value least = e.fill(-100.0, {chunk, 1});
    Value bounded = e.select(e.less(decay, least), least, decay);
    // Numbers from 2¹⁷ to 2¹⁸ have steps of 1/64.
    Value large = e.fill(196608.0, {chunk, 1});
    Value cut = e.sub(e.add(bounded, large), large);
    whole = sumUpTo(cut);
    rest = sumUpTo(e.sub(bounded, cut));
  }

  /// exp(G_t), [chunk, 1].
  Value upTo() { return e.exp(e.add(whole, rest)); }
  /// exp(G_last), [1, 1].
  Value all() { return e.exp(e.add(last(whole), last(rest))); }
  /// exp(G_last − G_t), [chunk, 1].
  Value behind() { return e.exp(e.add(e.sub(last(whole), whole), e.sub(last(rest), rest))); }
  /// exp(G_t − G_i) for i ≤ t, else 0: [chunk, chunk].
  Value between() {
    Value sum = e.add(difference(whole), difference(rest));
    return e.exp(e.select(isPast, sum, e.lowest({chunk, chunk})));
  }

private:
  /// Σ over i ≤ t of column i, [chunk, 1].
  Value sumUpTo(Value column) {
    Value row = e.broadcast(e.reshape(column, {1, chunk}), {chunk, chunk});
    Value zero = e.fill(0.0, {chunk, chunk});
    return e.reduce(tile::ReduceKind::Add, e.select(isPast, row, zero), 1);
  }
  Value last(Value sums) { return e.slice(sums, {chunk - 1, 0}, {1, 1}); }
  Value difference(Value sums) {
    return e.sub(e.broadcast(sums, {chunk, chunk}), e.reshape(sums, {1, chunk}));
  }

  Emitter &e;
  Value isPast, whole, rest;
};

/// One block.
class DeltaEmitter {
public:
  DeltaEmitter(moe::GatedDeltaOp op, GroupKernel &kernel, int64_t block, bool chunks)
      : op(op), kernel(kernel), e(kernel.getBuilder()), keyWidth(op.getKeyWidth()),
        valueWidth(op.getValueWidth()), keyExtent(keyWidth), block(block), chunks(chunks) {
    if (chunks)
      keyExtent = std::max<int64_t>(llvm::PowerOf2Ceil(keyWidth), leastExtent);
    int64_t blocks = llvm::divideCeil(valueWidth, block);
    Value number = kernel.getBlockId(1);
    head = e.div(number, e.index(blocks));
    keyHead = e.div(head, e.index(op.getHeads() / op.getKeyHeads()));
    first = e.mul(e.rem(number, e.index(blocks)), e.index(block));
    if (valueWidth % block)
      left = e.sub(e.index(valueWidth), first);
  }

  void emit() {
    StatePart part{e.view(kernel.getState(op.getStateAttr()), {ShapedType::kDynamic, valueWidth}),
                   op.getHeads() * keyWidth,
                   e.mul(head, e.index(keyWidth)),
                   first,
                   left,
                   keyWidth,
                   keyExtent,
                   block};
    Value sequence = kernel.getBlockId(0);
    Value start = loadState(e, part, loadStartSlot(e, kernel, sequence));
    auto one = [&](Value token, ValueRange before) {
      return SmallVector<Value>{step(token, before[0])};
    };
    auto whole = [&](Value token, ValueRange before) {
      return SmallVector<Value>{stepChunk(token, before[0])};
    };
    auto keep = [&](ValueRange state, Value slot) { storeState(e, state[0], part, slot); };
    if (chunks)
      forEachChunk(e, kernel, sequence, chunk, start, whole, one, keep);
    else
      forEachToken(e, kernel, sequence, start, one, keep);
  }

private:
  /// Queries or keys of `count` tokens, [count, keyExtent].
  Value loadRows(Value operand, Value token, int64_t count) {
    Value heads = e.view(kernel.getInput(stripViews(operand)),
                         {ShapedType::kDynamic, op.getKeyHeads(), keyWidth});
    SmallVector<Value> bounds;
    if (keyExtent != keyWidth)
      bounds = {e.index(count), e.index(1), e.index(keyWidth)};
    Value rows = e.load(heads, {token, keyHead, e.index(0)}, {count, 1, keyExtent}, bounds);
    return e.cast(e.reshape(rows, {count, keyExtent}), e.getF32());
  }
  /// A query or key of a token, as a column [keyExtent, 1].
  Value loadColumn(Value operand, Value token) {
    return e.reshape(loadRows(operand, token, 1), {keyExtent, 1});
  }
  /// A number of each token and the head, [count, 1].
  Value loadNumbers(Value operand, Value token, int64_t count) {
    Value ref = kernel.getInput(stripViews(operand));
    return e.cast(e.load(ref, {token, head}, {count, 1}), e.getF32());
  }
  /// Where a token's values lie, and their results.
  Value viewValues(Value ref) {
    return e.view(ref, {ShapedType::kDynamic, op.getHeads(), valueWidth});
  }
  SmallVector<Value> getBounds(int64_t count) {
    return left ? SmallVector<Value>{e.index(count), e.index(1), left} : SmallVector<Value>{};
  }
  /// [count, block].
  Value loadValues(Value token, int64_t count) {
    Value values = viewValues(kernel.getInput(stripViews(op.getValue())));
    Value tile = e.load(values, {token, head, first}, {count, 1, block}, getBounds(count));
    return e.cast(e.reshape(tile, {count, block}), e.getF32());
  }
  /// Scales sums [count, block] and stores them as results.
  void storeResults(Value sums, Value token, int64_t count) {
    Value result = viewValues(kernel.getOutput(0));
    Type element = cast<tile::RefType>(result.getType()).getElementType();
    sums = e.mul(sums, e.fill(op.getScale().convertToDouble(), {count, block}));
    e.store(e.reshape(e.cast(sums, element), {count, 1, block}), result, {token, head, first},
            getBounds(count));
  }

  /// The state behind a token, whose result is stored.
  Value step(Value token, Value state) {
    Value key = loadColumn(op.getKey(), token), query = loadColumn(op.getQuery(), token);
    Value value = loadValues(token, 1);
    Value stays = e.mul(state, e.exp(loadNumbers(op.getDecay(), token, 1)));
    Value known = e.reduce(tile::ReduceKind::Add, e.mul(stays, key), 0);
    Value delta = e.mul(e.sub(value, known), loadNumbers(op.getBeta(), token, 1));
    Value next = e.add(stays, e.mul(key, delta));
    storeResults(e.reduce(tile::ReduceKind::Add, e.mul(next, query), 0), token, 1);
    return next;
  }

  /// The state behind a chunk, whose results are stored.
  Value stepChunk(Value token, Value state) {
    Value key = loadRows(op.getKey(), token, chunk), query = loadRows(op.getQuery(), token, chunk);
    Value value = loadValues(token, chunk);
    Value beta = loadNumbers(op.getBeta(), token, chunk);
    Value square = e.fill(0.0, {chunk, chunk}), none = e.fill(0.0, {chunk, block});
    Value row = e.iota({chunk, chunk}, 0), column = e.iota({chunk, chunk}, 1);
    SummedDecay decay(e, loadNumbers(op.getDecay(), token, chunk), e.lessEqual(column, row));
    Value weights = decay.between();

    Value couplings = e.mul(e.mul(e.mmaNK(key, key, square), weights), beta);
    Value inverse = invertUnitTriangle(e, e.select(e.less(column, row), couplings, square));
    Value upTo = decay.upTo();
    Value wanted = e.sub(value, e.mul(e.mmaKN(key, state, none), upTo));
    Value delta = e.mmaKN(inverse, e.mul(wanted, beta), none);

    Value asked = e.mul(e.mmaKN(query, state, none), upTo);
    Value scores = e.mul(e.mmaNK(query, key, square), weights);
    storeResults(e.mmaKN(scores, delta, asked), token, chunk);

    Value stays = e.mul(state, decay.all());
    return e.mmaKN(e.transpose(e.mul(key, decay.behind())), delta, stays);
  }

  moe::GatedDeltaOp op;
  GroupKernel &kernel;
  Emitter e;
  /// `keyExtent` is the key width of tiles: its last numbers may be zeros.
  int64_t keyWidth, valueWidth, keyExtent, block;
  bool chunks;
  /// Of the block: its value head and that one's key head, its first column, and how many columns
  /// are left (null: all of a block's).
  Value head, keyHead, first, left;
};

} // namespace

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::GatedDeltaOp> op = getAnchor<moe::GatedDeltaOp>(request.group);
  if (failed(op))
    return failure();
  bool chunks = request.choose(chunksKey);
  int64_t block =
      std::min<int64_t>(request.choose(columnsKey), llvm::PowerOf2Ceil(op->getValueWidth()));
  if (chunks)
    block = std::max(block, leastExtent);
  MLIRContext *context = request.builder.getContext();
  auto formula = [&](AffineExpr expr) { return AffineMap::get(numKernelDims, 0, expr); };
  int64_t blocks = op->getHeads() * llvm::divideCeil(op->getValueWidth(), block);
  GroupKernel kernel(request, {formula(getAffineDimExpr(unsigned(KernelDim::Sequences), context)),
                               formula(getAffineConstantExpr(blocks, context)),
                               formula(getAffineConstantExpr(1, context))});
  DeltaEmitter(*op, kernel, block, chunks).emit();
  return kernel.finish();
}

static KernelWork countWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  auto op = *group.getBody().getOps<moe::GatedDeltaOp>().begin();
  int64_t numbers = op.getHeads() * op.getKeyWidth() * op.getValueWidth();
  KernelWork work = countStateWork(request, numbers);
  // Decay, what is known, the correction, and what is asked for.
  work.multiplyAdds = 4 * double(request.rows) * double(numbers);
  double width = double(op.getKeyWidth()), wide = double(request.choose(columnsKey));
  double each = double(request.step.tokens) / double(request.step.sequences);
  BlockWork &block = work.block;
  block.blocks = double(request.step.sequences * op.getHeads()) *
                 BlockWork::countTrips(double(op.getValueWidth()), wide);
  block.held = 2 * width * wide;
  block.bytesRead = work.cacheBytes / block.blocks + each * (2 * width + wide) * 2;
  if (request.choose(chunksKey) && each >= chunk) {
    constexpr double n = chunk;
    block.trips = std::ceil(each / n);
    // Keys by keys and by queries, three products with the state, two with corrections, and those
    // of the inverse.
    block.multiplyAdds =
        block.trips * (2 * n * n * width + 3 * n * width * wide + 2 * n * n * wide + 6 * n * n * n);
    block.numbers = block.trips * (24 * n * n + 6 * n * (2 * width + wide));
    block.reductions = block.trips * 4;
    return work;
  }
  block.trips = each;
  // The state decays, is multiplied by the key and summed, corrected, and asked.
  block.numbers = each * 7 * width * wide;
  block.reductions = each * 2;
  return work;
}

KernelFamilyRecord moec::describeGatedDelta() {
  return {moe::KernelFamily::GatedDelta, build, keys, countWork};
}
