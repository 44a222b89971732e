//===- ThoughtBudget.h - Ends thoughts that get long ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_CHAT_THOUGHTBUDGET_H
#define MOEC_SERVER_CHAT_THOUGHTBUDGET_H

#include "runtime/server/chat/AnswerReader.h"

#include "moec/runtime/service/TextGuide.h"

namespace moec::server {

/// Reads an answer along, and has its thoughts end once they have as many tokens as they may.
/// Neither the marks around thoughts count nor what ends them.
class ThoughtBudget : public runtime::TextGuide {
public:
  /// `plan` must have a limit.
  explicit ThoughtBudget(std::shared_ptr<const ReadingPlan> plan);

  std::vector<int32_t> begin() override { return end(); }
  std::vector<int32_t> push(std::string_view text) override;

private:
  std::vector<int32_t> end();
  void read(std::string_view text);

  std::shared_ptr<const ReadingPlan> plan;
  parser::AnswerParser parser;
  uint32_t thoughts = 0; ///< tokens
  size_t forced = 0;     ///< tokens that end thoughts and are still to come
  bool hasEnded = false; ///< thoughts, before their time
};

} // namespace moec::server

#endif // MOEC_SERVER_CHAT_THOUGHTBUDGET_H
