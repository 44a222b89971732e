//===- Generator.cpp - Prompts in, text out ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Text is made on the engine's thread, a few microseconds a token, so that a stop string ends a
// choice before its next step.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/service/Generator.h"

#include "moec/runtime/service/StopStrings.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>

using namespace moec;
using namespace moec::runtime;

namespace {
/// Has a guide follow a text token by token, as tokens are chosen and not as they are given away:
/// of several in a step each may depend on the one before.
class GuidedText : public TokenGuide {
public:
  GuidedText(std::unique_ptr<TextGuide> from, StreamDecoder decoder)
      : guide(std::move(from)), decoder(std::move(decoder)) {
    std::ranges::copy(guide->begin(), std::back_inserter(forced));
  }
  std::optional<int32_t> force() override {
    isForced = !forced.empty();
    if (!isForced)
      return std::nullopt;
    const int32_t token = forced.front();
    forced.pop_front();
    return token;
  }
  void take(int32_t token) override {
    chosen.push_back(isForced);
    // A token without text ends the choice, when it comes to it.
    if (Expected<std::string> piece = decoder.push(token))
      std::ranges::copy(guide->push(*piece), std::back_inserter(forced));
  }
  /// Whether the next token that is given away was forced. Asked once for each, in order.
  bool nextIsForced() {
    const bool result = chosen.front();
    chosen.pop_front();
    return result;
  }

private:
  std::unique_ptr<TextGuide> guide;
  StreamDecoder decoder;
  std::deque<int32_t> forced; ///< tokens that it wants next
  bool isForced = false;      ///< whether it has given the token that is to be taken
  std::deque<bool> chosen;    ///< the same of those that were taken and not given away
};
} // namespace

/// One continuation of a prompt; only touched on the engine's thread once it was submitted.
struct Generator::Choice {
  uint32_t number;
  std::optional<StreamDecoder> decoder;
  StopStrings stops;
  uint32_t minTokens;
  bool includeStop;
  std::shared_ptr<GuidedText> guide; ///< null without one
  bool isForced = false;             ///< the token that was given away last
  uint32_t tokens = 0;
  /// Its last event was given.
  bool done = false;
};

/// A request and its choices. The lists never change once the request was submitted.
struct Generator::Generation {
  Id id;
  Sink sink;
  std::vector<Choice> choices;
  std::vector<int32_t> prompt; ///< where its log probabilities are asked for
  std::vector<TokenLogprobs> promptLogprobs;
  std::string promptProblem; ///< why one of them is none
  /// By choice, guarded by the generator's mutex.
  std::vector<RequestId> requests;
  /// Choices that the engine has not ended; guarded likewise.
  size_t open = 0;
  /// start() fails, so nobody wants events.
  std::atomic<bool> isRefused = false;
};

Generator::Generator(EngineService &engine, std::optional<Tokenizer> tokenizer)
    : engine(engine), tokens(std::move(tokenizer)) {}

Generator::~Generator() {
  std::unique_lock lock(mutex);
  for (const auto &[id, generation] : live)
    abortAll(*generation);
  ended.wait(lock, [&] { return live.empty(); });
}

void Generator::abortAll(const Generation &generation) {
  for (RequestId request : generation.requests)
    engine.abort(request);
}

Error Generator::check(const GenerationRequest &request) const {
  if (request.choices == 0)
    return Error::make("no choice is asked for");
  if (!request.stop.empty() && !tokens)
    return Error::make("stop strings need a tokenizer, which the model does not have");
  if (request.makeGuide && !tokens)
    return Error::make("a guide needs a tokenizer, which the model does not have");
  for (const std::string &stop : request.stop)
    if (stop.empty())
      return Error::make("a stop string is empty");
  if (request.minTokens > request.maxTokens)
    return Error::make("at least ", request.minTokens, " tokens are asked for but at most ",
                       request.maxTokens);
  return Error::success();
}

Request Generator::makeRequest(const std::shared_ptr<Generation> &generation, uint32_t number,
                               const GenerationRequest &from) {
  Request request;
  request.prompt = from.prompt;
  request.sampling = from.sampling;
  request.sampling.seed += number;
  request.maxTokens = from.maxTokens;
  request.minTokens = from.minTokens;
  request.ignoreEos = from.ignoreEos;
  request.stopTokens = from.stopTokens;
  request.priority = from.priority;
  request.owner = from.owner;
  request.cacheSalt = from.cacheSalt;
  request.turnEnd = from.turnEnd;
  if (number != 0)
    request.sibling = generation->requests.front();
  if (number == 0 && from.promptLogprobs)
    request.onLogits = [generation, top = *from.promptLogprobs](uint32_t position,
                                                                std::span<const float> row) {
      if (position + 1 == generation->prompt.size())
        return;
      auto logprobs = computeLogprobs(row, generation->prompt[position + 1], top);
      if (logprobs)
        generation->promptLogprobs.push_back(std::move(*logprobs));
      else if (generation->promptProblem.empty())
        generation->promptProblem =
            strCat("behind token ", position, " of the prompt ", logprobs.takeError().message());
    };
  request.guide = generation->choices[number].guide;
  request.onToken = [this, generation, number](const TokenEvent &event) {
    receive(generation, generation->choices[number], event);
  };
  return request;
}

Expected<Generator::Id> Generator::start(GenerationRequest request, Sink sink) {
  if (Error error = check(request))
    return error;
  auto generation = std::make_shared<Generation>();
  generation->sink = std::move(sink);
  if (request.promptLogprobs)
    generation->prompt = request.prompt;
  for (uint32_t number = 0; number < request.choices; ++number) {
    std::optional<StreamDecoder> decoder;
    if (tokens)
      decoder.emplace(*tokens, request.skipSpecial, request.shownTokens);
    generation->choices.push_back({number, std::move(decoder),
                                   StopStrings(request.stop, request.includeStop),
                                   request.minTokens, request.includeStop, nullptr, false});
    if (request.makeGuide)
      generation->choices.back().guide = std::make_shared<GuidedText>(
          request.makeGuide(), StreamDecoder(*tokens, request.skipSpecial, request.shownTokens));
  }
  // Held until all were queued: none ends for good before.
  std::unique_lock lock(mutex);
  generation->id = nextId++;
  for (uint32_t number = 0; number < request.choices; ++number) {
    Expected<RequestId> id = engine.submit(makeRequest(generation, number, request));
    if (!id) {
      // The engine refuses them all, or has stopped; what was queued is given up without an event.
      generation->isRefused = true;
      abortAll(*generation);
      if (generation->open != 0)
        live.emplace(generation->id, generation);
      return id.takeError();
    }
    generation->requests.push_back(*id);
    ++generation->open;
  }
  live.emplace(generation->id, generation);
  return generation->id;
}

void Generator::cancel(Id id) {
  std::lock_guard lock(mutex);
  auto it = live.find(id);
  if (it != live.end())
    abortAll(*it->second);
}

Error Generator::addText(Choice &choice, const TokenEvent &event, std::string &text) {
  auto add = [&](Expected<std::string> piece) -> Error {
    if (!piece)
      return piece.takeError();
    // Stop strings are for what the model says.
    const bool isPassed = choice.isForced || choice.tokens <= choice.minTokens;
    text += isPassed ? choice.stops.pass(*piece) : choice.stops.push(*piece);
    return Error::success();
  };
  // A token that ends the choice is no text, unless it is asked for.
  if (event.token >= 0 && (event.reason != FinishReason::Stop || choice.includeStop)) {
    if (Error error = add(choice.decoder->push(event.token)))
      return error;
  }
  if (event.reason == FinishReason::None)
    return Error::success();
  if (Error error = add(choice.decoder->finish()))
    return error;
  if (!choice.stops.found())
    text += choice.stops.finish();
  return Error::success();
}

void Generator::receive(const std::shared_ptr<Generation> &generation, Choice &choice,
                        const TokenEvent &event) {
  if (!choice.done && !generation->isRefused)
    deliver(*generation, choice, event);
  if (event.reason == FinishReason::None)
    return;
  std::lock_guard lock(mutex);
  if (--generation->open == 0 && live.erase(generation->id) != 0)
    ended.notify_all();
}

void Generator::deliver(Generation &generation, Choice &choice, const TokenEvent &event) {
  GenerationEvent out;
  out.choice = choice.number;
  out.reason = event.reason;
  out.message = event.message;
  out.times = event.times;
  out.cachedTokens = event.cachedTokens;
  if (event.token >= 0) {
    ++choice.tokens;
    out.tokens.push_back({event.token, event.logprobs});
    choice.isForced = choice.guide && choice.guide->nextIsForced();
    out.forcedTokens = choice.isForced ? 1 : 0;
    if (event.reason == FinishReason::Stop)
      out.stopToken = event.token;
  }
  if (choice.number == 0)
    out.promptLogprobs = std::exchange(generation.promptLogprobs, {});
  if (choice.decoder)
    if (Error error = addText(choice, event, out.text)) {
      out.reason = FinishReason::Error;
      out.message = error.message();
    }
  if (choice.number == 0 && !generation.promptProblem.empty()) {
    // Fewer than the prompt has tokens would be those of others.
    out.reason = FinishReason::Error;
    out.message = generation.promptProblem;
  } else if (choice.stops.found()) {
    out.reason = FinishReason::Stop;
    out.stopString = choice.stops.found();
    out.stopToken.reset();
  }
  choice.done = out.reason != FinishReason::None;
  if (choice.done && event.reason == FinishReason::None) {
    // The engine goes on unless it is told.
    out.times.ended = RequestTimes::Clock::now();
    engine.abort(event.id);
  }
  generation.sink(out);
}
