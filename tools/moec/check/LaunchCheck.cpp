//===- LaunchCheck.cpp - Every launch on the reference's inputs -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The runtime's scheduler makes the steps, the reference computes each of them, the launches
// follow.
//
//===----------------------------------------------------------------------===//

#include "LaunchCheck.h"

#include "StepCheck.h"

#include "moec/Compiler/Compiler.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/PlanSteps.h"
#include "moec/runtime/StateMemory.h"

#include "mlir/IR/MLIRContext.h"

using namespace mlir;
using namespace moec;
using namespace moec::runtime;
using reference::ReferenceSession;
using reference::SequenceStep;

/// What a sum of products may lose, in units of Σ|a·b|.
static constexpr double relativeBound = 1e-5;

namespace {
/// A compiled model beside the model it was compiled from.
class Pair {
public:
  Error open(const EvalArguments &arguments, const std::string &weights);
  Error run(const TokenRows &ids, ResultCheck &check);

private:
  Error runStep(const std::vector<ScheduledChunk> &chunks, std::span<const PoolRule> rules,
                ResultCheck &check);
  Expected<const PlanMap *> mapOf(const plan::Variant &variant);

  EngineOptions options;
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  std::optional<ReferenceSession> session;
  /// By the variant's largest step.
  std::map<uint32_t, PlanMap> maps;
  std::vector<uint32_t> poolSizes;
};
} // namespace

Error Pair::open(const EvalArguments &arguments, const std::string &weights) {
  Expected<EngineOptions> parsed = engineOptions(arguments);
  if (!parsed)
    return parsed.takeError();
  options = *parsed;
  Expected<std::unique_ptr<Artifact>> opened = Artifact::open(arguments.model);
  if (!opened)
    return opened.takeError();
  artifact = std::move(*opened);
  Expected<std::unique_ptr<Device>> found = openDevice(*artifact, options);
  if (!found)
    return found.takeError();
  device = std::move(*found);

  CompileOptions model;
  model.input = artifact->path() + "/model.mlir";
  model.weights = weights;
  context = createContext();
  Expected<OwningOpRef<ModuleOp>> loaded = loadModel(*context, model);
  if (!loaded)
    return loaded.takeError();
  module = std::move(*loaded);
  Expected<ReferenceSession> created = ReferenceSession::create(*module, modelFolder(model));
  if (!created)
    return created.takeError().addContext("the reference");
  session.emplace(std::move(*created));
  session->trackBounds(relativeBound);
  return Error::success();
}

Expected<const PlanMap *> Pair::mapOf(const plan::Variant &variant) {
  auto found = maps.find(variant.max_tokens());
  if (found == maps.end()) {
    Expected<PlanMap> made =
        PlanMap::create(*module, artifact->plan(), executor->function(), variant);
    if (!made)
      return made.takeError().addContext(strCat("'", artifact->path(), "'"));
    found = maps.emplace(variant.max_tokens(), std::move(*made)).first;
  }
  return &found->second;
}

Error Pair::runStep(const std::vector<ScheduledChunk> &chunks, std::span<const PoolRule> rules,
                    ResultCheck &check) {
  std::vector<SequenceStep> step;
  for (const ScheduledChunk &chunk : chunks) {
    auto first = chunk.sequence->tokens.begin() + chunk.start;
    step.push_back({int64_t(chunk.sequence->id), {first, first + chunk.count}});
  }
  llvm::DenseMap<Value, reference::Tensor> values;
  session->observe([&](Value value, const reference::Tensor &tensor) { values[value] = tensor; });
  auto logits = session->forward(step);
  if (!logits)
    return logits.takeError().addContext("the reference");

  StepBatch batch;
  makeBatch(chunks, rules, batch);
  if (Error error = executor->begin(forwardFunction, batch))
    return error;
  Expected<const PlanMap *> map = mapOf(executor->variant());
  if (!map)
    return map.takeError();
  StepCheck checks(*executor, artifact->plan(), **map, batch, chunks, *session, values, poolSizes,
                   check);
  for (size_t i = 0; i < (*map)->launches().size(); ++i)
    if (Error error = checks.run(i))
      return error;
  return Error::success();
}

Error Pair::run(const TokenRows &ids, ResultCheck &check) {
  const plan::Plan &plan = artifact->plan();
  Expected<SchedulerOptions> limits = stepLimits(plan, options);
  if (!limits)
    return limits.takeError();
  std::vector<uint32_t> lengths;
  for (const std::vector<int32_t> &row : ids)
    lengths.push_back(uint32_t(row.size()));
  poolSizes = poolSizesFor(plan, lengths);
  Expected<std::unique_ptr<Executor>> created = Executor::create(*artifact, *device, poolSizes);
  if (!created)
    return created.takeError();
  executor = std::move(*created);

  std::vector<PoolRule> rules = poolRules(plan);
  Scheduler scheduler(*limits, StatePools(rules, poolSizes));
  for (size_t i = 0; i < ids.size(); ++i) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = i;
    sequence->tokens = ids[i];
    sequence->promptTokens = uint32_t(ids[i].size());
    sequence->allLogits = true;
    if (Error error = scheduler.add(std::move(sequence)))
      return error.addContext(strCat("sequence ", i));
  }
  for (auto chunks = scheduler.schedule(); !chunks.empty(); chunks = scheduler.schedule()) {
    if (Error error = runStep(chunks, rules, check))
      return error;
    scheduler.complete(chunks);
    for (const ScheduledChunk &chunk : chunks)
      if (chunk.sequence->pending() == 0) {
        session->drop(int64_t(chunk.sequence->id));
        scheduler.remove(chunk.sequence->id);
      }
  }
  return Error::success();
}

Error moec::checkLaunches(const EvalArguments &arguments, const TokenRows &ids,
                          const std::string &weights, ResultCheck &check) {
  Pair pair;
  if (Error error = pair.open(arguments, weights))
    return error;
  return pair.run(ids, check);
}
