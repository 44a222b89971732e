//===- Template.cpp - The command template ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Chats to the texts that a template makes of them.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/template/Template.h"
#include "moec/Support/File.h"
#include "moec/runtime/commands/Commands.h"

#include <cstdio>
#include <ctime>
#include <filesystem>

using namespace moec;
using namespace moec::runtime;

namespace {
struct TemplateOptions {
  std::string from, file;
};
} // namespace

/// A model's own template, or that of a file, which has no special tokens.
static Expected<std::shared_ptr<const jinja::ModelTemplate>> open(const std::string &path) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) {
    auto found = jinja::readModelTemplate(path);
    if (found && !*found)
      return Error::make("'", path,
                         "' has no chat template: neither chat_template.jinja nor "
                         "chat_template in tokenizer_config.json");
    return found;
  }
  Expected<std::string> source = readFile(path, 16 << 20);
  if (!source)
    return source.takeError();
  Expected<jinja::Template> parsed = jinja::Template::parse(*source, strCat("'", path, "'"));
  if (!parsed)
    return parsed.takeError();
  return std::make_shared<const jinja::ModelTemplate>(
      jinja::ModelTemplate{*parsed, path, jinja::Json()});
}

/// A local time as 2026-01-02T03:04:05.
static Expected<std::chrono::system_clock::time_point> parseTime(const std::string &text) {
  std::tm local{};
  const char *end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &local);
  local.tm_isdst = -1;
  std::time_t time = end && !*end ? std::mktime(&local) : -1;
  if (time == -1)
    return Error::make("'now' is '", text, "', which is no time as 2026-01-02T03:04:05");
  return std::chrono::system_clock::from_time_t(time);
}

static Expected<std::string> renderOne(const jinja::ModelTemplate &model, const jinja::Json &item) {
  if (!item.isObject())
    return Error::make("a chat must be an object with messages");
  jinja::ChatOptions options;
  options.variables = {model.specialTokens, item.member("special_tokens"),
                       item.without({"special_tokens", "now", "continue_final_message"})};
  options.continueFinalMessage = item.member("continue_final_message").isTrue();
  if (item.member("now").isString()) {
    auto now = parseTime(std::string(item.member("now").text()));
    if (!now)
      return now.takeError();
    options.now = *now;
  }
  return model.chat.render(options);
}

static Error render(CommandLine &line, const TemplateOptions &options) {
  auto model = open(options.from);
  if (!model)
    return model.takeError();
  for (const std::string &construct : (*model)->chat.unsupported())
    line.note(strCat("'", (*model)->source, "': ", construct));
  Expected<std::string> text = readFile(options.file);
  if (!text)
    return text.takeError();
  Expected<jinja::Json> chats = jinja::Json::parse(*text);
  if (!chats)
    return chats.takeError().addContext(strCat("'", options.file, "'"));
  if (!chats->isArray())
    return Error::make("'", options.file, "' is not a JSON array of chats");
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const jinja::Json &item : chats->elements()) {
    Expected<std::string> rendered = renderOne(**model, item);
    if (rendered)
      results.push_back(std::move(*rendered));
    else
      results.push_back({{"error", rendered.takeError().message()}});
  }
  std::printf("%s\n", results.dump().c_str());
  return Error::success();
}

void runtime::addTemplateCommand(CommandLine &line) {
  auto options = std::make_shared<TemplateOptions>();
  CLI::App &command = line.add("template", "Render chats with a model's template",
                               [&line, options] { return render(line, *options); });
  command
      .add_option("template", options->from,
                  "A template, or a folder that has one, such as a compiled model")
      ->required();
  command
      .add_option("--json", options->file,
                  "A JSON array of chats: objects of messages, tools, special_tokens (an object of "
                  "variables), now (as 2026-01-02T03:04:05), continue_final_message, and variables")
      ->required();
}
