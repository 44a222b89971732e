//===- Engine.cpp - The C++ API: prompts in, tokens out ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Schedule, compute, sample, report.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Engine.h"
#include "moec/runtime/StateMemory.h"

#include <algorithm>
#include <cassert>

using namespace moec;
using namespace moec::runtime;

/// Sequences in a step when neither the artifact nor the user says.
static constexpr uint32_t defaultSequences = 256;
/// Bytes of logits that a step may have of prompts whose every position is asked for.
static constexpr uint64_t scoredBytes = uint64_t(256) << 20;
/// What must stay free, beside a copy of the weights, for them to be copied.
static constexpr uint64_t spareMemory = uint64_t(1) << 30;

Expected<std::unique_ptr<Device>> runtime::openDevice(const Artifact &artifact,
                                                      const EngineOptions &options) {
  Expected<DeviceManifest> manifest = options.manifest.empty()
                                          ? DeviceManifest::loadDefault()
                                          : DeviceManifest::load(options.manifest);
  if (!manifest)
    return manifest.takeError();
  return manifest->open(artifact.plan().target()->str(), options.device, options.deviceOptions);
}

Expected<std::unique_ptr<Engine>> Engine::open(const std::string &artifactPath,
                                               const EngineOptions &options) {
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(artifactPath);
  if (!artifact)
    return artifact.takeError();
  Expected<std::unique_ptr<Device>> device = openDevice(**artifact, options);
  if (!device)
    return device.takeError();
  return create(std::move(*artifact), std::move(*device), options);
}

Expected<std::unique_ptr<Engine>> Engine::create(std::unique_ptr<Artifact> artifact,
                                                 std::unique_ptr<Device> device,
                                                 const EngineOptions &options) {
  std::unique_ptr<Engine> engine(new Engine());
  engine->model = std::move(artifact);
  engine->ownDevice = std::move(device);
  if (Error error = engine->load(options))
    return error;
  return engine;
}

/// A limit of the artifact that the user may lower.
static Expected<uint32_t> lowered(const char *name, uint32_t wanted, uint32_t compiled) {
  if (wanted > compiled)
    return Error::make(name, " is ", wanted, " but the model was compiled for at most ", compiled);
  return wanted ? wanted : compiled;
}

Expected<SchedulerOptions> runtime::stepLimits(const plan::Plan &plan,
                                               const EngineOptions &options) {
  Expected<uint32_t> tokens = lowered("max-tokens per step", options.maxTokens, plan.max_tokens());
  if (!tokens)
    return tokens.takeError();
  Expected<uint32_t> sequences =
      lowered("sequences per step", options.maxSequences, sequenceLimit(plan));
  if (!sequences)
    return sequences.takeError();
  if (options.maxChunk > *tokens)
    return Error::make("a chunk of a sequence is ", options.maxChunk,
                       " tokens but a step has at most ", *tokens);
  if (options.snapshotGrid == 0)
    return Error::make("snapshots are 0 tokens apart; it must be at least 1");
  SchedulerOptions limits;
  limits.maxTokens = *tokens;
  limits.maxSequences = *sequences;
  limits.maxChunk = options.maxChunk;
  limits.maxContext = plan.max_context();
  limits.maxScoredTokens =
      static_cast<uint32_t>(std::max<uint64_t>(16, scoredBytes / (4 * plan.vocab())));
  limits.prefillFirst = options.prefillFirst;
  limits.stateGrid = options.snapshotGrid;
  return limits;
}

/// Bytes for the states: what the user says, or a quarter of what is free.
static Expected<uint64_t> chooseMemory(const Device &device, const EngineOptions &options) {
  if (options.kvMemoryBytes != 0)
    return options.kvMemoryBytes;
  Expected<uint64_t> free = device.freeMemory();
  if (!free)
    return free.takeError();
  return *free / 4;
}

/// Sequences of a step where the user does not say: so many that windows and slots leave half of
/// the memory to pages.
static uint32_t chooseSequences(const plan::Plan &plan, uint32_t tokens, uint32_t sequences,
                                uint32_t drafts, uint64_t memory) {
  while (sequences > 1 && fixedStateBytes(plan, {tokens, sequences, 0, 0, drafts}) > memory / 2)
    sequences -= (sequences + 7) / 8;
  return sequences;
}

Error Engine::load(const EngineOptions &options) {
  const plan::Plan &plan = model->plan();
  if (Error error = checkForward(plan))
    return error.addContext(strCat("'", model->path(), "'"));
  Expected<SchedulerOptions> limits = stepLimits(plan, options);
  if (!limits)
    return limits.takeError();
  if (Error error = options.drafts.check())
    return error;
  Expected<DraftModel> draftModel = openDraftModel(*model, options.drafts);
  if (!draftModel)
    return draftModel.takeError();
  Expected<uint64_t> memory = chooseMemory(*ownDevice, options);
  if (!memory)
    return memory.takeError();
  uint32_t &sequences = limits->maxSequences;
  PrefixCacheLimits cache{options.prefixCacheBytes};
  auto choose = [&] {
    if (options.maxSequences == 0)
      sequences = chooseSequences(plan, limits->maxTokens, std::min(sequences, defaultSequences),
                                  options.drafts.tokens, *memory);
  };
  choose();
  if (draftModel->artifact) {
    draftModel->limits.touchStates = options.touchStates;
    draftModel->takeShare(plan, {limits->maxTokens, sequences, 0, 0, options.drafts.tokens},
                          *memory, cache.bytes);
    choose();
  }
  cache.snapshotGrid = options.snapshotGrid;
  cache.snapshotInterval = options.snapshotInterval
                               ? options.snapshotInterval
                               : chooseSnapshotInterval(plan, options.snapshotGrid);
  StateLimits states{limits->maxTokens, sequences, cache.bytes, cache.snapshotInterval,
                     options.drafts.tokens};
  Expected<std::vector<uint32_t>> sizes = sizePools(plan, states, *memory);
  if (!sizes)
    return sizes.takeError();
  Expected<std::unique_ptr<Executor>> created = Executor::create(*model, *ownDevice, *sizes);
  if (!created)
    return created.takeError();
  executor = std::move(*created);
  if (options.touchStates)
    if (Error error = executor->touchStates())
      return error;
  if (options.largePages && executor->readsMappedWeights())
    useLargePages(*model);
  for (size_t pool = 0; pool < sizes->size(); ++pool)
    cache.pageBytes.push_back(unitBytes(plan, pool));
  scheduler =
      std::make_unique<Scheduler>(*limits, StatePools(poolRules(plan), *sizes), std::move(cache));
  return loadDrafts(options, std::move(*draftModel));
}

Error Engine::loadDrafts(const EngineOptions &options, DraftModel draftModel) {
  if (options.drafts.tokens == 0)
    return Error::success();
  std::unique_ptr<Drafter> other;
  if (draftModel.artifact) {
    auto drafter =
        ArtifactDrafter::create(std::move(draftModel.artifact), *ownDevice, draftModel.limits);
    if (!drafter)
      return drafter.takeError();
    if (options.largePages && (*drafter)->readsMappedWeights())
      useLargePages((*drafter)->artifact());
    other = std::move(*drafter);
  }
  Expected<std::unique_ptr<Speculation>> made =
      Speculation::create(options.drafts, model->plan(), *executor, *scheduler, std::move(other));
  if (!made)
    return made.takeError().addContext(strCat("'", model->path(), "'"));
  drafts = std::move(*made);
  scheduler->onRelease([this](RequestId id) { drafts->forget(id); });
  return Error::success();
}

void Engine::useLargePages(const Artifact &of) {
  uint64_t bytes = 0;
  size_t files = of.plan().weight_files()->size();
  for (size_t i = 0; i < files; ++i)
    bytes += of.weightFile(i).size();
  Expected<uint64_t> free = ownDevice->freeMemory();
  if (!LargePages::isAvailable() || !free || *free < bytes + spareMemory)
    return;
  for (size_t i = 0; i < files; ++i)
    largePages.push_back(std::make_unique<LargePages>(of.weightFile(i)));
}

void Engine::settle() {
  for (std::unique_ptr<LargePages> &pages : largePages)
    pages->wait();
}

Error Engine::check(const Request &request) const {
  auto vocab = model->plan().vocab();
  if (Error error = request.sampling.check(vocab))
    return error;
  for (size_t i = 0; i < request.prompt.size(); ++i)
    if (request.prompt[i] < 0 || uint32_t(request.prompt[i]) >= vocab)
      return Error::make("token ", i, " of the prompt is ", request.prompt[i],
                         " but the vocabulary has ", vocab, " tokens");
  if (request.onLogits && !request.prompt.empty() && request.logitsFrom >= request.prompt.size())
    return Error::make("logits are asked for from position ", request.logitsFrom,
                       " on but the prompt has ", request.prompt.size(), " tokens");
  if (request.turnEnd > request.prompt.size())
    return Error::make("a user's message ends at position ", request.turnEnd,
                       " but the prompt has ", request.prompt.size(), " tokens");
  for (int32_t token : request.stopTokens)
    if (token < 0 || uint32_t(token) >= vocab)
      return Error::make("stop token ", token, " is none of the ", vocab, " of the vocabulary");
  return scheduler->check(request.prompt.size());
}

Expected<RequestId> Engine::submit(Request request) {
  RequestId id = nextId;
  if (Error error = submit(std::move(request), id))
    return error;
  return id;
}

Error Engine::submit(Request request, RequestId id) {
  if (Error error = check(request))
    return error;
  nextId = id + 1;
  auto sequence = std::make_unique<Sequence>();
  sequence->id = id;
  sequence->priority = request.priority;
  sequence->owner = request.owner;
  sequence->tokens = request.prompt;
  sequence->promptTokens = static_cast<uint32_t>(request.prompt.size());
  sequence->salt = request.cacheSalt;
  sequence->turnEnd = request.turnEnd;
  sequence->allLogits = bool(request.onLogits);
  sequence->logitsDone = request.logitsFrom;

  Live live;
  live.sequence = sequence.get();
  live.times.submitted = RequestTimes::Clock::now();
  // The last token generated need not fit the cache, so even a full prompt gives one.
  uint64_t room = std::max<uint64_t>(scheduler->capacity(), request.prompt.size() + 1);
  live.limit = static_cast<uint32_t>(
      std::min<uint64_t>(room, request.prompt.size() + uint64_t(request.maxTokens)));
  if (request.minTokens != 0) {
    request.sampling.minTokens = request.minTokens;
    request.sampling.notBeforeMinTokens = request.stopTokens;
    if (const auto *eos = model->plan().eos_ids(); eos && !request.ignoreEos)
      request.sampling.notBeforeMinTokens.insert(request.sampling.notBeforeMinTokens.end(),
                                                 eos->begin(), eos->end());
  }
  live.request = std::move(request);
  requests.emplace(id, std::move(live));
  join(std::move(sequence));
  return Error::success();
}

void Engine::join(std::unique_ptr<Sequence> sequence) {
  std::optional<RequestId> sibling = requests.find(sequence->id)->second.request.sibling;
  auto it = sibling ? requests.find(*sibling) : requests.end();
  // Logits of every position are the request's own.
  bool waits = it != requests.end() && it->first != sequence->id && !sequence->allLogits &&
               it->second.request.prompt == sequence->tokens && scheduler->cache().isOn() &&
               it->second.sequence->computed < it->second.sequence->promptTokens;
  if (waits)
    it->second.followers.push_back(std::move(sequence));
  else
    enqueue(std::move(sequence));
}

void Engine::enqueue(std::unique_ptr<Sequence> sequence) {
  Error error = scheduler->add(std::move(sequence));
  assert(!error && "checked before");
}

void Engine::releaseFollowers(Live &live) {
  // One that ends before its prompt is computed leaves the others to compute it.
  for (std::unique_ptr<Sequence> &follower : std::exchange(live.followers, {}))
    enqueue(std::move(follower));
}

bool Engine::abort(RequestId id) {
  if (!requests.count(id))
    return false;
  finish(id, {-1, {}}, FinishReason::Abort);
  return true;
}

void Engine::abortAll(FinishReason reason, const std::string &message) {
  std::vector<RequestId> ids; // callbacks may end and queue others
  for (const auto &[id, live] : requests)
    ids.push_back(id);
  for (RequestId id : ids)
    if (requests.count(id))
      finish(id, {-1, {}}, reason, message);
}

void Engine::finish(RequestId id, SampledToken token, FinishReason reason, std::string message) {
  auto it = requests.find(id);
  Live live = std::move(it->second);
  requests.erase(it);
  releaseFollowers(live);
  // A follower is in no queue yet, but in its leader's list.
  if (std::optional<RequestId> sibling = live.request.sibling)
    if (auto leader = requests.find(*sibling); leader != requests.end())
      std::erase_if(leader->second.followers,
                    [&](const auto &follower) { return follower->id == id; });
  TokenEvent event{id,         token.token, reason, std::move(message), std::move(token.logprobs),
                   live.times, live.cached};
  event.times.ended = RequestTimes::Clock::now();
  scheduler->remove(id);
  if (live.request.onToken)
    live.request.onToken(event);
}

void Engine::finishAtLimit(RequestId id, SampledToken token) {
  const Live &live = requests.find(id)->second;
  auto promptTokens = static_cast<uint32_t>(live.request.prompt.size());
  if (live.limit - promptTokens == live.request.maxTokens)
    return finish(id, std::move(token), FinishReason::Length);
  finish(id, std::move(token), FinishReason::Full,
         strCat("stopped at ", live.limit, " tokens: ", scheduler->describeCapacity()));
}

bool Engine::endsAt(const Request &request, int32_t token) const {
  auto contains = [&](const auto &ids) {
    return std::find(ids.begin(), ids.end(), token) != ids.end();
  };
  const auto *eos = model->plan().eos_ids();
  return (!request.ignoreEos && eos && contains(*eos)) || contains(request.stopTokens);
}

void Engine::choose(ScheduledChunk &chunk, std::span<const float> row, Choice &choice) const {
  Sequence &sequence = *chunk.sequence;
  const Live &live = requests.find(sequence.id)->second;
  const Request &request = live.request;
  if (sequence.tokens.size() >= live.limit)
    return;
  std::optional<int32_t> forced = request.guide ? request.guide->force() : std::nullopt;
  Expected<SampledToken> sampled =
      forced ? takeToken(row, *forced, request.sampling)
             : sampleToken(row, {sequence.tokens, sequence.promptTokens}, request.sampling);
  if (!sampled) {
    choice.problem = sampled.takeError().message();
    return;
  }
  int32_t token = sampled->token;
  if (request.guide)
    request.guide->take(token);
  choice.tokens.push_back(std::move(*sampled));
  bool goesOn = !endsAt(request, token) && sequence.tokens.size() + 1 < live.limit;
  if (goesOn && chunk.accepted < chunk.drafts && sequence.drafts[chunk.accepted] == token) {
    Scheduler::accept(chunk, token);
    choice.accepted = chunk.accepted;
  }
}

std::vector<Engine::Choice> Engine::choose(std::vector<ScheduledChunk> &chunks,
                                           std::span<const float> logits) {
  std::vector<Choice> choices(chunks.size());
  size_t vocab = model->plan().vocab();
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    auto [number, position] = batch.rows[i];
    // A row behind a draft that does not follow is of another text.
    if (position + 1 != chunks[number].sequence->tokens.size())
      continue;
    Choice &choice = choices[number];
    choice.position = std::min(choice.position, position);
    choose(chunks[number], logits.subspan(i * vocab, vocab), choice);
  }
  return choices;
}

void Engine::deliver(RequestId id, uint32_t position, std::span<const float> row, Choice &choice) {
  auto it = requests.find(id);
  if (it == requests.end())
    return; // aborted by a callback of this step
  Sequence &sequence = *it->second.sequence;
  if (position < sequence.promptTokens && position >= sequence.logitsDone &&
      it->second.request.onLogits) {
    sequence.logitsDone = position + 1;
    it->second.request.onLogits(position, row);
    it = requests.find(id);
    if (it == requests.end())
      return;
  }
  if (position != choice.position)
    return;
  releaseFollowers(it->second);
  if (choice.tokens.empty() && choice.problem.empty())
    return finishAtLimit(id, {-1, {}});
  for (size_t i = 0; i < choice.tokens.size() && requests.count(id); ++i)
    deliverToken(id, std::move(choice.tokens[i]), i < choice.accepted);
  if (!choice.problem.empty() && requests.count(id))
    finish(id, {-1, {}}, FinishReason::Error, std::move(choice.problem));
}

void Engine::deliverToken(RequestId id, SampledToken token, bool isInSequence) {
  Live &live = requests.find(id)->second;
  const Request &request = live.request;
  ++counters.generatedTokens;
  if (live.times.firstToken == RequestTimes::Time())
    live.times.firstToken = RequestTimes::Clock::now();
  if (!isInSequence) {
    scheduler->append(*live.sequence, token.token);
    if (endsAt(request, token.token))
      return finish(id, std::move(token), FinishReason::Stop);
    if (live.sequence->tokens.size() >= live.limit)
      return finishAtLimit(id, std::move(token));
  }
  if (request.onToken) {
    auto callback = request.onToken; // it may end the request
    callback({id,
              token.token,
              FinishReason::None,
              {},
              std::move(token.logprobs),
              live.times,
              live.cached});
  }
}

void Engine::deliverRows(std::span<const RequestId> ids, std::vector<Choice> &choices,
                         std::span<const float> logits) {
  size_t vocab = model->plan().vocab();
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    auto [number, position] = batch.rows[i];
    Choice &choice = choices[number];
    bool isDrafts = choice.position != UINT32_MAX && position > choice.position;
    if (isDrafts)
      continue; // its token came with those of the row before
    deliverCaptured(ids[number], i);
    deliver(ids[number], position, logits.subspan(i * vocab, vocab), choice);
  }
}

std::vector<DraftTask> Engine::draftTasks(std::span<const ScheduledChunk> chunks,
                                          std::span<const Choice> choices) {
  std::vector<DraftTask> tasks;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const std::vector<int32_t> &tokens = chunks[i].sequence->tokens;
    uint32_t end = chunks[i].start + chunks[i].kept();
    int32_t next = end < tokens.size()         ? tokens[end]
                   : choices[i].tokens.empty() ? -1
                                               : choices[i].tokens.back().token;
    tasks.push_back({nullptr, 0, chunks[i].kept(), next});
  }
  return tasks;
}

void Engine::findWanted(std::span<const RequestId> ids, std::vector<DraftTask> &tasks) const {
  for (size_t i = 0; i < ids.size(); ++i) {
    auto it = requests.find(ids[i]);
    if (it == requests.end())
      continue; // it has ended
    Sequence &sequence = *(tasks[i].sequence = it->second.sequence);
    tasks[i].sampling = &it->second.request.sampling;
    auto length = static_cast<uint32_t>(sequence.tokens.size());
    // One token at least is sampled behind the last draft.
    if (sequence.pending() == 1 && length > sequence.promptTokens)
      tasks[i].wanted = std::min(it->second.limit - length - 1, scheduler->draftLimit(sequence));
  }
}

void Engine::capture(std::vector<CapturedValue> values) {
  captures = values;
  executor->capture(std::move(values));
}

void Engine::deliverCaptured(RequestId id, size_t number) {
  auto it = requests.find(id);
  if (it == requests.end() || !it->second.request.onCaptured)
    return;
  auto callback = it->second.request.onCaptured; // it may end the request
  auto token = static_cast<size_t>(batch.logitsRows()[number]);
  for (size_t i = 0; i < captures.size(); ++i)
    callback(i, batch.rows[number].position,
             executor->captured(i, captures[i].overLogits ? number : token));
}

void Engine::noteAdmitted(std::span<const ScheduledChunk> chunks, RequestTimes::Time begin) {
  for (const ScheduledChunk &chunk : chunks) {
    Live &live = requests.find(chunk.sequence->id)->second;
    if (live.times.admitted != RequestTimes::Time())
      continue;
    live.times.admitted = begin;
    live.cached = chunk.sequence->cached;
    counters.cachedTokens += live.cached;
    counters.promptTokens += chunk.sequence->promptTokens - live.cached;
  }
}

Error Engine::step() {
  if (!busy())
    return Error::success();
  std::vector<ScheduledChunk> chunks = scheduler->schedule();
  if (chunks.empty())
    return Error::make("the scheduler found nothing to compute for ", requests.size(), " requests");
  RequestTimes::Time begin = RequestTimes::Clock::now();
  noteAdmitted(chunks, begin);
  makeBatch(chunks, scheduler->pools().rules(), batch);
  Expected<std::span<const float>> logits = executor->run(batch);
  if (!logits)
    return logits.takeError();
  std::vector<Choice> choices = choose(chunks, *logits);
  scheduler->complete(chunks);
  ++counters.steps;
  auto secondsSince = [](RequestTimes::Time time) {
    return std::chrono::duration<double>(RequestTimes::Clock::now() - time).count();
  };
  double seconds = secondsSince(begin);
  if (stepObserver)
    stepObserver({batch.tokens(), batch.sequences(), seconds});

  std::vector<DraftTask> tasks = drafts ? draftTasks(chunks, choices) : std::vector<DraftTask>();
  // Callbacks may end requests, and with them sequences: keep the ids.
  std::vector<RequestId> ids;
  for (const ScheduledChunk &chunk : chunks)
    ids.push_back(chunk.sequence->id);
  uint64_t before = counters.generatedTokens;
  deliverRows(ids, choices, *logits);
  if (!drafts)
    return Error::success();
  findWanted(ids, tasks);
  auto generated = static_cast<uint32_t>(counters.generatedTokens - before);
  return drafts->afterStep(batch, chunks, tasks, {seconds, generated});
}

Error Engine::runUntilIdle() {
  while (busy())
    if (Error error = step())
      return error;
  return checkIntegrity();
}

Error Engine::checkIntegrity() const {
  if (Error error = scheduler->checkIntegrity())
    return error;
  return drafts ? drafts->drafter().checkIntegrity() : Error::success();
}

EngineStats Engine::stats() const {
  EngineStats stats = counters;
  stats.preemptions = scheduler->preemptions();
  if (drafts)
    stats.drafts = drafts->stats();
  stats.cacheEvictions = prefixCache().evictedPages();
  stats.cacheBytes = prefixCache().idleBytes();
  stats.snapshotEvictions = prefixCache().evictedSlots();
  for (size_t i = 0; i < pools().rules().size(); ++i) {
    bool hasPages = pools().rules()[i].hasPages();
    (hasPages ? stats.pages : stats.slots) += pools().units(i);
    (hasPages ? stats.freePages : stats.freeSlots) += pools().freeUnits(i);
    if (hasPages)
      continue;
    uint32_t idle = pools().numbersOf(i).idlePages();
    stats.snapshots = std::max(stats.snapshots, idle);
    stats.snapshotBytes += idle * unitBytes(model->plan(), i);
  }
  stats.running = static_cast<uint32_t>(scheduler->running());
  stats.waiting = static_cast<uint32_t>(scheduler->waiting());
  return stats;
}
