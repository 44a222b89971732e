//===- Tools.cpp - Tools of a chat, and calls of them -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"
#include "runtime/server/request/RawJson.h"

#include "moec/Support/HugeNumbers.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

static constexpr size_t maxName = 256;

static bool isName(const Json &value) {
  const std::string *name = value.get_ptr<const std::string *>();
  return name && !name->empty() && name->size() <= maxName &&
         name->find_first_of(" \n\t\r<>\"{}") == name->npos;
}

Json server::memberOf(const Json &object, const char *name) {
  return object.is_object() ? object.value(name, Json()) : Json();
}

std::string server::shownOrMissing(const Json &value) {
  return value.is_null() ? "missing" : showValue(value);
}

std::optional<Misfit> server::addTool(const Json &name, const Json &schema,
                                      const std::string &place, const ToolPlaces &places,
                                      ChatForm &form) {
  if (!isName(name))
    return Misfit{
        strCat("a name of 1 to ", maxName, " characters, without blanks or any of <>\"{}"),
        place + places.name, shownOrMissing(name)};
  if (!schema.is_null() && !schema.is_object())
    return Misfit{"a JSON schema", place + places.schema, showValue(schema)};
  for (const parser::ToolSignature &other : form.tools)
    if (name == other.name)
      return Misfit{"the name of no other tool", place + places.name, showValue(name)};
  form.tools.push_back(parser::makeSignature(name.get<std::string>(), schema.dump()));
  return std::nullopt;
}

std::string
server::describeFunction(std::span<const std::pair<const char *, std::string_view>> members) {
  std::string text;
  for (const auto &[name, value] : members)
    if (!value.empty() && value != "null")
      text += strCat(text.empty() ? "" : ", ", "\"", name, "\": ", value);
  return R"({"type": "function", "function": {)" + text + "}}";
}

std::optional<Misfit> server::readTools(const Json &value, ChatForm &form) {
  if (!value.is_array() || value.size() > maxTools)
    return Misfit();
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string place = strCat("[", i, "]");
    const Json &tool = value[i];
    if (!tool.is_object())
      return Misfit{"an object with type and function", place, showValue(tool)};
    if (Json type = memberOf(tool, "type"); type != "function")
      return Misfit{"\"function\"", place + ".type", shownOrMissing(type)};
    Json function = memberOf(tool, "function");
    if (auto misfit = checkIdle(function, place + ".function", idleOfTools))
      return misfit;
    if (auto misfit = addTool(memberOf(function, "name"), memberOf(function, "parameters"), place,
                              {".function.name", ".function.parameters"}, form))
      return misfit;
  }
  return std::nullopt;
}

std::optional<Misfit> server::readToolChoice(const Json &value, ToolChoice &choice) {
  using enum ToolChoice::Mode;
  static constexpr std::pair<const char *, ToolChoice::Mode> words[] = {
      {"none", None}, {"auto", Auto}, {"required", Required}};
  for (auto [word, mode] : words)
    if (value == word) {
      choice.mode = mode;
      return std::nullopt;
    }
  if (memberOf(value, "type") != "function")
    return Misfit();
  Json name = memberOf(memberOf(value, "function"), "name");
  if (!isName(name))
    return Misfit{"the name of a tool", ".function.name", shownOrMissing(name)};
  choice = {Named, name.get<std::string>()};
  return std::nullopt;
}

std::optional<std::string> server::readArguments(const Json &value) {
  if (value.is_null())
    return "{}";
  if (value.is_object())
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!value.is_string())
    return std::nullopt;
  const std::string &text = value.get_ref<const std::string &>();
  const size_t begin = text.find_first_not_of(" \n\t\r");
  // Calls of tools that take nothing.
  if (begin == text.npos)
    return "{}";
  if (text[begin] != '{' || !(Json::accept(text) || Json::accept(replaceHugeNumbers(text))))
    return std::nullopt;
  return text.substr(begin);
}

std::optional<Misfit> server::readToolCalls(const Json &value, std::vector<ToolCall> &calls) {
  if (!value.is_array())
    return Misfit{"an array of calls", ".tool_calls", showValue(value)};
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string place = strCat(".tool_calls[", i, "]");
    const Json &call = value[i];
    if (!call.is_object())
      return Misfit{"an object with id, type and function", place, showValue(call)};
    if (Json type = memberOf(call, "type"); !type.is_null() && type != "function")
      return Misfit{"\"function\"", place + ".type", showValue(type)};
    Json id = memberOf(call, "id"), function = memberOf(call, "function");
    if (!id.is_null() && !id.is_string())
      return Misfit{"a string", place + ".id", showValue(id)};
    Json name = memberOf(function, "name"), arguments = memberOf(function, "arguments");
    if (!isName(name))
      return Misfit{"the name of a tool", place + ".function.name", shownOrMissing(name)};
    std::optional<std::string> object = readArguments(arguments);
    if (!object)
      return Misfit{"a string with a JSON object", place + ".function.arguments",
                    showValue(arguments)};
    calls.push_back(
        {id.is_null() ? "" : id.get<std::string>(), name.get<std::string>(), std::move(*object)});
  }
  return std::nullopt;
}

/// The fields that say which tool is wanted, by the API.
static ToolPlaces choicePlaces(const GenerateCall &call) {
  return call.endpoint == Endpoint::Messages ? ToolPlaces{"tool_choice.name", "tool_choice.type"}
                                             : ToolPlaces{"tool_choice", "tool_choice"};
}

std::optional<ApiError> server::checkTools(const GenerateCall &call, const ChatSettings &settings) {
  using enum ToolChoice::Mode;
  const ToolChoice &choice = call.toolChoice;
  const std::vector<parser::ToolSignature> &tools = call.form.tools;
  const auto [nameField, modeField] = choicePlaces(call);
  if (tools.empty())
    return choice.isForced()
               ? std::optional(invalidField(
                     modeField, strCat("'", modeField, "' wants a call and there are no 'tools'")))
               : std::nullopt;
  if (choice.mode == Named &&
      std::ranges::find(tools, choice.name, &parser::ToolSignature::name) == tools.end())
    return invalidField(nameField, strCat("'", nameField, "' is the tool '", choice.name,
                                          "', which is none of 'tools'"));
  if (choice.mode == None)
    return std::nullopt;
  const std::string wayOut = strCat("set '", modeField, "' to \"none\"");
  if (!settings.model || !settings.model->chat.reads("tools"))
    return unsupportedField("tools", strCat("'tools' are given and the model's chat template has "
                                            "no place for them; leave them out, or ",
                                            wayOut));
  if (!settings.formats.tools)
    return unsupportedField("tools", strCat("'tools' are given and no parser is known for how the "
                                            "model calls them; name one with --tool-parser, or ",
                                            wayOut));
  return std::nullopt;
}
