//===- ResponsesTools.cpp - The tools of a response -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Templates know functions only. A custom tool, which takes a text, becomes a function with one
// argument; a tool of a namespace has that in its name.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/HugeNumbers.h"
#include "runtime/server/request/RawJson.h"
#include "runtime/server/responses/ResponsesCall.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

/// Tools that OpenAI's servers run, or that clients run by other means than functions.
static constexpr const char *hostedTools[] = {
    "apply_patch", "code_interpreter", "computer",    "computer_use_preview",
    "file_search", "image_generation", "local_shell", "mcp",
    "shell",       "tool_search"};

/// The namespace of functions that have none.
static constexpr const char *commonSpace = "functions";

static bool isHosted(const Json &type) {
  return std::ranges::find(hostedTools, type) != std::end(hostedTools) ||
         (type.is_string() && type.get_ref<const std::string &>().starts_with("web_search"));
}

std::string server::joinName(const std::string &space, const std::string &name) {
  if (space.empty() || space == commonSpace)
    return name;
  return space + (space.ends_with("__") ? "" : "__") + name;
}

namespace {
/// Adds tools to a chat's.
struct ToolReader {
  GenerateCall &call;
  ResponsesForm &form;
  std::string text = {};                       ///< what the template gets
  OrderedJson repeated = OrderedJson::array(); ///< those that there are
  std::string preface = {};                    ///< what the next tool's description begins with

  std::optional<Misfit> read(const Json &tool, std::string_view raw, const std::string &place) {
    const Json type = memberOf(tool, "type");
    if (isHosted(type)) {
      call.ignored.push_back(strCat("tools", place, ":", type.get<std::string>()));
      return std::nullopt;
    }
    if (auto misfit =
            type == "namespace" ? readSpace(tool, raw, place) : readOne(tool, raw, "", place))
      return misfit;
    repeated.push_back(OrderedJson::parse(replaceHugeNumbers(raw)));
    return std::nullopt;
  }

private:
  std::optional<Misfit> readSpace(const Json &tool, std::string_view raw,
                                  const std::string &place) {
    const Json name = memberOf(tool, "name"), tools = memberOf(tool, "tools");
    if (!name.is_string())
      return Misfit{"a string", place + ".name", shownOrMissing(name)};
    if (!tools.is_array())
      return Misfit{"an array of tools", place + ".tools", shownOrMissing(tools)};
    if (auto misfit = checkIdle(tool, place, idleOfTools))
      return misfit;
    const std::vector<std::string_view> parts = findElements(findMember(raw, "tools"));
    // Templates have no place for it but the description of the first of its tools.
    if (const Json description = memberOf(tool, "description"); description.is_string())
      preface = strCat("Tools of ", name.get_ref<const std::string &>(), ": ",
                       description.get_ref<const std::string &>());
    for (size_t i = 0; i < tools.size(); ++i)
      if (auto misfit = readOne(tools[i], parts[i], name.get<std::string>(),
                                strCat(place, ".tools[", i, "]")))
        return misfit;
    preface.clear();
    return std::nullopt;
  }

  std::optional<Misfit> readOne(const Json &tool, std::string_view raw, const std::string &space,
                                const std::string &place) {
    const Json type = memberOf(tool, "type"), given = memberOf(tool, "name");
    const bool isCustom = type == "custom";
    if (!isCustom && type != "function")
      return Misfit{space.empty() ? "\"function\", \"custom\" or \"namespace\""
                                  : "\"function\" or \"custom\"",
                    place + ".type", shownOrMissing(type)};
    if (call.form.tools.size() == maxTools)
      return Misfit{strCat("one of at most ", maxTools, " tools"), place, showValue(tool)};
    if (auto misfit = checkIdle(tool, place, idleOfTools))
      return misfit;
    if (memberOf(tool, "strict") == true)
      call.ignored.push_back(strCat("tools", place, ".strict"));
    const Json name = given.is_string() ? Json(joinName(space, given.get<std::string>())) : given;
    const Json schema = isCustom ? Json() : memberOf(tool, "parameters");
    if (auto misfit = addTool(name, schema, place, {".name", ".parameters"}, call.form))
      return misfit;
    form.tools[name.get<std::string>()] = {given.get<std::string>(), space, isCustom};
    std::string description = isCustom ? describeCustom(tool) : textOf(tool, "description");
    if (!preface.empty())
      description = std::exchange(preface, {}) + (description.empty() ? "" : "\n\n" + description);
    const std::string quoted = dumpJson(name), described = dumpJson(description);
    const std::pair<const char *, std::string_view> members[] = {
        {"name", quoted},
        {"description", description.empty() ? "" : std::string_view(described)},
        {"parameters", isCustom ? customSchema : findMember(raw, "parameters")}};
    text += (text.empty() ? "" : ", ") + describeFunction(members);
    return std::nullopt;
  }

  /// The description of a custom tool, with the grammar of its text: nothing holds the model to it,
  /// but it can read it.
  static std::string describeCustom(const Json &tool) {
    const Json format = memberOf(tool, "format");
    std::string description = textOf(tool, "description");
    const std::string definition = textOf(format, "definition");
    if (!definition.empty())
      description += strCat(description.empty() ? "" : "\n\n", "The text follows this grammar (",
                            textOf(format, "syntax"), "):\n", definition);
    return description;
  }

  static std::string textOf(const Json &object, const char *name) {
    const Json value = memberOf(object, name);
    return value.is_string() ? value.get<std::string>() : std::string();
  }

  static constexpr std::string_view customSchema =
      R"({"type": "object", "properties": {"input": {"type": "string", "description": )"
      R"("The text that the tool takes."}}, "required": ["input"]})";
};
} // namespace

std::optional<Misfit> server::readResponsesTools(const Json &value, std::string_view raw,
                                                 GenerateCall &call, ResponsesForm &form) {
  if (!value.is_array())
    return Misfit();
  const std::vector<std::string_view> parts = findElements(raw);
  ToolReader reader{call, form};
  for (size_t i = 0; i < value.size(); ++i)
    if (auto misfit = reader.read(value[i], parts[i], strCat("[", i, "]")))
      return misfit;
  call.form.toolsText = reader.text.empty() ? "" : "[" + reader.text + "]";
  form.repeated["tools"] = std::move(reader.repeated);
  return std::nullopt;
}

/// The name that the template has for a tool that is chosen; "" where there is none, or several
/// namespaces have one.
static std::string findTool(const Json &value, const ResponsesForm &form) {
  const Json name = memberOf(value, "name"), space = memberOf(value, "namespace");
  if (space.is_null() && name.is_string() && form.tools.contains(name.get<std::string>()))
    return name.get<std::string>();
  std::string found;
  for (const auto &[joined, tool] : form.tools) {
    if (name != tool.name || (!space.is_null() && space != tool.space))
      continue;
    if (!found.empty())
      return "";
    found = joined;
  }
  return found;
}

static std::optional<Misfit> readAllowed(const Json &value, const ResponsesForm &form,
                                         ToolChoice &choice) {
  const Json mode = memberOf(value, "mode"), tools = memberOf(value, "tools");
  if (mode != "auto" && mode != "required")
    return Misfit{"\"auto\" or \"required\"", ".mode", shownOrMissing(mode)};
  if (!tools.is_array() || tools.empty())
    return Misfit{"an array of tools that is not empty", ".tools", shownOrMissing(tools)};
  choice.mode = mode == "auto" ? ToolChoice::Mode::Auto : ToolChoice::Mode::Required;
  for (size_t i = 0; i < tools.size(); ++i) {
    const std::string name = findTool(tools[i], form);
    if (name.empty())
      return Misfit{"one of the functions and custom tools of 'tools'", strCat(".tools[", i, "]"),
                    showValue(tools[i])};
    choice.allowed.push_back(name);
  }
  return std::nullopt;
}

std::optional<Misfit> server::readResponsesChoice(const Json &value, const ResponsesForm &form,
                                                  ToolChoice &choice) {
  if (value.is_string())
    return readToolChoice(value, choice);
  const Json type = memberOf(value, "type");
  if (type == "allowed_tools")
    return readAllowed(value, form, choice);
  if (type != "function" && type != "custom")
    return Misfit();
  const std::string name = findTool(value, form);
  if (name.empty())
    return Misfit{"the name of one of 'tools', with its namespace where several have it", ".name",
                  shownOrMissing(memberOf(value, "name"))};
  choice.mode = ToolChoice::Mode::Named;
  choice.name = name;
  return std::nullopt;
}
