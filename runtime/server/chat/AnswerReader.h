//===- AnswerReader.h - A chat's answer in its parts ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_CHAT_ANSWERREADER_H
#define MOEC_SERVER_CHAT_ANSWERREADER_H

#include "runtime/server/api/Json.h"

#include "moec/runtime/parser/AnswerParser.h"

namespace moec::server {

/// How many tokens an answer may think.
struct ThoughtLimit {
  uint32_t tokens;
  /// What ends thoughts then, see parser::ThoughtsEnd.
  std::vector<int32_t> first, again;
};

/// How the answers of a request are read.
struct ReadingPlan {
  parser::Formats formats;
  /// The tools that may be called; none where no call is looked for.
  std::vector<parser::ToolSignature> tools;
  /// The end of the prompt.
  std::string prompt;
  /// What was put behind it, which is the beginning of the answer.
  std::string forced;
  bool keepsReasoning = true, isParallel = true;
  std::optional<ThoughtLimit> thoughtLimit = {};

  /// Whether the text can be anything else than content.
  bool isNeeded() const {
    return formats.reasoning || !tools.empty() || parser::areAlwaysRead(formats);
  }
};

/// Reads the answer of one choice as it comes.
class AnswerReader {
public:
  explicit AnswerReader(const ReadingPlan &plan);

  /// Takes more of the text, and `isLast` says that there is no more. Appends what a client gets.
  void read(std::string_view text, bool isLast, std::vector<parser::AnswerEvent> &events);
  /// Whether what comes next is a thought.
  bool isThinking() const { return parser.isThinking(); }
  /// Whether the answer has a call that is whole.
  bool hasCalls() const { return lastCall.has_value(); }

private:
  void finishEvents(std::vector<parser::AnswerEvent> fresh,
                    std::vector<parser::AnswerEvent> &events);

  parser::AnswerParser parser;
  std::vector<parser::AnswerEvent> forced; ///< what the forced beginning says
  size_t idLength;
  bool keepsReasoning, isParallel;
  std::optional<uint32_t> lastCall; ///< that is whole
};

/// The delta of an event in a stream; null where it has none.
OrderedJson deltaOf(const parser::AnswerEvent &event);
/// The message that events are together.
OrderedJson messageOf(const std::vector<parser::AnswerEvent> &events);

} // namespace moec::server

#endif // MOEC_SERVER_CHAT_ANSWERREADER_H
