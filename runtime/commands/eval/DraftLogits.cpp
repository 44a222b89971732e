//===- DraftLogits.cpp - Logits of a model's drafts -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An executor and a scheduler without an engine: sequences are fed as they are, chunk by chunk.
// What a second draft writes into caches is written over by the first one of the next token, so
// there chunks are single tokens.
//
//===----------------------------------------------------------------------===//

#include "DraftLogits.h"

#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/PlanSteps.h"
#include "moec/runtime/StateMemory.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

namespace {
class DraftLogits : public LogitsProvider {
public:
  DraftLogits(std::unique_ptr<Artifact> artifact, std::unique_ptr<Device> device,
              EvalBatching batching, bool isOfNext)
      : artifact(std::move(artifact)), device(std::move(device)), batching(batching),
        isOfNext(isOfNext) {}

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
  /// Goes on from a step of one token a sequence.
  Error runNext(Executor &executor, const StepOutputs &draft,
                std::span<const ScheduledChunk> chunks, const TokenRows &sequences,
                const Sink &sink);

  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  EvalBatching batching;
  bool isOfNext; ///< second drafts, not first ones
};
} // namespace

static Error giveRows(const StepOutputs &outputs, const StepBatch &batch,
                      std::span<const ScheduledChunk> chunks, const LogitsProvider::Sink &sink,
                      uint32_t ahead) {
  Expected<OutputRows> rows = outputs.read(infoOf(StepOutput::Logits).name);
  if (!rows)
    return rows.takeError();
  const auto *numbers = reinterpret_cast<const float *>(rows->bytes.data());
  for (size_t i = 0; i < batch.rows.size(); ++i)
    sink(chunks[batch.rows[i].chunk].sequence->id, batch.rows[i].position - ahead,
         {numbers + i * rows->width, rows->width});
  return Error::success();
}

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
  return isOfNext ? runNext(executor, *draft, chunks, sequences, sink)
                  : giveRows(*draft, batch, chunks, sink, 0);
}

Error DraftLogits::runNext(Executor &executor, const StepOutputs &draft,
                           std::span<const ScheduledChunk> chunks, const TokenRows &sequences,
                           const Sink &sink) {
  std::vector<ScheduledChunk> next;
  std::vector<int32_t> rows, ids;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const std::vector<int32_t> &tokens = sequences[chunks[i].sequence->id];
    uint32_t position = chunks[i].start + 1;
    if (position + 1 == tokens.size())
      continue;
    next.push_back({chunks[i].sequence, position, 1});
    rows.push_back(static_cast<int32_t>(i));
    ids.push_back(tokens[position + 1]);
  }
  if (next.empty())
    return Error::success();
  std::string_view hiddenName = infoOf(StepInput::Hidden).name;
  std::string_view selectedName = infoOf(StepInput::SelectedKeys).name;
  Expected<OutputRows> hidden = draft.read(hiddenName, rows);
  if (!hidden)
    return hidden.takeError();
  Expected<OutputRows> keys = draft.read(selectedName, rows);
  if (!keys)
    return keys.takeError();
  const auto *positions = reinterpret_cast<const int32_t *>(keys->bytes.data());
  std::vector<int32_t> selected(positions, positions + rows.size() * keys->width);
  for (size_t i = 0; i < rows.size(); ++i) {
    auto row = std::span(selected).subspan(i * keys->width, keys->width);
    if (auto free = std::ranges::find(row, -1); free != row.end())
      *free = static_cast<int32_t>(next[i].start);
  }
  StepBatch batch;
  makeBatch(next, poolRules(artifact->plan()), batch);
  batch.values(StepInput::TokenIds) = ids;
  const GivenInput given[] = {{hiddenName, hidden->bytes},
                              {selectedName, std::as_bytes(std::span(selected))}};
  Expected<StepOutputs> outputs = executor.call(nextDraftFunction, batch, given);
  return outputs ? giveRows(*outputs, batch, next, sink, 1) : outputs.takeError();
}

Error DraftLogits::logits(const TokenRows &sequences, const Sink &sink) {
  const plan::Plan &plan = artifact->plan();
  std::vector<uint32_t> lengths;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (sequences[i].size() < (isOfNext ? 3 : 2))
      return Error::make("sequence ", i, " has ", sequences[i].size(),
                         " tokens, of which a draft is made of ", isOfNext ? 3 : 2, " at least");
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
  limits.maxChunk = isOfNext ? 1 : batching.chunk;
  limits.maxContext = plan.max_context();
  Scheduler scheduler(limits, StatePools(poolRules(plan), sizes));
  if (Error error = addSequences(scheduler, sequences))
    return error;
  for (auto chunks = scheduler.schedule(); !chunks.empty(); chunks = scheduler.schedule()) {
    // A second draft is one position further.
    for (const ScheduledChunk &chunk : chunks)
      if (isOfNext && !scheduler.reserve(*chunk.sequence, chunk.start + 2))
        return Error::make("there is no page for position ", chunk.start + 1);
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
  bool isOfNext = arguments.function == nextDraftFunction;
  if (!findFunction((*artifact)->plan(), draftFunction))
    return Error::make("'", arguments.model, "' has no function '", draftFunction,
                       "'; compile the checkpoint with --draft");
  if (isOfNext && !findFunction((*artifact)->plan(), nextDraftFunction))
    return Error::make("'", arguments.model, "' has no function '", nextDraftFunction,
                       "': every draft is one of function '", draftFunction, "'");
  Expected<std::unique_ptr<Device>> device = openDevice(**artifact, *options);
  if (!device)
    return device.takeError();
  return std::unique_ptr<LogitsProvider>(std::make_unique<DraftLogits>(
      std::move(*artifact), std::move(*device), arguments.batching, isOfNext));
}
