//===- ResponsesCall.cpp - A request of /v1/responses, parsed ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// No response is kept, so what refers to one is refused; so is what would change the text if it
// were obeyed. What only asks for other bookkeeping has no effect.
//
//===----------------------------------------------------------------------===//

#include "runtime/server/responses/ResponsesCall.h"

#include "runtime/server/request/RawJson.h"

using namespace moec;
using namespace moec::server;

using Call = GenerateCall;

/// Takes a field of which the value does not matter.
static std::optional<Misfit> later(const Json &, Call &) { return std::nullopt; }

static std::optional<Misfit> readTextOptions(const Json &value, Call &call) {
  if (!value.is_object())
    return Misfit();
  static constexpr IdleMember idle[] = {{"verbosity", "a string", &Json::is_string}};
  if (auto misfit = checkIdle(value, "", idle))
    return misfit;
  for (const auto &[key, member] : value.items())
    if (key != "format" && !member.is_null())
      call.ignored.push_back("text." + key);
  return std::nullopt;
}

static std::optional<Misfit> readTruncation(const Json &value, Call &call) {
  if (value != "disabled" && value != "auto")
    return Misfit();
  // A conversation that is too long is refused, and never shortened.
  if (value == "auto")
    call.ignored.emplace_back("truncation");
  return std::nullopt;
}

static std::vector<Field<Call>> makeFields() {
  std::vector<Field<Call>> fields = {
      stringField<Call>("model", [](Call &c) -> auto & { return c.model; }),
      integerField<Call>("max_output_tokens", 1, INT32_MAX,
                         [](Call &c) -> auto & { return c.maxTokens; }),
      boolField<Call>("parallel_tool_calls", [](Call &c) -> auto & { return c.parallelToolCalls; }),
      boolField<Call>("stream", [](Call &c) -> auto & { return c.stream; }),
      {"chat_template_kwargs", "an object of variables",
       [](const Json &value, Call &call) { return readVariables(value, call.form); }},
      {"text", "an object", readTextOptions},
      {"truncation", "\"disabled\" or \"auto\"", readTruncation},
      hintField<Call>("metadata", "an object", &Json::is_object),
      idleField<Call>("client_metadata", "an object", &Json::is_object, nullptr),
      idleField<Call>("store", "true or false", &Json::is_boolean, false),
      idleField<Call>("include", "an array", &Json::is_array, Json::array()),
      idleField<Call>("max_tool_calls", "an integer", &Json::is_number_integer, nullptr),
      idleField<Call>("service_tier", "a string", &Json::is_string, "auto"),
      idleField<Call>("stream_options", "an object", &Json::is_object,
                      {{"include_obfuscation", false}}),
      idleField<Call>("top_logprobs", "an integer", &Json::is_number_integer, 0),
      hintField<Call>("prompt_cache_key", "a string", &Json::is_string),
      hintField<Call>("prompt_cache_retention", "a string", &Json::is_string),
      hintField<Call>("safety_identifier", "a string", &Json::is_string),
      hintField<Call>("user", "a string", &Json::is_string)};
  // These are read together, and before them it is seen whether they can be.
  for (const char *name : {"background", "conversation", "input", "instructions", "tools",
                           "tool_choice", "previous_response_id", "prompt"})
    fields.push_back({name, "", later});
  addQueueFields(fields);
  addSamplingFields(fields);
  addReasoningFields(fields);
  return fields;
}

/// What cannot be done without keeping responses, and texts that must be of a form.
static std::optional<ApiError> findImpossible(const Json &object) {
  static constexpr std::pair<const char *, const char *> fields[] = {
      {"previous_response_id", "no response is kept; send the whole conversation as 'input'"},
      {"conversation", "no conversation is kept; send it whole as 'input'"},
      {"background", "no response is kept that could be asked for later; leave it out"},
      {"prompt", "no prompts are kept; send 'instructions' and 'input'"}};
  for (auto [name, reason] : fields)
    if (const Json value = memberOf(object, name); !value.is_null() && value != false)
      return unsupportedField(name, strCat("'", name, "' is ", showValue(value), ", but ", reason));
  const Json format = memberOf(memberOf(object, "text"), "format"), type = memberOf(format, "type");
  if (!format.is_null() && !type.is_string())
    return fieldError("text", "an object",
                      Misfit{"an object of type \"text\"", ".format", showValue(format)},
                      memberOf(object, "text"));
  if (!type.is_null() && type != "text")
    return unsupportedField("text.format.type",
                            strCat("'text.format.type' is ", showValue(type),
                                   ", which is not supported yet; it must be \"text\""));
  return std::nullopt;
}

/// `instructions` and `input`, in this order.
static std::optional<ApiError> takeInput(const Json &object, Call &call) {
  const Json instructions = memberOf(object, "instructions"), input = memberOf(object, "input");
  if (!instructions.is_null() && !instructions.is_string())
    return fieldError("instructions", "a string", {}, instructions);
  if (instructions.is_string() && !instructions.get_ref<const std::string &>().empty())
    call.messages.push_back({"system", instructions.get<std::string>()});
  static constexpr const char *wanted = "a string, or an array of items that is not empty";
  if (input.is_null())
    return invalidField("input", strCat("'input' is missing; it must be ", wanted));
  if (auto misfit = readInput(input, call))
    return fieldError("input", wanted, *misfit, input);
  if (call.messages.empty())
    return invalidField("input", "'input' has nothing that the model could read");
  return std::nullopt;
}

/// The request's part of the response: what was given, or what counts in its place.
static void repeatFields(const Json &object, const Call &call, ResponsesForm &form) {
  auto given = [&](const char *name, OrderedJson otherwise) {
    const Json value = memberOf(object, name);
    return value.is_null() ? otherwise : OrderedJson(value);
  };
  // The shortest text of a float.
  auto number = [](float value) { return OrderedJson::parse(strCat(value)); };
  OrderedJson tools = form.repeated.value("tools", OrderedJson::array());
  const std::string &effort = call.form.reasoningEffort;
  form.repeated = {
      {"instructions", given("instructions", nullptr)},
      {"max_output_tokens", given("max_output_tokens", nullptr)},
      {"metadata", given("metadata", OrderedJson::object())},
      {"parallel_tool_calls", call.parallelToolCalls},
      {"previous_response_id", nullptr},
      {"prompt_cache_key", given("prompt_cache_key", nullptr)},
      {"reasoning",
       {{"effort", effort.empty() ? OrderedJson() : OrderedJson(effort)}, {"summary", nullptr}}},
      {"safety_identifier", given("safety_identifier", nullptr)},
      {"service_tier", "default"},
      {"store", false},
      {"temperature", given("temperature", number(call.generation.sampling.temperature))},
      {"text", {{"format", {{"type", "text"}}}}},
      {"tool_choice", given("tool_choice", "auto")},
      {"tools", std::move(tools)},
      {"top_p", given("top_p", number(call.generation.sampling.topP))},
      {"truncation", "disabled"},
      {"user", given("user", nullptr)}};
}

std::optional<ApiError> server::parseResponsesCall(std::string_view body,
                                                   const GenerateDefaults &defaults, Call &call) {
  static const std::vector<Field<Call>> fields = makeFields();
  Json object;
  if (auto error = parseBody(body, object))
    return error;
  call.endpoint = Endpoint::Responses;
  call.form.joinsTurns = true;
  takeDefaults(defaults, call.generation.sampling);
  if (auto error = findImpossible(object))
    return error;
  if (auto error = readCallFields(object, fields, call))
    return error;
  if (auto error = checkEfforts(Endpoint::Responses, object))
    return error;
  if (auto error = completeForm(body, call.form))
    return error;
  if (auto error = takeInput(object, call))
    return error;
  auto form = std::make_shared<ResponsesForm>();
  if (const Json tools = memberOf(object, "tools"); !tools.is_null())
    if (auto misfit = readResponsesTools(tools, findMember(body, "tools"), call, *form))
      return fieldError("tools", "an array of tools", *misfit, tools);
  if (const Json choice = memberOf(object, "tool_choice"); !choice.is_null())
    if (auto misfit = readResponsesChoice(choice, *form, call.toolChoice))
      return fieldError("tool_choice",
                        "\"none\", \"auto\", \"required\" or one of the functions and custom "
                        "tools of 'tools'",
                        *misfit, choice);
  repeatFields(object, call, *form);
  call.responses = std::move(form);
  return std::nullopt;
}
