//===- Prepare.cpp - From a call to prompts of ids --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Prepare.h"

#include "runtime/server/api/ChatTemplate.h"
#include "runtime/server/chat/Reading.h"

#include <algorithm>
#include <chrono>
#include <random>

using namespace moec;
using namespace moec::server;

/// Tokens that /v1/completions generates where nobody says how many, as OpenAI's does.
static constexpr uint32_t completionTokens = 16;

static ApiError noTokenizer(const char *field) {
  return invalidField(field, strCat("the model has no tokenizer.json; '", field,
                                    "' can only hold token ids, in /v1/completions"));
}

/// The ids of prompt `number` of a completion, and its text.
static std::optional<ApiError> encodePrompt(const GenerateCall &call, size_t number,
                                            const runtime::Tokenizer *tokenizer,
                                            PreparedPrompt &prompt) {
  const Prompt &given = call.prompts[number];
  if (const auto *ids = std::get_if<std::vector<int32_t>>(&given)) {
    prompt.request.prompt = *ids;
    if (!call.echo || !tokenizer)
      return std::nullopt;
    Expected<std::string> text = tokenizer->decode(*ids, call.generation.skipSpecial);
    if (!text)
      return invalidField("prompt", text.takeError().message());
    prompt.text = std::move(*text);
    return std::nullopt;
  }
  if (!tokenizer)
    return noTokenizer("prompt");
  prompt.text = std::get<std::string>(given);
  Expected<std::vector<int32_t>> ids = tokenizer->encode(prompt.text, call.addSpecialTokens);
  if (!ids)
    return invalidField("prompt", strCat("prompt ", number, ": ", ids.takeError().message()));
  prompt.request.prompt = std::move(*ids);
  return std::nullopt;
}

static ApiError tooLong(const GenerateCall &call, uint32_t capacity, const std::string &what) {
  ApiError error =
      invalidField(call.promptField(),
                   strCat("this model's maximum context length is ", capacity, " tokens; ", what));
  error.code = "context_length_exceeded";
  return error;
}

/// Gives a prompt its limit of tokens.
static std::optional<ApiError> limit(const GenerateCall &call, const GenerateDefaults &defaults,
                                     uint32_t capacity, runtime::GenerationRequest &request) {
  size_t length = request.prompt.size();
  // A choice needs room for a token, unless none is wanted.
  size_t least = call.maxTokens == 0u ? 0 : 1;
  if (length + least > capacity)
    return tooLong(call, capacity, strCat("the prompt has ", length, ", which leaves no room"));
  size_t rest = capacity - length;
  if (call.maxTokens) {
    if (*call.maxTokens > rest)
      return tooLong(call, capacity,
                     strCat("the prompt has ", length, " and '", call.maxTokensField(), "' is ",
                            *call.maxTokens, ", together ", length + *call.maxTokens));
    request.maxTokens = *call.maxTokens;
    return std::nullopt;
  }
  size_t wanted = std::min<size_t>(defaults.maxTokens.value_or(UINT32_MAX), rest);
  if (call.endpoint == Endpoint::Completions)
    wanted = std::min<size_t>(wanted, completionTokens);
  // Who asks for so many at least asks for so many.
  wanted = std::max<size_t>(wanted, request.minTokens);
  if (wanted > rest)
    return tooLong(call, capacity,
                   strCat("the prompt has ", length, " and 'min_tokens' is ", request.minTokens));
  request.maxTokens = static_cast<uint32_t>(wanted);
  return std::nullopt;
}

/// A seed that nobody can foresee.
static uint64_t anySeed() {
  static thread_local std::random_device device;
  return uint64_t(device()) << 32 | device();
}

/// Prompt `number` as errors call it.
static std::string nameOf(const GenerateCall &call, size_t number) {
  return call.prompts.size() > 1 ? strCat("prompt[", number, "]") : "prompt";
}

/// What a call has in ids must be of the vocabulary, and no prompt empty.
static std::optional<ApiError> checkTokens(const GenerateCall &call, uint32_t vocabulary) {
  for (size_t i = 0; i < call.prompts.size(); ++i)
    if (const auto *ids = std::get_if<std::vector<int32_t>>(&call.prompts[i]))
      if (auto error = checkIds("prompt", nameOf(call, i), *ids, vocabulary))
        return error;
  if (auto error =
          checkIds("stop_token_ids", "stop_token_ids", call.generation.stopTokens, vocabulary))
    return error;
  for (const runtime::LogitBias &bias : call.generation.sampling.logitBias)
    if (static_cast<uint32_t>(bias.token) >= vocabulary)
      return invalidField("logit_bias",
                          strCat("'logit_bias' has token ", bias.token,
                                 "; it must be one of the model's ", vocabulary, " token ids"));
  return std::nullopt;
}

static bool beginsTwice(const runtime::Tokenizer *tokenizer, const std::vector<int32_t> &ids) {
  std::optional<int32_t> bos = tokenizer ? tokenizer->beginId() : std::nullopt;
  return bos && ids.size() > 1 && ids[0] == *bos && ids[1] == *bos;
}

/// Renders a chat, and decides how its answers are read.
static std::optional<ApiError> encodeChat(const GenerateCall &call, const ModelFacts &model,
                                          PreparedPrompt &prompt) {
  if (auto error = checkTools(call, model.chat))
    return error;
  if (call.toolChoice.isForced() && !call.form.beginsAnswer() && !call.form.continuesFinalMessage)
    return invalidField("tool_choice", "'tool_choice' wants a call, but no answer begins: "
                                       "'add_generation_prompt' is false");
  Expected<ChatPrompt> chat = renderChat(*model.tokenizer, model.chat, call.messages, call.form);
  if (!chat)
    return invalidField(call.promptField(), chat.takeError().message());
  prompt.renderSeconds = chat->renderSeconds;
  if (model.keepsStates) {
    const auto begin = std::chrono::steady_clock::now();
    prompt.request.turnEnd =
        findTurnEnd(*model.tokenizer, model.chat, call.messages, call.form, *chat);
    prompt.renderSeconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  prompt.request.prompt = std::move(chat->ids);
  auto reading = planReading(call, model.chat, *model.tokenizer, prompt.request);
  if (!reading)
    return invalidField(call.promptField(), reading.takeError().message());
  prompt.reading = std::move(*reading);
  if (call.thoughtBudget && !prompt.reading)
    return invalidField(call.budgetField, strCat("'", call.budgetField,
                                                 "' bounds thoughts, but no answer begins: "
                                                 "'add_generation_prompt' is false"));
  if (!call.generation.ignoreEos)
    stopAtAnswersEnd(*model.tokenizer, model.chat, prompt.request);
  return std::nullopt;
}

std::optional<ApiError> server::preparePrompts(const GenerateCall &call,
                                               const GenerateDefaults &defaults,
                                               const ModelFacts &model,
                                               std::vector<PreparedPrompt> &prompts) {
  bool isChat = call.isChat();
  if (!model.tokenizer && (isChat || !call.generation.stop.empty()))
    return noTokenizer(isChat ? call.promptField() : "stop");
  if (auto error = checkTokens(call, model.vocabulary))
    return error;
  PreparedPrompt common;
  common.request = call.generation;
  common.request.sampling.seed = call.seed ? static_cast<uint64_t>(*call.seed) : anySeed();
  if (call.echo && call.generation.sampling.logprobs)
    common.request.promptLogprobs =
        std::max(call.generation.promptLogprobs.value_or(0), *call.generation.sampling.logprobs);
  for (size_t i = 0; i < (isChat ? 1 : call.prompts.size()); ++i) {
    PreparedPrompt prompt = common;
    if (isChat) {
      if (auto error = encodeChat(call, model, prompt))
        return error;
    } else if (auto error = encodePrompt(call, i, model.tokenizer, prompt)) {
      return error;
    } else if (prompt.request.prompt.empty()) {
      return invalidField("prompt",
                          strCat("'", nameOf(call, i), "' is empty; it must have a token"));
    }
    prompt.beginsTwice = beginsTwice(model.tokenizer, prompt.request.prompt);
    if (auto error = limit(call, defaults, model.capacity, prompt.request))
      return error;
    prompts.push_back(std::move(prompt));
  }
  return std::nullopt;
}
