//===- HttpFuzzer.cpp - Hostile HTTP ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An input is what a client sends on one connection. Cut anywhere, it must be the same requests and
// the same error; each body is a call or one sentence, and answers to both are valid.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "runtime/server/RequestReader.h"
#include "runtime/server/Router.h"
#include "runtime/server/request/GenerateCall.h"
#include "runtime/server/responses/ResponsesReply.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;
using moec::fuzz::require;

static const HttpLimits limits{512, 1024};

static void checkError(const ApiError &error) {
  require(!error.message.empty(), "an error has a message");
  require(error.status >= 400 && error.status < 600, "an error has a status");
  require(std::string(reasonPhrase(error.status)) != "Unknown", "a status has a phrase");
  require(Json::accept(toJson(error)), "an error is JSON");
}

/// What a response says of a call of each tool that the request has.
static void answer(const GenerateCall &call) {
  ChoicePart part;
  part.isRead = true;
  part.reason = runtime::FinishReason::Stop;
  uint32_t number = 0;
  for (const parser::ToolSignature &tool : call.form.tools) {
    part.events.push_back({parser::EventKind::CallBegin, tool.name, "id", number});
    part.events.push_back({parser::EventKind::Arguments, "{}", "", number});
    part.events.push_back({parser::EventKind::CallEnd, "", "", number++});
  }
  ResponsesReply reply(call, "1", 0);
  const Json json = Json::parse(reply.whole({&part, 1}, {}, {}));
  require(json["output"].size() == number, "each call is an item");
  require(json["status"] == "completed", "the response is whole");
}

static void checkCall(Endpoint endpoint, const std::string &body) {
  GenerateCall call;
  if (auto error = parseCall(endpoint, body, {}, call)) {
    require(error->status == 400, "a bad body is a bad request");
    return checkError(*error);
  }
  const runtime::SamplingParams &sampling = call.generation.sampling;
  require(sampling.temperature >= 0 && sampling.topP > 0 && sampling.topP <= 1 &&
              sampling.repetitionPenalty > 0,
          "values are in their ranges");
  require(call.generation.choices >= 1 && call.generation.choices <= 128, "n is in its range");
  require(call.isChat() ? !call.messages.empty() : !call.prompts.empty(),
          "there is something to continue");
  require(call.form.tools.empty() == call.form.toolsText.empty(), "tools have a text");
  require(call.form.toolsText.empty() || Json::accept(call.form.toolsText), "which is JSON");
  for (const Message &message : call.messages)
    for (const ToolCall &made : message.toolCalls)
      require(Json::parse(made.arguments, nullptr, false).is_object(), "arguments are an object");
  if (endpoint == Endpoint::Responses)
    answer(call);
}

static Endpoint endpointOf(std::string_view path) {
  return path.ends_with("/messages")           ? Endpoint::Messages
         : path.ends_with("/responses")        ? Endpoint::Responses
         : path.ends_with("/chat/completions") ? Endpoint::Chat
                                               : Endpoint::Completions;
}

/// What is read of the input in pieces of `step` bytes, as text.
static std::string readAll(std::string_view input, size_t step) {
  RequestReader reader(limits);
  std::string log;
  for (size_t at = 0; at < input.size(); at += step) {
    reader.feed(input.substr(at, step));
    for (RequestReader::Result result;
         (result = reader.read()) != RequestReader::Result::Incomplete;) {
      if (result == RequestReader::Result::Failed) {
        checkError(reader.error());
        // Which of several errors is seen first may depend on the pieces.
        return log + "failed";
      }
      HttpRequest request = reader.take();
      require(request.body.size() <= limits.body, "a body is within its limit");
      log += strCat(request.method, " ", request.path, " ", request.body, "\n");
      for (const auto &[name, value] : request.headers)
        log += strCat(name, ": ", value, "\n");
      std::string id = requestId(request.header("x-request-id"));
      require(!id.empty() && std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7F; }),
              "an id can stand in a header");
      checkCall(endpointOf(request.path), request.body);
    }
  }
  return log;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view input(reinterpret_cast<const char *>(data), size);
  if (input.empty())
    return 0;
  std::string whole = readAll(input, input.size());
  for (size_t step : {size_t(1), size_t(13)})
    require(readAll(input, step) == whole, "the pieces that come do not matter");
  return 0;
}
