//===- PlanMap.cpp - Where the values of a model lie in its plan ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PlanMap.h"

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Dialect/Exec/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace moec;

static bool isBlockScaled(Type element) { return isa<mx::BlockType>(element); }

Error PlanMap::add(moe::GroupOp group, const plan::Variant &variant) {
  for (OpResult result : group->getResults()) {
    if (llvm::any_of(result.getUsers(), llvm::IsaPred<func::ReturnOp>)) {
      arrays[result] = {{plan::ArgKind::Step, uint32_t(plan::StepArray::Logits),
                         cast<RankedTensorType>(result.getType()).getElementType()}};
      continue;
    }
    Type element = IntegerType::get(group.getContext(), 32);
    if (auto tensor = dyn_cast<RankedTensorType>(result.getType()))
      element = tensor.getElementType();
    SmallVector<Place, 4> places;
    SmallVector<std::string> names = getBufferNames(result);
    for (const std::string &name : names) {
      // What no launch uses was not planned.
      if (nextBuffer >= variant.buffers()->size() ||
          variant.buffers()->Get(nextBuffer)->name()->string_view() != name)
        break;
      places.push_back({plan::ArgKind::Buffer, nextBuffer, element});
      nextBuffer += isBlockScaled(element) ? 2 : 1;
    }
    if (!places.empty() && places.size() != names.size())
      return Error::make("buffer ", names[0], " has ", places.size(), " arrays in the plan, not ",
                         names.size());
    arrays[result] = std::move(places);
  }
  return Error::success();
}

Expected<PlanMap> PlanMap::create(ModuleOp module, const plan::Plan &plan, uint32_t number) {
  const plan::Variant &variant = *plan.variants()->Get(number);
  PlanMap map;
  for (auto cache : module.getOps<moe::CacheOp>()) {
    std::string name = exec::getCacheName(cache.getSymName());
    for (uint32_t i = 0; i < plan.caches()->size(); ++i)
      if (plan.caches()->Get(i)->name()->string_view() == name)
        map.caches[FlatSymbolRefAttr::get(cache.getSymNameAttr())] = i;
  }
  auto forward = module.lookupSymbol<func::FuncOp>("forward");
  if (!forward)
    return Error::make("the model has no function @forward");
  for (auto group : forward.getOps<moe::GroupOp>()) {
    map.launches.push_back(group);
    if (Error error = map.add(group, variant))
      return error;
  }
  if (map.launches.size() != variant.launches()->size())
    return Error::make("the plan has ", variant.launches()->size(), " launches but the model ",
                       map.launches.size(), " groups");
  if (map.nextBuffer != variant.buffers()->size())
    return Error::make("the plan has ", variant.buffers()->size(), " buffers but the model ",
                       map.nextBuffer, ": they do not belong together");
  return map;
}

ArrayRef<Place> PlanMap::places(Value value) const {
  auto found = arrays.find(value);
  return found == arrays.end() ? ArrayRef<Place>() : ArrayRef<Place>(found->second);
}

Place PlanMap::cache(Value kv) const {
  return {plan::ArgKind::Cache, caches.lookup(moe::getCacheSymbol(kv)),
          cast<moe::KVType>(kv.getType()).getElement()};
}
