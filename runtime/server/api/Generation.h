//===- Generation.h - One request for text, served --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The prompts of a request run together. Their events come from the engine's thread, which only
// posts them to the server's; there they become a stream or one answer.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_GENERATION_H
#define MOEC_SERVER_API_GENERATION_H

#include "runtime/server/api/Api.h"
#include "runtime/server/api/Prepare.h"
#include "runtime/server/api/Replies.h"

#include <chrono>
#include <deque>

namespace moec::server {

class Generation : public std::enable_shared_from_this<Generation> {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// `arrived`: when the request had come.
  Generation(Api &api, const GenerateCall &call, std::vector<PreparedPrompt> prompts,
             ResponderPtr responder, Time arrived);

  /// Queues all prompts.
  void start(const std::string &owner);
  /// Ends it with an error, which its client is told.
  void fail(const ApiError &error);

private:
  using Event = runtime::GenerationEvent;

  struct Choice {
    ChoicePart part; ///< of a whole answer, what there is so far
    Usage usage;
    Time lastTokens;
    size_t position = 0;                ///< characters before what comes next
    std::optional<AnswerReader> reader; ///< of chats that are more than content
    bool hasBegun = false, hasCached = false;
  };
  struct PromptState {
    runtime::GenerationRequest request;
    PromptPart part;
    /// Events of a stream that wait for the log probabilities of the prompt.
    std::deque<Event> held;
    bool hasLogprobs = false;
  };

  void receive(size_t prompt, const Event &event, Time time);
  void measure(Choice &choice, const Event &event, Time time);
  void stream(size_t prompt, const Event &event);
  void writeEvent(size_t prompt, const Event &event);
  void complete();
  void cancel();
  void describe();
  Choice &choiceOf(size_t prompt, const Event &event) {
    return choices[prompt * choicesPerPrompt + event.choice];
  }
  ChoicePart partOf(size_t prompt, const Event &event) const;
  void readPart(Choice &choice, ChoicePart &part, std::vector<parser::AnswerEvent> &events);

  Api &api;
  const Time begin;
  ResponderPtr responder;
  std::unique_ptr<ReplyWriter> writer;
  /// What the client itself asked to stop at.
  std::vector<std::string> stop;
  std::vector<int32_t> stopTokens;
  bool isStream, isChat, repeatsPrompt, needsPromptLogprobs, writesEmptyParts;
  uint32_t choicesPerPrompt;
  std::vector<PromptState> prompts;
  std::vector<Choice> choices; ///< of all prompts, one prompt after the other
  std::vector<Backend::Id> ids;
  size_t live = 0; ///< choices that were started and have not ended
  Usage total;
  double chatSeconds = 0; ///< in the chat template, and in reading answers
  bool isAnswered = false, hasStreamBegun = false;
};

} // namespace moec::server

#endif // MOEC_SERVER_API_GENERATION_H
