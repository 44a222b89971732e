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
  Error runStep(const std::vector<ScheduledChunk> &chunks, ResultCheck &check);
  Expected<const PlanMap *> mapOf(const plan::Variant &variant);

  EngineOptions options;
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  std::optional<ReferenceSession> session;
  std::map<uint32_t, PlanMap> maps;
  uint32_t pages = 0;
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
  const auto &variants = *artifact->plan().variants();
  uint32_t number = 0;
  while (variants.Get(number) != &variant)
    ++number;
  auto found = maps.find(number);
  if (found == maps.end()) {
    Expected<PlanMap> made = PlanMap::create(*module, artifact->plan(), number);
    if (!made)
      return made.takeError().addContext(strCat("'", artifact->path(), "'"));
    found = maps.emplace(number, std::move(*made)).first;
  }
  return &found->second;
}

Error Pair::runStep(const std::vector<ScheduledChunk> &chunks, ResultCheck &check) {
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
  batch.assign(chunks, artifact->plan().page_size());
  if (Error error = executor->begin(batch))
    return error;
  Expected<const PlanMap *> map = mapOf(executor->variant());
  if (!map)
    return map.takeError();
  StepCheck checks(*executor, artifact->plan(), **map, batch, chunks, *session, values, pages,
                   check);
  for (size_t i = 0; i < (*map)->groups().size(); ++i)
    if (Error error = checks.run(i))
      return error;
  return Error::success();
}

Error Pair::run(const TokenRows &ids, ResultCheck &check) {
  const plan::Plan &plan = artifact->plan();
  SchedulerOptions limits;
  limits.pageSize = plan.page_size();
  limits.maxTokens = plan.max_tokens();
  limits.maxSequences = options.maxSequences ? options.maxSequences : plan.max_sequences();
  limits.maxChunk = options.maxChunk;
  limits.maxContext = plan.max_context();
  pages = 0;
  for (const std::vector<int32_t> &row : ids)
    pages += uint32_t(row.size()) / limits.pageSize + 1;
  Expected<std::unique_ptr<Executor>> created = Executor::create(*artifact, *device, pages);
  if (!created)
    return created.takeError();
  executor = std::move(*created);

  Scheduler scheduler(limits, pages);
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
    if (Error error = runStep(chunks, check))
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
