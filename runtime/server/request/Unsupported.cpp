//===- Unsupported.cpp - Fields that are refused by name --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Fields that OpenAI's API or vLLM have and that would change the text if they were obeyed. They
// are refused unless their value asks for nothing, so that nobody takes an unconstrained text for a
// constrained one.
//
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

namespace {
struct UnsupportedField {
  const char *name;
  /// The values that ask for nothing, in JSON, beside null.
  const char *harmless;
  /// Whether chats can have it.
  bool isOfChats = false;
};
} // namespace

static const UnsupportedField unsupported[] = {
    {"allowed_token_ids", "[[]]"},
    {"audio", "[]"},
    {"bad_words", "[[]]"},
    {"chat_template", "[]"},
    {"documents", "[[]]"},
    {"function_call", "[\"none\", \"auto\"]"},
    {"functions", "[[]]"},
    {"guided_choice", "[]"},
    {"guided_grammar", "[]"},
    {"guided_json", "[]"},
    {"guided_regex", "[]"},
    {"logits_processors", "[[]]"},
    {"modalities", "[[\"text\"]]"},
    {"prediction", "[]"},
    {"prompt_embeds", "[]"},
    {"response_format", "[{\"type\": \"text\"}]"},
    {"structured_outputs", "[]"},
    {"suffix", "[\"\"]"},
    {"tool_choice", "[\"none\", \"auto\"]", true},
    {"tools", "[[]]", true},
    {"truncate_prompt_tokens", "[]"},
    {"use_beam_search", "[false]"},
};

static const UnsupportedField *find(std::string_view name) {
  for (const UnsupportedField &field : unsupported)
    if (field.name == name)
      return &field;
  return nullptr;
}

static bool isUnsupportedField(std::string_view name) { return find(name) != nullptr; }

std::optional<ApiError> server::readCallFields(const Json &object,
                                               const std::vector<Field<GenerateCall>> &fields,
                                               GenerateCall &call) {
  if (auto error = findUnsupported(call.endpoint, object))
    return error;
  std::vector<std::string> unknown;
  if (auto error = readFields(object, fields, call, unknown))
    return error;
  for (std::string &name : unknown)
    if (!isUnsupportedField(name))
      call.ignored.push_back(std::move(name));
  return std::nullopt;
}

std::optional<ApiError> server::findUnsupported(Endpoint endpoint, const Json &object) {
  for (const auto &[name, value] : object.items()) {
    const UnsupportedField *field = find(name);
    if (!field || value.is_null() || (field->isOfChats && endpoint != Endpoint::Completions))
      continue;
    Json harmless = Json::parse(field->harmless);
    if (std::ranges::find(harmless, value) != harmless.end())
      continue;
    return unsupportedField(name, strCat("'", name, "' is ", showValue(value),
                                         ", which is not supported yet; leave it out"));
  }
  return std::nullopt;
}
