//===- Errors.h - What a client is told went wrong --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Errors as OpenAI's and Anthropic's APIs have them: the former's is a status and an object with a
// message, a type, the parameter that is wrong and a code for programs.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_ERRORS_H
#define MOEC_SERVER_API_ERRORS_H

#include "moec/Support/Error.h"

#include <optional>
#include <string>

namespace moec::server {

/// Why a request was not served.
struct ApiError {
  int status = 400;
  std::string message;
  /// The field that is wrong, where one is.
  std::optional<std::string> param = {};
  /// For programs, such as "model_not_found".
  std::optional<std::string> code = {};
};

/// A request that is wrong (400) in the field `param`.
ApiError invalidField(std::string param, std::string message);
/// The same for what cannot be done, which programs can tell by its code.
ApiError unsupportedField(std::string param, std::string message);
/// A server that cannot serve this now (503).
ApiError unavailable(std::string message);

/// OpenAI's name for errors of a status.
const char *errorType(int status);
/// {"error": {…}}; always valid JSON, whatever the message holds.
std::string toJson(const ApiError &error);
/// {"type": "error", "error": {…}}, as Anthropic's API has it.
std::string toTypedJson(const ApiError &error);

} // namespace moec::server

#endif // MOEC_SERVER_API_ERRORS_H
