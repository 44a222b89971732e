//===- PlanMap.cpp - Where the values of a model lie in its plan ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PlanMap.h"

#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/runtime/PlanSteps.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace moec;

/// Elements of one of the arrays that stand for a value.
static Type elementOf(Value value) {
  if (auto tensor = dyn_cast<RankedTensorType>(value.getType()))
    return tensor.getElementType();
  return IntegerType::get(value.getContext(), 32);
}

Error PlanMap::addOutputs(ModuleOp module, const plan::Function &function) {
  auto model = module.lookupSymbol<func::FuncOp>(function.name()->c_str());
  if (!model)
    return Error::make("the model has no function @", function.name()->c_str());
  for (auto group : model.getOps<moe::GroupOp>()) {
    if (!group.getId())
      return Error::make("group ", group.getName().value_or("").str(), " of the model has no id");
    groups[*group.getId()] = group;
  }
  auto returned = model.getBody().front().getTerminator()->getOperands();
  if (returned.size() != function.outputs()->size())
    return Error::make("function @", function.name()->c_str(), " has ", function.outputs()->size(),
                       " outputs in the plan and ", returned.size(), " results in the model");
  // A value that is returned again is copied from its first output.
  for (auto [number, value] : llvm::enumerate(returned))
    if (isa<OpResult>(value) && arrays[value].empty())
      arrays[value] = {{plan::ArgKind::Output, uint32_t(number), elementOf(value)}};
  return Error::success();
}

Error PlanMap::addBuffers(const plan::Variant &variant) {
  for (uint32_t i = 0; i < variant.buffers()->size(); ++i) {
    const plan::Buffer &buffer = *variant.buffers()->Get(i);
    moe::GroupOp group = groups.lookup(buffer.group());
    if (!group || buffer.result() >= group.getNumResults())
      return Error::make("buffer ", buffer.name()->c_str(), " holds result ", buffer.result(),
                         " of group ", buffer.group(), ", which the model does not have");
    Value value = group.getResult(buffer.result());
    auto &places = arrays[value];
    if (buffer.part() >= numExpertBlocksArrays)
      return Error::make("buffer ", buffer.name()->c_str(), " holds array ", buffer.part(),
                         " of at most ", numExpertBlocksArrays);
    // Scales follow their codes.
    if (buffer.stream() != 0)
      continue;
    places.resize(std::max<size_t>(places.size(), buffer.part() + 1));
    places[buffer.part()] = {plan::ArgKind::Buffer, i, elementOf(value)};
  }
  return Error::success();
}

Expected<PlanMap> PlanMap::create(ModuleOp module, const plan::Plan &plan,
                                  const plan::Function &function, const plan::Variant &variant) {
  PlanMap map;
  for (uint32_t i = 0; i < plan.states()->size(); ++i)
    map.states[FlatSymbolRefAttr::get(module.getContext(), plan.states()->Get(i)->name()->str())] =
        i;
  if (Error error = map.addOutputs(module, function))
    return error;
  if (Error error = map.addBuffers(variant))
    return error;
  for (auto [step, launch] : runtime::launchesOf(variant)) {
    moe::GroupOp group = map.groups.lookup(launch.group());
    if (!group)
      return Error::make("launch ", launch.op() ? launch.op()->str() : "unnamed",
                         " computes group ", launch.group(), ", which the model does not have");
    map.steps.push_back({step, &launch, group});
  }
  if (map.steps.size() != map.groups.size())
    return Error::make("the plan has ", map.steps.size(), " launches but the model ",
                       map.groups.size(), " groups");
  return map;
}

ArrayRef<Place> PlanMap::places(Value value) const {
  auto found = arrays.find(value);
  return found == arrays.end() ? ArrayRef<Place>() : ArrayRef<Place>(found->second);
}

Place PlanMap::state(moe::StateUserOp user) const {
  return {plan::ArgKind::State, states.lookup(user.getStateAttr()),
          Float32Type::get(user->getContext())};
}

Place PlanMap::state(Value kv) const {
  return {plan::ArgKind::State, states.lookup(moe::getCacheSymbol(kv)),
          cast<moe::KVType>(kv.getType()).getElement()};
}
