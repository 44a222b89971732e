//===- Replies.h - Generated text as the API writes it ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The objects that a client gets: whole answers and the chunks of streams, for both endpoints.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_REPLIES_H
#define MOEC_SERVER_API_REPLIES_H

#include "runtime/server/api/TokenText.h"
#include "runtime/server/request/GenerateCall.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moec::server {

/// What was computed.
struct Usage {
  uint64_t promptTokens = 0, completionTokens = 0, cachedTokens = 0;
};

/// New tokens and text of a choice, or all of them.
struct ChoicePart {
  uint32_t index = 0;
  std::string text = {};
  std::vector<runtime::SampledToken> tokens = {};
  runtime::FinishReason reason = runtime::FinishReason::None;
  std::optional<std::string> stopString = {};
  std::optional<int32_t> stopToken = {};
};

/// A prompt as it is repeated before its choices.
struct PromptPart {
  std::vector<int32_t> ids;
  std::string text;
  /// From the second token on; empty without log probabilities.
  std::vector<runtime::TokenLogprobs> logprobs;
};

/// Writes the answer to one call.
class ReplyFormat {
public:
  ReplyFormat(const GenerateCall &call, std::string id, int64_t created,
              const runtime::Tokenizer *tokenizer);

  /// A whole answer. `prompts[i]` is that of choices[i].
  std::string whole(std::span<const ChoicePart> choices, std::span<const PromptPart *const> prompts,
                    const Usage &usage) const;

  /// The event with which a stream of a chat's choice begins; "" for completions.
  std::string firstEvent(uint32_t index, const Usage &usage) const;
  /// The event of a part. `position` is the number of characters before it, and moves on; `prompt`
  /// is what is repeated before it, or null.
  std::string event(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                    const Usage &usage) const;
  /// The last event but one of a stream whose caller asks for usage.
  std::string usageEvent(const Usage &usage) const;
  /// What ends every stream.
  static std::string endEvent() { return "data: [DONE]\n\n"; }
  /// An object as an event of a stream.
  static std::string frame(const std::string &json) { return "data: " + json + "\n\n"; }

  const std::string &id() const { return answerId; }

private:
  OrderedJson head(bool isChunk) const;
  OrderedJson choice(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                     bool isChunk) const;
  std::string chunk(OrderedJson choice, const Usage &usage) const;
  OrderedJson logprobs(const ChoicePart &part, const PromptPart *prompt, size_t &position) const;
  OrderedJson chatLogprobs(std::span<const runtime::SampledToken> tokens) const;
  OrderedJson promptLogprobs(const PromptPart &prompt) const;
  void appendToken(OrderedJson &lists, int32_t id, const runtime::TokenLogprobs *logprobs,
                   size_t &position) const;

  Endpoint endpoint;
  std::string model, answerId;
  int64_t created;
  bool includeUsage, continuousUsage, echo, wantsPromptLogprobs;
  std::optional<uint32_t> wantedLogprobs;
  TokenText tokenText;
};

/// {"prompt_tokens": …}.
OrderedJson toJson(const Usage &usage);

/// OpenAI's word for a reason; null for None. Abort and Error are no ends of a text.
OrderedJson finishReason(runtime::FinishReason reason);

} // namespace moec::server

#endif // MOEC_SERVER_API_REPLIES_H
