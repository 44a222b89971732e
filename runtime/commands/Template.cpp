//===- Template.cpp - The command template ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Chats to the texts that a template makes of them, and texts back to what an assistant said.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/template/Template.h"
#include "moec/Support/File.h"
#include "moec/Support/Json.h"
#include "moec/runtime/commands/Commands.h"
#include "moec/runtime/parser/AnswerParser.h"

#include <cstdio>
#include <ctime>
#include <filesystem>

using namespace moec;
using namespace moec::runtime;

namespace {
struct TemplateOptions {
  std::string from, chats, answers;
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
      jinja::ModelTemplate{*parsed, path, jinja::Json(), *source});
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

/// An answer as a message of OpenAI's API, and how it was read.
static nlohmann::ordered_json describe(const parser::Answer &answer,
                                       const parser::Formats &formats) {
  nlohmann::ordered_json json, calls = nlohmann::ordered_json::array();
  for (const auto &[id, name, arguments] : answer.calls)
    calls.push_back({{"id", id},
                     {"type", "function"},
                     {"function", {{"name", name}, {"arguments", arguments}}}});
  json["content"] = answer.content;
  json["reasoning_content"] = answer.reasoning;
  json["tool_calls"] = std::move(calls);
  json["tool_parser"] = formats.tools ? nlohmann::ordered_json(nameOf(*formats.tools)) : nullptr;
  json["reasoning_parser"] =
      formats.reasoning ? nlohmann::ordered_json(nameOf(*formats.reasoning)) : nullptr;
  return json;
}

/// Reads {text, prompt, tools} by the formats of a template.
static Expected<nlohmann::ordered_json> parseOne(const parser::Formats &formats,
                                                 const nlohmann::json &item) {
  if (!item.is_object() || !item.contains("text") || !item["text"].is_string())
    return Error::make("an answer must be an object with a text");
  if (item.contains("prompt") && !item["prompt"].is_string())
    return Error::make("the prompt of an answer must be a string");
  std::vector<parser::ToolSignature> tools;
  for (const nlohmann::json &tool : item.value("tools", nlohmann::json::array())) {
    const nlohmann::json &function = tool.contains("function") ? tool["function"] : tool;
    if (!function.is_object() || !function.contains("name") || !function["name"].is_string())
      return Error::make("a tool must be an object with a name, or with a function that has one");
    tools.push_back(parser::makeSignature(function["name"].get<std::string>(),
                                          function.value("parameters", nlohmann::json()).dump()));
  }
  parser::AnswerParser reader(formats, std::move(tools), item.value("prompt", std::string()));
  std::vector<parser::AnswerEvent> events;
  reader.push(item["text"].get_ref<const std::string &>(), events);
  reader.finish(events);
  parser::Answer answer;
  for (const parser::AnswerEvent &event : events)
    answer.add(event);
  return describe(answer, formats);
}

/// Prints what `read` makes of each element of a file's array, an error where it makes nothing.
template <typename Array, typename Read> static void printResults(const Array &items, Read read) {
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const auto &item : items) {
    auto result = read(item);
    if (result)
      results.push_back(std::move(*result));
    else
      results.push_back({{"error", result.takeError().message()}});
  }
  std::printf("%s\n", results.dump().c_str());
}

static Error render(const jinja::ModelTemplate &model, const std::string &file) {
  Expected<std::string> text = readFile(file);
  if (!text)
    return text.takeError();
  Expected<jinja::Json> chats = jinja::Json::parse(*text);
  if (!chats)
    return chats.takeError().addContext(strCat("'", file, "'"));
  if (!chats->isArray())
    return Error::make("'", file, "' is not a JSON array of chats");
  printResults(chats->elements(), [&](const jinja::Json &item) { return renderOne(model, item); });
  return Error::success();
}

static Error parse(const jinja::ModelTemplate &model, const std::string &file) {
  Expected<std::string> text = readFile(file);
  if (!text)
    return text.takeError();
  Expected<nlohmann::json> items = parseJson(*text);
  if (!items)
    return items.takeError().addContext(strCat("'", file, "'"));
  if (!items->is_array())
    return Error::make("'", file, "' is not a JSON array of answers");
  const parser::Formats formats = parser::detectFormats(model.text);
  printResults(*items, [&](const nlohmann::json &item) { return parseOne(formats, item); });
  return Error::success();
}

static Error run(CommandLine &line, const TemplateOptions &options) {
  auto model = open(options.from);
  if (!model)
    return model.takeError();
  if (!options.answers.empty())
    return parse(**model, options.answers);
  for (const std::string &construct : (*model)->chat.unsupported())
    line.note(strCat("'", (*model)->source, "': ", construct));
  return render(**model, options.chats);
}

void runtime::addTemplateCommand(CommandLine &line) {
  auto options = std::make_shared<TemplateOptions>();
  CLI::App &command = line.add("template", "Render chats with a model's template",
                               [&line, options] { return run(line, *options); });
  command
      .add_option("template", options->from,
                  "A template, or a folder that has one, such as a compiled model")
      ->required();
  CLI::Option_group *what = command.add_option_group("what");
  what->require_option(1);
  what->add_option(
      "--json", options->chats,
      "A JSON array of chats: objects of messages, tools, special_tokens (an object of "
      "variables), now (as 2026-01-02T03:04:05), continue_final_message, and variables");
  what->add_option("--answers", options->answers,
                   "A JSON array of what the model said, to be read as the server reads it: "
                   "objects of text, tools and prompt");
}
