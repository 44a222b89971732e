//===- ResponsesReply.h - Answers as /v1/responses writes them --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_RESPONSES_RESPONSESREPLY_H
#define MOEC_SERVER_RESPONSES_RESPONSESREPLY_H

#include "runtime/server/api/ReplyWriter.h"
#include "runtime/server/responses/OutputItems.h"

namespace moec::server {

/// Writes a response of items, whole or as events in the order of their numbers.
class ResponsesReply : public ReplyWriter {
public:
  /// `created` is in seconds since 1970.
  ResponsesReply(const GenerateCall &call, const std::string &id, int64_t created);

  std::string whole(std::span<const ChoicePart> choices, std::span<const PromptPart *const> prompts,
                    const Usage &usage) const override;
  std::string firstEvent(uint32_t index, const Usage &usage) override;
  std::string event(const ChoicePart &part, const PromptPart *prompt, size_t &position,
                    const Usage &usage) override;
  std::string endEvent(const Usage &) override { return ""; }
  std::string errorEvent(const ApiError &error) override;

private:
  OrderedJson response(const char *status, const OrderedJson &items) const;
  OrderedJson ended(const ChoicePart &part, const OrderedJson &items, const Usage &usage) const;
  std::string frame(OrderedJson event);

  std::string id, model;
  int64_t created;
  std::shared_ptr<const ResponsesForm> form;
  /// Of a stream.
  OutputItems items;
  uint64_t sequence = 0;
};

} // namespace moec::server

#endif // MOEC_SERVER_RESPONSES_RESPONSESREPLY_H
