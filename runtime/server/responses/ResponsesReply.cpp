//===- ResponsesReply.cpp - Answers as /v1/responses writes them *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/responses/ResponsesReply.h"

using namespace moec;
using namespace moec::server;
using parser::AnswerEvent;
using runtime::FinishReason;

ResponsesReply::ResponsesReply(const GenerateCall &call, const std::string &id, int64_t created)
    : id("resp_" + id), model(call.model), created(created), form(call.responses),
      items(id, call.responses) {}

static OrderedJson usageOf(const Usage &usage) {
  return {{"input_tokens", usage.promptTokens},
          {"input_tokens_details", {{"cached_tokens", usage.cachedTokens}}},
          {"output_tokens", usage.completionTokens},
          {"output_tokens_details", {{"reasoning_tokens", usage.reasoningTokens.value_or(0)}}},
          {"total_tokens", usage.promptTokens + usage.completionTokens}};
}

static bool isCut(const ChoicePart &part) {
  return part.reason == FinishReason::Length || part.reason == FinishReason::Full;
}

OrderedJson ResponsesReply::response(const char *status, const OrderedJson &output) const {
  OrderedJson json = {{"id", id},
                      {"object", "response"},
                      {"created_at", created},
                      {"status", status},
                      {"background", false},
                      {"error", nullptr},
                      {"incomplete_details", nullptr},
                      {"model", model},
                      {"output", output}};
  json.update(form->repeated);
  json["usage"] = nullptr;
  return json;
}

OrderedJson ResponsesReply::ended(const ChoicePart &part, const OrderedJson &output,
                                  const Usage &usage) const {
  OrderedJson json = response(isCut(part) ? "incomplete" : "completed", output);
  if (isCut(part))
    json["incomplete_details"] = {{"reason", "max_output_tokens"}};
  json["usage"] = usageOf(usage);
  return json;
}

std::string ResponsesReply::whole(std::span<const ChoicePart> choices,
                                  std::span<const PromptPart *const>, const Usage &usage) const {
  const ChoicePart &part = choices.front();
  OutputItems output = items;
  std::vector<OrderedJson> told;
  for (const AnswerEvent &event : eventsOf(part))
    output.add(event, told);
  output.close(isCut(part), told);
  return dumpJson(ended(part, output.items(), usage));
}

std::string ResponsesReply::frame(OrderedJson event) {
  event["sequence_number"] = sequence++;
  return typedEvent(event);
}

std::string ResponsesReply::firstEvent(uint32_t, const Usage &) {
  std::string out;
  for (const char *type : {"response.created", "response.in_progress"})
    out += frame({{"type", type}, {"response", response("in_progress", OrderedJson::array())}});
  return out;
}

std::string ResponsesReply::event(const ChoicePart &part, const PromptPart *, size_t &,
                                  const Usage &usage) {
  std::vector<OrderedJson> told;
  for (const AnswerEvent &event : eventsOf(part))
    items.add(event, told);
  if (part.reason != FinishReason::None) {
    items.close(isCut(part), told);
    told.push_back({{"type", isCut(part) ? "response.incomplete" : "response.completed"},
                    {"response", ended(part, items.items(), usage)}});
  }
  std::string out;
  for (OrderedJson &event : told)
    out += frame(std::move(event));
  return out;
}

std::string ResponsesReply::errorEvent(const ApiError &error) {
  OrderedJson json = response("failed", items.items());
  json["error"] = {{"code", error.code.value_or("server_error")}, {"message", error.message}};
  return frame({{"type", "response.failed"}, {"response", std::move(json)}});
}
