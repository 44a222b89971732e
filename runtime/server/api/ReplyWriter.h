//===- ReplyWriter.h - How an API writes answers ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_REPLYWRITER_H
#define MOEC_SERVER_API_REPLYWRITER_H

#include "runtime/server/api/Errors.h"
#include "runtime/server/chat/AnswerReader.h"

#include "moec/runtime/service/Generator.h"

#include <span>
#include <string>
#include <vector>

namespace moec::server {

/// What was computed.
struct Usage {
  uint64_t promptTokens = 0, completionTokens = 0, cachedTokens = 0;
  /// Of the completion, those of thoughts; nothing where thoughts are not looked for.
  std::optional<uint64_t> reasoningTokens = {};
};

/// New tokens and text of a choice, or all of them.
struct ChoicePart {
  uint32_t index = 0;
  std::string text = {};
  std::vector<runtime::SampledToken> tokens = {};
  uint32_t forcedTokens = 0; ///< of them, see GenerationEvent
  runtime::FinishReason reason = runtime::FinishReason::None;
  std::optional<std::string> stopString = {};
  std::optional<int32_t> stopToken = {};
  /// Whether the text was read as an answer, whose events there are in its place.
  bool isRead = false;
  std::vector<parser::AnswerEvent> events = {};
  /// Whether the choice has a call of a tool, so far.
  bool hasCalls = false;
};

/// What a part says, also where nothing but content was looked for.
std::vector<parser::AnswerEvent> eventsOf(const ChoicePart &part);
/// An event of a stream, under the name of its type.
std::string typedEvent(const OrderedJson &event);

/// A prompt as it is repeated before its choices.
struct PromptPart {
  std::vector<int32_t> ids;
  std::string text;
  /// From the second token on; empty without log probabilities.
  std::vector<runtime::TokenLogprobs> logprobs;
};

/// Writes the answer to one request, whole or as a stream.
class ReplyWriter {
public:
  virtual ~ReplyWriter() = default;

  /// A whole answer. `prompts[i]` is that of choices[i].
  virtual std::string whole(std::span<const ChoicePart> choices,
                            std::span<const PromptPart *const> prompts,
                            const Usage &usage) const = 0;
  /// Whether a stream need not say anything of a part.
  virtual bool isSilent(const ChoicePart &part) const;
  /// What a stream's choice begins with.
  virtual std::string firstEvent(uint32_t index, const Usage &usage) = 0;
  /// A part of a choice. `position` is the number of characters before it, and moves on; `prompt`
  /// is what is repeated before it, or null.
  virtual std::string event(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                            const Usage &usage) = 0;
  /// What a stream ends with.
  virtual std::string endEvent(const Usage &usage) = 0;
  /// What a stream ends with that fails.
  virtual std::string errorEvent(const ApiError &error) = 0;
};

} // namespace moec::server

#endif // MOEC_SERVER_API_REPLYWRITER_H
