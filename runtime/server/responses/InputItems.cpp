//===- InputItems.cpp - The items of a response's input ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A conversation is a list of items: messages, thoughts, calls and what tools gave. What an
// assistant thought, said and called in a row is one message of a chat.
//
//===----------------------------------------------------------------------===//

#include "runtime/server/responses/ResponsesCall.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

static constexpr TextPart textParts[] = {
    {"input_text", "text"}, {"output_text", "text"}, {"text", "text"}, {"refusal", "refusal"}};
static constexpr TextPart thoughtParts[] = {{"reasoning_text", "text"}, {"text", "text"}};
static constexpr TextPart summaryParts[] = {{"summary_text", "text"}};

/// What came of tools that are left out.
static constexpr const char *hostedCalls[] = {"apply_patch_call",        "apply_patch_call_output",
                                              "code_interpreter_call",   "computer_call",
                                              "computer_call_output",    "file_search_call",
                                              "image_generation_call",   "local_shell_call",
                                              "local_shell_call_output", "mcp_approval_request",
                                              "mcp_approval_response",   "mcp_call",
                                              "mcp_list_tools",          "shell_call",
                                              "shell_call_output",       "tool_search_call",
                                              "tool_search_output",      "web_search_call"};

namespace {
/// Adds items to the messages of a chat.
class ItemReader {
public:
  explicit ItemReader(GenerateCall &call) : call(call), messages(call.messages) {}

  std::optional<Misfit> read(const Json &item, const std::string &place) {
    if (!item.is_object())
      return Misfit{"an object with a type", place, showValue(item)};
    const Json type = memberOf(item, "type");
    if (type == "message" || (type.is_null() && item.contains("role")))
      return readMessage(item, place);
    if (type == "reasoning")
      return readThoughts(item, place);
    if (type == "function_call" || type == "custom_tool_call")
      return readCall(item, place, type == "custom_tool_call");
    if (type == "function_call_output" || type == "custom_tool_call_output")
      return readOutput(item, place);
    if (type == "item_reference")
      return Misfit{"an item itself: no response is kept that could be referred to",
                    place + ".type", showValue(type)};
    if (std::ranges::find(hostedCalls, type) == std::end(hostedCalls))
      return Misfit{"\"message\", \"reasoning\", \"function_call\", \"function_call_output\", "
                    "\"custom_tool_call\" or \"custom_tool_call_output\"; other items are not "
                    "supported",
                    place + ".type", shownOrMissing(type)};
    call.ignored.push_back(strCat("input", place, ":", type.get<std::string>()));
    return std::nullopt;
  }

private:
  /// The assistant's message that the next item belongs to.
  Message &assistant() {
    if (messages.empty() || messages.back().role != "assistant")
      messages.push_back({"assistant", ""});
    return messages.back();
  }

  std::optional<Misfit> readMessage(const Json &item, const std::string &place) {
    const Json role = memberOf(item, "role");
    if (role != "user" && role != "assistant" && role != "system" && role != "developer")
      return Misfit{"\"user\", \"assistant\", \"system\" or \"developer\"", place + ".role",
                    shownOrMissing(role)};
    std::string text;
    if (auto misfit =
            readText(memberOf(item, "content"), place + ".content", "parts", textParts, text))
      return misfit;
    if (role == "assistant")
      addLine(assistant().content, text, "\n\n");
    else if (role == "user")
      messages.push_back({"user", std::move(text)});
    else
      addSystem(std::move(text));
    return std::nullopt;
  }

  /// What precedes the conversation is one message of the system, as many templates take no more
  /// and none in its midst: there it stands with the user's words.
  void addSystem(std::string text) {
    if (messages.empty())
      messages.push_back({"system", std::move(text)});
    else if (messages.size() == 1 && messages.front().role == "system")
      messages.front().content += "\n\n" + text;
    else if (messages.back().role == "user")
      addLine(messages.back().content, text, "\n\n");
    else
      messages.push_back({"user", std::move(text)});
  }

  static void addLine(std::string &text, const std::string &line, std::string_view between) {
    text += strCat(text.empty() ? "" : between, line);
  }

  /// Thoughts that only their server can read are left out, and a summary stands for them.
  std::optional<Misfit> readThoughts(const Json &item, const std::string &place) {
    std::string text;
    const Json content = memberOf(item, "content"), summary = memberOf(item, "summary");
    if (!content.is_null())
      if (auto misfit = readText(content, place + ".content", "parts", thoughtParts, text))
        return misfit;
    if (text.empty() && !summary.is_null())
      if (auto misfit = readText(summary, place + ".summary", "parts", summaryParts, text))
        return misfit;
    if (text.empty())
      return std::nullopt;
    addLine(assistant().reasoning, text, "\n");
    return std::nullopt;
  }

  std::optional<Misfit> readString(const Json &item, const char *name, const std::string &place,
                                   std::string &text) {
    const Json value = memberOf(item, name);
    if (!value.is_string())
      return Misfit{"a string", strCat(place, ".", name), shownOrMissing(value)};
    text = value.get<std::string>();
    return std::nullopt;
  }

  std::optional<Misfit> readCall(const Json &item, const std::string &place, bool isCustom) {
    ToolCall made;
    std::string input, space;
    for (auto [name, text] : {std::pair("call_id", &made.id), {"name", &made.name}})
      if (auto misfit = readString(item, name, place, *text))
        return misfit;
    if (!memberOf(item, "namespace").is_null())
      if (auto misfit = readString(item, "namespace", place, space))
        return misfit;
    made.name = joinName(space, made.name);
    const Json arguments = memberOf(item, "arguments");
    if (isCustom) {
      if (auto misfit = readString(item, "input", place, input))
        return misfit;
      made.arguments = dumpJson({{customArgument, input}});
    } else if (std::optional<std::string> object = readArguments(arguments)) {
      made.arguments = std::move(*object);
    } else {
      return Misfit{"a string with a JSON object", place + ".arguments", showValue(arguments)};
    }
    assistant().toolCalls.push_back(std::move(made));
    return std::nullopt;
  }

  std::optional<Misfit> readOutput(const Json &item, const std::string &place) {
    Message result{"tool", ""};
    if (auto misfit = readString(item, "call_id", place, result.toolCallId))
      return misfit;
    if (auto misfit = readText(memberOf(item, "output"), place + ".output", "parts", textParts,
                               result.content))
      return misfit;
    messages.push_back(std::move(result));
    return std::nullopt;
  }

  GenerateCall &call;
  std::vector<Message> &messages;
};
} // namespace

std::optional<Misfit> server::readInput(const Json &value, GenerateCall &call) {
  if (value.is_string()) {
    call.messages.push_back({"user", value.get<std::string>()});
    return std::nullopt;
  }
  if (!value.is_array() || value.empty())
    return Misfit();
  ItemReader reader(call);
  for (size_t i = 0; i < value.size(); ++i)
    if (auto misfit = reader.read(value[i], strCat("[", i, "]")))
      return misfit;
  return std::nullopt;
}
