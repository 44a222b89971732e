//===- TokenizerConfig.cpp - What tokenizer_config.json adds ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "TokenizerConfig.h"
#include "moec/Support/Json.h"

#include <algorithm>
#include <filesystem>

namespace moec::tokenizer {

using nlohmann::json;

static Expected<std::optional<bool>> readFlag(const json &object, const char *name) {
  auto it = object.find(name);
  if (it == object.end() || it->is_null())
    return std::optional<bool>();
  if (!it->is_boolean())
    return Error::make("has a \"", name, "\" that is ", it->type_name(), ", not true or false");
  return std::optional(it->get<bool>());
}

/// A token is a string, or an object that has it as "content".
static Expected<std::optional<std::string>> readToken(const json &object, const char *name) {
  auto it = object.find(name);
  if (it == object.end() || it->is_null())
    return std::optional<std::string>();
  const json *value = &*it;
  if (value->is_object() && value->contains("content"))
    value = &(*value)["content"];
  if (!value->is_string())
    return Error::make("has a \"", name, "\" that is ", value->type_name(), ", not a token");
  return std::optional(value->get<std::string>());
}

Expected<TokenizerConfig> readTokenizerConfig(const std::string &path) {
  TokenizerConfig config;
  std::error_code ec;
  if (!std::filesystem::exists(path, ec))
    return config;
  Expected<json> object = readJsonFile(path);
  if (!object)
    return object.takeError();
  if (!object->is_object())
    return Error::make("'", path, "' holds ", object->type_name(), " where a JSON object belongs");
  Error problem = Error::success();
  auto take = [&](auto read, const char *name, auto &into) {
    auto value = read(*object, name);
    if (value)
      into = *value;
    else if (!problem)
      problem = value.takeError();
  };
  take(readFlag, "add_bos_token", config.addBos);
  take(readFlag, "add_eos_token", config.addEos);
  take(readToken, "bos_token", config.bos);
  take(readToken, "eos_token", config.eos);
  if (problem)
    return problem.addContext(strCat("'", path, "'"));
  return config;
}

Error applyTokenizerConfig(const TokenizerConfig &config,
                           const std::function<std::optional<int32_t>(const std::string &)> &idOf,
                           PostProcessor &postProcessor) {
  using Ids = std::vector<int32_t>;
  auto apply = [&](const char *name, std::optional<bool> add,
                   const std::optional<std::string> &token, Ids &ids, auto place) {
    if (!add || (!*add && !token))
      return Error::success();
    if (!token)
      return Error::make("has add_", name, " but no ", name);
    std::optional<int32_t> id = idOf(*token);
    if (!id && *add)
      return Error::make("has add_", name, ", but its ", name, " \"", *token,
                         "\" is no token of tokenizer.json");
    if (!id)
      return Error::success();
    bool there = std::find(ids.begin(), ids.end(), *id) != ids.end();
    if (!*add)
      std::erase(ids, *id);
    else if (!there)
      ids.insert(place(ids), *id);
    return Error::success();
  };
  if (Error error = apply("bos_token", config.addBos, config.bos, postProcessor.before,
                          [](Ids &ids) { return ids.begin(); }))
    return error;
  return apply("eos_token", config.addEos, config.eos, postProcessor.behind,
               [](Ids &ids) { return ids.end(); });
}

} // namespace moec::tokenizer
