//===- GenerateCall.cpp - A request for text, parsed ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of the fields that have an effect, and what of them excludes each other.
//
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"

#include "runtime/server/messages/MessagesCall.h"
#include "runtime/server/responses/ResponsesCall.h"

#include <algorithm>
#include <charconv>

using namespace moec;
using namespace moec::server;

using Call = GenerateCall;
using CallField = Field<GenerateCall>;

/// Log probabilities of so many tokens at most, as vLLM's default.
static constexpr int64_t maxLogprobs = 20;
/// Texts that one request can ask for.
static constexpr size_t maxPrompts = 1024;
static constexpr int64_t maxChoices = 128;

std::optional<Misfit> server::readStops(const Json &value, std::vector<std::string> &stop) {
  if (!value.is_array() || value.size() > maxStops)
    return Misfit();
  for (const Json &element : value) {
    if (!element.is_string() || element.get_ref<const std::string &>().empty() ||
        element.get_ref<const std::string &>().size() > maxStopBytes)
      return Misfit{strCat("a string of 1 to ", maxStopBytes, " bytes"),
                    strCat("[", stop.size(), "]"), showValue(element)};
    stop.push_back(element.get<std::string>());
  }
  return std::nullopt;
}

static std::optional<Misfit> readStop(const Json &value, Call &call) {
  std::vector<std::string> &stop = call.generation.stop;
  if (value.is_string()) {
    stop = {value.get<std::string>()};
    return stop[0].empty() || stop[0].size() > maxStopBytes ? std::optional(Misfit())
                                                            : std::nullopt;
  }
  return readStops(value, stop);
}

static std::optional<Misfit> readLogitBias(const Json &value, Call &call) {
  if (!value.is_object())
    return Misfit();
  for (const auto &[key, bias] : value.items()) {
    int32_t token;
    const char *end = key.data() + key.size();
    auto [rest, ec] = std::from_chars(key.data(), end, token);
    if (ec != std::errc() || rest != end || token < 0)
      return Misfit{"an object from token ids to numbers of -100 to 100", "",
                    "of " + showValue(key)};
    if (!bias.is_number() || !Range{-100, 100}.contains(bias.get<double>()))
      return Misfit{"a number of -100 to 100", "[" + showValue(key) + "]", showValue(bias)};
    call.generation.sampling.logitBias.push_back({token, bias.get<float>()});
  }
  return std::nullopt;
}

static std::optional<Misfit> readStreamOptions(const Json &value, Call &call) {
  if (!value.is_object())
    return Misfit();
  call.hasStreamOptions = true;
  for (const auto &[key, option] : value.items()) {
    bool *place = key == "include_usage"            ? &call.includeUsage
                  : key == "continuous_usage_stats" ? &call.continuousUsage
                                                    : nullptr;
    if (!place)
      call.ignored.push_back("stream_options." + key);
    else if (option.is_boolean())
      *place = option.get<bool>();
    else if (!option.is_null())
      return Misfit{"true or false", "." + key, showValue(option)};
  }
  return std::nullopt;
}

/// A string, an array of strings, an array of ids, or an array of such arrays.
static std::optional<Misfit> readPrompt(const Json &value, Call &call) {
  if (value.is_string()) {
    call.prompts.push_back(value.get<std::string>());
    return std::nullopt;
  }
  if (!value.is_array() || value.empty())
    return Misfit();
  if (value[0].is_number()) {
    std::vector<int32_t> ids;
    std::optional<Misfit> misfit = readIds(value, ids);
    call.prompts.push_back(std::move(ids));
    return misfit;
  }
  if (value.size() > maxPrompts)
    return Misfit{strCat("at most ", maxPrompts, " prompts"), "",
                  strCat("an array of ", value.size())};
  for (size_t i = 0; i < value.size(); ++i) {
    const Json &element = value[i];
    std::vector<int32_t> ids;
    if (element.is_string()) {
      call.prompts.push_back(element.get<std::string>());
      continue;
    }
    if (std::optional<Misfit> misfit = readIds(element, ids)) {
      misfit->place = strCat("[", i, "]", misfit->place);
      if (misfit->wanted.empty())
        *misfit = {"a string or an array of token ids", misfit->place, showValue(element)};
      return misfit;
    }
    call.prompts.push_back(std::move(ids));
  }
  return std::nullopt;
}

static std::optional<Misfit> readStopTokens(const Json &value, Call &call) {
  if (value.is_array() && value.size() > maxStops)
    return Misfit();
  return readIds(value, call.generation.stopTokens);
}

void server::addQueueFields(std::vector<CallField> &fields) {
  fields.push_back(integerField<Call>("priority", INT32_MIN, INT32_MAX,
                                      [](Call &c) -> auto & { return c.generation.priority; }));
  fields.push_back({"cache_salt", "a string that is not empty",
                    [](const Json &value, Call &call) -> std::optional<Misfit> {
                      if (!value.is_string() || value.get_ref<const std::string &>().empty())
                        return Misfit();
                      call.generation.cacheSalt = value.get<std::string>();
                      return std::nullopt;
                    }});
}

void server::addSamplingFields(std::vector<CallField> &fields) {
  auto add = [&](const char *name, Range range, auto get) {
    fields.push_back(realField<Call>(name, range, get));
  };
  add("temperature", {0}, [](Call &c) -> auto & { return c.generation.sampling.temperature; });
  add("top_p", {0, 1, true}, [](Call &c) -> auto & { return c.generation.sampling.topP; });
  add("min_p", {0, 1}, [](Call &c) -> auto & { return c.generation.sampling.minP; });
  add("frequency_penalty", {-2, 2},
      [](Call &c) -> auto & { return c.generation.sampling.frequencyPenalty; });
  add("presence_penalty", {-2, 2},
      [](Call &c) -> auto & { return c.generation.sampling.presencePenalty; });
  add("repetition_penalty", {.low = 0, .above = true},
      [](Call &c) -> auto & { return c.generation.sampling.repetitionPenalty; });
  // -1 keeps all, as 0 does.
  fields.push_back({"top_k", strCat("an integer of -1 to ", INT32_MAX),
                    [](const Json &value, Call &call) -> std::optional<Misfit> {
                      std::optional<int64_t> number = integerIn(value, -1, INT32_MAX);
                      if (!number)
                        return Misfit();
                      call.generation.sampling.topK = std::max<int64_t>(*number, 0);
                      return std::nullopt;
                    }});
  fields.push_back(
      integerField<Call>("seed", INT64_MIN, INT64_MAX, [](Call &c) -> auto & { return c.seed; }));
  fields.push_back(
      {"logit_bias", "an object from token ids to numbers of -100 to 100", readLogitBias});
}

/// Fields of both endpoints.
static std::vector<CallField> commonFields() {
  std::vector<CallField> fields;
  addSamplingFields(fields);
  auto integer = [&](const char *name, int64_t low, int64_t high, auto get) {
    fields.push_back(integerField<Call>(name, low, high, get));
  };
  auto flag = [&](const char *name, auto get) { fields.push_back(boolField<Call>(name, get)); };
  fields.push_back(stringField<Call>("model", [](Call &c) -> auto & { return c.model; }));
  integer("n", 1, maxChoices, [](Call &c) -> auto & { return c.generation.choices; });
  integer("best_of", 1, maxChoices, [](Call &c) -> auto & { return c.bestOf; });
  integer("min_tokens", 0, INT32_MAX, [](Call &c) -> auto & { return c.generation.minTokens; });
  integer("prompt_logprobs", 0, maxLogprobs,
          [](Call &c) -> auto & { return c.generation.promptLogprobs; });
  fields.push_back(
      {"stop",
       strCat("a string of 1 to ", maxStopBytes, " bytes, or an array of at most ", maxStops),
       readStop});
  fields.push_back(
      {"stop_token_ids", strCat("an array of at most ", maxStops, " token ids"), readStopTokens});
  addQueueFields(fields);
  flag("include_stop_str_in_output", [](Call &c) -> auto & { return c.generation.includeStop; });
  flag("ignore_eos", [](Call &c) -> auto & { return c.generation.ignoreEos; });
  flag("skip_special_tokens", [](Call &c) -> auto & { return c.generation.skipSpecial; });
  flag("return_tokens_as_token_ids", [](Call &c) -> auto & { return c.showsTokenIds; });
  flag("stream", [](Call &c) -> auto & { return c.stream; });
  fields.push_back({"stream_options", "an object", readStreamOptions});
  // Who asks: a word of the caller's own.
  fields.push_back(hintField<Call>("user", "a string", &Json::is_string));
  return fields;
}

static std::vector<CallField> completionFields() {
  std::vector<CallField> fields = commonFields();
  fields.push_back({"prompt", "a string, an array of token ids, or an array of such", readPrompt});
  fields.push_back(integerField<Call>("max_tokens", 0, INT32_MAX,
                                      [](Call &c) -> auto & { return c.maxTokens; }));
  fields.push_back(integerField<Call>("logprobs", 0, maxLogprobs, [](Call &c) -> auto & {
    return c.generation.sampling.logprobs;
  }));
  fields.push_back(boolField<Call>("echo", [](Call &c) -> auto & { return c.echo; }));
  fields.push_back(
      boolField<Call>("add_special_tokens", [](Call &c) -> auto & { return c.addSpecialTokens; }));
  return fields;
}

/// Fields of chats that ask OpenAI's servers for something.
static void addIdleFields(std::vector<CallField> &fields) {
  for (const char *name :
       {"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "verbosity"})
    fields.push_back(idleField<Call>(name, "a string", &Json::is_string, nullptr));
  fields.push_back(idleField<Call>("service_tier", "a string", &Json::is_string, "auto"));
  fields.push_back(idleField<Call>("store", "true or false", &Json::is_boolean, false));
  for (const char *name : {"metadata", "web_search_options"})
    fields.push_back(idleField<Call>(name, "an object", &Json::is_object, nullptr));
}

static std::vector<CallField> chatFields() {
  std::vector<CallField> fields = commonFields();
  fields.push_back(
      {"messages", "an array of messages that is not empty", [](const Json &value, Call &call) {
         return readMessages(value, call.messages, call.ignored);
       }});
  fields.push_back(boolField<Call>("add_generation_prompt",
                                   [](Call &c) -> auto & { return c.form.addsGenerationPrompt; }));
  fields.push_back(boolField<Call>("continue_final_message",
                                   [](Call &c) -> auto & { return c.form.continuesFinalMessage; }));
  fields.push_back({"chat_template_kwargs", "an object of variables",
                    [](const Json &value, Call &call) { return readVariables(value, call.form); }});
  fields.push_back({"tools", "an array of tools",
                    [](const Json &value, Call &call) { return readTools(value, call.form); }});
  fields.push_back(
      {"tool_choice", "\"none\", \"auto\", \"required\" or a function of the tools",
       [](const Json &value, Call &call) { return readToolChoice(value, call.toolChoice); }});
  fields.push_back(boolField<Call>("parallel_tool_calls",
                                   [](Call &c) -> auto & { return c.parallelToolCalls; }));
  fields.push_back(
      boolField<Call>("include_reasoning", [](Call &c) -> auto & { return c.includeReasoning; }));
  fields.push_back(stringField<Call>("reasoning_effort",
                                     [](Call &c) -> auto & { return c.form.reasoningEffort; }));
  addReasoningFields(fields);
  // The two are one; the newer name counts where both are given.
  fields.push_back({"max_tokens", strCat("an integer of 1 to ", INT32_MAX),
                    [](const Json &value, Call &call) -> std::optional<Misfit> {
                      std::optional<int64_t> number = integerIn(value, 1, INT32_MAX);
                      if (!number)
                        return Misfit();
                      if (!call.maxTokens)
                        call.maxTokens = *number;
                      return std::nullopt;
                    }});
  fields.push_back(integerField<Call>("max_completion_tokens", 1, INT32_MAX,
                                      [](Call &c) -> auto & { return c.maxTokens; }));
  fields.push_back(boolField<Call>("logprobs", [](Call &c) -> auto & { return c.wantsLogprobs; }));
  fields.push_back(integerField<Call>("top_logprobs", 0, maxLogprobs,
                                      [](Call &c) -> auto & { return c.topLogprobs; }));
  addIdleFields(fields);
  return fields;
}

const std::vector<CallField> &server::generateFields(Endpoint endpoint) {
  static const std::vector<CallField> completions = completionFields(), chat = chatFields();
  return endpoint == Endpoint::Chat ? chat : completions;
}

/// What fields say about each other.
static std::optional<ApiError> checkTogether(const Call &call) {
  bool isChat = call.endpoint == Endpoint::Chat;
  if (isChat && call.messages.empty())
    return invalidField("messages", "'messages' is missing; it must be an array of messages");
  if (!isChat && call.prompts.empty())
    return invalidField("prompt", "'prompt' is missing; it must be a string or an array");
  uint32_t choices = call.generation.choices;
  if (call.bestOf && *call.bestOf != choices)
    return invalidField("best_of", strCat("'best_of' is ", *call.bestOf, " and 'n' is ", choices,
                                          "; they must be equal: the best of more choices than "
                                          "are returned is not supported"));
  if (call.prompts.size() * choices > maxPrompts)
    return invalidField("n", strCat("'n' is ", choices, " and there are ", call.prompts.size(),
                                    " prompts; ", call.prompts.size() * choices,
                                    " texts are more than ", maxPrompts));
  if (call.hasStreamOptions && !call.stream)
    return invalidField("stream_options", "'stream_options' is given and 'stream' is not true");
  if (call.topLogprobs.value_or(0) > 0 && !call.wantsLogprobs)
    return invalidField("top_logprobs", strCat("'top_logprobs' is ", *call.topLogprobs,
                                               " and 'logprobs' is not true"));
  if (call.stream && call.generation.promptLogprobs)
    return invalidField("prompt_logprobs",
                        "'prompt_logprobs' is given and 'stream' is true; they exclude each other");
  uint32_t minTokens = call.generation.minTokens;
  if (call.maxTokens && minTokens > *call.maxTokens)
    return invalidField("min_tokens",
                        strCat("'min_tokens' is ", minTokens,
                               "; it must be at most 'max_tokens', which is ", *call.maxTokens));
  return std::nullopt;
}

const char *Call::promptField() const {
  return endpoint == Endpoint::Completions ? "prompt"
         : endpoint == Endpoint::Responses ? "input"
                                           : "messages";
}

const char *Call::maxTokensField() const {
  return endpoint == Endpoint::Responses ? "max_output_tokens" : "max_tokens";
}

std::optional<ApiError> server::parseCall(Endpoint endpoint, std::string_view body,
                                          const GenerateDefaults &defaults, Call &call) {
  switch (endpoint) {
  case Endpoint::Messages:
    return parseMessagesCall(body, defaults, /*isCount=*/false, call);
  case Endpoint::Responses:
    return parseResponsesCall(body, defaults, call);
  default:
    return parseGenerateCall(endpoint, body, defaults, call);
  }
}

void server::takeDefaults(const GenerateDefaults &defaults, runtime::SamplingParams &sampling) {
  sampling.temperature = defaults.temperature;
  sampling.topP = defaults.topP;
  sampling.topK = defaults.topK;
  sampling.minP = defaults.minP;
  sampling.repetitionPenalty = defaults.repetitionPenalty;
}

std::optional<ApiError> server::parseGenerateCall(Endpoint endpoint, std::string_view body,
                                                  const GenerateDefaults &defaults, Call &call) {
  Json object;
  if (std::optional<ApiError> error = parseBody(body, object))
    return error;
  call.endpoint = endpoint;
  takeDefaults(defaults, call.generation.sampling);
  if (auto error = readCallFields(object, generateFields(endpoint), call))
    return error;
  if (std::optional<ApiError> error = checkTogether(call))
    return error;
  if (std::optional<ApiError> error = checkEfforts(endpoint, object))
    return error;
  if (std::optional<ApiError> error = completeForm(body, call.form))
    return error;
  if (call.wantsLogprobs)
    call.generation.sampling.logprobs = call.topLogprobs.value_or(0);
  return std::nullopt;
}
