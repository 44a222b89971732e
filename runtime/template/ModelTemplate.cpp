//===- ModelTemplate.cpp - The template of a model's folder -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Support/File.h"
#include "moec/runtime/template/Template.h"

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace moec;
using namespace moec::jinja;

/// A token is a string, or an object that has it as "content".
static std::string_view tokenText(const Json &value) {
  return value.isObject() ? value.member("content").text() : value.text();
}

static Expected<Json> readSpecialTokens(const Json &config) {
  nlohmann::ordered_json tokens = nlohmann::ordered_json::object();
  for (const char *name : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token",
                           "cls_token", "mask_token"}) {
    Json value = config.member(name);
    if (value.isString() || value.member("content").isString())
      tokens[name] = tokenText(value);
  }
  return Json::parse(tokens.dump());
}

/// chat_template of a tokenizer_config.json: a text, or an array of named ones. Empty where there
/// is none.
static Expected<std::string> findTemplate(const Json &config) {
  Json field = config.member("chat_template");
  if (field.isString())
    return std::string(field.text());
  std::string names;
  for (const Json &named : field.elements()) {
    std::string_view name = named.member("name").text();
    if (name == "default")
      return std::string(named.member("template").text());
    names += strCat(names.empty() ? "" : ", ", "'", name, "'");
  }
  if (!names.empty())
    return Error::make("chat_template has templates named ", names, ", of which none is 'default'");
  return std::string();
}

/// Sentences about a template reach clients of a server, whom its folders are no business of.
static Error withoutFolder(const Error &error, const std::string &path, const char *name) {
  std::string text = error.message();
  if (size_t at = text.find(path); at != std::string::npos)
    text.replace(at, path.size(), name);
  return Error::make(text);
}

Expected<std::shared_ptr<const ModelTemplate>> jinja::readModelTemplate(const std::string &folder) {
  auto pathOf = [&](const char *name) { return (std::filesystem::path(folder) / name).string(); };
  std::error_code ec;
  Json config;
  const char *configName = "tokenizer_config.json", *name = "chat_template.jinja";
  std::string configPath = pathOf(configName), path = pathOf(name);
  if (std::filesystem::exists(configPath, ec)) {
    Expected<std::string> text = readFile(configPath);
    if (!text)
      return withoutFolder(text.takeError(), configPath, configName);
    Expected<Json> read = Json::parse(*text);
    if (!read)
      return read.takeError().addContext(strCat("'", configName, "'"));
    config = *read;
  }
  std::string source;
  if (std::filesystem::exists(path, ec)) {
    Expected<std::string> text = readFile(path, 16 << 20);
    if (!text)
      return withoutFolder(text.takeError(), path, name);
    source = std::move(*text);
  } else {
    path = configPath, name = configName;
    Expected<std::string> found = findTemplate(config);
    if (!found)
      return found.takeError().addContext(strCat("'", name, "'"));
    source = std::move(*found);
    if (source.empty())
      return std::shared_ptr<const ModelTemplate>();
  }
  Expected<Template> chat = Template::parse(source, strCat("'", name, "'"));
  if (!chat)
    return chat.takeError();
  Expected<Json> tokens = readSpecialTokens(config);
  if (!tokens)
    return tokens.takeError();
  return std::make_shared<const ModelTemplate>(
      ModelTemplate{*chat, path, *tokens, std::move(source)});
}
