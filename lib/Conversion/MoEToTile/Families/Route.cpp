//===- Route.cpp - The kernel that chooses experts ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block routes BM tokens. All experts' scores of a token are one row of a tile.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../Emitter.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

using namespace mlir;
using namespace moec;

namespace {

/// What `moe.route` asks, as numbers.
struct RouteSpec {
  explicit RouteSpec(moe::RouteOp op)
      : experts(op.getLogits().getType().getDimSize(1)), chosen(op.getTopK()),
        groups(op.getGroups()), chosenGroups(op.getTopkGroups()), score(op.getScore()),
        renormalize(op.getRenormalize()), scale(op.getScale().convertToDouble()) {
    // Groups of neighbours are a reshape, so that padding may only follow the last one.
    width = isGrouped() ? experts : static_cast<int64_t>(llvm::PowerOf2Ceil(experts));
  }

  bool isGrouped() const { return groups > 1 && chosenGroups < groups; }

  int64_t experts, chosen, groups, chosenGroups;
  moe::ScoreFunction score;
  bool renormalize;
  double scale;
  /// Extent of a row: the experts, padded.
  int64_t width;
};

/// Emits the routing of a block of `rows` tokens.
class RouteEmitter {
public:
  RouteEmitter(Emitter &e, const RouteSpec &spec, int64_t rows) : e(e), spec(spec), rows(rows) {}

  struct Choice {
    Value ids, weights;
  };

  /// `bias` is a row of the choice bias, or null.
  Choice emit(Value logits, Value bias) {
    bool late = spec.score == moe::ScoreFunction::ChosenSoftmax;
    if (spec.width != spec.experts) {
      inside = e.less(e.iota({1, spec.width}, 1), e.fill(spec.experts, {1, spec.width}));
      logits = e.select(inside, logits, e.lowest({1, spec.width}));
    }
    Value scores = late ? logits : emitScores(logits);
    Value preference = bias ? e.add(scores, bias) : scores;
    if (inside)
      preference = e.select(inside, preference, e.lowest({1, spec.width}));
    // No NaN is chosen, so that it has to reach the result through the weights.
    Value broken = e.findNaN(preference, 1);
    if (spec.isGrouped())
      preference = emitGroupLimit(preference);
    auto [best, ids] = topK(preference, spec.chosen);
    Value weights = bias ? pick(scores, ids) : best;
    if (late)
      weights = softmax(whereChosen(ids, weights, e.lowest({1, 1})));
    weights = whereChosen(ids, weights, e.fill(0.0, {1, 1}));
    if (spec.renormalize)
      weights = e.div(weights,
                      e.add(e.reduce(tile::ReduceKind::Add, weights, 1), e.fill(1e-20, {rows, 1})));
    if (spec.scale != 1.0)
      weights = e.mul(weights, e.fill(spec.scale, {rows, spec.chosen}));
    return {ids, e.unlessNaN(broken, weights, broken)};
  }

private:
  Value emitScores(Value logits) {
    if (spec.score == moe::ScoreFunction::Softmax)
      return softmax(logits);
    Value one = e.fill(1.0, {rows, spec.width}), zero = e.fill(0.0, {rows, spec.width});
    return e.div(one, e.add(one, e.exp(e.sub(zero, logits))));
  }

  Value softmax(Value values) {
    Value shifted = e.exp(e.sub(values, e.reduce(tile::ReduceKind::Max, values, 1)));
    return e.div(shifted, e.reduce(tile::ReduceKind::Add, shifted, 1));
  }

  std::pair<Value, Value> topK(Value values, int64_t k) {
    auto type = cast<RankedTensorType>(values.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = k;
    auto top = tile::TopKOp::create(e.getBuilder(), type.clone(shape),
                                    RankedTensorType::get(shape, e.getI32()), values);
    return {top.getValues(), top.getIndices()};
  }

  /// Leaves the preferences of the experts in the best groups, −inf elsewhere.
  Value emitGroupLimit(Value preference) {
    int64_t groups = spec.groups, size = spec.experts / groups, kept = spec.chosenGroups;
    Value grouped = e.reshape(preference, {rows, groups, size});
    Value best = topK(grouped, std::min<int64_t>(2, size)).first;
    Value sums = e.reshape(e.reduce(tile::ReduceKind::Add, best, 2), {rows, groups});
    Value places = e.reshape(topK(sums, kept).second, {rows, kept, 1});
    Value isPlace = e.equal(places, e.iota({1, 1, groups}, 2));
    Value marks = e.select(isPlace, e.fill(int64_t(1), {1, 1, 1}), e.fill(int64_t(0), {1, 1, 1}));
    Value mark = e.reshape(e.reduce(tile::ReduceKind::Max, marks, 1), {rows, groups, 1});
    Value limited =
        e.select(e.less(e.fill(int64_t(0), {1, 1, 1}), mark), grouped, e.lowest({1, 1, 1}));
    return e.reshape(limited, {rows, spec.experts});
  }

  /// The scores at `ids`; 0 where an id is −1. Each sum has at most one term that is not zero.
  Value pick(Value scores, Value ids) {
    int64_t k = spec.chosen, width = spec.width;
    Value mine = e.equal(e.reshape(ids, {rows, k, 1}), e.iota({1, 1, width}, 2));
    Value all = e.reshape(scores, {rows, 1, width});
    Value terms = e.select(mine, all, e.fill(0.0, {1, 1, 1}));
    return e.reshape(e.reduce(tile::ReduceKind::Add, terms, 2), {rows, k});
  }

  /// `values` where an id is not −1, `empty` elsewhere.
  Value whereChosen(Value ids, Value values, Value empty) {
    return e.select(e.lessEqual(e.fill(int64_t(0), {1, 1}), ids), values, empty);
  }

  Emitter &e;
  RouteSpec spec;
  int64_t rows;
  /// Which columns are experts; null if all are.
  Value inside;
};

} // namespace

static constexpr ScheduleKey rowsKey{"BM", ScheduleValue::Extent, 4, "rows of a block"};
static constexpr ScheduleKey keys[] = {rowsKey};

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::RouteOp> op = getAnchor<moe::RouteOp>(request.group);
  if (failed(op))
    return failure();
  RouteSpec spec(*op);
  int64_t rows = request.choose(rowsKey);
  MLIRContext *context = request.builder.getContext();
  AffineMap one = AffineMap::get(numKernelDims, 0, getAffineConstantExpr(1, context));
  AffineExpr numRows = getAffineDimExpr(unsigned(KernelDim::Rows), context);
  GroupKernel kernel(request, {AffineMap::get(numKernelDims, 0, numRows.ceilDiv(rows)), one, one});
  Emitter e(kernel.getBuilder());

  Value row = e.mul(kernel.getBlockId(0), e.index(rows)), zero = e.index(0);
  Value left = e.sub(kernel.getDim(KernelDim::Rows), row), experts = e.index(spec.experts);
  Value logits = e.load(kernel.getInput(stripViews(op->getLogits())), {row, zero},
                        {rows, spec.width}, {left, experts});
  Value bias;
  if (FlatSymbolRefAttr symbol = op->getChoiceBiasAttr()) {
    bias = e.load(kernel.getWeight(symbol), zero, {spec.width}, experts);
    bias = e.reshape(e.cast(bias, e.getF32()), {1, spec.width});
  }
  RouteEmitter::Choice choice = RouteEmitter(e, spec, rows).emit(logits, bias);
  Value slots = e.index(spec.chosen);
  for (auto [number, yielded] : llvm::enumerate(moe::GroupOp(request.group).getYields())) {
    Value value = stripViews(yielded) == op->getIds() ? choice.ids : choice.weights;
    e.store(value, kernel.getOutput(number), {row, zero}, {left, slots});
  }
  return kernel.finish();
}

static KernelWork countWork(const WorkRequest &request) {
  int64_t rows = request.choose(rowsKey);
  KernelWork work = countRowWork(request, rows);
  moe::GroupOp group = request.group;
  RouteSpec spec(*group.getBody().getOps<moe::RouteOp>().begin());
  // Scores, of which the best is taken out as often as experts are chosen, and their weights picked
  // by comparing numbers of experts.
  work.block.numbers += double(rows * spec.width) * double(8 + 2 * spec.chosen + 3 * spec.chosen);
  work.block.reductions += 2 + 2 * double(spec.chosen);
  if (spec.isGrouped())
    work.block.reductions += double(2 + spec.chosenGroups);
  return work;
}

KernelFamilyRecord moec::describeRoute() {
  return {moe::KernelFamily::Route, build, keys, countWork};
}
