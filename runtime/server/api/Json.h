//===- Json.h - JSON as the API writes it -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_JSON_H
#define MOEC_SERVER_API_JSON_H

#include <nlohmann/json.hpp>

#include <string>

namespace moec::server {

/// What comes in.
using Json = nlohmann::json;
/// What goes out: members keep the order in which they were written.
using OrderedJson = nlohmann::ordered_json;

/// Compact text; bytes that are not UTF-8 become U+FFFD.
inline std::string dumpJson(const OrderedJson &value) {
  return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

/// A value as an error message shows it: cut where it is long.
std::string showValue(const Json &value);

} // namespace moec::server

#endif // MOEC_SERVER_API_JSON_H
