//===- Generation.cpp - One request for text, served ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Generation.h"

#include "runtime/server/api/ChatTemplate.h"

#include "runtime/server/Router.h"
#include "runtime/server/chat/Turns.h"
#include "runtime/server/messages/MessagesReply.h"
#include "runtime/server/responses/ResponsesReply.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

static int64_t secondsSince1970() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

static double secondsSince(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - time).count();
}

static std::unique_ptr<ReplyWriter> makeWriter(const Api &api, const GenerateCall &call,
                                               const std::string &id) {
  if (call.endpoint == Endpoint::Messages)
    return std::make_unique<MessagesReply>("msg_" + id, call.model);
  if (call.endpoint == Endpoint::Responses)
    return std::make_unique<ResponsesReply>(call, id, secondsSince1970());
  return std::make_unique<ReplyFormat>(
      call, (call.endpoint == Endpoint::Chat ? "chatcmpl-" : "cmpl-") + id, secondsSince1970(),
      api.backend.tokenizer());
}

Generation::Generation(Api &api, const GenerateCall &call, std::vector<PreparedPrompt> prepared,
                       ResponderPtr responder, Time arrived)
    : api(api), begin(arrived), responder(std::move(responder)),
      writer(makeWriter(api, call, this->responder->record.id)), stop(call.generation.stop),
      stopTokens(call.generation.stopTokens), isStream(call.stream), isChat(call.isChat()),
      repeatsPrompt(call.echo), needsPromptLogprobs(call.echo && call.generation.sampling.logprobs),
      writesEmptyParts(call.generation.sampling.logprobs || call.continuousUsage),
      choicesPerPrompt(call.generation.choices) {
  for (PreparedPrompt &prompt : prepared) {
    PromptPart part{prompt.request.prompt, std::move(prompt.text), {}};
    total.promptTokens += part.ids.size();
    for (uint32_t i = 0; i < choicesPerPrompt; ++i) {
      Choice &choice = choices.emplace_back();
      choice.part.index = static_cast<uint32_t>(choices.size() - 1);
      choice.usage.promptTokens = part.ids.size();
      if (!prompt.reading)
        continue;
      choice.reader.emplace(*prompt.reading);
      choice.usage.reasoningTokens = total.reasoningTokens = 0;
    }
    chatSeconds += prompt.renderSeconds;
    prompts.push_back({std::move(prompt.request), std::move(part), {}, false});
  }
}

void Generation::start(const std::string &owner) {
  auto self = shared_from_this();
  responder->onLeft([weak = weak_from_this()] {
    if (auto self = weak.lock()) {
      self->isAnswered = true;
      self->cancel();
    }
  });
  api.generations.insert(self);
  for (size_t i = 0; i < prompts.size(); ++i) {
    prompts[i].request.owner = owner;
    // The engine's thread must not be the last to let go of this: it has sockets.
    auto sink = [post = api.post, weak = weak_from_this(), i](const Event &event) {
      post([weak, i, event, time = std::chrono::steady_clock::now()] {
        if (auto self = weak.lock())
          self->receive(i, event, time);
      });
    };
    Expected<Backend::Id> id = api.backend.start(std::move(prompts[i].request), sink);
    if (!id) {
      Error error = id.takeError();
      fail(findOutage(api).value_or(ApiError{400, error.message()}));
      break;
    }
    ids.push_back(*id);
    live += choicesPerPrompt;
    api.liveChoices += choicesPerPrompt;
  }
  describe();
  if (live == 0)
    api.generations.erase(self);
}

void Generation::cancel() {
  for (Backend::Id id : ids)
    api.backend.cancel(id);
}

void Generation::describe() {
  responder->record.promptTokens = total.promptTokens;
  responder->record.completionTokens = total.completionTokens;
}

void Generation::fail(const ApiError &error) {
  if (isAnswered)
    return;
  isAnswered = true;
  cancel();
  describe();
  if (!hasStreamBegun)
    return sendError(*responder, error);
  responder->record.reason = error.message;
  responder->write(writer->errorEvent(error));
  responder->endStream();
}

void Generation::measure(Choice &choice, const Event &event, Time time) {
  if (!event.tokens.empty()) {
    if (choice.usage.completionTokens == 0 && !responder->record.firstTokenSeconds)
      responder->record.firstTokenSeconds = std::chrono::duration<double>(time - begin).count();
    else if (choice.usage.completionTokens != 0)
      api.metrics.addTokens(std::chrono::duration<double>(time - choice.lastTokens).count(),
                            event.tokens.size());
    choice.lastTokens = time;
    choice.usage.completionTokens += event.tokens.size();
    total.completionTokens += event.tokens.size();
  }
  if (event.reason != FinishReason::None)
    api.metrics.addEnd(event.reason, event.times);
}

ChoicePart Generation::partOf(size_t prompt, const Event &event) const {
  ChoicePart part;
  part.index = static_cast<uint32_t>(prompt * choicesPerPrompt + event.choice);
  part.text = event.text;
  part.tokens = event.tokens;
  part.forcedTokens = event.forcedTokens;
  part.reason = event.reason;
  // What else ended it, such as the end of a chat's answer, is the model's own end.
  if (event.stopString && std::ranges::find(stop, *event.stopString) != stop.end())
    part.stopString = event.stopString;
  if (event.stopToken && std::ranges::find(stopTokens, *event.stopToken) != stopTokens.end())
    part.stopToken = event.stopToken;
  return part;
}

/// Reads a part's text where it is more than content, into `events`.
void Generation::readPart(Choice &choice, ChoicePart &part,
                          std::vector<parser::AnswerEvent> &events) {
  if (!choice.reader)
    return;
  const Time from = std::chrono::steady_clock::now();
  const bool wasThinking = choice.reader->isThinking();
  choice.reader->read(std::exchange(part.text, {}), part.reason != FinishReason::None, events);
  chatSeconds += secondsSince(from);
  // Marks of thoughts are none, nor is what ends them before their time.
  if (wasThinking && choice.reader->isThinking()) {
    const size_t thoughts = part.tokens.size() - part.forcedTokens;
    *choice.usage.reasoningTokens += thoughts;
    *total.reasoningTokens += thoughts;
  }
  part.isRead = choice.part.isRead = true;
  part.hasCalls = choice.part.hasCalls = choice.reader->hasCalls();
}

/// Adds what is new of a choice to what there is.
static void append(ChoicePart &whole, ChoicePart part) {
  whole.text += part.text;
  std::ranges::move(part.tokens, std::back_inserter(whole.tokens));
  whole.reason = part.reason;
  whole.stopString = std::move(part.stopString);
  whole.stopToken = part.stopToken;
}

void Generation::receive(size_t prompt, const Event &event, Time time) {
  Choice &choice = choiceOf(prompt, event);
  measure(choice, event, time);
  if (event.choice == 0 && !choice.hasCached) {
    choice.hasCached = true;
    choice.usage.cachedTokens = event.cachedTokens;
    total.cachedTokens += event.cachedTokens;
  }
  if (!event.promptLogprobs.empty())
    prompts[prompt].part.logprobs = event.promptLogprobs;
  if (event.reason != FinishReason::None) {
    --live;
    --api.liveChoices;
  }
  if (!isAnswered) {
    describe();
    if (event.reason == FinishReason::Error)
      fail(findOutage(api).value_or(ApiError{500, event.message}));
    else if (event.reason == FinishReason::Abort)
      fail(findOutage(api).value_or(ApiError{500, "the request was aborted"}));
    else if (isStream)
      stream(prompt, event);
    else {
      ChoicePart part = partOf(prompt, event);
      readPart(choice, part, choice.part.events);
      append(choice.part, std::move(part));
    }
  }
  if (live != 0)
    return;
  if (isChat)
    api.metrics.addChat(chatSeconds);
  if (!isAnswered)
    complete();
  api.generations.erase(shared_from_this());
}

void Generation::stream(size_t prompt, const Event &event) {
  if (!hasStreamBegun) {
    hasStreamBegun = true;
    // Proxies are not to collect a stream.
    responder->beginStream({200,
                            "text/event-stream; charset=utf-8",
                            {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}},
                            ""});
  }
  PromptState &state = prompts[prompt];
  // Log probabilities of the prompt come with choice 0, and are to precede every choice.
  state.hasLogprobs = state.hasLogprobs || !needsPromptLogprobs || event.choice == 0;
  if (!state.hasLogprobs) {
    state.held.push_back(event);
    return;
  }
  writeEvent(prompt, event);
  for (; !state.held.empty(); state.held.pop_front())
    writeEvent(prompt, state.held.front());
}

void Generation::writeEvent(size_t prompt, const Event &event) {
  Choice &choice = choiceOf(prompt, event);
  ChoicePart part = partOf(prompt, event);
  readPart(choice, part, part.events);
  choice.part.reason = part.reason;
  std::string out;
  const PromptPart *repeated = nullptr;
  if (!choice.hasBegun) {
    choice.hasBegun = true;
    out += writer->firstEvent(part.index, choice.usage);
    repeated = repeatsPrompt ? &prompts[prompt].part : nullptr;
  }
  // A token that completes no character is not worth an event.
  bool isEmpty = writer->isSilent(part) && part.reason == FinishReason::None && !repeated &&
                 (part.tokens.empty() || !writesEmptyParts);
  if (!isEmpty)
    out += writer->event(part, repeated, choice.position, choice.usage);
  if (!out.empty())
    responder->write(std::move(out));
}

void Generation::complete() {
  isAnswered = true;
  std::string reasons;
  for (const Choice &choice : choices) {
    auto reason = finishReason(choice.part).get<std::string>();
    if (reasons.find(reason) == reasons.npos)
      reasons += (reasons.empty() ? "" : ",") + reason;
  }
  responder->record.reason = reasons;
  if (isStream) {
    responder->write(writer->endEvent(total));
    return responder->endStream();
  }
  std::vector<ChoicePart> parts;
  std::vector<const PromptPart *> owners;
  for (size_t i = 0; i < choices.size(); ++i) {
    parts.push_back(std::move(choices[i].part));
    owners.push_back(&prompts[i / choicesPerPrompt].part);
  }
  sendJson(*responder, writer->whole(parts, owners, total));
}

/// Choices that wait for the engine, as far as is known: those that it does not run.
static size_t waitingChoices(const Api &api) {
  size_t running = api.backend.stats().running;
  return api.liveChoices > running ? api.liveChoices - running : 0;
}

/// The key that a request brings.
static std::string keyOf(const HttpRequest &request) {
  std::string_view key = bearerToken(request.header("authorization"));
  return std::string(key.empty() ? request.header("x-api-key") : key);
}

/// An error where so many choices wait that no more may.
static std::optional<ApiError> checkQueue(const Api &api, size_t waiting) {
  if (waiting < api.options.maxQueue)
    return std::nullopt;
  return ApiError{
      429, strCat(waiting, " choices wait; at most ", api.options.maxQueue, " may (--max-queue)"),
      std::nullopt, "rate_limit_exceeded"};
}

namespace {
/// A request on its way from bytes to prompts.
struct Preparation {
  std::string body;
  size_t waiting; ///< choices, when it came
  std::chrono::steady_clock::time_point arrived = std::chrono::steady_clock::now();
  GenerateCall call = {};
  std::vector<PreparedPrompt> prompts = {};
  std::optional<ApiError> error = {};
};
} // namespace

static std::optional<ApiError> prepare(const Api &api, Endpoint endpoint, Preparation &made) {
  GenerateCall &call = made.call;
  if (auto error = parseCall(endpoint, made.body, api.options.defaults, call))
    return error;
  // As in vLLM and llama-server, a call without a name is for what is served.
  if (call.model.empty())
    call.model = api.options.modelNames.front();
  else if (auto error = checkModel(api, call.model))
    return error;
  if (auto error = checkThoughts(call, api.options.chat))
    return error;
  // Before the prompt is encoded, which takes time.
  if (auto error = checkQueue(api, made.waiting))
    return error;
  if (auto error =
          preparePrompts(call, api.options.defaults,
                         {api.backend.tokenizer(), api.backend.capacity(), api.backend.vocabulary(),
                          api.options.chat, api.backend.keepsStates()},
                         made.prompts))
    return error;
  std::ranges::copy(findIgnoredVariables(api.options.chat, call.form),
                    std::back_inserter(call.ignored));
  std::ranges::copy(findUnreadParts(api.options.chat, call), std::back_inserter(call.ignored));
  return std::nullopt;
}

static void begin(Api &api, Preparation &made, const ResponderPtr &responder,
                  const std::string &owner) {
  if (responder->hasLeft)
    return;
  // Others may have begun to wait while this was read.
  if (!made.error)
    made.error = checkQueue(api, waitingChoices(api));
  if (made.error)
    return sendError(*responder, *made.error,
                     made.error->status == 429 ? Headers{{"Retry-After", "1"}} : Headers{});
  addIgnoredFields(*responder, made.call.ignored);
  if (std::ranges::any_of(made.prompts, &PreparedPrompt::beginsTwice))
    responder->addHeader("X-Moec-Warning", "the prompt begins with two BOS tokens");
  std::make_shared<Generation>(api, made.call, std::move(made.prompts), responder, made.arrived)
      ->start(owner);
}

static void serve(Api &api, const HttpRequest &request, const ResponderPtr &responder,
                  Endpoint endpoint) {
  if (auto error = findOutage(api))
    return sendError(*responder, *error);
  auto made = std::make_shared<Preparation>(Preparation{request.body, waitingChoices(api)});
  // Without keys nobody has checked who says to be whom.
  std::string owner = api.options.apiKeys.empty() ? std::string() : keyOf(request);
  prepareThen(
      api, request.body.size(), responder,
      [&api, made, endpoint] { made->error = prepare(api, endpoint, *made); },
      [&api, made, responder, owner = std::move(owner)] { begin(api, *made, responder, owner); });
}

void server::serveCompletions(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  serve(api, request, responder, Endpoint::Completions);
}

void server::serveChat(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  serve(api, request, responder, Endpoint::Chat);
}

void server::serveMessages(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  serve(api, request, responder, Endpoint::Messages);
}

void server::serveResponses(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  serve(api, request, responder, Endpoint::Responses);
}
