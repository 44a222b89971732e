//===- Fields.h - Checked access to a JSON object ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every component of a tokenizer is a small JSON object. A Fields reads one: it remembers the first
// thing that is wrong, so that a component's reader is a list of assignments. Fields that nobody
// asks for are passed over, as the tokenizers library does.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_FIELDS_H
#define MOEC_TOKENIZER_FIELDS_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::tokenizer {

class Fields {
public:
  /// `path` names `object` in messages, like "decoder.decoders[1]". Both must outlive this.
  Fields(const nlohmann::json &object, std::string path);

  const std::string &path() const { return where; }

  /// The value of a field; null if it is absent (JSON's null counts as absent).
  const nlohmann::json *find(std::string_view name);

  /// Typed values. Without a default an absent field is an error.
  bool boolean(std::string_view name, std::optional<bool> absent = std::nullopt);
  std::string string(std::string_view name, std::optional<std::string> absent = std::nullopt);
  /// An integer of `low` to `high`.
  int64_t integer(std::string_view name, int64_t low, int64_t high,
                  std::optional<int64_t> absent = std::nullopt);
  /// A string that is exactly one character.
  char32_t character(std::string_view name);
  /// The elements of an array; empty if it is not one.
  std::vector<const nlohmann::json *> array(std::string_view name);
  /// The index in `names` of a string field's value.
  size_t choice(std::string_view name, const std::vector<std::string_view> &names,
                std::optional<size_t> absent = std::nullopt);

  /// Notes that the object is wrong, unless something was already.
  void fail(std::string_view message);
  void fail(Error error);

  /// The first problem.
  Error finish();

private:
  const nlohmann::json *require(std::string_view name, bool hasDefault);
  void failType(std::string_view name, std::string_view wanted, const nlohmann::json &found);

  const nlohmann::json &object;
  std::string where;
  Error failure = Error::success();
};

/// The "type" of a component; an error that names `path` if it has none.
Expected<std::string> componentType(const nlohmann::json &object, const std::string &path);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_FIELDS_H
