//===- Replies.h - Generated text as the API writes it ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The objects that a client gets: whole answers and the chunks of streams, for both endpoints.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_REPLIES_H
#define MOEC_SERVER_API_REPLIES_H

#include "runtime/server/api/ReplyWriter.h"
#include "runtime/server/api/TokenText.h"
#include "runtime/server/request/GenerateCall.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace moec::server {

/// Writes the answer to one call of OpenAI's API.
class ReplyFormat : public ReplyWriter {
public:
  ReplyFormat(const GenerateCall &call, std::string id, int64_t created,
              const runtime::Tokenizer *tokenizer);

  std::string whole(std::span<const ChoicePart> choices, std::span<const PromptPart *const> prompts,
                    const Usage &usage) const override;
  bool isSilent(const ChoicePart &part) const override;
  /// "" for completions.
  std::string firstEvent(uint32_t index, const Usage &usage) override;
  std::string event(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                    const Usage &usage) override;
  /// The usage, where the caller asks for it, and what ends every stream.
  std::string endEvent(const Usage &usage) override;
  std::string errorEvent(const ApiError &error) override;

private:
  OrderedJson head(bool isChunk) const;
  OrderedJson choice(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                     bool isChunk) const;
  std::string chunk(OrderedJson choice, const Usage &usage) const;
  std::string readEvents(const ChoicePart &part, const Usage &usage) const;
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

/// OpenAI's word for why a choice has ended; null where it has not. Abort and Error are no ends of
/// a text.
OrderedJson finishReason(const ChoicePart &part);

} // namespace moec::server

#endif // MOEC_SERVER_API_REPLIES_H
