//===- Fields.h - Tables of a request's fields ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The body of a request is a JSON object. A table says of each field what it must be and where its
// value goes, and one function reads an object by a table, so that every error names the field,
// its value and what it must be.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_REQUEST_FIELDS_H
#define MOEC_SERVER_REQUEST_FIELDS_H

#include "runtime/server/api/Errors.h"
#include "runtime/server/api/Json.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moec::server {

/// What is wrong with a value.
struct Misfit {
  /// What it must be; "" is what the field says.
  std::string wanted = {};
  /// The place inside of the field, such as "[2].role".
  std::string place = {};
  /// The value there, as showValue shows it; "" is the field's whole value.
  std::string shown = {};
};

/// One field of requests that become a Call.
template <typename Call> struct Field {
  std::string_view name;
  /// What its value must be, as in "it must be …".
  std::string wanted;
  /// Takes a value that is not null.
  std::function<std::optional<Misfit>(const Json &value, Call &call)> read;
};

/// Numbers from `low` to `high`.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  /// Whether `low` itself is outside.
  bool above = false;

  /// Whether `value` is in the range, and not too large for a float.
  bool contains(double value) const;
  /// "of 0 to 2", "above 0", "of at least 0".
  std::string describe() const;
};

/// The error that a misfit of a field is.
ApiError fieldError(std::string_view name, const std::string &wanted, const Misfit &misfit,
                    const Json &value);
/// The integer in a value, if it is one from `low` to `high`. 3.0 is one, too, as in JavaScript.
std::optional<int64_t> integerIn(const Json &value, int64_t low, int64_t high);

// Fields of the simple types. `get` gives the place in a call for the value.

template <typename Call, typename Get>
Field<Call> realField(std::string_view name, Range range, Get get) {
  return {name, "a number " + range.describe(),
          [range, get](const Json &value, Call &call) -> std::optional<Misfit> {
            if (!value.is_number() || !range.contains(value.get<double>()))
              return Misfit();
            get(call) = value.get<float>();
            return std::nullopt;
          }};
}

template <typename Call, typename Get>
Field<Call> integerField(std::string_view name, int64_t low, int64_t high, Get get) {
  return {name, strCat("an integer of ", low, " to ", high),
          [low, high, get](const Json &value, Call &call) -> std::optional<Misfit> {
            std::optional<int64_t> number = integerIn(value, low, high);
            if (!number)
              return Misfit();
            get(call) = *number;
            return std::nullopt;
          }};
}

template <typename Call, typename Get> Field<Call> boolField(std::string_view name, Get get) {
  return {name, "true or false", [get](const Json &value, Call &call) -> std::optional<Misfit> {
            if (!value.is_boolean())
              return Misfit();
            get(call) = value.get<bool>();
            return std::nullopt;
          }};
}

template <typename Call, typename Get> Field<Call> stringField(std::string_view name, Get get) {
  return {name, "a string", [get](const Json &value, Call &call) -> std::optional<Misfit> {
            if (!value.is_string())
              return Misfit();
            get(call) = value.get<std::string>();
            return std::nullopt;
          }};
}

/// Whether a value is of a kind, such as &Json::is_string.
using JsonKind = bool (Json::*)() const noexcept;

/// A field with which nothing is done, such as who asks.
template <typename Call>
Field<Call> hintField(std::string_view name, const char *wanted, JsonKind is) {
  return {name, wanted, [is](const Json &value, Call &) -> std::optional<Misfit> {
            return (value.*is)() ? std::nullopt : std::optional(Misfit());
          }};
}

/// A field that asks for what is not done, unless its value is `harmless`, and is listed then.
template <typename Call>
Field<Call> idleField(const char *name, const char *wanted, JsonKind is, Json harmless) {
  return {name, wanted,
          [name, is, harmless](const Json &value, Call &call) -> std::optional<Misfit> {
            if (!(value.*is)())
              return Misfit();
            if (value != harmless)
              call.ignored.emplace_back(name);
            return std::nullopt;
          }};
}

/// A member of an object with which nothing is done.
struct IdleMember {
  const char *name, *wanted;
  JsonKind is;
};
/// A misfit where a member of the object at `place` is neither absent nor what it must be.
std::optional<Misfit> checkIdle(const Json &object, const std::string &place,
                                std::span<const IdleMember> members);

/// Reads the fields of `object` by a table. Null counts as absent. Names that the table does not
/// have go to `unknown`.
template <typename Call>
std::optional<ApiError> readFields(const Json &object, const std::vector<Field<Call>> &fields,
                                   Call &call, std::vector<std::string> &unknown) {
  for (const auto &[name, value] : object.items()) {
    const Field<Call> *found = nullptr;
    for (const Field<Call> &field : fields)
      if (field.name == name)
        found = &field;
    if (value.is_null())
      continue;
    if (!found)
      unknown.push_back(name);
    else if (std::optional<Misfit> misfit = found->read(value, call))
      return fieldError(name, found->wanted, *misfit, value);
  }
  return std::nullopt;
}

/// The JSON object that a body is.
std::optional<ApiError> parseBody(std::string_view body, Json &object);

/// The error for the first id of a field that is not below `vocabulary`; `place` is the field's
/// name and where in it the ids are.
std::optional<ApiError> checkIds(const std::string &name, const std::string &place,
                                 const std::vector<int32_t> &ids, uint32_t vocabulary);

/// Ids of tokens; a misfit where an element is none.
std::optional<Misfit> readIds(const Json &value, std::vector<int32_t> &ids);

} // namespace moec::server

#endif // MOEC_SERVER_REQUEST_FIELDS_H
