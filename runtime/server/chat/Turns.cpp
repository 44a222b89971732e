//===- Turns.cpp - What templates have no place for -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/chat/Turns.h"

#include "runtime/server/request/RawJson.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

std::vector<Message> server::joinTurns(std::span<const Message> messages) {
  std::vector<Message> turns;
  for (const Message &message : messages) {
    const bool isMore = message.role == "user" && !turns.empty() &&
                        (turns.back().role == "user" || turns.back().role == "tool");
    if (!isMore) {
      turns.push_back(message);
      continue;
    }
    std::string &content = turns.back().content;
    content += (content.empty() ? "" : "\n\n") + message.content;
  }
  return turns;
}

std::string server::completeTools(std::string_view tools) {
  std::string out;
  size_t copied = 0;
  // Puts a text in the place of a part.
  auto replace = [&](std::string_view part, std::string_view text) {
    const size_t begin = part.data() - tools.data();
    out.append(tools.substr(copied, begin - copied)).append(text);
    copied = begin + part.size();
  };
  for (std::string_view tool : findElements(tools)) {
    const std::string_view function = findMember(tool, "function"),
                           parameters = findMember(function, "parameters");
    if (!function.starts_with('{'))
      continue;
    std::string added;
    if (findMember(function, "description").empty())
      added += R"("description": "", )";
    if (parameters.empty())
      added += R"("parameters": {"type": "object", "properties": {}}, )";
    replace(function.substr(1, 0), added);
    if (parameters == "null")
      replace(parameters, R"({"type": "object", "properties": {}})");
    if (!parameters.starts_with('{') || !findMember(parameters, "properties").empty())
      continue;
    const bool isEmpty = parameters.find_first_not_of(" \n\t\r", 1) == parameters.size() - 1;
    replace(parameters.substr(1, 0), isEmpty ? R"("properties": {})" : R"("properties": {}, )");
  }
  return out.append(tools.substr(copied));
}

/// Whether a template writes who speaks in a role.
static bool writesName(const jinja::ModelTemplate &model, const std::string &role) {
  static constexpr std::string_view name = "needle";
  const std::string before = role == "user" ? "" : R"({"role": "user", "content": "a"}, )";
  Expected<jinja::Json> chat =
      jinja::Json::parse(strCat(R"({"messages": [)", before, R"({"role": ")", role,
                                R"(", "content": "a", "name": ")", name, "\"}]}"));
  jinja::ChatOptions options;
  options.variables = {model.specialTokens, *chat};
  Expected<std::string> text = model.chat.render(options);
  return text && text->find(name) != text->npos;
}

/// Whether a template knows a word for thoughts. It may leave out earlier ones all the same.
static bool knowsThoughts(const jinja::ModelTemplate &model) {
  for (const char *word : {"reasoning", ".thinking", "'thinking'", "\"thinking\""})
    if (model.text.find(word) != model.text.npos)
      return true;
  return false;
}

std::vector<std::string> server::findUnreadParts(const ChatSettings &settings,
                                                 const GenerateCall &call) {
  const bool isMessages = call.endpoint == Endpoint::Messages,
             isResponses = call.endpoint == Endpoint::Responses;
  std::vector<std::string> unread;
  if (std::ranges::any_of(call.messages, [](const auto &m) { return !m.reasoning.empty(); }) &&
      !(settings.model && knowsThoughts(*settings.model)))
    unread.emplace_back(isMessages    ? "messages[].content[].thinking"
                        : isResponses ? "input[].reasoning"
                                      : "messages[].reasoning_content");
  for (const char *role : {"system", "user", "assistant", "tool"}) {
    auto isNamed = [&](const Message &m) { return m.role == role && !m.name.empty(); };
    // Which tool has answered, its call says, too.
    if (std::ranges::any_of(call.messages, isNamed) &&
        !(settings.model &&
          (role == std::string_view("tool") || writesName(*settings.model, role)))) {
      unread.emplace_back("messages[].name");
      break;
    }
  }
  return unread;
}
