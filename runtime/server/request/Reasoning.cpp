//===- Reasoning.cpp - How much is thought ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/GenerateCall.h"

#include <algorithm>

using namespace moec;
using namespace moec::server;

std::optional<Misfit> server::readBudget(const Json &value, const char *field,
                                         const std::string &place, GenerateCall &call) {
  std::optional<int64_t> number = integerIn(value, 0, INT32_MAX);
  if (!number)
    return Misfit{strCat("an integer of 0 to ", INT32_MAX), place, showValue(value)};
  if (call.thoughtBudget && *call.thoughtBudget <= *number)
    return std::nullopt;
  call.thoughtBudget = static_cast<uint32_t>(*number);
  call.budgetField = field;
  return std::nullopt;
}

std::optional<Misfit> server::readReasoning(const Json &value, GenerateCall &call) {
  if (!value.is_object())
    return Misfit();
  static constexpr IdleMember idle[] = {{"generate_summary", "a string", &Json::is_string},
                                        {"summary", "a string", &Json::is_string}};
  if (auto misfit = checkIdle(value, "", idle))
    return misfit;
  for (const auto &[key, member] : value.items()) {
    bool flag = false;
    if (member.is_null())
      continue;
    if (key == "effort") {
      if (!member.is_string())
        return Misfit{"a string", ".effort", showValue(member)};
      call.form.reasoningEffort = member.get<std::string>();
      call.form.effortField = "reasoning.effort";
    } else if (key == "max_tokens") {
      if (auto misfit = readBudget(member, "reasoning.max_tokens", ".max_tokens", call))
        return misfit;
    } else if (key == "exclude" || key == "enabled") {
      if (!member.is_boolean())
        return Misfit{"true or false", "." + key, showValue(member)};
      flag = member.get<bool>();
    } else {
      call.ignored.push_back("reasoning." + key);
    }
    if (key == "exclude")
      call.includeReasoning = !flag;
    if (key == "enabled") {
      call.form.thinks = flag;
      call.form.thinksField = "reasoning.enabled";
    }
  }
  return std::nullopt;
}

/// Whether there are thoughts at all, where a value says so: an effort, or a switch.
static std::optional<bool> thinksBy(const Json &value) {
  if (value.is_boolean())
    return value.get<bool>();
  if (!value.is_string() || value == "minimal")
    return std::nullopt;
  return value != "none";
}

std::optional<ApiError> server::checkEfforts(Endpoint endpoint, const Json &object) {
  if (endpoint == Endpoint::Completions)
    return std::nullopt;
  const Json reasoning = memberOf(object, "reasoning"),
             variables = memberOf(object, "chat_template_kwargs");
  const std::pair<const char *, Json> all[] = {
      // Responses know it as a member only.
      {"reasoning_effort",
       endpoint == Endpoint::Chat ? memberOf(object, "reasoning_effort") : Json()},
      {"reasoning.effort", memberOf(reasoning, "effort")},
      {"reasoning.enabled", memberOf(reasoning, "enabled")},
      {"chat_template_kwargs.reasoning_effort", memberOf(variables, "reasoning_effort")},
      {"chat_template_kwargs.enable_thinking", memberOf(variables, "enable_thinking")},
      {"chat_template_kwargs.thinking", memberOf(variables, "thinking")}};
  for (const auto &[name, value] : all)
    for (const auto &[other, against] : all) {
      const std::optional<bool> thinks = thinksBy(value), otherwise = thinksBy(against);
      const bool areEfforts = value.is_string() && against.is_string();
      if (areEfforts ? value != against : thinks && otherwise && thinks != otherwise)
        return invalidField(name, strCat("'", name, "' is ", showValue(value), " and '", other,
                                         "' is ", showValue(against),
                                         "; they contradict each other, so leave one out"));
    }
  return std::nullopt;
}

void server::addReasoningFields(std::vector<Field<GenerateCall>> &fields) {
  fields.push_back({"reasoning", "an object", readReasoning});
  fields.push_back({"thinking_token_budget", "", [](const Json &value, GenerateCall &call) {
                      return readBudget(value, "thinking_token_budget", "", call);
                    }});
}

std::optional<ApiError> server::checkThoughts(GenerateCall &call, const ChatSettings &settings) {
  if (!call.thoughtBudget || parser::endOfThoughts(settings.formats))
    return std::nullopt;
  if (call.endpoint == Endpoint::Messages) {
    call.ignored.emplace_back(call.budgetField);
    call.thoughtBudget.reset();
    return std::nullopt;
  }
  return unsupportedField(
      call.budgetField,
      strCat("'", call.budgetField, "' is ", *call.thoughtBudget,
             " and no parser is known for how the model thinks; name one with --reasoning-parser, "
             "or leave it out"));
}
