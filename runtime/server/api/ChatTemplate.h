//===- ChatTemplate.h - Messages as one prompt ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_CHATTEMPLATE_H
#define MOEC_SERVER_API_CHATTEMPLATE_H

#include "runtime/server/request/GenerateCall.h"

#include <span>

namespace moec::server {

/// A chat as a prompt.
struct ChatPrompt {
  std::vector<int32_t> ids;
  /// What the model's template wrote; "" in ChatML.
  std::string text;
  /// What the rendering took, the encoding left out.
  double renderSeconds = 0;
};

/// A chat as the model's template writes it, or in ChatML for a model without one. What a system or
/// a user says is text, also where it looks like a special token.
Expected<ChatPrompt> renderChat(const runtime::Tokenizer &tokenizer, const ChatSettings &settings,
                                std::span<const Message> messages, const ChatForm &form);

/// About how many tokens of a chat's prompt the prompt of the chat's next turn begins with: many
/// templates write the beginning of an answer, or its reasoning, in another way once it was given.
/// 0 where that cannot be known: where no answer begins, and where the template refuses such a
/// chat.
uint32_t findTurnEnd(const runtime::Tokenizer &tokenizer, const ChatSettings &settings,
                     std::span<const Message> messages, const ChatForm &form,
                     const ChatPrompt &prompt);

/// The variables of a chat that have no effect, as a client wrote them.
std::vector<std::string> findIgnoredVariables(const ChatSettings &settings, const ChatForm &form);

/// Has a choice end where the assistant's answer does.
void stopAtAnswersEnd(const runtime::Tokenizer &tokenizer, const ChatSettings &settings,
                      runtime::GenerationRequest &request);

} // namespace moec::server

#endif // MOEC_SERVER_API_CHATTEMPLATE_H
