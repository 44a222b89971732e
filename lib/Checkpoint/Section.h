//===- Section.h - A part of a configuration --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads the keys of JSON that somebody else wrote. The first thing that is wrong is remembered
// under the path of its key; until somebody asks for it, reading goes on with harmless values.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_SECTION_H
#define MOEC_LIB_CHECKPOINT_SECTION_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moec::checkpoint {

/// Keys in the order of the file, which decides between patterns.
using Json = nlohmann::ordered_json;

/// An object in a file, which outlives it. A null is as absent as a missing key.
class Section {
public:
  /// The whole of what `file` has under `path`; `failed` gets the first sentence.
  Section(const Json &value, std::string path, std::string file,
          std::optional<std::string> &failed);

  /// Where it stands: `quantization_config.config_groups`.
  const std::string &path() const { return where; }
  const std::string &file() const { return fileName; }

  bool has(const std::string &key) const { return find(key) != nullptr; }
  /// A string; without a default the key is required.
  std::string text(const std::string &key) const;
  std::string text(const std::string &key, std::string absent) const;
  /// A string, or a boolean by its name; empty where it is absent.
  std::string textOrBoolean(const std::string &key) const;
  int64_t integer(const std::string &key, std::optional<int64_t> absent = std::nullopt) const;
  bool boolean(const std::string &key, bool absent) const;
  /// A list of strings; none where it is absent.
  std::vector<std::string> texts(const std::string &key) const;
  /// A list of `count` positive integers.
  std::vector<int64_t> extents(const std::string &key, size_t count) const;
  /// The object of a key; an empty one where it is absent.
  Section section(const std::string &key) const;
  /// The objects of a list; an object counts as a list of one, and none where it is absent.
  std::vector<Section> items(const std::string &key) const;
  /// All keys whose values are objects; another value is an error, a null is left out.
  std::vector<std::pair<std::string, Section>> sections() const;

  /// Remembers a sentence about a key, unless there is one.
  template <typename... T> void fail(const std::string &key, const T &...parts) const {
    if (!*failed)
      *failed = strCat("'", fileName, "': ", where, key.empty() ? "" : ".", key, " ", parts...);
  }
  /// `fail` for a value that is not what was expected.
  void refuse(const std::string &key, const std::string &expected) const;

private:
  const Json *find(const std::string &key) const;

  const Json *value;
  std::string where, fileName;
  std::optional<std::string> *failed;
};

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_SECTION_H
