//===- Workload.cpp - Requests to measure with ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prefill is timed until every prompt has its first token, decoding from there on.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/commands/Workload.h"

#include <chrono>

using namespace moec;
using namespace moec::runtime;

Expected<std::unique_ptr<Engine>> runtime::openEngineFor(const Workload &work,
                                                         const EvalArguments &arguments) {
  Expected<EngineOptions> options = engineOptions(arguments);
  if (!options)
    return options.takeError();
  options->prefillFirst = true;
  options->maxSequences = work.batch;
  // Prompts are measured cold.
  options->prefixCacheBytes = 0;
  Expected<std::unique_ptr<Engine>> engine = Engine::open(arguments.model, *options);
  if (!engine)
    return engine.takeError();
  uint64_t length = uint64_t(work.promptTokens) + work.generateTokens - 1;
  uint32_t context = (*engine)->artifact().plan().max_context();
  if (length > context)
    return Error::make(work.promptTokens, " prompt and ", work.generateTokens,
                       " generated tokens are more than the context of ", context);
  const StatePools &pools = (*engine)->pools();
  for (size_t i = 0; i < pools.rules().size(); ++i) {
    const PoolRule &rule = pools.rules()[i];
    // Windows and slots always suffice for the sequences of a step.
    uint64_t needed = rule.allocation == plan::Allocation::Paged
                          ? uint64_t(rule.pagesFor(uint32_t(length))) * work.batch
                          : 0;
    if (needed > pools.units(i))
      return Error::make(work.batch, " sequences of ", length, " tokens need ", needed,
                         " cache pages of ", rule.pageSize, " tokens but there are ",
                         pools.units(i), "; raise --kv-memory or ask for less");
  }
  (*engine)->settle();
  return engine;
}

Expected<Rates> runtime::runOnce(Engine &engine, const Workload &work,
                                 const TokenObserver &observer) {
  using Clock = std::chrono::steady_clock;
  uint32_t vocab = engine.artifact().plan().vocab(), started = 0;
  Clock::time_point begin = Clock::now(), prefilled = begin;
  for (uint32_t b = 0; b < work.batch; ++b) {
    Request request;
    for (uint32_t i = 0; i < work.promptTokens; ++i)
      request.prompt.push_back(static_cast<int32_t>((b * 7919ull + i * 104729ull) % vocab));
    request.maxTokens = work.generateTokens;
    request.ignoreEos = true;
    request.onToken = [&, first = true,
                       prompt = observer ? request.prompt : std::vector<int32_t>()](
                          const TokenEvent &event) mutable {
      if (observer && event.token >= 0)
        observer(prompt, event.token);
      if (std::exchange(first, false) && ++started == work.batch)
        prefilled = Clock::now();
    };
    Expected<RequestId> id = engine.submit(std::move(request));
    if (!id)
      return id.takeError();
  }
  if (Error error = engine.runUntilIdle())
    return error;
  auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  Rates rates;
  rates.prefill = double(work.batch) * work.promptTokens / seconds(prefilled - begin);
  if (work.generateTokens > 1)
    rates.decode =
        double(work.batch) * (work.generateTokens - 1) / seconds(Clock::now() - prefilled);
  return rates;
}
