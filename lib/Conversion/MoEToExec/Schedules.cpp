//===- Schedules.cpp - Where a kernel's schedule comes from ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A family that a target does not know gets the defaults of its record, and says so: whether a
// schedule was chosen is never the target's word.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/Schedules.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Adds the numbers of a product. Several products of one group are columns beside each other.
static void addProduct(moe::ProductOp product, KernelShape &shape) {
  moe::WeightOp weight = moe::lookupWeight(product, product.getMatrices().front());
  if (!weight)
    return;
  RankedTensorType type = weight.getTensorType();
  unsigned rank = type.getRank();
  shape.n += type.getDimSize(rank - 2);
  shape.k = type.getDimSize(rank - 1);
  shape.matrices = rank == 3 ? type.getDimSize(0) : 1;
  shape.operands = std::max<int64_t>(shape.operands, product.getMatrices().size());
  shape.activation =
      cast<RankedTensorType>(product.getRowsOperand().get().getType()).getElementType();
  shape.weight = type.getElementType();
  moe::WeightOp last = moe::lookupWeight(product, product.getMatrices().back());
  if (last && last.getTensorType().getElementType() != shape.weight)
    shape.otherWeight = last.getTensorType().getElementType();
}

/// Of what is no product: the widest row that it handles.
static void addWidestRow(TypeRange types, KernelShape &shape) {
  for (Type type : types)
    if (auto tensor = dyn_cast<RankedTensorType>(type)) {
      shape.n = std::max(shape.n, ShapedType::getNumElements(tensor.getShape().drop_front()));
      if (tensor.getRank() == 3)
        shape.matrices = std::max(shape.matrices, tensor.getDimSize(1));
      if (!shape.activation)
        shape.activation = tensor.getElementType();
    }
}

KernelShape moec::getKernelShape(moe::GroupOp group, int64_t tokens) {
  KernelShape shape;
  shape.family = group.getFamily();
  shape.tokens = shape.rows = tokens;
  for (auto product : group.getBody().getOps<moe::ProductOp>())
    addProduct(product, shape);
  for (Type type : group.getInputs().getTypes())
    if (auto expertBlocks = dyn_cast<moe::ExpertBlocksType>(type))
      shape.rows = tokens * expertBlocks.getTopK();
  if (shape.n)
    return shape;
  addWidestRow(group.getInputs().getTypes(), shape);
  addWidestRow(group.getOutputs().getTypes(), shape);
  // What attention to listed keys sums over, for each token.
  for (auto attention : group.getBody().getOps<moe::AttentionOp>())
    if (attention.getSelected())
      shape.k = attention.getSelected().getType().getDimSize(1) *
                int64_t(attention.getBlock().value_or(1));
  return shape;
}

LogicalResult moec::checkSchedule(const Target &target, moe::GroupOp group, int64_t tokens,
                                  tile::ScheduleAttr schedule, Operation *place, StringRef name) {
  if (Error error = target.checkSchedule(getKernelShape(group, tokens), schedule))
    return place->emitError() << "kernel '" << name << "' cannot have " << schedule << " on target "
                              << target.name() << ": " << error.message();
  return success();
}

//===----------------------------------------------------------------------===//
// Choices
//===----------------------------------------------------------------------===//

/// The expert blocks that a group computes or reads: their height is one choice for all of them.
static Value expertBlocksOf(moe::GroupOp group) {
  for (Value value : llvm::concat<Value>(SmallVector<Value>(group.getInputs()),
                                         SmallVector<Value>(group.getOutputs())))
    if (isa<moe::ExpertBlocksType>(value.getType()))
      return value;
  return {};
}

/// Fails on a choice that nobody reads, or whose value is none that its reader takes.
static LogicalResult checkKeys(moe::GroupOp group, tile::ScheduleAttr schedule,
                               const Target &target) {
  SmallVector<ScheduleKey> keys(getKernelFamily(group.getFamily()).keys);
  llvm::append_range(keys, target.scheduleKeys());
  for (NamedAttribute choice : schedule.getChoices()) {
    StringRef name = choice.getName().getValue();
    auto key = llvm::find_if(keys, [&](const ScheduleKey &key) { return key.name == name; });
    if (key == keys.end())
      return group.emitOpError() << "target " << target.name() << " chooses '" << name
                                 << "' for family " << stringifyKernelFamily(group.getFamily())
                                 << ", which neither of them reads";
    if (!key->accepts(choice.getValue()))
      return group.emitOpError() << "target " << target.name() << " chooses " << choice.getValue()
                                 << " for '" << name << "', which takes " << key->describeType();
  }
  return success();
}

/// Tiles of a product end where blocks of what the group makes end: as wide as chosen, or a little
/// wider.
static tile::ScheduleAttr widenToBlocks(moe::GroupOp group, tile::ScheduleAttr schedule) {
  int64_t columns = schedule.getInt("BN", 0), whole = 1;
  bool isProduct = group.getFamily() == moe::KernelFamily::Gemm ||
                   group.getFamily() == moe::KernelFamily::GroupedGemm;
  if (!isProduct || columns == 0)
    return schedule;
  for (Operation &op : group.getBody().front())
    for (Type type : op.getResultTypes())
      if (mx::BlockType block = mx::getBlockElement(type))
        whole = std::lcm(whole, block.getBlockSize());
  return columns % whole == 0 ? schedule
                              : schedule.with("BN", int64_t(llvm::alignTo(columns, whole)));
}

FailureOr<tile::ScheduleAttr> SchedulePlanner::ask(moe::GroupOp group, int64_t tokens) const {
  MLIRContext *context = group.getContext();
  auto none = tile::ScheduleAttr::get(context, DictionaryAttr::get(context));
  if (!target)
    return none;
  KernelShape shape = getKernelShape(group, tokens);
  auto from = [&](tile::ScheduleAttr schedule, StringRef source) {
    return schedule.with("source", StringAttr::get(context, source));
  };
  tile::ScheduleAttr chosen = target->chooseSchedule(context, shape);
  if (!chosen)
    return from(none, "default");
  if (failed(checkKeys(group, chosen, *target)))
    return failure();
  chosen = widenToBlocks(group, chosen);
  Target::TunedRow row = target->tunedRow(shape);
  chosen = from(chosen, row.measured ? "measured" : "predicted");
  return row.number ? chosen.with("row", row.number) : chosen;
}

FailureOr<tile::ScheduleAttr> SchedulePlanner::choose(moe::GroupOp group, int64_t tokens) const {
  FailureOr<tile::ScheduleAttr> schedule = ask(group, tokens);
  Value expertBlocks = expertBlocksOf(group);
  if (failed(schedule) || !expertBlocks || !target)
    return schedule;
  // The first product over them decides how many rows a block has.
  for (Operation *user : expertBlocks.getUsers())
    if (auto reader = dyn_cast<moe::GroupOp>(user)) {
      FailureOr<tile::ScheduleAttr> first = ask(reader, tokens);
      if (failed(first))
        return failure();
      return schedule->with("BM", first->getInt("BM", 1));
    }
  return schedule;
}

std::optional<SchedulePlanner::Cost> SchedulePlanner::estimate(moe::GroupOp group,
                                                               const StepSize &step, int64_t rows,
                                                               tile::ScheduleAttr schedule) const {
  if (!target)
    return std::nullopt;
  KernelWork work = getKernelFamily(group.getFamily()).countWork({group, step, rows, schedule});
  return Cost{target->predictMicroseconds(getKernelShape(group, step.tokens), work), work};
}
