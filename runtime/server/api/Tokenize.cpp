//===- Tokenize.cpp - Text to ids and back ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Api.h"
#include "runtime/server/api/ChatTemplate.h"
#include "runtime/server/api/TokenText.h"
#include "runtime/server/chat/Turns.h"
#include "runtime/server/messages/MessagesCall.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

namespace {
/// The body of /tokenize or of /detokenize, whose model may be left out.
struct TokenizeCall {
  std::optional<std::string> model, prompt;
  std::vector<Message> messages;
  ChatForm form;
  bool addSpecialTokens = true, wantsStrings = false;
  std::optional<std::vector<int32_t>> tokens;
  std::vector<std::string> ignored;
};
using Call = TokenizeCall;
} // namespace

static const std::vector<Field<Call>> &tokenizeFields() {
  static const std::vector<Field<Call>> fields = {
      stringField<Call>("model", [](Call &c) -> auto & { return c.model; }),
      stringField<Call>("prompt", [](Call &c) -> auto & { return c.prompt; }),
      {"messages", "an array of messages that is not empty",
       [](const Json &value, Call &call) {
         return readMessages(value, call.messages, call.ignored);
       }},
      boolField<Call>("add_special_tokens", [](Call &c) -> auto & { return c.addSpecialTokens; }),
      boolField<Call>("add_generation_prompt",
                      [](Call &c) -> auto & { return c.form.addsGenerationPrompt; }),
      boolField<Call>("continue_final_message",
                      [](Call &c) -> auto & { return c.form.continuesFinalMessage; }),
      {"chat_template_kwargs", "an object of variables",
       [](const Json &value, Call &call) { return readVariables(value, call.form); }},
      {"tools", "an array of tools",
       [](const Json &value, Call &call) { return readTools(value, call.form); }},
      boolField<Call>("return_token_strs", [](Call &c) -> auto & { return c.wantsStrings; })};
  return fields;
}

static const std::vector<Field<Call>> &detokenizeFields() {
  static const std::vector<Field<Call>> fields = {
      stringField<Call>("model", [](Call &c) -> auto & { return c.model; }),
      {"tokens", "an array of token ids",
       [](const Json &value, Call &call) { return readIds(value, call.tokens.emplace()); }}};
  return fields;
}

namespace {
/// A request on its way from bytes to an answer.
struct Work {
  std::string body;
  Call call = {};
  GenerateCall chat = {}; ///< to count
  std::string json = {};
  std::optional<ApiError> error = {};
};
using Answer = std::optional<ApiError> (*)(const Api &, Work &);
} // namespace

/// Has an answer made of a request, and sends it.
static void answerBy(Answer make, Api &api, const HttpRequest &request,
                     const ResponderPtr &responder) {
  auto work = std::make_shared<Work>(Work{request.body});
  prepareThen(
      api, request.body.size(), responder, [&api, make, work] { work->error = make(api, *work); },
      [work, responder] {
        if (work->error)
          return sendError(*responder, *work->error);
        std::ranges::copy(work->chat.ignored, std::back_inserter(work->call.ignored));
        addIgnoredFields(*responder, work->call.ignored);
        sendJson(*responder, std::move(work->json));
      });
}

static ApiError noTokenizer() { return ApiError{400, "the model has no tokenizer.json"}; }

/// Reads a body by a table.
static std::optional<ApiError> readBody(const Api &api, const std::vector<Field<Call>> &fields,
                                        Work &work) {
  Call &call = work.call;
  Json object;
  if (auto error = parseBody(work.body, object))
    return error;
  if (auto error = readFields(object, fields, call, call.ignored))
    return error;
  if (auto error = completeForm(work.body, call.form))
    return error;
  std::ranges::copy(findIgnoredVariables(api.options.chat, call.form),
                    std::back_inserter(call.ignored));
  if (call.model)
    if (auto error = checkModel(api, *call.model))
      return error;
  return api.backend.tokenizer() ? std::nullopt : std::optional(noTokenizer());
}

static std::optional<ApiError> tokenize(const Api &api, Work &work) {
  if (auto error = readBody(api, tokenizeFields(), work))
    return error;
  const Call &call = work.call;
  const runtime::Tokenizer *tokenizer = api.backend.tokenizer();
  if (call.prompt.has_value() == !call.messages.empty())
    return invalidField("prompt", "give either 'prompt' or 'messages'");
  auto encodeChat = [&]() -> Expected<std::vector<int32_t>> {
    auto chat = renderChat(*tokenizer, api.options.chat, call.messages, call.form);
    if (!chat)
      return chat.takeError();
    return std::move(chat->ids);
  };
  Expected<std::vector<int32_t>> ids =
      call.prompt ? tokenizer->encode(*call.prompt, call.addSpecialTokens) : encodeChat();
  if (!ids)
    return invalidField(call.prompt ? "prompt" : "messages", ids.takeError().message());
  OrderedJson json;
  json["count"] = ids->size();
  json["max_model_len"] = api.backend.capacity();
  json["tokens"] = *ids;
  json["token_strs"] = nullptr;
  if (call.wantsStrings) {
    TokenText text(tokenizer);
    json["token_strs"] = OrderedJson::array();
    for (int32_t id : *ids)
      json["token_strs"].push_back(text.text(id));
  }
  work.json = dumpJson(json);
  return std::nullopt;
}

static std::optional<ApiError> detokenize(const Api &api, Work &work) {
  if (auto error = readBody(api, detokenizeFields(), work))
    return error;
  const Call &call = work.call;
  if (!call.tokens)
    return invalidField("tokens", "'tokens' is missing; it must be an array of token ids");
  if (auto error = checkIds("tokens", "tokens", *call.tokens, api.backend.vocabulary()))
    return error;
  Expected<std::string> text = api.backend.tokenizer()->decode(*call.tokens);
  if (!text)
    return invalidField("tokens", text.takeError().message());
  work.json = dumpJson({{"prompt", *text}});
  return std::nullopt;
}

static std::optional<ApiError> countTokens(const Api &api, Work &work) {
  GenerateCall &call = work.chat;
  if (auto error = parseMessagesCall(work.body, api.options.defaults, /*isCount=*/true, call))
    return error;
  if (!call.model.empty())
    if (auto error = checkModel(api, call.model))
      return error;
  if (auto error = checkTools(call, api.options.chat))
    return error;
  if (!api.backend.tokenizer())
    return noTokenizer();
  Expected<ChatPrompt> chat =
      renderChat(*api.backend.tokenizer(), api.options.chat, call.messages, call.form);
  if (!chat)
    return invalidField("messages", chat.takeError().message());
  std::ranges::copy(findIgnoredVariables(api.options.chat, call.form),
                    std::back_inserter(call.ignored));
  std::ranges::copy(findUnreadParts(api.options.chat, call), std::back_inserter(call.ignored));
  work.json = dumpJson({{"input_tokens", chat->ids.size()}});
  return std::nullopt;
}

void server::serveTokenize(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  answerBy(tokenize, api, request, responder);
}

void server::serveDetokenize(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  answerBy(detokenize, api, request, responder);
}

void server::serveCountTokens(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  answerBy(countTokens, api, request, responder);
}
