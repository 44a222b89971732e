//===- Messages.cpp - The messages of a chat --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"
#include "runtime/server/request/RawJson.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

std::optional<Misfit> server::readText(const Json &value, const std::string &place,
                                       const char *noun, std::span<const TextPart> parts,
                                       std::string &text) {
  if (value.is_string()) {
    text = value.get<std::string>();
    return std::nullopt;
  }
  if (!value.is_array())
    return Misfit{strCat("a string or an array of ", noun), place, shownOrMissing(value)};
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string at = strCat(place, "[", i, "]");
    if (!value[i].is_object())
      return Misfit{"an object with a type", at, showValue(value[i])};
    const Json type = memberOf(value[i], "type");
    auto known = std::ranges::find_if(parts, [&](const auto &part) { return type == part.type; });
    if (known == parts.end())
      return Misfit{strCat("\"", parts.front().type, "\"; other ", noun, " are not supported"),
                    at + ".type", shownOrMissing(type)};
    const Json content = memberOf(value[i], known->member);
    if (!content.is_string())
      return Misfit{"a string", strCat(at, ".", known->member), shownOrMissing(content)};
    text += (i ? "\n" : "") + content.get_ref<const std::string &>();
  }
  return std::nullopt;
}

static std::optional<Misfit> readRole(const Json &value, std::string &role) {
  static const char *roles[] = {"system", "developer", "user", "assistant", "tool"};
  if (!value.is_string() ||
      std::ranges::find(roles, value.get_ref<const std::string &>()) == std::end(roles))
    return Misfit{"\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"", ".role",
                  value.is_null() ? "missing" : showValue(value)};
  role = value.get<std::string>();
  // OpenAI's newer word for the same.
  if (role == "developer")
    role = "system";
  return std::nullopt;
}

/// The fields of a message beside role and content that have an effect.
static std::optional<Misfit> readField(const std::string &key, const Json &field, Message &message,
                                       std::vector<std::string> &ignored) {
  std::string *text = key == "name"                                      ? &message.name
                      : key == "tool_call_id"                            ? &message.toolCallId
                      : key == "reasoning_content" || key == "reasoning" ? &message.reasoning
                                                                         : nullptr;
  if (key == "tool_calls")
    return readToolCalls(field, message.toolCalls);
  if (key == "function_call")
    return Misfit{"absent: 'tool_calls' has replaced it", "." + key, showValue(field)};
  if (text) {
    if (!field.is_string())
      return Misfit{"a string", "." + key, showValue(field)};
    *text = field.get<std::string>();
    return std::nullopt;
  }
  std::string name = "messages[]." + key;
  // The header that lists them has no place for more.
  if (ignored.size() < maxListed && std::ranges::find(ignored, name) == ignored.end())
    ignored.push_back(name);
  return std::nullopt;
}

static std::optional<Misfit> readMessage(const Json &value, Message &message,
                                         std::vector<std::string> &ignored) {
  if (!value.is_object())
    return Misfit{"an object with a role and a content", "", showValue(value)};
  for (const auto &[key, field] : value.items()) {
    if (field.is_null() || (field.is_array() && field.empty()) || key == "role" || key == "content")
      continue;
    if (auto misfit = readField(key, field, message, ignored))
      return misfit;
  }
  if (auto misfit = readRole(value.value("role", Json()), message.role))
    return misfit;
  if (!message.toolCalls.empty() && message.role != "assistant")
    return Misfit{"absent: only assistants call tools", ".tool_calls",
                  showValue(value["tool_calls"])};
  Json content = value.value("content", Json());
  // An assistant that called tools said nothing.
  if (content.is_null() && message.role == "assistant")
    return std::nullopt;
  if (content.is_null())
    return Misfit{"a string or an array of parts", ".content",
                  value.contains("content") ? "null" : "missing"};
  // What an assistant said may be a refusal.
  static constexpr TextPart parts[] = {{"text", "text"}, {"refusal", "refusal"}};
  return readText(content, ".content", "parts",
                  std::span(parts).first(message.role == "assistant" ? 2 : 1), message.content);
}

std::optional<Misfit> server::readMessages(const Json &value, std::vector<Message> &messages,
                                           std::vector<std::string> &ignored) {
  if (!value.is_array() || value.empty())
    return Misfit();
  for (size_t i = 0; i < value.size(); ++i)
    if (auto misfit = readMessage(value[i], messages.emplace_back(), ignored)) {
      misfit->place = strCat("[", i, "]", misfit->place);
      return misfit;
    }
  return std::nullopt;
}

std::optional<Misfit> server::readVariables(const Json &value, ChatForm &form) {
  if (!value.is_object())
    return Misfit();
  static const char *reserved[] = {"add_generation_prompt", "continue_final_message", "documents",
                                   "messages", "tools"};
  for (const auto &[name, variable] : value.items()) {
    if (std::ranges::find(reserved, name) != std::end(reserved))
      return Misfit{"absent: a field of the request has its name", "." + name, showValue(variable)};
    form.variableNames.push_back(name);
  }
  return std::nullopt;
}

std::optional<ApiError> server::completeForm(std::string_view body, ChatForm &form) {
  if (form.continuesFinalMessage && form.addsGenerationPrompt == true)
    return invalidField("continue_final_message",
                        "'continue_final_message' and 'add_generation_prompt' are true; a text "
                        "either goes on or an answer begins");
  if (!form.tools.empty())
    form.toolsText = findMember(body, "tools");
  if (form.variableNames.empty())
    return std::nullopt;
  // The parser of requests sorts keys, and a template may print them.
  Expected<jinja::Json> parsed = jinja::Json::parse(body);
  if (!parsed)
    return invalidField("chat_template_kwargs", parsed.takeError().message());
  form.variables = parsed->member("chat_template_kwargs");
  return std::nullopt;
}
