//===- ModelDrafter.cpp - The artifact's function draft ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The first call has the rows of the step itself, so the hidden states stay on the device; rows
// that the sequence does not keep write entries that nobody reads before they are written again.
// Pages that sequences gave back after the step are still theirs until the next one is made.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Sampling.h"
#include "moec/runtime/drafting/Drafter.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

using namespace moec;
using namespace moec::runtime;

static constexpr std::string_view hiddenName = infoOf(StepInput::Hidden).name;
static constexpr std::string_view selectedName = infoOf(StepInput::SelectedKeys).name;

/// Whether an array has a row for each token.
static bool hasTokenRows(const plan::Array &array) {
  Expected<uint64_t> rows = rowsOf(array, {{7, 5, 3, 2}});
  return rows && *rows == 7;
}

/// An output of a function, or null.
static const plan::Array *findOutput(const plan::Function &function, std::string_view name) {
  std::optional<uint32_t> index = arrayIndex(*function.outputs(), name);
  return index ? function.outputs()->Get(*index) : nullptr;
}

/// Fails unless the function takes these inputs and nothing else that a caller has to know, and
/// gives logits.
static Error checkFunction(const plan::Plan &plan, const plan::Function &draft,
                           std::initializer_list<std::string_view> given) {
  for (const plan::Array *input : *draft.inputs()) {
    std::string_view name = input->name()->string_view();
    size_t number = moec::findArray(stepInputs, name);
    if (stepInputs[number].pools == ArrayPools::Slots)
      return Error::make("takes input '", name, "': states in slots cannot be drafted with");
    if (isGiven(StepInput(number)) && std::ranges::find(given, name) == given.end())
      return Error::make("takes input '", name, "', which an engine does not give");
  }
  for (std::string_view name : given)
    if (!arrayIndex(*draft.inputs(), name))
      return Error::make("has no input '", name, "'");
  std::string_view logitsName = infoOf(StepOutput::Logits).name;
  const plan::Array *logits = findOutput(draft, logitsName);
  if (!logits || logits->width() != plan.vocab())
    return Error::make("has no output '", logitsName, "' of ", plan.vocab(), " numbers a row");
  return Error::success();
}

/// Fails unless each function of `from` gives what `draft` takes as `name`; of forward and of a
/// selection that is a row for each token.
static Error checkGiven(const plan::Plan &plan, const plan::Function &draft, std::string_view name,
                        std::initializer_list<std::string_view> from) {
  const plan::Array &input = *draft.inputs()->Get(*arrayIndex(*draft.inputs(), name));
  for (std::string_view function : from) {
    const plan::Array *given = findOutput(*findFunction(plan, function), name);
    bool mayHaveFewer = function != forwardFunction && name == hiddenName;
    bool fits = given && given->width() == input.width() && given->element() == input.element() &&
                (mayHaveFewer || hasTokenRows(*given));
    if (!fits)
      return Error::make("takes '", name, "' of ", input.width(), " ", elementName(input.element()),
                         " for each token, which function '", function, "' does not give");
  }
  return Error::success();
}

Expected<std::unique_ptr<Drafter>> ModelDrafter::create(const plan::Plan &plan, Executor &executor,
                                                        Scheduler &scheduler) {
  const plan::Function *draft = findFunction(plan, draftFunction);
  if (!draft)
    return Error::make("the plan has no function '", draftFunction,
                       "': the model drafts no tokens; look-up needs no such function");
  Error error = checkFunction(plan, *draft, {hiddenName});
  if (!error)
    error = checkGiven(plan, *draft, hiddenName, {forwardFunction, draftFunction});
  if (error)
    return error.addContext(strCat("function '", draftFunction, "'"));
  const plan::Function *next = findFunction(plan, nextDraftFunction);
  if (next) {
    error = checkFunction(plan, *next, {hiddenName, selectedName});
    if (!error)
      error = checkGiven(plan, *next, hiddenName, {draftFunction, nextDraftFunction});
    if (!error)
      error = checkGiven(plan, *next, selectedName, {draftFunction});
    if (error)
      return error.addContext(strCat("function '", nextDraftFunction, "'"));
  }
  bool hasWindows = std::ranges::any_of(*draft->inputs(), [&](const plan::Array *input) {
    return input->pool() >= 0 && plan.pools()->Get(uint32_t(input->pool()))->window() != 0;
  });
  return std::unique_ptr<Drafter>(
      new ModelDrafter(executor, scheduler, hasWindows, next != nullptr));
}

void ModelDrafter::makeFirst(const StepBatch &batch, std::span<const DraftTask> tasks) {
  first = batch;
  first.rows.clear();
  open.clear();
  std::vector<int32_t> &ids = first.values(StepInput::TokenIds);
  std::vector<int32_t> &wanted = first.values(StepInput::LogitsRows);
  wanted.clear();
  for (uint32_t number = 0; number < tasks.size(); ++number) {
    const DraftTask &task = tasks[number];
    auto begin = static_cast<size_t>(batch.sequenceStart()[number]), last = begin + task.kept - 1;
    std::copy(&batch.tokenIds()[begin] + 1, &batch.tokenIds()[last] + 1, &ids[begin]);
    ids[last] = std::max(task.next, 0);
    if (task.wanted == 0 || task.sequence->lacksDraftCache)
      continue;
    open.push_back({task.sequence, task.wanted, wanted.size()});
    wanted.push_back(static_cast<int32_t>(last));
    first.rows.push_back({number, static_cast<uint32_t>(batch.positions()[last])});
  }
  first.dims[plan::Dim::LogitsRows] = int64_t(wanted.size());
}

Error ModelDrafter::take(const StepOutputs &outputs, const StepBatch &batch) {
  Expected<OutputRows> logits = outputs.read(infoOf(StepOutput::Logits).name);
  if (!logits)
    return logits.takeError();
  const auto *numbers = reinterpret_cast<const float *>(logits->bytes.data());
  std::erase_if(open, [&](const Open &one) {
    int32_t token = argmax({numbers + one.row * logits->width, logits->width});
    if (token >= 0)
      one.sequence->drafts.push_back(token);
    auto length = static_cast<uint32_t>(one.sequence->tokens.size() + one.sequence->drafts.size());
    // The next one needs an entry for the last but one of these.
    return token < 0 || one.sequence->drafts.size() >= one.wanted ||
           !scheduler.reserve(*one.sequence, length - 1);
  });
  if (open.empty())
    return Error::success();
  if (Error error = takeSelections(outputs, batch))
    return error;
  Expected<OutputRows> states = outputs.read(hiddenName);
  if (!states)
    return states.takeError();
  size_t bytes = states->rows == 0 ? 0 : states->bytes.size() / states->rows;
  bool isOfTokens = states->rows == batch.tokens();
  hidden.clear();
  for (Open &one : open) {
    size_t row = isOfTokens ? static_cast<size_t>(batch.logitsRows()[one.row]) : one.row;
    auto state = states->bytes.subspan(row * bytes, bytes);
    hidden.insert(hidden.end(), state.begin(), state.end());
    one.row = size_t(&one - open.data());
  }
  return Error::success();
}

Error ModelDrafter::takeSelections(const StepOutputs &outputs, const StepBatch &batch) {
  if (!sharesSelection || !open.front().selection.empty())
    return Error::success();
  std::vector<int32_t> rows;
  for (const Open &one : open)
    rows.push_back(batch.logitsRows()[one.row]);
  Expected<OutputRows> keys = outputs.read(selectedName, rows);
  if (!keys)
    return keys.takeError();
  const auto *positions = reinterpret_cast<const int32_t *>(keys->bytes.data());
  for (Open &one : open) {
    one.selection.assign(positions, positions + keys->width);
    positions += keys->width;
  }
  return Error::success();
}

Error ModelDrafter::continueDrafts() {
  std::vector<ScheduledChunk> chunks;
  // Behind a backlog the first drafts are still to be made.
  bool isNext = sharesSelection && !open.front().selection.empty();
  selected.clear();
  for (Open &one : open) {
    auto length = static_cast<uint32_t>(one.sequence->tokens.size() + one.sequence->drafts.size());
    chunks.push_back({one.sequence, length - 2, 1});
    if (!isNext)
      continue;
    if (auto free = std::ranges::find(one.selection, -1); free != one.selection.end())
      *free = static_cast<int32_t>(length - 2);
    selected.insert(selected.end(), one.selection.begin(), one.selection.end());
  }
  makeBatch(chunks, scheduler.pools().rules(), next);
  next.isDecode = true;
  // The first entry is that of a token whose logits the model itself has given.
  std::vector<int32_t> &rows = next.values(StepInput::LogitsRows);
  rows.resize(chunks.size());
  std::iota(rows.begin(), rows.end(), 0);
  next.dims[plan::Dim::LogitsRows] = int64_t(rows.size());
  for (size_t i = 0; i < chunks.size(); ++i)
    next.values(StepInput::TokenIds)[i] = chunks[i].sequence->tokenAt(chunks[i].start + 1);
  const GivenInput given[] = {{hiddenName, hidden},
                              {selectedName, std::as_bytes(std::span(selected))}};
  Expected<StepOutputs> outputs = executor.call(isNext ? nextDraftFunction : draftFunction, next,
                                                std::span(given).first(isNext ? 2 : 1));
  if (!outputs)
    return outputs.takeError();
  return take(*outputs, next);
}

//===----------------------------------------------------------------------===//
// What was left out
//===----------------------------------------------------------------------===//

Error ModelDrafter::fill(std::span<const ScheduledChunk> chunks) {
  makeBatch(chunks, scheduler.pools().rules(), next);
  next.values(StepInput::LogitsRows).clear();
  next.dims[plan::Dim::LogitsRows] = 0;
  std::vector<int32_t> &ids = next.values(StepInput::TokenIds);
  ids.clear();
  hidden.clear();
  for (const ScheduledChunk &chunk : chunks) {
    Sequence &sequence = *chunk.sequence;
    for (uint32_t i = 0; i < chunk.count; ++i)
      ids.push_back(sequence.tokenAt(chunk.start + i + 1));
    // The first ones of those that it still has.
    size_t bytes = sequence.draftStates.size() / sequence.draftBehind * chunk.count;
    auto end = sequence.draftStates.begin() + static_cast<ptrdiff_t>(bytes);
    hidden.insert(hidden.end(), sequence.draftStates.begin(), end);
    sequence.draftStates.erase(sequence.draftStates.begin(), end);
    sequence.draftBehind -= chunk.count;
  }
  const GivenInput given[] = {{hiddenName, hidden}};
  Expected<StepOutputs> outputs = executor.call(draftFunction, next, given);
  return outputs ? Error::success() : outputs.takeError();
}

Error ModelDrafter::catchUp(std::span<const Behind> all) {
  const SchedulerOptions &limits = scheduler.limits();
  std::vector<ScheduledChunk> chunks;
  uint32_t room = limits.maxTokens;
  auto flush = [&]() -> Error {
    room = limits.maxTokens;
    std::vector<ScheduledChunk> full = std::exchange(chunks, {});
    return full.empty() ? Error::success() : fill(full);
  };
  for (const Behind &one : all)
    for (uint32_t left = one.sequence->draftBehind; left != 0;) {
      uint32_t count = std::min(left, room);
      chunks.push_back({one.sequence, one.end - left, count});
      left -= count;
      room -= count;
      if (room != 0 && chunks.size() != limits.maxSequences)
        continue;
      if (Error error = flush())
        return error;
    }
  return flush();
}

Error ModelDrafter::skip(const StepBatch &batch, std::span<const DraftTask> tasks) {
  if (hasWindows)
    return draft(batch, tasks);
  Expected<OutputRows> states = StepOutputs(executor).read(hiddenName);
  if (!states)
    return states.takeError();
  size_t bytes = states->bytes.size() / states->rows;
  for (size_t number = 0; number < tasks.size(); ++number) {
    Sequence *sequence = tasks[number].sequence;
    if (!sequence || sequence->lacksDraftCache)
      continue;
    auto begin = static_cast<size_t>(batch.sequenceStart()[number]);
    auto rows = states->bytes.subspan(begin * bytes, tasks[number].kept * bytes);
    sequence->draftStates.insert(sequence->draftStates.end(), rows.begin(), rows.end());
    sequence->draftBehind += tasks[number].kept;
    if (sequence->draftBehind < 2 * backlog)
      continue;
    auto left = static_cast<ptrdiff_t>((sequence->draftBehind - backlog) * bytes);
    sequence->draftStates.erase(sequence->draftStates.begin(),
                                sequence->draftStates.begin() + left);
    sequence->draftBehind = backlog;
  }
  return Error::success();
}

Error ModelDrafter::draftBehindBacklog(const StepBatch &batch, std::span<const DraftTask> tasks) {
  makeFirst(batch, tasks);
  std::vector<Open> wanted = open;
  std::vector<std::byte> last;
  if (!wanted.empty()) {
    Expected<OutputRows> states = StepOutputs(executor).read(hiddenName);
    if (!states)
      return states.takeError();
    size_t bytes = states->bytes.size() / states->rows;
    for (int32_t row : first.logitsRows()) {
      auto state = states->bytes.subspan(static_cast<size_t>(row) * bytes, bytes);
      last.insert(last.end(), state.begin(), state.end());
    }
  }
  // An entry is made of its own token and hidden state, so those before it may come later; what is
  // drafted reads them all.
  first.values(StepInput::LogitsRows).clear();
  first.dims[plan::Dim::LogitsRows] = 0;
  const GivenInput given[] = {{hiddenName, {}, hiddenName}};
  Expected<StepOutputs> outputs = executor.call(draftFunction, first, given);
  if (!outputs)
    return outputs.takeError();
  std::vector<Behind> behind;
  for (const DraftTask &task : tasks)
    if (task.sequence && task.sequence->draftBehind != 0)
      behind.push_back({task.sequence, task.sequence->computed - task.kept});
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
  if (Error error = catchUp(behind))
    return error;
  backlogSeconds = std::chrono::duration<double>(Clock::now() - begin).count();
  open = std::move(wanted);
  hidden = std::move(last);
  return Error::success();
}

Error ModelDrafter::draftBehindStep(const StepBatch &batch, std::span<const DraftTask> tasks) {
  makeFirst(batch, tasks);
  const GivenInput given[] = {{hiddenName, {}, hiddenName}};
  Expected<StepOutputs> outputs = executor.call(draftFunction, first, given);
  return outputs ? take(*outputs, first) : outputs.takeError();
}

Error ModelDrafter::draft(const StepBatch &batch, std::span<const DraftTask> tasks) {
  backlogSeconds = 0;
  bool isBehind = std::ranges::any_of(tasks, [](const DraftTask &task) {
    return task.sequence && task.sequence->draftBehind != 0;
  });
  Error error = isBehind ? draftBehindBacklog(batch, tasks) : draftBehindStep(batch, tasks);
  while (!error && !open.empty())
    error = continueDrafts();
  return error;
}
