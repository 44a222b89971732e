//===- Config.h - A model's configuration -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Typed access to config.json. Families read many keys in a row, so a missing or mistyped key is
// remembered (the first one) instead of returned from each call; takeError() says it at the end.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_CONFIG_H
#define MOEC_LIB_IMPORT_CONFIG_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moec::import {

/// A rotary embedding's frequencies as configurations state them.
struct RopeConfig {
  double theta = 10000;
  std::string type = "default"; ///< default, linear or yarn
  double factor = 1;
  int64_t originalPositions = 0;
  double betaFast = 32, betaSlow = 1;
  double mscale = 0, mscaleAllDim = 0;
  std::optional<double> attentionFactor;
  bool truncate = true;
  double partialFactor = 1; ///< the part of a head that is rotated

  /// YaRN's factor on cosine and sine.
  double yarnMagnitude() const;
  /// The square of YaRN's factor on queries and keys alike, where the configuration asks for one.
  double softmaxFactor() const;
};

/// config.json, with what generation_config.json beside it overrides.
class Config {
public:
  /// Reads `path`.
  static Expected<Config> read(const std::string &path);

  const std::string &path() const { return filePath; }

  /// Whether a key is there and not null.
  bool has(const std::string &key) const;
  /// A required count or extent, 1 to 2^31 - 1; the first of `keys` that is there.
  int64_t integer(std::initializer_list<const char *> keys) const;
  int64_t integer(const char *key) const { return integer({key}); }
  /// An integer of 32 bits with a default.
  int64_t integer(const char *key, int64_t absent) const;
  /// A count or extent, 1 to 2^31 - 1, with a default.
  int64_t count(const char *key, int64_t absent) const { return has(key) ? integer(key) : absent; }
  double number(const char *key) const;
  double number(const char *key, double absent) const;
  bool boolean(const char *key, bool absent) const;
  std::string text(const char *key, const std::string &absent) const;
  /// An array of strings, or of integers; empty if absent.
  std::vector<std::string> texts(const char *key) const;
  std::vector<int64_t> integers(const char *key) const;
  /// A number or an array of numbers; empty if absent or null.
  std::vector<int64_t> integerOrList(const char *key) const;

  /// From `rope_parameters` (nested), else `rope_theta` and `rope_scaling` (flat).
  RopeConfig rope() const;

  /// Remembers an error of the configuration itself, the first one.
  template <typename... Ts> void fail(const Ts &...parts) const {
    if (!failed)
      failed = strCat(parts...);
  }
  /// The first error since the last call.
  Error takeError() const;

private:
  const nlohmann::json *find(const std::string &key) const;
  template <typename T>
  T get(const nlohmann::json &object, const std::string &key, const char *expected) const;

  std::string filePath;
  nlohmann::json root;
  mutable std::optional<std::string> failed;
};

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_CONFIG_H
