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

/// chat_template of a tokenizer_config.json: a text, or an array of named ones.
static std::string_view findTemplate(const Json &config) {
  Json field = config.member("chat_template");
  if (field.isString())
    return field.text();
  for (const Json &named : field.elements())
    if (named.member("name").text() == "default")
      return named.member("template").text();
  return {};
}

Expected<std::shared_ptr<const ModelTemplate>> jinja::readModelTemplate(const std::string &folder) {
  auto pathOf = [&](const char *name) { return (std::filesystem::path(folder) / name).string(); };
  std::error_code ec;
  Json config;
  std::string configPath = pathOf("tokenizer_config.json"), path = pathOf("chat_template.jinja");
  if (std::filesystem::exists(configPath, ec)) {
    Expected<std::string> text = readFile(configPath);
    if (!text)
      return text.takeError();
    Expected<Json> read = Json::parse(*text);
    if (!read)
      return read.takeError().addContext(strCat("'", configPath, "'"));
    config = *read;
  }
  std::string source;
  if (std::filesystem::exists(path, ec)) {
    Expected<std::string> text = readFile(path, 16 << 20);
    if (!text)
      return text.takeError();
    source = std::move(*text);
  } else {
    path = configPath;
    source = findTemplate(config);
    if (source.empty())
      return std::shared_ptr<const ModelTemplate>();
  }
  Expected<Template> chat = Template::parse(source, strCat("'", path, "'"));
  if (!chat)
    return chat.takeError();
  Expected<Json> tokens = readSpecialTokens(config);
  if (!tokens)
    return tokens.takeError();
  return std::make_shared<const ModelTemplate>(ModelTemplate{*chat, path, *tokens});
}
