//===- ArtifactDrafter.cpp - Another model drafts ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// After each step: what drafts turned out wrong is taken back, what the engine has computed is
// computed here, too, and then drafts are made token by token, for all sequences together. A cache
// entry of a draft that followed stays.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/drafting/ArtifactDrafter.h"

#include "moec/runtime/BatchBuilder.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

Expected<std::unique_ptr<ArtifactDrafter>>
ArtifactDrafter::create(std::unique_ptr<Artifact> artifact, Device &device,
                        const DraftModelLimits &limits) {
  const plan::Plan &plan = artifact->plan();
  StateLimits states{plan.max_tokens() + limits.maxSequences * limits.drafts, limits.maxSequences};
  Expected<std::vector<uint32_t>> sizes = sizePools(plan, states, limits.stateBytes);
  if (!sizes)
    return sizes.takeError().addContext(strCat("draft model '", artifact->path(), "'"));
  PrefixCacheLimits cache{limits.prefixCacheBytes};
  for (size_t pool = 0; pool < sizes->size(); ++pool)
    cache.pageBytes.push_back(unitBytes(plan, pool));
  std::unique_ptr<ArtifactDrafter> made(new ArtifactDrafter(
      std::move(artifact), StatePools(poolRules(plan), *sizes), std::move(cache)));
  made->title = strCat("the model '", made->model->path(), "'");
  made->maxTokens = plan.max_tokens();
  made->maxSequences = sequenceLimit(plan);
  made->capacity = made->statePools.capacity(plan.max_context());
  Expected<std::unique_ptr<Executor>> executor = Executor::create(*made->model, device, *sizes);
  if (!executor)
    return executor.takeError().addContext(strCat("draft model '", made->model->path(), "'"));
  made->executor = std::move(*executor);
  if (limits.touchStates)
    if (Error error = made->executor->touchStates())
      return error;
  return made;
}

//===----------------------------------------------------------------------===//
// Who is followed
//===----------------------------------------------------------------------===//

void ArtifactDrafter::forget(RequestId id) {
  auto it = followers.find(id);
  if (it == followers.end())
    return;
  prefixes.leave(it->second.own);
  statePools.release(it->second.own.state);
  followers.erase(it);
  prefixes.enforceLimit();
}

bool ArtifactDrafter::dropYoungest(RequestId than) {
  if (followers.empty() || followers.rbegin()->first <= than)
    return false;
  forget(followers.rbegin()->first);
  return true;
}

bool ArtifactDrafter::grow(Follower &follower, uint32_t tokens) {
  Sequence &own = follower.own;
  PoolCounts missing = statePools.missing(own.state, tokens);
  while (!statePools.hasFree(missing))
    if (!dropYoungest(own.id))
      return false;
  prefixes.makeRoom(missing);
  return statePools.grow(own.state, tokens);
}

void ArtifactDrafter::settle(Follower &follower) {
  follower.settled = follower.own.computed;
  prefixes.remember(follower.own);
  statePools.trim(follower.own.state, follower.settled);
}

bool ArtifactDrafter::hasRoomFor(const Follower &follower) const {
  PoolCounts promised(statePools.rules().size(), 0);
  for (const auto &[id, other] : followers) {
    if (id > follower.own.id)
      break;
    PoolCounts counts = statePools.demand(other.own.state, other.certain, maxTokens);
    for (size_t pool = 0; pool < counts.size(); ++pool)
      promised[pool] += counts[pool];
  }
  return statePools.hasFree(promised);
}

void ArtifactDrafter::admit(const DraftTask &task) {
  const Sequence &sequence = *task.sequence;
  Follower &follower = followers[sequence.id];
  Sequence &own = follower.own;
  own.id = sequence.id;
  own.salt = sequence.salt;
  own.promptTokens = sequence.promptTokens;
  own.tokens = sequence.tokens;
  follower.certain = static_cast<uint32_t>(own.tokens.size());
  if (task.sampling)
    follower.sampling = *task.sampling;
  // What others watch or rule out is not about guesses.
  follower.sampling.processors.clear();
  follower.sampling.logprobs.reset();
  prefixes.adopt(own);
  follower.settled = own.computed;
  while (!hasRoomFor(follower))
    if (!dropYoungest(own.id))
      return forget(own.id);
}

void ArtifactDrafter::follow(const DraftTask &task) {
  const Sequence &sequence = *task.sequence;
  if (sequence.tokens.size() > capacity)
    return forget(sequence.id);
  auto it = followers.find(sequence.id);
  if (it == followers.end())
    return admit(task);
  Follower &follower = it->second;
  Sequence &own = follower.own;
  const uint32_t certain = follower.certain;
  auto begin = own.tokens.begin() + certain;
  auto guess = std::mismatch(begin, own.tokens.end(), sequence.tokens.begin() + certain,
                             sequence.tokens.end());
  auto length = static_cast<uint32_t>(sequence.tokens.size());
  // The last token is computed last: what follows it is still to be guessed.
  own.computed = std::min({own.computed, certain + static_cast<uint32_t>(guess.first - begin),
                           std::max(certain, length - 1)});
  own.tokens.erase(begin, own.tokens.end());
  own.tokens.insert(own.tokens.end(), sequence.tokens.begin() + certain, sequence.tokens.end());
  follower.certain = length;
  statePools.truncate(own.state, own.computed);
  settle(follower);
}

std::vector<ArtifactDrafter::Work> ArtifactDrafter::findWork(std::span<const DraftTask> tasks) {
  // First, as an older one may take the place of a younger one.
  for (const DraftTask &task : tasks)
    if (task.sequence)
      follow(task);
  std::vector<Work> works;
  for (const DraftTask &task : tasks) {
    auto it = task.sequence ? followers.find(task.sequence->id) : followers.end();
    if (it == followers.end())
      continue;
    const Sequence &sequence = *task.sequence;
    uint32_t end = sequence.pending() > 1 ? sequence.computed : it->second.certain;
    works.push_back({&it->second, task.sequence, end, task.wanted});
  }
  return works;
}

//===----------------------------------------------------------------------===//
// Computing
//===----------------------------------------------------------------------===//

Error ArtifactDrafter::compute(std::span<const ScheduledChunk> chunks, std::span<Work *const> works,
                               Chosen &chosen) {
  makeBatch(chunks, statePools.rules(), step);
  Expected<std::span<const float>> logits = executor->run(step);
  if (!logits)
    return logits.takeError().addContext(title);
  for (const ScheduledChunk &chunk : chunks)
    chunk.sequence->computed = chunk.start + chunk.count;
  size_t vocab = model->plan().vocab();
  for (size_t row = 0; row < step.rows.size(); ++row) {
    Work &work = *works[step.rows[row].chunk];
    Sequence &own = work.follower->own;
    if (work.wanted == 0)
      continue;
    Expected<SampledToken> token =
        sampleToken(logits->subspan(row * vocab, vocab), {own.tokens, own.promptTokens},
                    work.follower->sampling);
    if (!token)
      continue; // logits that are no numbers are no guess
    --work.wanted;
    own.tokens.push_back(token->token);
    work.sequence->drafts.push_back(token->token);
    chosen.push_back(&work);
  }
  return Error::success();
}

void ArtifactDrafter::takePages(std::vector<Work> &works) {
  uint32_t room = maxTokens;
  // Those with little to compute first: they have drafts in any case.
  for (bool isShort : {true, false})
    for (Work &work : works) {
      uint32_t left = work.end - std::min(work.end, work.follower->own.computed);
      if ((left <= DraftOptions::limit + 1) != isShort)
        continue;
      work.count = std::min({left, room, statePools.chunkCapacity()});
      room -= work.count;
    }
  // By age, so that who gives way has none of the step yet.
  std::ranges::stable_sort(works, {}, [](const Work &work) { return work.sequence->id; });
  for (Work &work : works) {
    if (!followers.contains(work.sequence->id)) {
      work.count = 0;
      continue;
    }
    uint32_t end = work.follower->own.computed + work.count;
    if (work.count != 0 && !grow(*work.follower, end))
      work.count = 0;
  }
  std::erase_if(works, [](const Work &work) { return work.count == 0; });
}

Error ArtifactDrafter::catchUp(std::span<Work> works, Chosen &chosen) {
  for (size_t begin = 0; begin < works.size(); begin += maxSequences) {
    std::vector<ScheduledChunk> chunks;
    std::vector<Work *> of;
    for (Work &work : works.subspan(begin, std::min<size_t>(maxSequences, works.size() - begin))) {
      Sequence &own = work.follower->own;
      chunks.push_back({&own, own.computed, work.count});
      of.push_back(&work);
    }
    if (Error error = compute(chunks, of, chosen))
      return error;
    for (Work *work : of)
      settle(*work->follower);
  }
  prefixes.enforceLimit();
  return Error::success();
}

bool ArtifactDrafter::reserve(Sequence &own) {
  // Whoever is followed is worth more than another guess.
  PoolCounts missing = statePools.missing(own.state, static_cast<uint32_t>(own.tokens.size()));
  if (!statePools.hasFree(missing))
    return false;
  prefixes.makeRoom(missing);
  return statePools.grow(own.state, static_cast<uint32_t>(own.tokens.size()));
}

Error ArtifactDrafter::continueDrafts(Chosen &chosen) {
  Chosen open = std::exchange(chosen, {});
  std::erase_if(open, [&](const Work *work) {
    Sequence &own = work->follower->own;
    return work->wanted == 0 || own.tokens.size() >= capacity || !reserve(own);
  });
  const size_t most = std::min(maxSequences, maxTokens);
  for (size_t begin = 0; begin < open.size(); begin += most) {
    std::span<Work *const> of = std::span(open).subspan(begin, std::min(most, open.size() - begin));
    std::vector<ScheduledChunk> chunks;
    for (Work *work : of) {
      Sequence &own = work->follower->own;
      chunks.push_back({&own, static_cast<uint32_t>(own.tokens.size()) - 1, 1});
    }
    if (Error error = compute(chunks, of, chosen))
      return error;
  }
  return Error::success();
}

Error ArtifactDrafter::draft(const StepBatch &, std::span<const DraftTask> tasks) {
  std::vector<Work> works = findWork(tasks);
  takePages(works);
  Chosen chosen;
  if (Error error = catchUp(works, chosen))
    return error;
  while (!chosen.empty())
    if (Error error = continueDrafts(chosen))
      return error;
  return Error::success();
}

Error ArtifactDrafter::skip(const StepBatch &, std::span<const DraftTask> tasks) {
  std::vector<Work> works = findWork(tasks);
  std::erase_if(works,
                [](const Work &work) { return work.end < work.follower->own.computed + backlog; });
  for (Work &work : works)
    work.wanted = 0;
  takePages(works);
  Chosen none;
  return catchUp(works, none);
}

Error ArtifactDrafter::checkIntegrity() const {
  std::vector<StatePools::Holder> holders;
  std::vector<const Sequence *> sequences;
  for (const auto &[id, follower] : followers) {
    holders.push_back({id, follower.own.state, follower.settled});
    sequences.push_back(&follower.own);
  }
  Error error = prefixes.checkIntegrity(sequences);
  if (!error)
    error = statePools.checkIntegrity(holders, prefixes.pages());
  return error ? error.addContext(title) : Error::success();
}
