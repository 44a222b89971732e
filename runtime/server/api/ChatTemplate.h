//===- ChatTemplate.h - Messages as one prompt ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_CHATTEMPLATE_H
#define MOEC_SERVER_API_CHATTEMPLATE_H

#include "runtime/server/request/GenerateCall.h"

#include <span>

namespace moec::server {

/// The ids of a chat in ChatML, with the beginning of the assistant's answer if asked for. Only
/// ChatML's own marks become special tokens: what users write is text.
Expected<std::vector<int32_t>> renderChat(const runtime::Tokenizer &tokenizer,
                                          std::span<const Message> messages, bool beginAnswer);

/// Has a choice end where the assistant's answer does.
void stopAtAnswersEnd(const runtime::Tokenizer &tokenizer, runtime::GenerationRequest &request);

} // namespace moec::server

#endif // MOEC_SERVER_API_CHATTEMPLATE_H
