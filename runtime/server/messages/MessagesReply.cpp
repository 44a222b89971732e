//===- MessagesReply.cpp - Answers as Anthropic's API writes them *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/messages/MessagesReply.h"

using namespace moec;
using namespace moec::server;
using parser::AnswerEvent;
using parser::EventKind;
using runtime::FinishReason;

/// Tokens that the prefix cache had are not counted twice.
static OrderedJson usageOf(const Usage &usage) {
  return {{"input_tokens", usage.promptTokens - usage.cachedTokens},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", usage.cachedTokens},
          {"output_tokens", usage.completionTokens}};
}

static OrderedJson stopReason(const ChoicePart &part) {
  if (part.reason == FinishReason::Length || part.reason == FinishReason::Full)
    return "max_tokens";
  return part.stopString ? "stop_sequence" : part.hasCalls ? "tool_use" : "end_turn";
}

static OrderedJson stopSequence(const ChoicePart &part) {
  return part.stopString ? OrderedJson(*part.stopString) : OrderedJson();
}

OrderedJson MessagesReply::message(const Usage &usage) const {
  return {{"id", id},
          {"type", "message"},
          {"role", "assistant"},
          {"model", model},
          {"content", OrderedJson::array()},
          {"stop_reason", nullptr},
          {"stop_sequence", nullptr},
          {"usage", usageOf(usage)}};
}

namespace {
/// A block of a message, which begins with `first`.
struct Block {
  AnswerEvent first;
  std::string text; ///< of it: thoughts, words, or arguments
};
} // namespace

/// The blocks of an answer in the order of a stream.
static std::vector<Block> blocksOf(std::span<const AnswerEvent> events) {
  std::vector<Block> blocks;
  for (const AnswerEvent &event : events) {
    const bool isText = event.kind == EventKind::Content || event.kind == EventKind::Reasoning;
    if (event.kind == EventKind::CallBegin)
      blocks.push_back({event, ""});
    else if (event.kind == EventKind::CallBroken) // its text follows
      blocks.pop_back();
    else if (isText && (blocks.empty() || blocks.back().first.kind != event.kind))
      blocks.push_back({event, event.text});
    else if (isText || event.kind == EventKind::Arguments)
      blocks.back().text += event.text;
  }
  return blocks;
}

/// Arguments of a call are as they were written: their numbers may have more digits than a double.
static std::string describe(const Block &block) {
  if (block.first.kind == EventKind::Reasoning)
    return dumpJson({{"type", "thinking"}, {"thinking", block.text}, {"signature", ""}});
  if (block.first.kind == EventKind::Content)
    return dumpJson({{"type", "text"}, {"text", block.text}});
  std::string use = dumpJson({{"type", "tool_use"},
                              {"id", block.first.id},
                              {"name", block.first.text},
                              {"input", nullptr}});
  static constexpr std::string_view end = "null}";
  return use.replace(use.size() - end.size(), end.size(), block.text + "}");
}

std::string MessagesReply::whole(std::span<const ChoicePart> choices,
                                 std::span<const PromptPart *const>, const Usage &usage) const {
  const ChoicePart &part = choices.front();
  OrderedJson json = message(usage);
  json["content"] = nullptr;
  json["stop_reason"] = stopReason(part);
  json["stop_sequence"] = stopSequence(part);
  // Quotes within strings are escaped, so no text has this.
  static constexpr std::string_view empty = "\"content\":null";
  std::string out = dumpJson(json), all;
  for (const Block &block : blocksOf(eventsOf(part)))
    all += (all.empty() ? "" : ",") + describe(block);
  return out.replace(out.find(empty), empty.size(), "\"content\":[" + all + "]");
}

std::string MessagesReply::firstEvent(uint32_t, const Usage &usage) {
  return typedEvent({{"type", "message_start"},
                     {"message", message({usage.promptTokens, 0, usage.cachedTokens})}});
}

std::string MessagesReply::begin(EventKind kind, OrderedJson block) {
  std::string out = close();
  open = kind;
  return out + typedEvent({{"type", "content_block_start"},
                           {"index", index},
                           {"content_block", std::move(block)}});
}

std::string MessagesReply::change(OrderedJson delta) const {
  return typedEvent(
      {{"type", "content_block_delta"}, {"index", index}, {"delta", std::move(delta)}});
}

std::string MessagesReply::close() {
  if (!open)
    return "";
  std::string out;
  // Clients send thoughts back with it.
  if (open == EventKind::Reasoning)
    out = change({{"type", "signature_delta"}, {"signature", ""}});
  open.reset();
  return out + typedEvent({{"type", "content_block_stop"}, {"index", index++}});
}

std::string MessagesReply::add(const AnswerEvent &event) {
  std::string out;
  switch (event.kind) {
  case EventKind::Content:
    if (open != event.kind)
      out = begin(event.kind, {{"type", "text"}, {"text", ""}});
    return out + change({{"type", "text_delta"}, {"text", event.text}});
  case EventKind::Reasoning:
    if (open != event.kind)
      out = begin(event.kind, {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}});
    return out + change({{"type", "thinking_delta"}, {"thinking", event.text}});
  case EventKind::CallBegin:
    held.clear();
    [[fallthrough]];
  case EventKind::Arguments:
    held.push_back(event);
    return "";
  case EventKind::CallEnd:
    return writeCall();
  case EventKind::CallBroken: // its text follows
    return "";
  }
  return out;
}

std::string MessagesReply::writeCall() {
  const AnswerEvent &call = held.front();
  std::string out = begin(EventKind::CallBegin, {{"type", "tool_use"},
                                                 {"id", call.id},
                                                 {"name", call.text},
                                                 {"input", OrderedJson::object()}});
  for (const AnswerEvent &part : std::span(held).subspan(1))
    out += change({{"type", "input_json_delta"}, {"partial_json", part.text}});
  return out + close();
}

std::string MessagesReply::event(const ChoicePart &part, const PromptPart *, size_t &,
                                 const Usage &usage) {
  std::string out;
  for (const AnswerEvent &event : eventsOf(part))
    out += add(event);
  if (part.reason == FinishReason::None)
    return out;
  out += close();
  out += typedEvent(
      {{"type", "message_delta"},
       {"delta", {{"stop_reason", stopReason(part)}, {"stop_sequence", stopSequence(part)}}},
       {"usage", usageOf(usage)}});
  return out + typedEvent({{"type", "message_stop"}});
}

std::string MessagesReply::errorEvent(const ApiError &error) {
  return typedEvent(OrderedJson::parse(toTypedJson(error)));
}
