//===- RawJson.h - JSON as it was written -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Templates print tools and arguments, so their keys must keep their order and their numbers all
// digits, which a parsed value does not. These work on the text of valid JSON.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_REQUEST_RAWJSON_H
#define MOEC_SERVER_REQUEST_RAWJSON_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::server {

/// The text of an object's member, of the last one where there are several; "" without one.
std::string_view findMember(std::string_view object, std::string_view name);
/// The texts of an array's elements.
std::vector<std::string_view> findElements(std::string_view array);

/// A JSON text with each string, keys among them, replaced by what `change` makes of it.
std::string mapStrings(std::string_view json,
                       const std::function<std::string(const std::string &)> &change);

} // namespace moec::server

#endif // MOEC_SERVER_REQUEST_RAWJSON_H
