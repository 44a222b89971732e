//===- GatedDelta.cpp - The kernel of the gated delta rule ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A block computes BV columns of one head's state for one sequence: columns do not mix.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "../States.h"

using namespace mlir;
using namespace moec;

static constexpr ScheduleKey columnsKey{"BV", ScheduleValue::Extent, 32,
                                        "columns of a head's state in a block"};
static constexpr ScheduleKey keys[] = {columnsKey};

namespace {

/// One block.
class DeltaEmitter {
public:
  DeltaEmitter(moe::GatedDeltaOp op, GroupKernel &kernel, int64_t block)
      : op(op), kernel(kernel), e(kernel.getBuilder()), keyWidth(op.getKeyWidth()),
        valueWidth(op.getValueWidth()), block(block) {
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
                   block};
    Value sequence = kernel.getBlockId(0);
    Value start = loadState(e, part, loadStartSlot(e, kernel, sequence));
    forEachToken(
        e, kernel, sequence, start,
        [&](Value token, ValueRange before) { return SmallVector<Value>{step(token, before[0])}; },
        [&](ValueRange state, Value slot) { storeState(e, state[0], part, slot); });
  }

private:
  /// A query or key of a token, as a column [key width, 1].
  Value loadColumn(Value operand, Value token) {
    Value heads = e.view(kernel.getInput(stripViews(operand)),
                         {ShapedType::kDynamic, op.getKeyHeads(), keyWidth});
    Value row = e.load(heads, {token, keyHead, e.index(0)}, {1, 1, keyWidth});
    return e.cast(e.reshape(row, {keyWidth, 1}), e.getF32());
  }
  /// A number of a token and the head, [1, 1].
  Value loadNumber(Value operand, Value token) {
    Value ref = kernel.getInput(stripViews(operand));
    return e.cast(e.load(ref, {token, head}, {1, 1}), e.getF32());
  }
  /// Where a token's values lie, and their results.
  Value viewValues(Value ref) {
    return e.view(ref, {ShapedType::kDynamic, op.getHeads(), valueWidth});
  }
  SmallVector<Value> getBounds() {
    return left ? SmallVector<Value>{e.index(1), e.index(1), left} : SmallVector<Value>{};
  }

  /// The state behind a token, whose result is stored.
  Value step(Value token, Value state) {
    Value key = loadColumn(op.getKey(), token), query = loadColumn(op.getQuery(), token);
    Value values = viewValues(kernel.getInput(stripViews(op.getValue())));
    Value tile = e.load(values, {token, head, first}, {1, 1, block}, getBounds());
    Value value = e.cast(e.reshape(tile, {1, block}), e.getF32());

    Value stays = e.mul(state, e.exp(loadNumber(op.getDecay(), token)));
    Value known = e.reduce(tile::ReduceKind::Add, e.mul(stays, key), 0);
    Value delta = e.mul(e.sub(value, known), loadNumber(op.getBeta(), token));
    Value next = e.add(stays, e.mul(key, delta));
    Value sum = e.reduce(tile::ReduceKind::Add, e.mul(next, query), 0);

    Value result = viewValues(kernel.getOutput(0));
    Type element = cast<tile::RefType>(result.getType()).getElementType();
    sum = e.mul(sum, e.fill(op.getScale().convertToDouble(), {1, block}));
    e.store(e.reshape(e.cast(sum, element), {1, 1, block}), result, {token, head, first},
            getBounds());
    return next;
  }

  moe::GatedDeltaOp op;
  GroupKernel &kernel;
  Emitter e;
  int64_t keyWidth, valueWidth, block;
  /// Of the block: its value head and that one's key head, its first column, and how many columns
  /// are left (null: all of a block's).
  Value head, keyHead, first, left;
};

} // namespace

static FailureOr<BuiltKernel> build(const KernelRequest &request) {
  FailureOr<moe::GatedDeltaOp> op = getAnchor<moe::GatedDeltaOp>(request.group);
  if (failed(op))
    return failure();
  int64_t block =
      std::min<int64_t>(request.choose(columnsKey), llvm::PowerOf2Ceil(op->getValueWidth()));
  MLIRContext *context = request.builder.getContext();
  auto formula = [&](AffineExpr expr) { return AffineMap::get(numKernelDims, 0, expr); };
  int64_t blocks = op->getHeads() * llvm::divideCeil(op->getValueWidth(), block);
  GroupKernel kernel(request, {formula(getAffineDimExpr(unsigned(KernelDim::Sequences), context)),
                               formula(getAffineConstantExpr(blocks, context)),
                               formula(getAffineConstantExpr(1, context))});
  DeltaEmitter(*op, kernel, block).emit();
  return kernel.finish();
}

static KernelWork countWork(moe::GroupOp group, const StepSize &step, int64_t rows) {
  auto op = *group.getBody().getOps<moe::GatedDeltaOp>().begin();
  int64_t numbers = op.getHeads() * op.getKeyWidth() * op.getValueWidth();
  KernelWork work = countStateWork(group, step, rows, numbers);
  // Decay, what is known, the correction, and what is asked for.
  work.multiplyAdds = 4 * double(rows) * double(numbers);
  return work;
}

KernelFamilyRecord moec::describeGatedDelta() {
  return {moe::KernelFamily::GatedDelta, build, keys, countWork};
}
