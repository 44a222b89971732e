//===- MessagesReply.h - Answers as Anthropic's API writes them -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_MESSAGES_MESSAGESREPLY_H
#define MOEC_SERVER_MESSAGES_MESSAGESREPLY_H

#include "runtime/server/api/Json.h"
#include "runtime/server/api/ReplyWriter.h"

namespace moec::server {

/// Writes a message of content blocks: thoughts, texts and uses of tools.
class MessagesReply : public ReplyWriter {
public:
  MessagesReply(std::string id, std::string model) : id(std::move(id)), model(std::move(model)) {}

  std::string whole(std::span<const ChoicePart> choices, std::span<const PromptPart *const> prompts,
                    const Usage &usage) const override;
  std::string firstEvent(uint32_t index, const Usage &usage) override;
  std::string event(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                    const Usage &usage) override;
  std::string endEvent(const Usage &) override { return ""; }
  std::string errorEvent(const ApiError &error) override;

private:
  OrderedJson message(const Usage &usage) const;
  std::string add(const parser::AnswerEvent &event);
  std::string writeCall();
  std::string begin(parser::EventKind kind, OrderedJson block);
  std::string change(OrderedJson delta) const;
  std::string close();

  std::string id, model;
  /// Of a stream: the block that is open.
  std::optional<parser::EventKind> open;
  size_t index = 0;
  /// The call that is being read: clients run what they are told of, even half a call, so it is
  /// written once it is whole.
  std::vector<parser::AnswerEvent> held;
};

} // namespace moec::server

#endif // MOEC_SERVER_MESSAGES_MESSAGESREPLY_H
