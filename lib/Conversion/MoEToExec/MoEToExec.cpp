//===- MoEToExec.cpp - From groups to the host plan -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks the groups of `forward` in order, once for each variant. Everything that a launch passes
// comes from the signature rule, so this file knows no op but the ones that declare and that end a
// model.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToExec/Schedules.h"
#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/StringMap.h"

namespace moec {
#define GEN_PASS_DEF_MOETOEXEC
#include "moec/Conversion/MoEToExec/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

/// Tokens of the steps whose expected time is told: one, a few, and prefills.
static constexpr int64_t estimatedTokens[] = {1, 64, 512, 4096, 32768};

namespace {
/// The kernels of the plan so far, by structural key.
class KernelTable {
public:
  explicit KernelTable(OpBuilder builder) : builder(builder) {}

  exec::KernelOp get(moe::GroupOp group, tile::ScheduleAttr schedule, const std::string &key) {
    auto &slot = kernels[key];
    if (slot)
      return slot;
    StringRef family = moe::stringifyKernelFamily(group.getFamily());
    std::string name = (family + "_" + Twine(perFamily[family]++)).str();
    slot = exec::KernelOp::create(builder, group.getLoc(), name, schedule);
    Block &body = slot.getBody().emplaceBlock();
    IRMapping mapping;
    for (Value input : group.getInputs())
      mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
    OpBuilder::atBlockEnd(&body).clone(*group, mapping);
    return slot;
  }

  size_t size() const { return kernels.size(); }

private:
  OpBuilder builder;
  llvm::StringMap<exec::KernelOp> kernels;
  llvm::StringMap<unsigned> perFamily;
};

/// Emits one variant.
class VariantBuilder {
public:
  VariantBuilder(exec::VariantOp variant, const WeightForms &weights, KernelTable &kernels,
                 const Target *target, ArrayRef<int64_t> estimated)
      : variant(variant), weights(weights), kernels(kernels), planner(target), estimated(estimated),
        builder(variant.getLoc(), OpBuilder::atBlockEnd(&variant.getBody().front())) {}

  LogicalResult run(func::FuncOp forward);

private:
  LogicalResult emitGroup(moe::GroupOp group);
  /// What the target expects of the group at the estimated token counts; null without a target.
  DenseF64ArrayAttr estimateSteps(moe::GroupOp group);
  LogicalResult allocateOutput(moe::GroupOp group, OpResult result, bool isLogits);
  /// Rows of a group's results in such a step.
  int64_t countRows(moe::GroupOp group, const StepSize &step) {
    bool overLogits = group.getNumResults() && logitsRows.contains(group.getResult(0));
    return overLogits ? step.sequences : step.tokens;
  }
  Value passArgument(moe::GroupOp group, const KernelArgument &argument);

  AffineExpr dim(unsigned index) { return builder.getAffineDimExpr(index); }
  AffineMap formula(ArrayRef<AffineExpr> results) {
    return AffineMap::get(exec::numStepDims, 0, results, builder.getContext());
  }
  Value scalar(AffineExpr expr) {
    Value &value = scalars[expr];
    if (!value)
      value = exec::ScalarOp::create(builder, builder.getIndexType(), formula(expr));
    return value;
  }
  Value input(exec::StepInput kind, Type type) {
    Value &value = inputs[unsigned(kind)];
    if (!value)
      value = exec::InputOp::create(builder, type, kind);
    return value;
  }
  Value cacheRef(FlatSymbolRefAttr cache, Type type) {
    Value &value = cacheRefs[cache];
    if (!value)
      value = exec::CacheRefOp::create(
          builder, type,
          FlatSymbolRefAttr::get(builder.getContext(), exec::getCacheName(cache.getValue())));
    return value;
  }
  /// Rows of a value: tokens, or rows of logits behind select_rows.
  AffineExpr rowsOf(Value value) { return logitsRows.contains(value) ? dim(2) : dim(0); }

  exec::VariantOp variant;
  const WeightForms &weights;
  KernelTable &kernels;
  SchedulePlanner planner;
  /// Token counts to estimate.
  ArrayRef<int64_t> estimated;
  ImplicitLocOpBuilder builder;

  /// The arrays that stand for a value, by part.
  DenseMap<Value, SmallVector<Value, numDispatchArrays>> arrays;
  DenseMap<AffineExpr, Value> scalars;
  DenseMap<unsigned, Value> inputs;
  DenseMap<Attribute, Value> weightRefs, cacheRefs;
  DenseSet<Value> logitsRows;
};

struct MoEToExecPass : moec::impl::MoEToExecBase<MoEToExecPass> {
  void runOnOperation() override;
};
} // namespace

/// Positions that a sequence has in the steps whose cost is told as such.
static constexpr int64_t nominalContext = 1024;

DenseF64ArrayAttr VariantBuilder::estimateSteps(moe::GroupOp group) {
  SmallVector<double> numbers;
  for (int64_t tokens : estimated) {
    StepSize step = StepSize::of(tokens, nominalContext);
    if (auto cost = planner.estimate(group, step, countRows(group, step)))
      numbers.append(
          {double(tokens), cost->microseconds, cost->work.bytesRead() + cost->work.bytesWritten});
  }
  return numbers.empty() ? DenseF64ArrayAttr() : builder.getDenseF64ArrayAttr(numbers);
}

SmallVector<std::string> moec::getBufferNames(OpResult result) {
  auto group = cast<moe::GroupOp>(result.getOwner());
  std::string name = group.getName() ? group.getName()->str() : "value";
  if (group.getNumResults() > 1)
    name += "." + std::to_string(result.getResultNumber());
  if (isa<RankedTensorType>(result.getType()))
    return {name};
  SmallVector<std::string> names;
  if (isa<moe::DispatchType>(result.getType()))
    for (StringRef array : {"pairs", "block_expert", "block_live", "block_count"})
      names.push_back(name + "." + array.str());
  return names;
}

LogicalResult VariantBuilder::allocateOutput(moe::GroupOp group, OpResult result, bool isLogits) {
  SmallVector<std::string> names = getBufferNames(result);
  auto alloc = [&](Type type, AffineMap extent) {
    auto attr = extent ? AffineMapAttr::get(extent) : AffineMapAttr();
    std::string name = names[arrays[result].size()];
    Value buffer = exec::AllocOp::create(builder, type, builder.getStringAttr(name), attr,
                                         IntegerAttr(), IntegerAttr(), IntegerAttr());
    arrays[result].push_back(buffer);
  };

  if (auto tensor = dyn_cast<RankedTensorType>(result.getType())) {
    Type ref = tile::RefType::get(tensor.getShape(), tensor.getElementType());
    if (isLogits)
      arrays[result].push_back(input(exec::StepInput::Logits, ref));
    else
      alloc(ref, logitsRows.contains(result) ? formula(dim(2)) : AffineMap());
    return success();
  }
  if (auto dispatch = dyn_cast<moe::DispatchType>(result.getType())) {
    FailureOr<tile::ScheduleAttr> schedule = planner.choose(group, variant.getMaxTokens());
    if (failed(schedule))
      return failure();
    int64_t blockRows = schedule->getInt("BM", 1);
    AffineMap blocks =
        getMaxBlocks(group.getContext(), dispatch.getSlots(), dispatch.getExperts(), blockRows)
            .replaceDimsAndSymbols(rowsOf(result), {}, exec::numStepDims, 0);
    SmallVector<AffineExpr> counts(blocks.getResults()), pairs;
    for (AffineExpr count : counts)
      pairs.push_back(count * blockRows);
    // In the order of DispatchArray.
    AffineMap extents[] = {formula(pairs), formula(counts), formula(counts),
                           formula(builder.getAffineConstantExpr(1))};
    for (AffineMap extent : extents)
      alloc(tile::RefType::get({ShapedType::kDynamic}, builder.getI32Type()), extent);
  }
  return success();
}

Value VariantBuilder::passArgument(moe::GroupOp group, const KernelArgument &argument) {
  using Kind = KernelArgument::Kind;
  switch (argument.kind) {
  case Kind::Input: {
    Value operand = group.getInputs()[argument.index];
    if (!isa<moe::KVType>(operand.getType()))
      return arrays.lookup(operand)[argument.part];
    return cacheRef(moe::getCacheSymbol(operand), argument.type);
  }
  case Kind::Cache:
    return cacheRef(argument.symbol, argument.type);
  case Kind::Step:
    // The arrays of a batch stand in the order of the step's inputs, behind the token ids.
    return input(exec::StepInput(argument.index + 1), argument.type);
  case Kind::Weight: {
    Operation *reader = nullptr;
    for (Operation &op : group.getBody().front())
      if (!reader && llvm::is_contained(moe::getWeightRefs(&op), argument.symbol))
        reader = &op;
    exec::WeightOp weight = weights.find(reader, argument.symbol);
    auto symbol = FlatSymbolRefAttr::get(weight.getSymNameAttr());
    Value &ref = weightRefs[symbol];
    return ref ? ref : ref = exec::WeightRefOp::create(builder, argument.type, symbol);
  }
  case Kind::Output:
    return arrays.lookup(group.getOutputs()[argument.index])[argument.part];
  case Kind::Dim:
    switch (StepDim(argument.index)) {
    case StepDim::Rows:
      return scalar(group.getNumResults() ? rowsOf(group.getResult(0)) : dim(0));
    case StepDim::Tokens:
      return scalar(dim(0));
    case StepDim::Sequences:
      return scalar(dim(1));
    case StepDim::TablePages:
      return scalar(dim(3));
    }
  }
  llvm_unreachable("every kind is handled");
}

LogicalResult VariantBuilder::emitGroup(moe::GroupOp group) {
  builder.setLoc(group.getLoc());
  // Behind select_rows, rows are rows of logits.
  bool overLogits =
      group.getFamily() == moe::KernelFamily::SelectRows ||
      llvm::any_of(group.getInputs(), [&](Value v) { return logitsRows.contains(v); });
  for (OpResult result : group->getResults()) {
    if (overLogits)
      logitsRows.insert(result);
    bool isLogits = llvm::any_of(result.getUsers(), llvm::IsaPred<func::ReturnOp>);
    if (failed(allocateOutput(group, result, isLogits)))
      return failure();
  }

  auto weightType = [&](Operation *reader, FlatSymbolRefAttr symbol) {
    return cast<tile::RefType>(weights.find(reader, symbol).getType());
  };
  KernelSignature signature(group, weightType);
  SmallVector<Value> operands;
  for (const KernelArgument &argument : signature.getArguments())
    operands.push_back(passArgument(group, argument));

  FailureOr<tile::ScheduleAttr> schedule = planner.choose(group, variant.getMaxTokens());
  if (failed(schedule))
    return failure();
  auto symbolType = [&](FlatSymbolRefAttr symbol) -> Type {
    for (const KernelArgument &argument : signature.getArguments())
      if (argument.symbol == symbol)
        return argument.type;
    return {};
  };
  std::string key = getStructuralKey(group, symbolType);
  llvm::raw_string_ostream(key) << "\n" << *schedule;
  exec::KernelOp kernel = kernels.get(group, *schedule, key);

  int64_t outputs = llvm::count_if(signature.getArguments(), [](const KernelArgument &argument) {
    return argument.kind == KernelArgument::Kind::Output;
  });
  StepSize largest = StepSize::of(variant.getMaxTokens(), nominalContext);
  auto cost = planner.estimate(group, largest, countRows(group, largest));
  StringRef label = group.getName().value_or(kernel.getSymName());
  exec::LaunchOp::create(
      builder, FlatSymbolRefAttr::get(kernel.getSymNameAttr()), operands,
      builder.getI64IntegerAttr(outputs), builder.getStringAttr(label),
      cost ? builder.getI64IntegerAttr(int64_t(cost->work.bytesRead())) : IntegerAttr(),
      cost ? builder.getF64FloatAttr(cost->microseconds) : FloatAttr(), estimateSteps(group));
  return success();
}

LogicalResult VariantBuilder::run(func::FuncOp forward) {
  for (BlockArgument argument : forward.getArguments())
    if (auto tensor = dyn_cast<RankedTensorType>(argument.getType()))
      arrays[argument].push_back(
          input(exec::StepInput::TokenIds,
                tile::RefType::get(tensor.getShape(), tensor.getElementType())));
  for (Operation &op : forward.getBody().front()) {
    if (auto group = dyn_cast<moe::GroupOp>(op)) {
      if (failed(emitGroup(group)))
        return failure();
    } else if (!isa<func::ReturnOp>(op)) {
      return op.emitOpError("is in no moe.group; run moe-fuse-groups first");
    }
  }
  return success();
}

void MoEToExecPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!forward) {
    module.emitError("has no function @forward");
    return signalPassFailure();
  }
  FailureOr<const Target *> target = findTarget(module);
  if (failed(target))
    return signalPassFailure();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  builder.setInsertionPoint(forward);
  for (auto cache : module.getOps<moe::CacheOp>()) {
    moe::KVType type = cache.getCacheType();
    auto ref =
        tile::RefType::get({ShapedType::kDynamic, type.getKind().getWidth()}, type.getElement());
    exec::CacheOp::create(builder, cache.getLoc(), exec::getCacheName(cache.getSymName()),
                          type.getKind().getKindName(), ref);
  }
  WeightForms weights(module);
  KernelTable kernels(builder);
  ArrayRef<int64_t> rest = estimatedTokens;
  SmallVector<exec::VariantOp> variants(module.getOps<exec::VariantOp>());
  for (exec::VariantOp variant : variants) {
    // The steps that the variant is used for; the last one stands for larger ones, too.
    ArrayRef<int64_t> estimated = rest.take_while([&](int64_t tokens) {
      return tokens <= int64_t(variant.getMaxTokens()) || variant == variants.back();
    });
    rest = rest.drop_front(estimated.size());
    if (failed(VariantBuilder(variant, weights, kernels, *target, estimated).run(forward)))
      return signalPassFailure();
    numLaunches += llvm::range_size(variant.getBody().getOps<exec::LaunchOp>());
  }
  numKernels += kernels.size();
  forward.erase();
}
