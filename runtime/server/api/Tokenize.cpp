//===- Tokenize.cpp - Text to ids and back ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Api.h"
#include "runtime/server/api/ChatTemplate.h"
#include "runtime/server/api/TokenText.h"
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

/// Reads a body and finds the tokenizer; null where an error was sent.
static const runtime::Tokenizer *prepare(Api &api, const HttpRequest &request, Responder &responder,
                                         const std::vector<Field<Call>> &fields, Call &call) {
  auto read = [&]() -> std::optional<ApiError> {
    Json object;
    if (auto error = parseBody(request.body, object))
      return error;
    if (auto error = readFields(object, fields, call, call.ignored))
      return error;
    if (auto error = completeForm(request.body, call.form))
      return error;
    std::ranges::copy(findIgnoredVariables(api.options.chat, call.form),
                      std::back_inserter(call.ignored));
    if (call.model)
      if (auto error = checkModel(api, *call.model))
        return error;
    if (!api.backend.tokenizer())
      return ApiError{400, "the model has no tokenizer.json"};
    return std::nullopt;
  };
  if (std::optional<ApiError> error = read()) {
    sendError(responder, *error);
    return nullptr;
  }
  addIgnoredFields(responder, call.ignored);
  return api.backend.tokenizer();
}

void server::serveTokenize(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  Call call;
  const runtime::Tokenizer *tokenizer = prepare(api, request, *responder, tokenizeFields(), call);
  if (!tokenizer)
    return;
  if (call.prompt.has_value() == !call.messages.empty())
    return sendError(*responder, invalidField("prompt", "give either 'prompt' or 'messages'"));
  auto encodeChat = [&]() -> Expected<std::vector<int32_t>> {
    auto chat = renderChat(*tokenizer, api.options.chat, call.messages, call.form);
    if (!chat)
      return chat.takeError();
    return std::move(chat->ids);
  };
  Expected<std::vector<int32_t>> ids =
      call.prompt ? tokenizer->encode(*call.prompt, call.addSpecialTokens) : encodeChat();
  if (!ids)
    return sendError(*responder,
                     invalidField(call.prompt ? "prompt" : "messages", ids.takeError().message()));
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
  sendJson(*responder, dumpJson(json));
}

void server::serveDetokenize(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  Call call;
  const runtime::Tokenizer *tokenizer = prepare(api, request, *responder, detokenizeFields(), call);
  if (!tokenizer)
    return;
  if (!call.tokens)
    return sendError(*responder, invalidField("tokens", "'tokens' is missing; it must be an array "
                                                        "of token ids"));
  if (auto error = checkIds("tokens", "tokens", *call.tokens, api.backend.vocabulary()))
    return sendError(*responder, *error);
  Expected<std::string> text = tokenizer->decode(*call.tokens);
  if (!text)
    return sendError(*responder, invalidField("tokens", text.takeError().message()));
  sendJson(*responder, dumpJson({{"prompt", *text}}));
}

void server::serveCountTokens(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  GenerateCall call;
  auto count = [&](size_t &tokens) -> std::optional<ApiError> {
    if (auto error = parseMessagesCall(request.body, api.options.defaults, /*isCount=*/true, call))
      return error;
    if (!call.model.empty())
      if (auto error = checkModel(api, call.model))
        return error;
    if (auto error = checkTools(call, api.options.chat))
      return error;
    if (!api.backend.tokenizer())
      return ApiError{400, "the model has no tokenizer.json"};
    Expected<ChatPrompt> chat =
        renderChat(*api.backend.tokenizer(), api.options.chat, call.messages, call.form);
    if (!chat)
      return invalidField("messages", chat.takeError().message());
    tokens = chat->ids.size();
    std::ranges::copy(findIgnoredVariables(api.options.chat, call.form),
                      std::back_inserter(call.ignored));
    return std::nullopt;
  };
  size_t tokens = 0;
  if (auto error = count(tokens))
    return sendError(*responder, *error);
  addIgnoredFields(*responder, call.ignored);
  sendJson(*responder, dumpJson({{"input_tokens", tokens}}));
}
