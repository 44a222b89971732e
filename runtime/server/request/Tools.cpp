//===- Tools.cpp - Tools of a chat, and calls of them -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"
#include "runtime/server/request/RawJson.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

/// More would cost every request that has them.
static constexpr size_t maxTools = 1024, maxName = 256;

static bool isName(const Json &value) {
  const std::string *name = value.get_ptr<const std::string *>();
  return name && !name->empty() && name->size() <= maxName &&
         name->find_first_of(" \n\t\r<>\"{}") == name->npos;
}

/// The member of an object, null where there is none.
static Json member(const Json &object, const char *name) {
  return object.is_object() ? object.value(name, Json()) : Json();
}

static std::string shown(const Json &value) {
  return value.is_null() ? "missing" : showValue(value);
}

std::optional<Misfit> server::readTools(const Json &value, ChatForm &form) {
  if (!value.is_array() || value.size() > maxTools)
    return Misfit();
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string place = strCat("[", i, "]");
    const Json &tool = value[i];
    if (!tool.is_object())
      return Misfit{"an object with type and function", place, showValue(tool)};
    if (Json type = member(tool, "type"); type != "function")
      return Misfit{"\"function\"", place + ".type", shown(type)};
    Json function = member(tool, "function"), name = member(function, "name");
    if (!isName(name))
      return Misfit{
          strCat("a name of 1 to ", maxName, " characters, without blanks or any of <>\"{}"),
          place + ".function.name", shown(name)};
    Json parameters = member(function, "parameters");
    if (!parameters.is_null() && !parameters.is_object())
      return Misfit{"a JSON schema", place + ".function.parameters", showValue(parameters)};
    for (const parser::ToolSignature &other : form.tools)
      if (name == other.name)
        return Misfit{"the name of no other tool", place + ".function.name", showValue(name)};
    form.tools.push_back(parser::makeSignature(name.get<std::string>(), parameters.dump()));
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
  if (member(value, "type") != "function")
    return Misfit();
  Json name = member(member(value, "function"), "name");
  if (!isName(name))
    return Misfit{"the name of a tool", ".function.name", shown(name)};
  choice = {Named, name.get<std::string>()};
  return std::nullopt;
}

/// Arguments as JSON: a text that is an object, or the object itself; another text stays one.
static std::string argumentsOf(const Json &value) {
  if (!value.is_string())
    return value.is_null() ? "{}" : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string &text = value.get_ref<const std::string &>();
  if (text.find_first_not_of(" \n\t\r") == text.npos)
    return "{}";
  size_t begin = text.find_first_not_of(" \n\t\r");
  return text[begin] == '{' && Json::accept(text) ? text : dumpJson(text);
}

std::optional<Misfit> server::readToolCalls(const Json &value, std::vector<ToolCall> &calls) {
  if (!value.is_array())
    return Misfit{"an array of calls", ".tool_calls", showValue(value)};
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string place = strCat(".tool_calls[", i, "]");
    const Json &call = value[i];
    if (!call.is_object())
      return Misfit{"an object with id, type and function", place, showValue(call)};
    if (Json type = member(call, "type"); !type.is_null() && type != "function")
      return Misfit{"\"function\"", place + ".type", showValue(type)};
    Json id = member(call, "id"), function = member(call, "function");
    if (!id.is_null() && !id.is_string())
      return Misfit{"a string", place + ".id", showValue(id)};
    Json name = member(function, "name"), arguments = member(function, "arguments");
    if (!isName(name))
      return Misfit{"the name of a tool", place + ".function.name", shown(name)};
    if (!arguments.is_null() && !arguments.is_string() && !arguments.is_object())
      return Misfit{"a string with a JSON object", place + ".function.arguments",
                    showValue(arguments)};
    calls.push_back({id.is_null() ? "" : id.get<std::string>(), name.get<std::string>(),
                     argumentsOf(arguments)});
  }
  return std::nullopt;
}

/// An error with the code for what cannot be done.
static ApiError unsupported(const char *field, std::string message) {
  ApiError error = invalidField(field, std::move(message));
  error.code = "unsupported_parameter";
  return error;
}

std::optional<ApiError> server::checkTools(const ChatForm &form, const ToolChoice &choice,
                                           const ChatSettings &settings) {
  using enum ToolChoice::Mode;
  const bool isForced = choice.mode == Required || choice.mode == Named;
  if (form.tools.empty())
    return isForced ? std::optional(invalidField(
                          "tool_choice", "'tool_choice' wants a call and there are no 'tools'"))
                    : std::nullopt;
  if (choice.mode == Named &&
      std::ranges::find(form.tools, choice.name, &parser::ToolSignature::name) == form.tools.end())
    return invalidField("tool_choice", strCat("'tool_choice' is the tool '", choice.name,
                                              "', which is none of 'tools'"));
  if (choice.mode == None)
    return std::nullopt;
  if (!settings.model || !settings.model->chat.reads("tools"))
    return unsupported("tools", "'tools' are given and the model's chat template has no place for "
                                "them; leave them out, or set 'tool_choice' to \"none\"");
  if (!settings.formats.tools)
    return unsupported("tools",
                       "'tools' are given and no parser is known for how the model calls "
                       "them; name one with --tool-parser, or set 'tool_choice' to \"none\"");
  return std::nullopt;
}
