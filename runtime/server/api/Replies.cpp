//===- Replies.cpp - Generated text as the API writes it --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Replies.h"

#include "runtime/server/api/ChatTemplate.h"

#include <algorithm>
#include <cassert>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;
using runtime::SampledToken;
using runtime::TokenLogprob;
using runtime::TokenLogprobs;

OrderedJson server::toJson(const Usage &usage) {
  OrderedJson json;
  json["prompt_tokens"] = usage.promptTokens;
  json["completion_tokens"] = usage.completionTokens;
  json["total_tokens"] = usage.promptTokens + usage.completionTokens;
  json["prompt_tokens_details"] = {{"cached_tokens", usage.cachedTokens}};
  if (usage.reasoningTokens)
    json["completion_tokens_details"] = {{"reasoning_tokens", *usage.reasoningTokens}};
  return json;
}

bool ReplyFormat::isSilent(const ChoicePart &part) const {
  return std::ranges::all_of(eventsOf(part),
                             [](const auto &event) { return deltaOf(event).is_null(); });
}

OrderedJson server::finishReason(const ChoicePart &part) {
  switch (part.reason) {
  case FinishReason::Stop:
    return part.hasCalls ? "tool_calls" : "stop";
  case FinishReason::Length:
  case FinishReason::Full:
    return "length";
  default:
    assert(part.reason == FinishReason::None && "a failure is no finished choice");
    return nullptr;
  }
}

/// JSON has no infinity; vLLM writes this instead.
static double finite(float logprob) { return std::max(static_cast<double>(logprob), -9999.0); }

static size_t countChars(const std::string &text) {
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

ReplyFormat::ReplyFormat(const GenerateCall &call, std::string id, int64_t created,
                         const runtime::Tokenizer *tokenizer)
    : endpoint(call.endpoint), model(call.model), answerId(std::move(id)), created(created),
      includeUsage(call.includeUsage), continuousUsage(call.continuousUsage), echo(call.echo),
      wantsPromptLogprobs(call.generation.promptLogprobs.has_value()),
      wantedLogprobs(call.generation.sampling.logprobs),
      tokenText(call.showsTokenIds ? nullptr : tokenizer) {}

OrderedJson ReplyFormat::head(bool isChunk) const {
  bool isChat = endpoint == Endpoint::Chat;
  OrderedJson json;
  json["id"] = answerId;
  json["object"] = !isChat   ? "text_completion"
                   : isChunk ? "chat.completion.chunk"
                             : "chat.completion";
  json["created"] = created;
  json["model"] = model;
  json["system_fingerprint"] = nullptr;
  return json;
}

static OrderedJson bytesOf(const std::string &bytes) {
  OrderedJson list = OrderedJson::array();
  for (char byte : bytes)
    list.push_back(static_cast<unsigned char>(byte));
  return list;
}

OrderedJson ReplyFormat::chatLogprobs(std::span<const SampledToken> tokens) const {
  auto describe = [&](const TokenLogprob &token) {
    OrderedJson json;
    json["token"] = tokenText.text(token.token);
    json["logprob"] = finite(token.logprob);
    json["bytes"] = bytesOf(tokenText.bytes(token.token));
    return json;
  };
  OrderedJson content = OrderedJson::array();
  for (const SampledToken &token : tokens) {
    if (!token.logprobs)
      continue;
    OrderedJson entry = describe(token.logprobs->token), top = OrderedJson::array();
    for (const TokenLogprob &likely : token.logprobs->top)
      top.push_back(describe(likely));
    entry["top_logprobs"] = std::move(top);
    content.push_back(std::move(entry));
  }
  return {{"content", std::move(content)}};
}

void ReplyFormat::appendToken(OrderedJson &lists, int32_t id, const TokenLogprobs *logprobs,
                              size_t &position) const {
  std::string text = tokenText.text(id);
  lists["text_offset"].push_back(position);
  position += countChars(text);
  if (!logprobs) {
    // Nothing is before the first token that could make it likely.
    lists["token_logprobs"].push_back(nullptr);
    lists["top_logprobs"].push_back(nullptr);
  } else {
    lists["token_logprobs"].push_back(finite(logprobs->token.logprob));
    OrderedJson top = OrderedJson::object();
    size_t wanted = std::min<size_t>(wantedLogprobs.value_or(0), logprobs->top.size());
    // The likelier of two tokens that look alike stands; the chosen one is always there.
    for (size_t i = 0; i < wanted; ++i)
      top.emplace(tokenText.text(logprobs->top[i].token), finite(logprobs->top[i].logprob));
    top.emplace(text, finite(logprobs->token.logprob));
    lists["top_logprobs"].push_back(std::move(top));
  }
  lists["tokens"].push_back(std::move(text));
}

OrderedJson ReplyFormat::logprobs(const ChoicePart &part, const PromptPart *prompt,
                                  size_t &position) const {
  if (!wantedLogprobs)
    return nullptr;
  if (endpoint == Endpoint::Chat)
    return chatLogprobs(part.tokens);
  OrderedJson lists;
  for (const char *name : {"text_offset", "token_logprobs", "tokens", "top_logprobs"})
    lists[name] = OrderedJson::array();
  if (prompt)
    for (size_t i = 0; i < prompt->ids.size(); ++i)
      appendToken(lists, prompt->ids[i],
                  i > 0 && i <= prompt->logprobs.size() ? &prompt->logprobs[i - 1] : nullptr,
                  position);
  for (const SampledToken &token : part.tokens)
    appendToken(lists, token.token, token.logprobs ? &*token.logprobs : nullptr, position);
  return lists;
}

OrderedJson ReplyFormat::promptLogprobs(const PromptPart &prompt) const {
  OrderedJson list = OrderedJson::array({nullptr});
  for (const TokenLogprobs &logprobs : prompt.logprobs) {
    OrderedJson tokens = OrderedJson::object();
    auto add = [&](const TokenLogprob &token) {
      OrderedJson entry;
      entry["logprob"] = finite(token.logprob);
      entry["rank"] = token.rank;
      entry["decoded_token"] = tokenText.text(token.token);
      tokens.emplace(strCat(token.token), std::move(entry));
    };
    add(logprobs.token);
    for (const TokenLogprob &likely : logprobs.top)
      add(likely);
    list.push_back(std::move(tokens));
  }
  return list;
}

/// vLLM's: what ended a choice, null for the model's own end.
static OrderedJson stopReason(const ChoicePart &part) {
  if (part.stopString)
    return *part.stopString;
  return part.stopToken ? OrderedJson(*part.stopToken) : OrderedJson();
}

OrderedJson ReplyFormat::choice(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                                bool isChunk) const {
  OrderedJson json;
  json["index"] = part.index;
  std::string text = prompt && echo ? prompt->text + part.text : part.text;
  if (endpoint == Endpoint::Completions)
    json["text"] = std::move(text);
  else if (!isChunk && part.isRead)
    json["message"] = messageOf(part.events);
  else if (!isChunk)
    json["message"] = {{"role", "assistant"}, {"content", std::move(text)}, {"refusal", nullptr}};
  else if (text.empty() && part.reason != FinishReason::None)
    json["delta"] = OrderedJson::object();
  else
    json["delta"] = {{"content", std::move(text)}};
  json["logprobs"] = logprobs(part, echo ? prompt : nullptr, position);
  json["finish_reason"] = finishReason(part);
  if (!isChunk || part.reason != FinishReason::None)
    json["stop_reason"] = stopReason(part);
  return json;
}

std::string ReplyFormat::whole(std::span<const ChoicePart> choices,
                               std::span<const PromptPart *const> prompts,
                               const Usage &usage) const {
  OrderedJson json = head(false), list = OrderedJson::array();
  for (size_t i = 0; i < choices.size(); ++i) {
    size_t position = 0;
    list.push_back(choice(choices[i], prompts[i], position, false));
    if (wantsPromptLogprobs && endpoint == Endpoint::Completions)
      list.back()["prompt_logprobs"] = promptLogprobs(*prompts[i]);
  }
  json["choices"] = std::move(list);
  json["usage"] = server::toJson(usage);
  if (wantsPromptLogprobs && endpoint == Endpoint::Chat)
    json["prompt_logprobs"] = promptLogprobs(*prompts[0]);
  return dumpJson(json);
}

/// An object as an event of a stream.
static std::string frame(const std::string &json) { return "data: " + json + "\n\n"; }
static constexpr const char *done = "data: [DONE]\n\n";

std::string ReplyFormat::chunk(OrderedJson choice, const Usage &usage) const {
  OrderedJson json = head(true);
  json["choices"] = OrderedJson::array({std::move(choice)});
  if (continuousUsage)
    json["usage"] = server::toJson(usage);
  else if (includeUsage)
    json["usage"] = nullptr;
  return frame(dumpJson(json));
}

std::string ReplyFormat::firstEvent(uint32_t index, const Usage &usage) {
  if (endpoint == Endpoint::Completions)
    return "";
  OrderedJson json;
  json["index"] = index;
  json["delta"] = {{"role", "assistant"}, {"content", ""}};
  json["logprobs"] = nullptr;
  json["finish_reason"] = nullptr;
  return chunk(std::move(json), usage);
}

/// One chunk for each event; the last one ends the choice, if it does.
std::string ReplyFormat::readEvents(const ChoicePart &part, const Usage &usage) const {
  std::vector<OrderedJson> deltas;
  for (const parser::AnswerEvent &event : part.events)
    if (OrderedJson delta = deltaOf(event); !delta.is_null())
      deltas.push_back(std::move(delta));
  if (deltas.empty())
    deltas.push_back(OrderedJson::object());
  std::string out;
  for (OrderedJson &delta : deltas) {
    const bool isLast = &delta == &deltas.back();
    size_t position = 0;
    OrderedJson json;
    json["index"] = part.index;
    json["logprobs"] = &delta == &deltas.front() ? logprobs(part, nullptr, position) : nullptr;
    json["delta"] = std::move(delta);
    json["finish_reason"] = isLast ? finishReason(part) : nullptr;
    if (isLast && part.reason != FinishReason::None)
      json["stop_reason"] = stopReason(part);
    out += chunk(std::move(json), usage);
  }
  return out;
}

std::string ReplyFormat::event(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                               const Usage &usage) {
  if (part.isRead)
    return readEvents(part, usage);
  return chunk(choice(part, prompt, position, true), usage);
}

std::string ReplyFormat::endEvent(const Usage &usage) {
  if (!includeUsage)
    return done;
  OrderedJson json = head(true);
  json["choices"] = OrderedJson::array();
  json["usage"] = server::toJson(usage);
  return frame(dumpJson(json)) + done;
}

std::string ReplyFormat::errorEvent(const ApiError &error) {
  return frame(server::toJson(error)) + done;
}
