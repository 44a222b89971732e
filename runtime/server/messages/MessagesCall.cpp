//===- MessagesCall.cpp - A request of Anthropic's API, parsed --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Contents are blocks: what tools gave stands in a user's message, what an assistant thinks and
// which tools it calls in its own. As a chat these are messages and fields.
//
//===----------------------------------------------------------------------===//

#include "runtime/server/messages/MessagesCall.h"

#include "runtime/server/request/RawJson.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

using Call = GenerateCall;

static constexpr TextPart textBlock[] = {{"text", "text"}};
/// What blocks have beside that, for Anthropic's servers.
static constexpr IdleMember idleOfBlocks[] = {{"cache_control", "an object", &Json::is_object},
                                              {"citations", "an array", &Json::is_array},
                                              {"is_error", "true or false", &Json::is_boolean},
                                              {"signature", "a string", &Json::is_string}};

namespace {
/// Reads the blocks of one message into messages of a chat. Consecutive messages of one role are
/// one turn, as if their blocks were of one message.
struct BlockReader {
  std::vector<Message> &messages;
  std::string role;

  /// The message that the next block belongs to.
  Message &current() {
    if (messages.empty() || messages.back().role != role)
      messages.push_back({role, ""});
    return messages.back();
  }

  void addText(const std::string &text) {
    std::string &content = current().content;
    content += (content.empty() || role == "assistant" ? "" : "\n") + text;
  }

  std::optional<Misfit> read(const Json &block, std::string_view raw, const std::string &place) {
    Json type = memberOf(block, "type");
    const bool isAssistant = role == "assistant";
    if (auto misfit = checkIdle(block, place, idleOfBlocks))
      return misfit;
    if (type == "text" || (isAssistant && type == "thinking"))
      return readString(block, type.get<std::string>(), place);
    // What nobody can read but who wrote it.
    if (isAssistant && type == "redacted_thinking")
      return std::nullopt;
    if (isAssistant && type == "tool_use")
      return readUse(block, raw, place);
    if (!isAssistant && type == "tool_result")
      return readResult(block, place);
    return Misfit{isAssistant
                      ? "\"text\", \"thinking\" or \"tool_use\"; other blocks are not supported"
                      : "\"text\" or \"tool_result\"; other blocks are not supported",
                  place + ".type", shownOrMissing(type)};
  }

private:
  std::optional<Misfit> readString(const Json &block, const std::string &name,
                                   const std::string &place) {
    const Json value = memberOf(block, name.c_str());
    if (!value.is_string())
      return Misfit{"a string", strCat(place, ".", name), shownOrMissing(value)};
    const std::string &text = value.get_ref<const std::string &>();
    if (name == "text") {
      addText(text);
      return std::nullopt;
    }
    std::string &thoughts = current().reasoning;
    thoughts += (thoughts.empty() ? "" : "\n") + text;
    return std::nullopt;
  }
  std::optional<Misfit> readUse(const Json &block, std::string_view raw, const std::string &place) {
    Json id = memberOf(block, "id"), name = memberOf(block, "name"),
         input = memberOf(block, "input");
    if (!id.is_string() || !name.is_string())
      return Misfit{"a string", place + (id.is_string() ? ".name" : ".id"),
                    shownOrMissing(id.is_string() ? name : id)};
    if (!input.is_object())
      return Misfit{"an object", place + ".input", shownOrMissing(input)};
    current().toolCalls.push_back(
        {id.get<std::string>(), name.get<std::string>(), std::string(findMember(raw, "input"))});
    return std::nullopt;
  }
  std::optional<Misfit> readResult(const Json &block, const std::string &place) {
    Json id = memberOf(block, "tool_use_id"), content = memberOf(block, "content");
    if (!id.is_string())
      return Misfit{"a string", place + ".tool_use_id", shownOrMissing(id)};
    Message result{"tool", ""};
    result.toolCallId = id.get<std::string>();
    messages.push_back(result);
    return content.is_null() ? std::nullopt
                             : readText(content, place + ".content", "blocks", textBlock,
                                        messages.back().content);
  }
};
} // namespace

/// What the system says in the midst of a conversation stands with the user's words there:
/// templates have no other place for it.
static std::optional<Misfit> readSystem(const Json &content, std::vector<Message> &messages) {
  std::string text;
  if (auto misfit = readText(content, ".content", "blocks", textBlock, text))
    return misfit;
  if (!messages.empty() && messages.back().role != "system" && messages.back().role != "user")
    messages.push_back({"user", text});
  else if (!messages.empty())
    messages.back().content += (messages.back().content.empty() ? "" : "\n") + text;
  else
    messages.push_back({"system", text});
  return std::nullopt;
}

static std::optional<Misfit> readMessage(const Json &value, std::string_view raw,
                                         std::vector<Message> &messages) {
  Json role = memberOf(value, "role"), content = memberOf(value, "content");
  if (role == "system")
    return readSystem(content, messages);
  if (role != "user" && role != "assistant")
    return Misfit{"\"user\", \"assistant\" or \"system\"", ".role", shownOrMissing(role)};
  BlockReader reader{messages, role.get<std::string>()};
  if (content.is_string()) {
    reader.addText(content.get_ref<const std::string &>());
    return std::nullopt;
  }
  if (!content.is_array())
    return Misfit{"a string or an array of blocks", ".content", shownOrMissing(content)};
  const std::vector<std::string_view> blocks = findElements(findMember(raw, "content"));
  for (size_t i = 0; i < content.size(); ++i)
    if (auto misfit = reader.read(content[i], blocks[i], strCat(".content[", i, "]")))
      return misfit;
  if (content.empty())
    reader.current();
  return std::nullopt;
}

static std::optional<ApiError> takeMessages(const Json &value, std::string_view body, Call &call) {
  static constexpr const char *wanted = "an array of messages that is not empty";
  if (!value.is_array() || value.empty())
    return fieldError("messages", wanted, {}, value);
  const std::vector<std::string_view> raw = findElements(findMember(body, "messages"));
  for (size_t i = 0; i < value.size(); ++i)
    if (auto misfit = readMessage(value[i], raw[i], call.messages)) {
      misfit->place = strCat("[", i, "]", misfit->place);
      return fieldError("messages", wanted, *misfit, value);
    }
  if (call.messages.empty())
    return invalidField("messages", "'messages' has nothing that the model could read");
  // The beginning of an answer that is to go on.
  const Message &last = call.messages.back();
  call.form.continuesFinalMessage = last.role == "assistant" && last.toolCalls.empty();
  call.form.joinsTurns = true;
  return std::nullopt;
}

static std::optional<Misfit> readTool(const Json &tool, const std::string &place, ChatForm &form) {
  if (Json type = memberOf(tool, "type"); !type.is_null() && type != "custom")
    return Misfit{"absent or \"custom\"; tools of the server are not supported", place + ".type",
                  showValue(type)};
  if (auto misfit = checkIdle(tool, place, idleOfTools))
    return misfit;
  const Json schema = memberOf(tool, "input_schema");
  if (auto misfit =
          addTool(memberOf(tool, "name"), schema, place, {".name", ".input_schema"}, form))
    return misfit;
  return schema.is_null()
             ? std::optional(Misfit{"a JSON schema", place + ".input_schema", "missing"})
             : std::nullopt;
}

/// Anthropic's tools as those of a chat, of which the schemas stay as they are written.
static std::optional<ApiError> takeTools(const Json &value, std::string_view body, Call &call) {
  if (value.is_null())
    return std::nullopt;
  static constexpr const char *wanted = "an array of tools";
  if (!value.is_array())
    return fieldError("tools", wanted, {}, value);
  if (value.size() > maxTools)
    return fieldError("tools", strCat("an array of at most ", maxTools, " tools"), {}, value);
  const std::vector<std::string_view> raw = findElements(findMember(body, "tools"));
  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string place = strCat("[", i, "]");
    if (auto misfit = readTool(value[i], place, call.form))
      return fieldError("tools", wanted, *misfit, value);
    const std::pair<const char *, std::string_view> members[] = {
        {"name", findMember(raw[i], "name")},
        {"description", findMember(raw[i], "description")},
        {"parameters", findMember(raw[i], "input_schema")}};
    text += (i ? ", " : "") + describeFunction(members);
  }
  call.form.toolsText = text.empty() ? "" : "[" + text + "]";
  return std::nullopt;
}

static std::optional<Misfit> readChoice(const Json &value, Call &call) {
  using enum ToolChoice::Mode;
  static constexpr std::pair<const char *, ToolChoice::Mode> words[] = {
      {"none", None}, {"auto", Auto}, {"any", Required}, {"tool", Named}};
  Json type = memberOf(value, "type"), name = memberOf(value, "name");
  auto found = std::ranges::find_if(words, [&](const auto &word) { return type == word.first; });
  if (found == std::end(words))
    return Misfit{"\"auto\", \"any\", \"tool\" or \"none\"", ".type", shownOrMissing(type)};
  call.toolChoice.mode = found->second;
  if (type == "tool" && !name.is_string())
    return Misfit{"the name of a tool", ".name", shownOrMissing(name)};
  if (type == "tool")
    call.toolChoice.name = name.get<std::string>();
  Json isSingle = memberOf(value, "disable_parallel_tool_use");
  if (!isSingle.is_null() && !isSingle.is_boolean())
    return Misfit{"true or false", ".disable_parallel_tool_use", shownOrMissing(isSingle)};
  call.parallelToolCalls = isSingle != true;
  return std::nullopt;
}

static std::optional<Misfit> readThinking(const Json &value, Call &call) {
  Json type = memberOf(value, "type");
  if (type != "enabled" && type != "disabled" && type != "adaptive")
    return Misfit{"\"enabled\", \"adaptive\" or \"disabled\"", ".type", shownOrMissing(type)};
  call.form.thinks = type != "disabled";
  const Json budget = memberOf(value, "budget_tokens");
  if (budget.is_null())
    return std::nullopt;
  if (type == "enabled")
    return readBudget(budget, "thinking.budget_tokens", ".budget_tokens", call);
  call.ignored.push_back("thinking.budget_tokens");
  return std::nullopt;
}

static const std::vector<Field<Call>> &messagesFields() {
  auto later = [](const Json &, Call &) -> std::optional<Misfit> { return std::nullopt; };
  static const std::vector<Field<Call>> fields = {
      stringField<Call>("model", [](Call &c) -> auto & { return c.model; }),
      integerField<Call>("max_tokens", 1, INT32_MAX, [](Call &c) -> auto & { return c.maxTokens; }),
      {"system", "a string or an array of text blocks",
       [](const Json &value, Call &call) {
         std::string text;
         auto misfit = readText(value, "", "blocks", textBlock, text);
         // No blocks are no message.
         if (!text.empty())
           call.messages.insert(call.messages.begin(), {"system", std::move(text)});
         return misfit;
       }},
      {"messages", "", later},
      {"tools", "", later},
      {"tool_choice", "an object with a type", readChoice},
      {"thinking", "an object with a type", readThinking},
      {"stop_sequences", strCat("an array of at most ", maxStops, " strings"),
       [](const Json &value, Call &call) { return readStops(value, call.generation.stop); }},
      boolField<Call>("stream", [](Call &c) -> auto & { return c.stream; }),
      realField<Call>("temperature", {0},
                      [](Call &c) -> auto & { return c.generation.sampling.temperature; }),
      realField<Call>("top_p", {0, 1, true},
                      [](Call &c) -> auto & { return c.generation.sampling.topP; }),
      integerField<Call>("top_k", 0, INT32_MAX,
                         [](Call &c) -> auto & { return c.generation.sampling.topK; }),
      hintField<Call>("metadata", "an object", &Json::is_object),
      idleField<Call>("cache_control", "an object", &Json::is_object, nullptr),
      idleField<Call>("context_management", "an object", &Json::is_object, nullptr),
      idleField<Call>("inference_geo", "a string", &Json::is_string, nullptr),
      idleField<Call>("mcp_servers", "an array", &Json::is_array, Json::array()),
      idleField<Call>("output_config", "an object", &Json::is_object, nullptr),
      idleField<Call>("service_tier", "a string", &Json::is_string, "auto")};
  return fields;
}

/// Conversations that the server holds are asked for by clients which send all messages where it
/// does not; a turn alone would be another chat.
static std::optional<ApiError> refuseThread(const Json &thread) {
  if (thread.is_null())
    return std::nullopt;
  return ApiError{400,
                  strCat("'thread' is ", showValue(thread),
                         "; the server holds no conversations, send all messages without it"),
                  "thread", "thread_unsupported_request"};
}

std::optional<ApiError> server::parseMessagesCall(std::string_view body,
                                                  const GenerateDefaults &defaults, bool isCount,
                                                  GenerateCall &call) {
  Json object;
  if (std::optional<ApiError> error = parseBody(body, object))
    return error;
  call.endpoint = Endpoint::Messages;
  if (auto error = refuseThread(memberOf(object, "thread")))
    return error;
  takeDefaults(defaults, call.generation.sampling);
  if (auto error = readFields(object, messagesFields(), call, call.ignored))
    return error;
  if (auto error = takeMessages(memberOf(object, "messages"), body, call))
    return error;
  if (auto error = takeTools(memberOf(object, "tools"), body, call))
    return error;
  if (!call.maxTokens && !isCount)
    return invalidField(
        "max_tokens", strCat("'max_tokens' is missing; it must be an integer of 1 to ", INT32_MAX));
  return std::nullopt;
}
