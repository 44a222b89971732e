//===- Config.cpp - A model's configuration ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads both forms in which configurations are published: flat keys, and Transformers 5's nested
// `rope_parameters`.
//
//===----------------------------------------------------------------------===//

#include "Config.h"

#include "moec/Support/Json.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

using namespace moec;
using namespace moec::import;
using nlohmann::json;

/// The object in a file.
static Expected<json> readObject(const std::string &path) {
  Expected<json> value = readJsonFile(path);
  if (value && !value->is_object())
    return Error::make("'", path, "' holds ", value->type_name(), " where a JSON object belongs");
  return value;
}

Expected<Config> Config::read(const std::string &path) {
  Expected<json> root = readObject(path);
  if (!root)
    return root.takeError();
  Config config;
  config.filePath = path;
  config.root = std::move(*root);
  std::error_code ec;
  std::string generation =
      (std::filesystem::path(path).parent_path() / "generation_config.json").string();
  if (std::filesystem::exists(generation, ec)) {
    Expected<json> overrides = readObject(generation);
    if (!overrides)
      return overrides.takeError();
    auto eos = overrides->find("eos_token_id");
    if (eos != overrides->end() && !eos->is_null())
      config.root["eos_token_id"] = *eos;
  }
  return config;
}

const json *Config::find(const std::string &key) const {
  auto it = root.find(key);
  return it == root.end() || it->is_null() ? nullptr : &*it;
}

bool Config::has(const std::string &key) const { return find(key) != nullptr; }

template <typename T> static bool holds(const json &value) {
  if constexpr (std::is_same_v<T, bool>)
    return value.is_boolean();
  else if constexpr (std::is_integral_v<T>)
    return value.is_number_integer();
  else if constexpr (std::is_floating_point_v<T>)
    return value.is_number();
  else
    return value.is_string();
}

/// An integer beyond 64 bits with a sign is the largest of them, which no key may be.
template <typename T>
T Config::get(const json &value, const std::string &key, const char *expected) const {
  if constexpr (std::is_same_v<T, int64_t>)
    if (value.is_number_unsigned())
      return int64_t(std::min<uint64_t>(value.get<uint64_t>(), INT64_MAX));
  if (holds<T>(value))
    return value.get<T>();
  fail("key '", key, "' is ", value.dump(), ", not ", expected);
  return T();
}

int64_t Config::integer(std::initializer_list<const char *> keys) const {
  for (const char *key : keys)
    if (const json *value = find(key)) {
      const int64_t number = get<int64_t>(*value, key, "an integer");
      if (number >= 1 && number <= INT32_MAX)
        return number;
      fail("key '", key, "' is ", value->dump(), ", not 1 to ", INT32_MAX);
      return 1;
    }
  fail("key '", *keys.begin(), "' is missing");
  return 1;
}
int64_t Config::integer(const char *key, int64_t absent) const {
  const json *value = find(key);
  if (!value)
    return absent;
  const int64_t number = get<int64_t>(*value, key, "an integer");
  if (number >= INT32_MIN && number <= INT32_MAX)
    return number;
  fail("key '", key, "' is ", value->dump(), ", not ", INT32_MIN, " to ", INT32_MAX);
  return absent;
}
double Config::number(const char *key) const {
  if (const json *value = find(key))
    return get<double>(*value, key, "a number");
  fail("key '", key, "' is missing");
  return 1;
}
double Config::number(const char *key, double absent) const {
  const json *value = find(key);
  return value ? get<double>(*value, key, "a number") : absent;
}
bool Config::boolean(const char *key, bool absent) const {
  const json *value = find(key);
  return value ? get<bool>(*value, key, "true or false") : absent;
}
std::string Config::text(const char *key, const std::string &absent) const {
  const json *value = find(key);
  return value ? get<std::string>(*value, key, "a string") : absent;
}

std::vector<std::string> Config::texts(const char *key) const {
  std::vector<std::string> list;
  if (const json *value = find(key))
    for (const json &item : *value)
      list.push_back(get<std::string>(item, key, "a list of strings"));
  return list;
}
std::vector<int64_t> Config::integers(const char *key) const {
  std::vector<int64_t> list;
  if (const json *value = find(key))
    for (const json &item : *value)
      list.push_back(get<int64_t>(item, key, "a list of integers"));
  return list;
}
std::vector<int64_t> Config::integerOrList(const char *key) const {
  const json *value = find(key);
  if (value && value->is_number_integer())
    return {value->get<int64_t>()};
  return integers(key);
}

RopeConfig Config::rope() const {
  RopeConfig rope;
  const json *parameters = find("rope_parameters");
  const json *scaling = parameters ? parameters : find("rope_scaling");
  rope.theta = number("rope_theta", rope.theta);
  rope.partialFactor = number("partial_rotary_factor", 1.0);
  if (!scaling)
    return rope;
  auto take = [&](const char *key, auto &into) {
    auto it = scaling->find(key);
    if (it != scaling->end() && !it->is_null())
      into = get<std::decay_t<decltype(into)>>(*it, key, "of the expected type");
  };
  take("rope_theta", rope.theta);
  take("partial_rotary_factor", rope.partialFactor);
  take("type", rope.type);
  take("rope_type", rope.type);
  take("factor", rope.factor);
  take("original_max_position_embeddings", rope.originalPositions);
  take("beta_fast", rope.betaFast);
  take("beta_slow", rope.betaSlow);
  take("mscale", rope.mscale);
  take("mscale_all_dim", rope.mscaleAllDim);
  take("truncate", rope.truncate);
  double attention = 0;
  take("attention_factor", attention);
  if (attention != 0)
    rope.attentionFactor = attention;
  if (rope.type == "yarn" && rope.originalPositions == 0)
    rope.originalPositions = integer("max_position_embeddings");
  if (rope.type != "default" && rope.type != "linear" && rope.type != "yarn")
    fail("rope type '", rope.type, "' is none of default, linear, yarn");
  return rope;
}

static double yarnMscale(double factor, double mscale) {
  return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

double RopeConfig::yarnMagnitude() const {
  if (attentionFactor)
    return *attentionFactor;
  if (mscale != 0 && mscaleAllDim != 0)
    return yarnMscale(factor, mscale) / yarnMscale(factor, mscaleAllDim);
  return yarnMscale(factor, 1);
}

double RopeConfig::softmaxFactor() const {
  if (type != "yarn" || mscaleAllDim == 0)
    return 1;
  double mscale = yarnMscale(factor, mscaleAllDim);
  return mscale * mscale;
}

Error Config::takeError() const {
  if (!failed)
    return Error::success();
  Error error = Error::make(filePath, ": ", *failed);
  failed.reset();
  return error;
}
