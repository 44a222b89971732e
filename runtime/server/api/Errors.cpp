//===- Errors.cpp - What a client is told went wrong ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Errors.h"

#include "runtime/server/api/Json.h"

using namespace moec;
using namespace moec::server;

ApiError server::invalidField(std::string param, std::string message) {
  return {400, std::move(message), std::move(param)};
}

ApiError server::unsupportedField(std::string param, std::string message) {
  return {400, std::move(message), std::move(param), "unsupported_parameter"};
}

ApiError server::unavailable(std::string message) {
  return {503, std::move(message), std::nullopt, "unavailable"};
}

const char *server::errorType(int status) {
  switch (status) {
  case 404:
    return "not_found_error";
  case 429:
    return "rate_limit_error";
  default:
    return status < 500 ? "invalid_request_error" : "server_error";
  }
}

static const char *typedName(int status) {
  switch (status) {
  case 401:
    return "authentication_error";
  case 404:
    return "not_found_error";
  case 413:
    return "request_too_large";
  case 429:
    return "rate_limit_error";
  case 503:
    return "overloaded_error";
  default:
    return status < 500 ? "invalid_request_error" : "api_error";
  }
}

std::string server::toTypedJson(const ApiError &error) {
  OrderedJson inner = {{"type", typedName(error.status)}, {"message", error.message}};
  if (error.code && error.param)
    inner["details"] = {{"error_code", *error.code},
                        {"unsupported", OrderedJson::array({*error.param})}};
  return dumpJson({{"type", "error"}, {"error", inner}});
}

std::string server::toJson(const ApiError &error) {
  OrderedJson inner;
  inner["message"] = error.message;
  inner["type"] = errorType(error.status);
  inner["param"] = error.param ? OrderedJson(*error.param) : OrderedJson();
  inner["code"] = error.code ? OrderedJson(*error.code) : OrderedJson();
  return dumpJson({{"error", inner}});
}
