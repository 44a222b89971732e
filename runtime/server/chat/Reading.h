//===- Reading.h - How a chat's answers are read ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_CHAT_READING_H
#define MOEC_SERVER_CHAT_READING_H

#include "runtime/server/chat/AnswerReader.h"
#include "runtime/server/request/GenerateCall.h"

namespace moec::server {

/// Decides how the answers to a rendered chat are read; null where they are content only. Puts what
/// a call that must come begins with behind the prompt, and has marks that are special tokens leave
/// text.
Expected<std::shared_ptr<const ReadingPlan>> planReading(const GenerateCall &call,
                                                         const ChatSettings &settings,
                                                         const runtime::Tokenizer &tokenizer,
                                                         runtime::GenerationRequest &request);

} // namespace moec::server

#endif // MOEC_SERVER_CHAT_READING_H
