//===- Prepare.h - From a call to prompts of ids ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_PREPARE_H
#define MOEC_SERVER_API_PREPARE_H

#include "runtime/server/chat/AnswerReader.h"
#include "runtime/server/request/GenerateCall.h"

namespace moec::server {

/// One prompt of a call.
struct PreparedPrompt {
  runtime::GenerationRequest request;
  /// Its text, where the call wants an echo.
  std::string text;
  /// Whether it begins with BOS twice, which no model was trained on.
  bool beginsTwice = false;
  /// How answers of a chat are read; null where they are content only.
  std::shared_ptr<const ReadingPlan> reading = nullptr;
  /// What its rendering took.
  double renderSeconds = 0;
};

/// What is known of the model.
struct ModelFacts {
  /// Null without one.
  const runtime::Tokenizer *tokenizer;
  uint32_t capacity;
  /// Ids are below this.
  uint32_t vocabulary;
  const ChatSettings &chat;
  /// Whether the prefix cache wants to know where the next turn branches off.
  bool keepsStates;
};

/// Encodes a call's prompts, gives each its limit of tokens, and refuses what exceeds the context.
std::optional<ApiError> preparePrompts(const GenerateCall &call, const GenerateDefaults &defaults,
                                       const ModelFacts &model,
                                       std::vector<PreparedPrompt> &prompts);

} // namespace moec::server

#endif // MOEC_SERVER_API_PREPARE_H
