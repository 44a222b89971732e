//===- Config.cpp - A model's configuration ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Looks keys up by the family's table, and checks their types.
//
//===----------------------------------------------------------------------===//

#include "Config.h"

#include "moec/Support/Json.h"

#include <algorithm>
#include <filesystem>
#include <limits>

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
    if (eos != overrides->end() && !eos->is_null()) {
      config.root["eos_token_id"] = *eos;
      if (auto text = config.root.find("text_config");
          text != config.root.end() && text->is_object())
        (*text)["eos_token_id"] = *eos;
    }
  }
  return config;
}

void Config::enterText(const char *modelType) {
  auto found = root.find("text_config");
  if (found == root.end() || !found->is_object()) {
    fail("key 'text_config' is ", found == root.end() ? "missing" : found->dump(),
         ", but a model of type '", this->modelType(), "' has its text model there");
    return;
  }
  json text = std::move(*found);
  auto keep = [&](const char *key, bool wins) {
    auto outer = root.find(key), inner = text.find(key);
    bool isStated = inner != text.end() && !inner->is_null();
    if (outer != root.end() && !outer->is_null() && (wins || !isStated))
      text[key] = *outer;
  };
  keep("tie_word_embeddings", /*wins=*/true);
  for (const char *key : {"dtype", "torch_dtype", "eos_token_id"})
    keep(key, /*wins=*/false);
  text["model_type"] = modelType;
  root = std::move(text);
}

std::string Config::modelType() const {
  auto it = root.find("model_type");
  return it != root.end() && it->is_string() ? it->get<std::string>() : "";
}

/// The value of a key, or of one of an object in it; none where there is no such object.
static const json *lookUp(const json &object, std::string_view path) {
  size_t point = path.find('.');
  auto it = object.find(path.substr(0, point));
  if (it == object.end() || point == path.npos)
    return it == object.end() ? nullptr : &*it;
  return it->is_object() ? lookUp(*it, path.substr(point + 1)) : nullptr;
}

bool Config::states(const char *key) const {
  const json *value = find(key);
  const ConfigKey *known = keys ? keys->find(key) : nullptr;
  return value && known && value != &known->fallback;
}

const json *Config::find(const std::string &name) const {
  const ConfigKey *key = keys ? keys->find(name) : nullptr;
  if (!key) {
    fail("key '", name, "' is read, but the table of '", modelType(), "' does not have it");
    return nullptr;
  }
  const json *found = nullptr;
  const std::string *foundAs = nullptr;
  auto consider = [&](const std::string &spelling) {
    const json *value = lookUp(root, spelling);
    if (!value || (value->is_null() && !key->nullIsValue))
      return;
    if (found && *found != *value)
      fail("key '", *foundAs, "' is ", found->dump(), ", but '", spelling,
           "', which means the same, is ", value->dump());
    if (!found) {
      found = value;
      foundAs = &spelling;
    }
  };
  consider(key->name);
  for (const std::string &alias : key->aliases)
    consider(alias);
  if (!found)
    found = &key->fallback;
  if (found->is_discarded()) {
    // Of models with several modalities, the text's part is an object of its own.
    bool isNested = root.contains("text_config");
    fail("key '", name, "' is missing, which has no default",
         isNested ? "; what is in 'text_config' is not read: take a checkpoint of the text model"
                  : "");
    return nullptr;
  }
  return found->is_null() ? nullptr : found;
}

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

int64_t Config::toInteger(const json &value, const char *key, int64_t least) const {
  const int64_t number = get<int64_t>(value, key, "an integer");
  if (number >= least && number <= INT32_MAX)
    return number;
  fail("key '", key, "' is ", value.dump(), ", not ", least, " to ", INT32_MAX);
  return 1;
}

std::optional<int64_t> Config::optionalCount(const char *key) const {
  const json *value = find(key);
  return value ? std::optional(toInteger(*value, key, 1)) : std::nullopt;
}
int64_t Config::count(const char *key) const {
  const json *value = find(key);
  if (!value)
    fail("key '", key, "' is null, not 1 to ", INT32_MAX);
  return value ? toInteger(*value, key, 1) : 1;
}
int64_t Config::integer(const char *key) const {
  const json *value = find(key);
  if (!value)
    fail("key '", key, "' is null, not an integer");
  return value ? toInteger(*value, key, INT32_MIN) : 0;
}
std::optional<double> Config::optionalNumber(const char *key) const {
  const json *value = find(key);
  return value ? std::optional(get<double>(*value, key, "a number")) : std::nullopt;
}
double Config::number(const char *key) const {
  std::optional<double> value = optionalNumber(key);
  if (!value)
    fail("key '", key, "' is null, not a number");
  return value.value_or(1);
}
double Config::epsilon(const char *key) const {
  double value = number(key);
  constexpr float most = std::numeric_limits<float>::max();
  if (value >= 0 && value <= most)
    return value;
  fail("key '", key, "' is ", value, ", not 0 to ", most);
  return 0;
}
bool Config::boolean(const char *key) const {
  const json *value = find(key);
  if (!value)
    fail("key '", key, "' is null, not true or false");
  return value && get<bool>(*value, key, "true or false");
}
std::string Config::optionalText(const char *key) const {
  const json *value = find(key);
  return value ? get<std::string>(*value, key, "a string") : "";
}
std::string Config::text(const char *key) const {
  std::string value = optionalText(key);
  if (value.empty())
    fail("key '", key, "' is empty");
  return value;
}

std::vector<int64_t> Config::integers(const char *key) const {
  std::vector<int64_t> list;
  const json *value = find(key);
  if (value && !value->is_array())
    fail("key '", key, "' is ", value->dump(), ", not a list of integers");
  else if (value)
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

std::vector<std::string> Config::wordPerLayer(const char *key, int64_t layers,
                                              std::initializer_list<const char *> words) const {
  std::vector<std::string> list;
  const json *value = find(key);
  if (!value)
    return list;
  if (!value->is_array() || int64_t(value->size()) < layers) {
    fail("key '", key, "' has ", value->is_array() ? value->size() : 0, " entries for ", layers,
         " layers");
    return std::vector<std::string>(layers, *words.begin());
  }
  for (int64_t index = 0; index < layers; ++index) {
    list.push_back(get<std::string>((*value)[index], key, "a list of strings"));
    if (std::find(words.begin(), words.end(), list.back()) == words.end()) {
      std::string all;
      for (const char *word : words)
        all += strCat(all.empty() ? "" : ", ", word);
      fail("key '", key, "' has '", list.back(), "', which is none of ", all);
    }
  }
  return list;
}

Error Config::takeError() const {
  if (!failed)
    return Error::success();
  Error error = Error::make(filePath, ": ", *failed);
  failed.reset();
  return error;
}
