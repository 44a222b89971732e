//===- ConfigKeys.cpp - The keys that a family reads ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Tables of keys, and the one that all families share.
//
//===----------------------------------------------------------------------===//

#include "ConfigKeys.h"

#include <algorithm>

using namespace moec;
using namespace moec::import;
using nlohmann::json;

ConfigKey import::required(const char *name, std::vector<std::string> aliases) {
  return {name, json(json::value_t::discarded), std::move(aliases)};
}

ConfigKey import::nullable(const char *name, json fallback) {
  ConfigKey key{name, std::move(fallback)};
  key.nullIsValue = true;
  return key;
}

ConfigKey import::undeclared(const char *name, json fallback) {
  ConfigKey key{name, std::move(fallback)};
  key.declared = false;
  return key;
}

const ConfigKey *ConfigKeys::find(std::string_view name) const {
  auto found = std::find_if(keys.begin(), keys.end(),
                            [&](const ConfigKey &key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

namespace moec::import {
ConfigKeys operator+(ConfigKeys first, const ConfigKeys &second) {
  for (const ConfigKey &key : second) {
    auto old = std::find_if(first.keys.begin(), first.keys.end(),
                            [&](const ConfigKey &other) { return other.name == key.name; });
    if (old == first.keys.end())
      first.keys.push_back(key);
    else
      *old = key;
  }
  return first;
}
} // namespace moec::import

const ConfigKeys &import::ropeKeys() {
  // Null: a factor follows from the lengths, an original length is max_position_embeddings, an
  // attention factor follows from the others; the last two are stated where they are needed.
  static const ConfigKeys keys{
      {"rope_type", "default", {"type"}},
      {"rope_theta", nullptr},
      {"partial_rotary_factor", nullptr},
      {"factor", nullptr},
      {"original_max_position_embeddings", nullptr},
      {"beta_fast", 32.0},
      {"beta_slow", 1.0},
      {"mscale", nullptr},
      {"mscale_all_dim", nullptr},
      {"attention_factor", nullptr},
      {"truncate", true},
      {"low_freq_factor", nullptr},
      {"high_freq_factor", nullptr},
  };
  return keys;
}
