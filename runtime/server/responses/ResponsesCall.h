//===- ResponsesCall.h - A request of /v1/responses, parsed -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_RESPONSES_RESPONSESCALL_H
#define MOEC_SERVER_RESPONSES_RESPONSESCALL_H

#include "runtime/server/request/GenerateCall.h"

#include <map>

namespace moec::server {

/// What a tool is in an answer, whose template knows functions only.
struct ResponsesTool {
  std::string name, space; ///< "" without a namespace
  bool isCustom = false;   ///< takes a text, not an object
};

/// What is special of a request of /v1/responses.
struct ResponsesForm {
  /// By the name that the template gets.
  std::map<std::string, ResponsesTool, std::less<>> tools = {};
  /// The fields of the request that the response repeats.
  OrderedJson repeated = OrderedJson::object();
};

/// The name of the argument that a custom tool's text becomes.
inline constexpr const char *customArgument = "input";

/// The name of a tool of a namespace in the template.
std::string joinName(const std::string &space, const std::string &name);

/// Reads a body of /v1/responses as the chat that it is. `call` is whole when there is no error.
std::optional<ApiError> parseResponsesCall(std::string_view body, const GenerateDefaults &defaults,
                                           GenerateCall &call);

/// Adds the messages of `input`.
std::optional<Misfit> readInput(const Json &value, GenerateCall &call);
/// Takes tools; `raw` is the array as it is written. Those that only a server of OpenAI's has are
/// left out.
std::optional<Misfit> readResponsesTools(const Json &value, std::string_view raw,
                                         GenerateCall &call, ResponsesForm &form);
/// Which tools are wanted, once those are known.
std::optional<Misfit> readResponsesChoice(const Json &value, const ResponsesForm &form,
                                          ToolChoice &choice);

} // namespace moec::server

#endif // MOEC_SERVER_RESPONSES_RESPONSESCALL_H
