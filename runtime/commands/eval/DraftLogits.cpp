//===- DraftLogits.cpp - Logits of a model's drafts -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An executor and a scheduler without an engine: sequences are fed as they are, chunk by chunk.
//
//===----------------------------------------------------------------------===//

#include "DraftLogits.h"

#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/PlanSteps.h"
#include "moec/runtime/StateMemory.h"

using namespace moec;
using namespace moec::runtime;

namespace {
class DraftLogits : public LogitsProvider {
public:
  DraftLogits(std::unique_ptr<Artifact> artifact, std::unique_ptr<Device> device,
              EvalBatching batching)
      : artifact(std::move(artifact)), device(std::move(device)), batching(batching) {}

  std::string description() const override {
    return strCat("drafts of '", artifact->path(), "' on ", device->description());
  }
  uint32_t vocab() const override { return artifact->plan().vocab(); }
  uint32_t maxContext() const override { return artifact->plan().max_context(); }
  std::string tokenizerPath() const override { return artifact->tokenizerPath(); }
  Error logits(const TokenRows &sequences, const Sink &sink) override;

private:
  Error runStep(Executor &executor, std::span<const ScheduledChunk> chunks,
                const TokenRows &sequences, const Sink &sink);

  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  EvalBatching batching;
};
} // namespace

/// The sequences without their last tokens, behind which there is no other.
static Error addSequences(Scheduler &scheduler, const TokenRows &sequences) {
  for (size_t i = 0; i < sequences.size(); ++i) {
    auto sequence = std::make_unique<Sequence>();
    sequence->id = i;
    sequence->tokens.assign(sequences[i].begin(), sequences[i].end() - 1);
    sequence->promptTokens = static_cast<uint32_t>(sequence->tokens.size());
    sequence->allLogits = true;
    if (Error error = scheduler.add(std::move(sequence)))
      return error.addContext(strCat("sequence ", i));
  }
  return Error::success();
}

Error DraftLogits::runStep(Executor &executor, std::span<const ScheduledChunk> chunks,
                           const TokenRows &sequences, const Sink &sink) {
  StepBatch batch;
  makeBatch(chunks, poolRules(artifact->plan()), batch);
  Expected<StepOutputs> forward = executor.call(forwardFunction, batch);
  if (!forward)
    return forward.takeError();
  std::vector<int32_t> &ids = batch.values(StepInput::TokenIds);
  ids.clear();
  for (const ScheduledChunk &chunk : chunks)
    for (uint32_t i = 0; i < chunk.count; ++i)
      ids.push_back(sequences[chunk.sequence->id][chunk.start + i + 1]);
  std::string_view hidden = infoOf(StepInput::Hidden).name;
  const GivenInput given[] = {{hidden, {}, hidden}};
  Expected<StepOutputs> draft = executor.call(draftFunction, batch, given);
  if (!draft)
    return draft.takeError();
  Expected<OutputRows> rows = draft->read(infoOf(StepOutput::Logits).name);
  if (!rows)
    return rows.takeError();
  const auto *numbers = reinterpret_cast<const float *>(rows->bytes.data());
  for (size_t i = 0; i < batch.rows.size(); ++i)
    sink(chunks[batch.rows[i].chunk].sequence->id, batch.rows[i].position,
         {numbers + i * rows->width, rows->width});
  return Error::success();
}

Error DraftLogits::logits(const TokenRows &sequences, const Sink &sink) {
  const plan::Plan &plan = artifact->plan();
  std::vector<uint32_t> lengths;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (sequences[i].size() < 2)
      return Error::make("sequence ", i, " has ", sequences[i].size(),
                         " tokens, of which a draft is made of 2 at least");
    for (size_t at = 0; at < sequences[i].size(); ++at)
      if (sequences[i][at] < 0 || uint32_t(sequences[i][at]) >= plan.vocab())
        return Error::make("token ", at, " of sequence ", i, " is ", sequences[i][at],
                           " but the vocabulary has ", plan.vocab(), " tokens");
    lengths.push_back(static_cast<uint32_t>(sequences[i].size()) - 1);
  }
  std::vector<uint32_t> sizes = poolSizesFor(plan, lengths);
  Expected<std::unique_ptr<Executor>> executor = Executor::create(*artifact, *device, sizes);
  if (!executor)
    return executor.takeError();
  SchedulerOptions limits;
  limits.maxTokens = plan.max_tokens();
  limits.maxSequences = plan.max_sequences();
  if (batching.batch != 0)
    limits.maxSequences = std::min(limits.maxSequences, batching.batch);
  limits.maxChunk = batching.chunk;
  limits.maxContext = plan.max_context();
  Scheduler scheduler(limits, StatePools(poolRules(plan), sizes));
  if (Error error = addSequences(scheduler, sequences))
    return error;
  for (auto chunks = scheduler.schedule(); !chunks.empty(); chunks = scheduler.schedule()) {
    if (Error error = runStep(**executor, chunks, sequences, sink))
      return error;
    scheduler.complete(chunks);
    for (const ScheduledChunk &chunk : chunks)
      if (chunk.sequence->pending() == 0)
        scheduler.remove(chunk.sequence->id);
  }
  return Error::success();
}

Expected<std::unique_ptr<LogitsProvider>> runtime::makeDraftLogits(const EvalArguments &arguments) {
  Expected<EngineOptions> options = engineOptions(arguments);
  if (!options)
    return options.takeError();
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(arguments.model);
  if (!artifact)
    return artifact.takeError();
  if (!findFunction((*artifact)->plan(), draftFunction))
    return Error::make("'", arguments.model, "' has no function '", draftFunction,
                       "'; compile the checkpoint with --draft");
  Expected<std::unique_ptr<Device>> device = openDevice(**artifact, *options);
  if (!device)
    return device.takeError();
  return std::unique_ptr<LogitsProvider>(
      std::make_unique<DraftLogits>(std::move(*artifact), std::move(*device), arguments.batching));
}
