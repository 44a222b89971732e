//===- Fields.cpp - Tables of a request's fields ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/Fields.h"

#include "moec/Support/HugeNumbers.h"
#include "moec/Support/Json.h"

#include <cmath>

using namespace moec;
using namespace moec::server;

/// Characters of a value that an error shows.
static constexpr size_t maxShown = 80;
/// Arguments of calls come back as they were told, up to 190 deep, within a message's block.
static constexpr unsigned maxNesting = 200;

std::string server::showValue(const Json &value) {
  // A long array is not written out only to be cut.
  if (value.is_structured() && value.size() > maxShown)
    return strCat(value.is_array() ? "an array" : "an object", " of ", value.size(), " elements");
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= maxShown)
    return text;
  size_t end = maxShown;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "…";
}

bool Range::contains(double value) const {
  return std::abs(value) <= std::numeric_limits<float>::max() &&
         (above ? value > low : value >= low) && value <= high;
}

std::string Range::describe() const {
  if (above)
    return std::isinf(high) ? strCat("above ", low) : strCat("above ", low, " and at most ", high);
  return std::isinf(high) ? strCat("of at least ", low) : strCat("of ", low, " to ", high);
}

ApiError server::fieldError(std::string_view name, const std::string &wanted, const Misfit &misfit,
                            const Json &value) {
  std::string path = std::string(name) + misfit.place;
  return invalidField(
      path, strCat("'", path, "' is ", misfit.shown.empty() ? showValue(value) : misfit.shown,
                   "; it must be ", misfit.wanted.empty() ? wanted : misfit.wanted));
}

std::optional<int64_t> server::integerIn(const Json &value, int64_t low, int64_t high) {
  int64_t number;
  if (value.is_number_unsigned()) {
    if (value.get<uint64_t>() > uint64_t(INT64_MAX))
      return std::nullopt;
    number = value.get<int64_t>();
  } else if (value.is_number_integer()) {
    number = value.get<int64_t>();
  } else if (value.is_number_float()) {
    double real = value.get<double>();
    // Beyond 2^53 not every integer is a double.
    if (std::trunc(real) != real || std::abs(real) > 0x1p53)
      return std::nullopt;
    number = static_cast<int64_t>(real);
  } else {
    return std::nullopt;
  }
  if (number < low || number > high)
    return std::nullopt;
  return number;
}

std::optional<Misfit> server::checkIdle(const Json &object, const std::string &place,
                                        std::span<const IdleMember> members) {
  for (auto [name, wanted, is] : members)
    if (auto found = object.find(name);
        object.is_object() && found != object.end() && !found->is_null() && !((*found).*is)())
      return Misfit{wanted, strCat(place, ".", name), showValue(*found)};
  return std::nullopt;
}

std::optional<ApiError> server::parseBody(std::string_view body, Json &object) {
  Expected<Json> parsed = parseJson(body, maxNesting);
  // What a model wrote comes back, and may have numbers that no double is.
  if (std::string limited; !parsed && (limited = replaceHugeNumbers(body)) != body)
    parsed = parseJson(limited, maxNesting);
  if (!parsed)
    return ApiError{400, "the body " + parsed.takeError().message()};
  if (!parsed->is_object())
    return ApiError{400, strCat("the body is ", showValue(*parsed), ", not a JSON object")};
  object = std::move(*parsed);
  return std::nullopt;
}

std::optional<ApiError> server::checkIds(const std::string &name, const std::string &place,
                                         const std::vector<int32_t> &ids, uint32_t vocabulary) {
  for (size_t i = 0; i < ids.size(); ++i)
    if (static_cast<uint32_t>(ids[i]) >= vocabulary)
      return invalidField(name,
                          strCat("'", place, "[", i, "]' is ", ids[i],
                                 "; it must be one of the model's ", vocabulary, " token ids"));
  return std::nullopt;
}

std::optional<Misfit> server::readIds(const Json &value, std::vector<int32_t> &ids) {
  if (!value.is_array())
    return Misfit();
  ids.reserve(value.size());
  for (const Json &element : value) {
    std::optional<int64_t> id = integerIn(element, 0, INT32_MAX);
    if (!id)
      return Misfit{strCat("a token id of 0 to ", INT32_MAX), strCat("[", ids.size(), "]"),
                    showValue(element)};
    ids.push_back(static_cast<int32_t>(*id));
  }
  return std::nullopt;
}
