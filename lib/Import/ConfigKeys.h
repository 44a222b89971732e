//===- ConfigKeys.h - The keys that a family reads --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is read from a config.json, as data: each key with what its absence means. A family's table
// has the defaults of its configuration class in Transformers; utils/check-config-defaults.py holds
// them against each other.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_CONFIGKEYS_H
#define MOEC_LIB_IMPORT_CONFIGKEYS_H

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace moec::import {

/// One key of a config.json.
struct ConfigKey {
  std::string name;
  /// What an absent key means; discarded: it has to be there. Null: other keys say, or nothing.
  nlohmann::json fallback;
  /// Other names. A configuration that has several with different values contradicts itself.
  std::vector<std::string> aliases = {};
  /// Whether null is a value of its own; else it means what an absent key means.
  bool nullIsValue = false;
  /// Whether Transformers' configuration class declares the key; others stand in published files.
  bool declared = true;
};

/// A key without a default: a size of the model.
ConfigKey required(const char *name, std::vector<std::string> aliases = {});
/// A key whose null is not its default.
ConfigKey nullable(const char *name, nlohmann::json fallback);
/// A key that Transformers' configuration class does not declare.
ConfigKey undeclared(const char *name, nlohmann::json fallback);

/// The keys of a family. Those behind a + replace those before it that have their name.
class ConfigKeys {
public:
  ConfigKeys() = default;
  ConfigKeys(std::initializer_list<ConfigKey> keys) : keys(keys) {}

  const ConfigKey *find(std::string_view name) const;
  auto begin() const { return keys.begin(); }
  auto end() const { return keys.end(); }
  friend ConfigKeys operator+(ConfigKeys first, const ConfigKeys &second);

private:
  std::vector<ConfigKey> keys;
};

/// The keys inside of `rope_parameters` and `rope_scaling`, for all families.
const ConfigKeys &ropeKeys();

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_CONFIGKEYS_H
