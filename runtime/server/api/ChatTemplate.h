//===- ChatTemplate.h - Messages as one prompt ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_CHATTEMPLATE_H
#define MOEC_SERVER_API_CHATTEMPLATE_H

#include "runtime/server/request/GenerateCall.h"

#include <span>

namespace moec::server {

/// The ids of a chat as the model's template writes it, or in ChatML for a model without one. What
/// a system or a user says is text, also where it looks like a special token.
Expected<std::vector<int32_t>> renderChat(const runtime::Tokenizer &tokenizer,
                                          const ChatSettings &settings,
                                          std::span<const Message> messages, const ChatForm &form);

/// The variables of a chat that have no effect, as a client wrote them.
std::vector<std::string> findIgnoredVariables(const ChatSettings &settings, const ChatForm &form);

/// Has a choice end where the assistant's answer does.
void stopAtAnswersEnd(const runtime::Tokenizer &tokenizer, const ChatSettings &settings,
                      runtime::GenerationRequest &request);

} // namespace moec::server

#endif // MOEC_SERVER_API_CHATTEMPLATE_H
