//===- ChatTemplate.cpp - Messages as one prompt ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/ChatTemplate.h"

#include "runtime/server/api/Json.h"
#include "runtime/server/api/LiteralText.h"
#include "runtime/server/chat/Turns.h"
#include "runtime/server/request/RawJson.h"

#include <algorithm>
#include <chrono>

using namespace moec;
using namespace moec::server;

static constexpr const char *begin = "<|im_start|>";
static constexpr const char *end = "<|im_end|>";

static Error append(const runtime::Tokenizer &tokenizer, std::string_view text, bool isMark,
                    std::vector<int32_t> &ids) {
  Expected<std::vector<int32_t>> more =
      tokenizer.encode(text, runtime::Tokenizer::EncodeOptions{false, isMark});
  if (!more)
    return more.takeError();
  ids.insert(ids.end(), more->begin(), more->end());
  return Error::success();
}

static Expected<std::vector<int32_t>> renderChatML(const runtime::Tokenizer &tokenizer,
                                                   std::span<const Message> messages,
                                                   const ChatForm &form) {
  std::vector<int32_t> ids;
  // What stands between two marks is encoded at once, as tokens may go over a line's end.
  auto add = [&](std::string_view text, bool isMark) {
    return append(tokenizer, text, isMark, ids);
  };
  for (const Message &message : messages) {
    if (!message.toolCalls.empty())
      return Error::make("the model has no chat template, and ChatML no place for tool_calls");
    if (Error error = add(begin, true))
      return error;
    if (Error error = add(message.role + "\n" + message.content, false))
      return error;
    if (form.continuesFinalMessage && &message == &messages.back())
      return ids;
    if (Error error = add(end, true))
      return error;
    if (Error error = add("\n", false))
      return error;
  }
  if (!form.beginsAnswer())
    return ids;
  if (Error error = add(begin, true))
    return error;
  if (Error error = add("assistant\n", false))
    return error;
  return ids;
}

/// Whether a template adds arguments of calls to a text, and does not write them as JSON itself.
static bool takesTextArguments(const jinja::ModelTemplate &model) {
  auto render = [&](std::string_view arguments) {
    Expected<jinja::Json> chat = jinja::Json::parse(strCat(
        R"({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "",)"
        R"( "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "f",)"
        R"( "arguments": )",
        arguments, "}}]}]}"));
    jinja::ChatOptions options;
    options.variables = {model.specialTokens, *chat};
    Expected<std::string> text = model.chat.render(options);
    return text ? std::move(*text) : std::string();
  };
  // A mapping that is printed is Python's text of it.
  const std::string mapped = render(R"({"needle": "x"})");
  if (mapped.find("needle") != mapped.npos && mapped.find("{'needle'") == mapped.npos)
    return false;
  return render(R"("{\"needle\": \"x\"}")").find(R"({"needle": "x"})") != std::string::npos;
}

/// A call as templates take it: with an object of arguments, which they go through.
static std::string describeCall(const LiteralText &literal, const ToolCall &call, bool takesText) {
  auto text = [&](const std::string &value) { return dumpJson(literal.protect(value, true)); };
  std::string json = "{";
  if (!call.id.empty())
    json += "\"id\": " + text(call.id) + ", ";
  json +=
      "\"type\": \"function\", \"function\": {\"name\": " + text(call.name) + ", \"arguments\": ";
  json +=
      takesText ? text(call.arguments) : mapStrings(call.arguments, [&](const std::string &value) {
        return literal.protect(value, true);
      });
  return json + "}}";
}

static std::string describeMessage(const LiteralText &literal, const Message &message,
                                   bool takesText) {
  const bool isAssistant = message.role == "assistant";
  OrderedJson fields;
  fields["role"] = message.role;
  fields["content"] = literal.protect(message.content, !isAssistant);
  if (!message.name.empty())
    fields["name"] = literal.protect(message.name, true);
  if (!message.toolCallId.empty())
    fields["tool_call_id"] = literal.protect(message.toolCallId, true);
  if (!message.reasoning.empty()) {
    const std::string thoughts = literal.protect(message.reasoning, true);
    fields["reasoning_content"] = thoughts;
    // gpt-oss' name for it, whose template refuses a call with both.
    if (message.toolCalls.empty() || message.content.empty())
      fields["thinking"] = thoughts;
  }
  std::string json = dumpJson(fields);
  if (message.toolCalls.empty())
    return json;
  json.pop_back();
  json += ", \"tool_calls\": [";
  for (const ToolCall &call : message.toolCalls)
    json +=
        (&call == &message.toolCalls.front() ? "" : ", ") + describeCall(literal, call, takesText);
  return json + "]}";
}

/// The variables of a template: messages, tools, whether the answer begins and how much is thought.
static Expected<jinja::Json> describeChat(const LiteralText &literal,
                                          const jinja::ModelTemplate &model,
                                          std::span<const Message> messages, const ChatForm &form,
                                          const std::string &tools) {
  const bool hasCalls = std::ranges::any_of(
      messages, [](const Message &message) { return !message.toolCalls.empty(); });
  const bool takesText = hasCalls && takesTextArguments(model);
  std::string chat = "{\"messages\": [";
  for (const Message &message : messages)
    chat +=
        (&message == &messages.front() ? "" : ", ") + describeMessage(literal, message, takesText);
  chat += strCat("], \"add_generation_prompt\": ", form.beginsAnswer() ? "true" : "false");
  if (!tools.empty())
    chat += ", \"tools\": " +
            mapStrings(tools, [&](const std::string &text) { return literal.protect(text, true); });
  if (!form.reasoningEffort.empty()) {
    chat += ", \"reasoning_effort\": " + dumpJson(form.reasoningEffort);
  }
  // Templates that know no efforts know whether there are thoughts at all.
  if (std::optional<bool> thinks = form.thinksAtAll()) {
    const char *word = *thinks ? "true" : "false";
    chat += strCat(", \"enable_thinking\": ", word, ", \"thinking\": ", word);
  }
  return jinja::Json::parse(chat + "}");
}

static Expected<std::string> renderWith(const std::string &tools, const LiteralText &literal,
                                        const ChatSettings &settings,
                                        std::span<const Message> messages, const ChatForm &form) {
  Expected<jinja::Json> chat = describeChat(literal, *settings.model, messages, form, tools);
  if (!chat)
    return chat.takeError();
  jinja::ChatOptions options;
  options.variables = {settings.model->specialTokens, *chat, form.variables};
  options.continueFinalMessage = form.continuesFinalMessage;
  Expected<std::string> text = settings.model->chat.render(options);
  if (!text)
    return text.takeError().addContext("the chat template refuses the messages");
  return text;
}

/// What the model's template makes of a chat.
static Expected<std::string> renderText(const LiteralText &literal, const ChatSettings &settings,
                                        std::span<const Message> messages, const ChatForm &form) {
  Expected<std::string> text = renderWith(form.toolsText, literal, settings, messages, form);
  if (text)
    return text;
  // Some templates take for granted what tools may leave out,
  const std::string completed = completeTools(form.toolsText);
  if (completed != form.toolsText)
    text = renderWith(completed, literal, settings, messages, form);
  if (text || !form.joinsTurns)
    return text;
  // and some demand turns, of which the API knows nothing.
  const std::vector<Message> turns = joinTurns(messages);
  if (turns.size() == messages.size())
    return text;
  return renderWith(completed, literal, settings, turns, form);
}

Expected<ChatPrompt> server::renderChat(const runtime::Tokenizer &tokenizer,
                                        const ChatSettings &settings,
                                        std::span<const Message> messages, const ChatForm &form) {
  if (!settings.problem.empty())
    return Error::make("the model's chat template cannot be used: ", settings.problem);
  if (form.continuesFinalMessage && !messages.empty() && !messages.back().toolCalls.empty())
    return Error::make("'continue_final_message' goes on with a text, but the last message has "
                       "'tool_calls'");
  ChatPrompt prompt;
  Expected<std::vector<int32_t>> ids = std::vector<int32_t>();
  if (settings.model) {
    LiteralText literal(tokenizer);
    const auto begin = std::chrono::steady_clock::now();
    Expected<std::string> text = renderText(literal, settings, messages, form);
    if (!text)
      return text.takeError();
    prompt.renderSeconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    prompt.text = std::move(*text);
    // The template writes BOS itself where the model wants one.
    ids = literal.encode(prompt.text);
  } else {
    ids = renderChatML(tokenizer, messages, form);
  }
  if (!ids)
    return ids.takeError();
  prompt.ids = std::move(*ids);
  return prompt;
}

uint32_t server::findTurnEnd(const runtime::Tokenizer &tokenizer, const ChatSettings &settings,
                             std::span<const Message> messages, const ChatForm &form,
                             const ChatPrompt &prompt) {
  auto all = static_cast<uint32_t>(prompt.ids.size());
  if (!form.beginsAnswer() || messages.empty() || messages.back().role != "user")
    return 0;
  if (!settings.model)
    return all; // what ChatML begins it writes again
  LiteralText literal(tokenizer);
  std::vector<Message> next(messages.begin(), messages.end());
  next.push_back({"assistant", "a"});
  next.push_back({"user", "b"});
  Expected<std::string> text = renderText(literal, settings, next, form);
  if (!text)
    return 0;
  auto end = std::ranges::mismatch(prompt.text, *text).in1;
  // Not within a character.
  while (end != prompt.text.begin() && end != prompt.text.end() &&
         (static_cast<unsigned char>(*end) & 0xC0) == 0x80)
    --end;
  // What follows is short, and where it is cut off hardly changes how it is encoded.
  Expected<std::vector<int32_t>> rest = literal.encode(std::string(end, prompt.text.end()));
  return rest ? all - std::min(all, static_cast<uint32_t>(rest->size())) : 0;
}

std::vector<std::string> server::findIgnoredVariables(const ChatSettings &settings,
                                                      const ChatForm &form) {
  std::vector<std::string> ignored;
  for (const std::string &name : form.variableNames)
    if (!settings.model || !settings.model->chat.reads(name))
      ignored.push_back("chat_template_kwargs." + name);
  auto reads = [&](const char *name) { return settings.model && settings.model->chat.reads(name); };
  const bool isOff =
      form.reasoningEffort == "none" && (reads("enable_thinking") || reads("thinking"));
  if (!form.reasoningEffort.empty() && !reads("reasoning_effort") && !isOff)
    ignored.push_back(form.effortField);
  if (form.thinks && !reads("enable_thinking") && !reads("thinking"))
    ignored.push_back(form.thinksField);
  return ignored;
}

void server::stopAtAnswersEnd(const runtime::Tokenizer &tokenizer, const ChatSettings &settings,
                              runtime::GenerationRequest &request) {
  std::string_view mark = end;
  if (settings.model)
    mark = settings.model->specialTokens.member("eos_token").text();
  if (mark.empty())
    return;
  // A special token leaves no text to find.
  if (std::optional<int32_t> id = tokenizer.idOf(mark))
    request.stopTokens.push_back(*id);
  else
    request.stop.emplace_back(mark);
}
