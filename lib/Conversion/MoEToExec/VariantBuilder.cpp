//===- VariantBuilder.cpp - One variant of a function's plan --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks the groups of a function in order. Everything that a launch passes comes from the signature
// rule, so this file knows no op but the ones that declare and that end a model.
//
//===----------------------------------------------------------------------===//

#include "VariantBuilder.h"

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moec;

/// The longest contexts of a step whose cost is predicted where it depends on that, as far as a
/// sequence can be so long; and the longest there can be.
static constexpr int64_t estimatedContexts[] = {1024, 8192, 65536};

exec::KernelOp KernelTable::get(moe::GroupOp group, tile::ScheduleAttr schedule,
                                exec::RuleAttr rule, const std::string &key) {
  exec::KernelOp &slot = kernels[key];
  if (slot)
    return slot;
  StringRef family = moe::stringifyKernelFamily(group.getFamily());
  std::string name = (family + "_" + Twine(perFamily[family]++)).str();
  slot = exec::KernelOp::create(builder, group.getLoc(), name, schedule, rule);
  Block &body = slot.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value input : group.getInputs())
    mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
  OpBuilder::atBlockEnd(&body).clone(*group, mapping);
  return slot;
}

mlir::ArrayAttr InputTable::get(MLIRContext *context) const {
  SmallVector<Attribute> sorted(llvm::make_first_range(inputs));
  llvm::stable_sort(sorted, [](Attribute a, Attribute b) {
    auto number = [](Attribute attribute) {
      return findArray(stepInputs,
                       std::string_view(cast<exec::InterfaceArrayAttr>(attribute).getName()));
    };
    return number(a) < number(b);
  });
  return mlir::ArrayAttr::get(context, sorted);
}

VariantBuilder::VariantBuilder(exec::VariantOp variant, const FunctionInterface &interface,
                               exec::PlanOp plan, const WeightForms &weights, KernelTable &kernels,
                               InputTable &inputs, const SchedulePlanner &planner,
                               ArrayRef<int64_t> estimated, exec::LimitsAttr limits)
    : variant(variant), interface(interface), plan(plan), weights(weights), kernels(kernels),
      declaredInputs(inputs), planner(planner), estimated(estimated), limits(limits),
      builder(variant.getLoc(), OpBuilder::atBlockEnd(&variant.getBody().front())) {}

//===----------------------------------------------------------------------===//
// References
//===----------------------------------------------------------------------===//

Value VariantBuilder::scalar(AffineExpr expr) {
  Value &value = scalars[expr];
  if (!value)
    value = exec::ScalarOp::create(builder, builder.getIndexType(), formula(expr));
  return value;
}

Value VariantBuilder::input(exec::InterfaceArrayAttr array) {
  Value &value = inputs[array];
  if (!value) {
    declaredInputs.add(array);
    value = exec::InputOp::create(builder, array.getType(), array.getName(), array.getOf());
  }
  return value;
}

Value VariantBuilder::output(exec::InterfaceArrayAttr array) {
  return exec::OutputOp::create(builder, array.getType(), array.getName());
}

Value VariantBuilder::stateRef(FlatSymbolRefAttr cache, Type type) {
  Value &value = stateRefs[cache];
  if (!value)
    value = exec::StateRefOp::create(builder, type, cache);
  return value;
}

FailureOr<exec::RuleAttr> VariantBuilder::findRule(moe::GroupOp group) {
  SmallVector<FlatSymbolRefAttr> states;
  for (Value operand : group.getInputs())
    if (isa<moe::KVType>(operand.getType()))
      states.push_back(moe::getCacheSymbol(operand));
  for (auto append : group.getBody().front().getOps<moe::CacheAppendOp>())
    states.push_back(append.getCacheAttr());
  for (auto user : group.getBody().front().getOps<moe::StateUserOp>())
    states.push_back(user.getStateAttr());
  exec::RuleAttr rule;
  for (FlatSymbolRefAttr symbol : states) {
    auto state = plan.lookupSymbol<exec::StateOp>(symbol.getAttr());
    if (rule && state.getRule() != rule)
      return group.emitOpError() << "has states of rules " << rule << " and " << state.getRule()
                                 << ", and a kernel takes the arrays of one";
    rule = state.getRule();
  }
  return rule;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// The names of the buffers of a group's result, for people: one of a tensor, one for each
/// ExpertBlocksArray of expert blocks. Those of a group that has several results are numbered by
/// result.
static std::string getBufferName(OpResult result, unsigned part) {
  static constexpr const char *parts[] = {"pairs", "block_expert", "block_live", "block_count"};
  auto group = cast<moe::GroupOp>(result.getOwner());
  std::string name = group.getName() ? group.getName()->str() : "value";
  if (group.getNumResults() > 1)
    name += "." + std::to_string(result.getResultNumber());
  if (isa<moe::ExpertBlocksType>(result.getType()))
    name += std::string(".") + parts[part];
  return name;
}

LogicalResult VariantBuilder::allocateResult(moe::GroupOp group, OpResult result) {
  auto alloc = [&](Type type, AffineMap extent) {
    unsigned part = arrays[result].size();
    auto of =
        exec::ValueAttr::get(builder.getContext(), *group.getId(), result.getResultNumber(), part);
    arrays[result].push_back(
        exec::AllocOp::create(builder, type, builder.getStringAttr(getBufferName(result, part)), of,
                              extent ? AffineMapAttr::get(extent) : AffineMapAttr(), IntegerAttr(),
                              IntegerAttr(), IntegerAttr()));
  };

  if (auto tensor = dyn_cast<RankedTensorType>(result.getType())) {
    if (exec::InterfaceArrayAttr array = interface.getOutput(result))
      arrays[result].push_back(output(array));
    else
      alloc(tile::RefType::get(tensor.getShape(), tensor.getElementType()),
            interface.isOverLogitsRows(result) ? interface.getRows(result) : AffineMap());
    return success();
  }
  if (auto expertBlocks = dyn_cast<moe::ExpertBlocksType>(result.getType())) {
    FailureOr<tile::ScheduleAttr> schedule = planner.choose(group, variant.getMaxTokens());
    if (failed(schedule))
      return failure();
    int64_t blockRows = schedule->getInt("BM", 1);
    AffineMap blocks = getMaxBlocks(group.getContext(), expertBlocks.getTopK(),
                                    expertBlocks.getExperts(), blockRows)
                           .replaceDimsAndSymbols(interface.getRows(result).getResult(0), {},
                                                  exec::numStepDims, 0);
    SmallVector<AffineExpr> counts(blocks.getResults()), pairs;
    for (AffineExpr count : counts)
      pairs.push_back(count * blockRows);
    // In the order of ExpertBlocksArray.
    AffineMap extents[] = {formula(pairs), formula(counts), formula(counts),
                           formula(builder.getAffineConstantExpr(1))};
    for (AffineMap extent : extents)
      alloc(tile::RefType::get({ShapedType::kDynamic}, builder.getI32Type()), extent);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Value VariantBuilder::passDim(moe::GroupOp group, KernelDim which) {
  switch (which) {
  case KernelDim::Rows:
    return scalar(group.getNumResults() ? interface.getRows(group.getResult(0)).getResult(0)
                                        : dim(exec::StepDim::Tokens));
  case KernelDim::Tokens:
    return scalar(dim(exec::StepDim::Tokens));
  case KernelDim::Sequences:
    return scalar(dim(exec::StepDim::Sequences));
  case KernelDim::TablePages:
    return scalar(dim(exec::StepDim::TablePages));
  }
  llvm_unreachable("every dim is handled");
}

Value VariantBuilder::passArgument(moe::GroupOp group, const KernelArgument &argument,
                                   exec::RuleAttr rule) {
  using Kind = KernelArgument::Kind;
  switch (argument.kind) {
  case Kind::Input: {
    Value operand = group.getInputs()[argument.index];
    if (!isa<moe::KVType>(operand.getType()))
      return arrays.lookup(operand)[argument.part];
    return stateRef(moe::getCacheSymbol(operand), argument.type);
  }
  case Kind::Cache:
  case Kind::State:
    return stateRef(argument.symbol, argument.type);
  case Kind::Step:
    return input(interface.makeBatchInput(StepInput(argument.index), rule));
  case Kind::Weight: {
    exec::WeightOp weight = weights.find(argument.reader, argument.symbol);
    auto symbol = FlatSymbolRefAttr::get(weight.getSymNameAttr());
    Value &ref = weightRefs[symbol];
    return ref ? ref : ref = exec::WeightRefOp::create(builder, argument.type, symbol);
  }
  case Kind::Output:
    return arrays.lookup(group.getOutputs()[argument.index])[argument.part];
  case Kind::Dim:
    return passDim(group, KernelDim(argument.index));
  }
  llvm_unreachable("every kind is handled");
}

exec::CostAttr VariantBuilder::predict(moe::GroupOp group, tile::ScheduleAttr schedule) {
  SmallVector<int64_t> contexts = {0};
  if (getKernelFamily(group.getFamily()).readsContext) {
    contexts.clear();
    for (int64_t length : estimatedContexts)
      if (length < limits.getMaxContext())
        contexts.push_back(length);
    contexts.push_back(limits.getMaxContext());
  }
  bool overLogits = group.getNumResults() && interface.isOverLogitsRows(group.getResult(0));
  SmallVector<exec::EstimateAttr> estimates;
  for (int64_t tokens : estimated)
    for (int64_t length : contexts) {
      StepSize step = StepSize::of(tokens, std::max<int64_t>(length, 1));
      auto cost =
          planner.estimate(group, step, overLogits ? step.sequences : step.tokens, schedule);
      if (!cost)
        return {};
      estimates.push_back(exec::EstimateAttr::get(
          builder.getContext(), tokens, length, llvm::APFloat(cost->microseconds),
          int64_t(cost->work.bytesRead()), int64_t(cost->work.bytesWritten)));
    }
  return exec::CostAttr::get(builder.getContext(), estimates);
}

LogicalResult VariantBuilder::emitGroup(moe::GroupOp group) {
  builder.setLoc(group.getLoc());
  for (OpResult result : group->getResults())
    if (failed(allocateResult(group, result)))
      return failure();
  auto weightType = [&](Operation *reader, FlatSymbolRefAttr symbol) {
    return weights.getType(reader, symbol);
  };
  KernelSignature signature(group, weightType);
  FailureOr<exec::RuleAttr> rule = findRule(group);
  FailureOr<tile::ScheduleAttr> schedule = planner.choose(group, variant.getMaxTokens());
  if (failed(rule) || failed(schedule))
    return failure();
  SmallVector<Value> operands;
  for (const KernelArgument &argument : signature.getArguments())
    operands.push_back(passArgument(group, argument, *rule));

  auto symbolType = [&](FlatSymbolRefAttr symbol) -> Type {
    for (const KernelArgument &argument : signature.getArguments())
      if (argument.symbol == symbol)
        return argument.type;
    return {};
  };
  std::string key = getStructuralKey(group, symbolType);
  llvm::raw_string_ostream(key) << "\n" << *schedule << "\n" << *rule;
  exec::KernelOp kernel = kernels.get(group, *schedule, *rule, key);

  int64_t outputs = llvm::count_if(signature.getArguments(), [](const KernelArgument &argument) {
    return argument.kind == KernelArgument::Kind::Output;
  });
  StringRef label = group.getName().value_or(kernel.getSymName());
  exec::LaunchOp::create(builder, FlatSymbolRefAttr::get(kernel.getSymNameAttr()), operands,
                         builder.getI64IntegerAttr(outputs), group.getIdAttr(),
                         builder.getStringAttr(label), predict(group, *schedule));
  return success();
}

void VariantBuilder::emitCopies() {
  for (const FunctionInterface::Copy &copy : interface.getCopies()) {
    builder.setLoc(copy.value.getLoc());
    exec::CopyOp::create(builder, arrays.lookup(copy.value).front(), output(copy.output),
                         AffineMapAttr::get(interface.getRows(copy.value)));
  }
}

LogicalResult VariantBuilder::run() {
  func::FuncOp function = interface.getFunction();
  for (BlockArgument argument : function.getArguments())
    if (exec::InterfaceArrayAttr array = interface.getInput(argument))
      arrays[argument].push_back(input(array));
  for (Operation &op : function.getBody().front()) {
    auto group = dyn_cast<moe::GroupOp>(op);
    if (!group && !isa<func::ReturnOp>(op))
      return op.emitOpError("is in no moe.group; run moe-fuse-groups first");
    if (group && !group.getId())
      return group.emitOpError("has no id; run moe-fuse-groups first");
    if (group && failed(emitGroup(group)))
      return failure();
  }
  emitCopies();
  return success();
}
