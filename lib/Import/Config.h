//===- Config.h - A model's configuration -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Typed access to config.json, through the table of keys of the model's family: it says what an
// absent key means, and a key that it lacks cannot be read. Families read many keys in a row, so a
// missing or mistyped key is remembered (the first one) instead of returned from each call;
// takeError() says it at the end.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_CONFIG_H
#define MOEC_LIB_IMPORT_CONFIG_H

#include "ConfigKeys.h"

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace moec::import {

/// A rotary embedding's frequencies as configurations state them.
struct RopeConfig {
  double theta = 10000;
  std::string type = "default"; ///< default, linear, llama3 or yarn
  double factor = 1;
  int64_t originalPositions = 0;
  double betaFast = 32, betaSlow = 1;
  double lowTurns = 1, highTurns = 4;  ///< of llama3, over `originalPositions`
  double mscale = 0, mscaleAllDim = 0; ///< 0: not stated
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
  /// `model_type`, which says whose keys the others are; empty if absent.
  std::string modelType() const;
  /// Reads from now on the text model's configuration of a model of several modalities, which is of
  /// type `modelType`: the object `text_config`, and of what is around it `tie_word_embeddings` and
  /// what the object lacks of a few keys that hold for all parts.
  void enterText(const char *modelType);
  /// The keys that are read from now on; they have to outlive this object. A name with points, as
  /// `rope.theta`, is a key of an object.
  void use(const ConfigKeys &table) { keys = &table; }
  /// Whether the file states the key, by whichever name.
  bool states(const char *key) const;
  /// Whether the family reads this key.
  bool knows(const char *key) const { return keys && keys->find(key); }

  /// A count or extent, 1 to 2^31 - 1.
  int64_t count(const char *key) const;
  /// The same, or nothing where the key, or its default, is null.
  std::optional<int64_t> optionalCount(const char *key) const;
  /// An integer of 32 bits.
  int64_t integer(const char *key) const;
  double number(const char *key) const;
  /// A number from 0 to the largest of 32 bits: what a norm adds to the mean of squares.
  double epsilon(const char *key) const;
  std::optional<double> optionalNumber(const char *key) const;
  bool boolean(const char *key) const;
  std::string text(const char *key) const;
  /// A string; empty if null.
  std::string optionalText(const char *key) const;
  /// An array of integers; empty if null.
  std::vector<int64_t> integers(const char *key) const;
  /// A number or an array of numbers; empty if null.
  std::vector<int64_t> integerOrList(const char *key) const;
  /// One of `words` for each of `layers` layers; empty if null. A list may be longer: what is left
  /// over belongs to layers of multi-token prediction.
  std::vector<std::string> wordPerLayer(const char *key, int64_t layers,
                                        std::initializer_list<const char *> words) const;

  /// From `rope_parameters` and `rope_scaling`, `rope_theta` and the other flat keys.
  RopeConfig rope() const;

  /// Remembers an error of the configuration itself, the first one.
  template <typename... Ts> void fail(const Ts &...parts) const {
    if (!failed)
      failed = strCat(parts...);
  }
  /// The first error since the last call.
  Error takeError() const;
  /// Remembers a sentence for the user, once.
  template <typename... Ts> void note(const Ts &...parts) const { said.insert(strCat(parts...)); }
  /// All of them so far.
  const std::set<std::string> &notes() const { return said; }

private:
  /// The value of a key or its default; null where that is null or missing.
  const nlohmann::json *find(const std::string &key) const;
  template <typename T>
  T get(const nlohmann::json &value, const std::string &key, const char *expected) const;
  /// The value of a key of integers where it is one, within 32 bits.
  int64_t toInteger(const nlohmann::json &value, const char *key, int64_t least) const;
  nlohmann::json ropeParameters() const;
  nlohmann::json ropeObject(const char *key) const;
  void checkRopeTheta(const nlohmann::json &merged, bool inBoth) const;

  std::string filePath;
  nlohmann::json root;
  const ConfigKeys *keys = nullptr;
  mutable std::optional<std::string> failed;
  mutable std::set<std::string> said;
};

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_CONFIG_H
