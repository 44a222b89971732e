//===- ChatTemplate.cpp - Messages as one prompt ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/ChatTemplate.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

static constexpr const char *begin = "<|im_start|>";
static constexpr const char *end = "<|im_end|>";

static Error append(const runtime::Tokenizer &tokenizer, std::string_view text, bool isMark,
                    std::vector<int32_t> &ids) {
  Expected<std::vector<int32_t>> more =
      tokenizer.encode(text, runtime::Tokenizer::EncodeOptions{false, isMark});
  if (!more)
    return more.takeError();
  ids.insert(ids.end(), more->begin(), more->end());
  return Error::success();
}

Expected<std::vector<int32_t>> server::renderChat(const runtime::Tokenizer &tokenizer,
                                                  std::span<const Message> messages,
                                                  bool beginAnswer) {
  std::vector<int32_t> ids;
  // What stands between two marks is encoded at once, as tokens may go over a line's end.
  auto add = [&](std::string_view text, bool isMark) {
    return append(tokenizer, text, isMark, ids);
  };
  for (const Message &message : messages) {
    if (Error error = add(begin, true))
      return error;
    if (Error error = add(message.role + "\n" + message.content, false))
      return error;
    if (Error error = add(end, true))
      return error;
    if (Error error = add("\n", false))
      return error;
  }
  if (!beginAnswer)
    return ids;
  if (Error error = add(begin, true))
    return error;
  if (Error error = add("assistant\n", false))
    return error;
  return ids;
}

void server::stopAtAnswersEnd(const runtime::Tokenizer &tokenizer,
                              runtime::GenerationRequest &request) {
  // A special token leaves no text to find.
  if (std::optional<int32_t> id = tokenizer.idOf(end))
    request.stopTokens.push_back(*id);
  else
    request.stop.push_back(end);
}
