//===- Trace.cpp - Conversations, call by call ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every field is checked against the calls before, so that a run can rely on them.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/Trace.h"

#include <map>
#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::runtime;
using nlohmann::json;

namespace {
/// The fields of a call, of which the first that is wrong is said.
class CallReader {
public:
  CallReader(const json &object, size_t number) : object(object), number(number) {}

  uint32_t readNumber(const char *name, uint64_t most, uint64_t least = 0) {
    auto it = object.find(name);
    if (it == object.end() && least == 0)
      return 0;
    if (it == object.end() || !it->is_number_unsigned() || *it < least || *it > most) {
      fail(name, strCat("a whole number from ", least, " to ", most));
      return 0;
    }
    return it->get<uint32_t>();
  }
  bool readFlag(const char *name) {
    auto it = object.find(name);
    if (it == object.end() || it->is_boolean())
      return it != object.end() && it->get<bool>();
    fail(name, "true or false");
    return false;
  }
  std::vector<int32_t> readIds(const char *name) {
    auto it = object.find(name);
    auto isId = [](const json &id) { return id.is_number_unsigned() && id <= INT32_MAX; };
    if (it == object.end())
      return {};
    if (it->is_array() && std::all_of(it->begin(), it->end(), isId))
      return it->get<std::vector<int32_t>>();
    fail(name, "an array of token ids");
    return {};
  }
  void fail(const char *name, const std::string &expected) {
    if (!problem.empty())
      return;
    auto it = object.find(name);
    problem = strCat("call ", number, " of the trace: ", name, " is ",
                     it == object.end() ? "missing" : it->dump().substr(0, 60), ", it must be ",
                     expected);
  }
  Error finish() const { return problem.empty() ? Error::success() : Error::make(problem); }

private:
  const json &object;
  size_t number;
  std::string problem;
};
} // namespace

Expected<std::vector<TraceCall>> runtime::readTrace(const json &array) {
  if (!array.is_array() || array.empty())
    return Error::make("a trace must be an array of calls that is not empty");
  std::vector<TraceCall> calls;
  /// Of each session: tokens of its last prompt, and of the answer.
  std::map<uint32_t, std::pair<uint64_t, uint32_t>> sessions;
  for (const json &object : array) {
    if (!object.is_object())
      return Error::make("call ", calls.size(), " of the trace is not an object");
    CallReader reader(object, calls.size());
    TraceCall call;
    call.session = reader.readNumber("session", UINT32_MAX);
    auto [it, isFirst] = sessions.try_emplace(call.session);
    auto &[prompt, answer] = it->second;
    call.keep = reader.readNumber("keep", prompt);
    call.answer = reader.readFlag("answer");
    if (call.answer && (isFirst || call.keep != prompt))
      reader.fail("answer", "false where not all of the prompt before is kept");
    call.append = reader.readIds("append");
    uint64_t length = call.keep + (call.answer ? answer : 0) + call.append.size();
    if (length == 0)
      reader.fail("append", "ids, as nothing is kept");
    call.outputTokens = reader.readNumber("output_tokens", 10'000'000, 1);
    call.turnEnd = reader.readNumber("turn_end", length);
    if (Error error = reader.finish())
      return error;
    prompt = length;
    answer = call.outputTokens;
    calls.push_back(std::move(call));
  }
  return calls;
}

void TraceSession::begin(const TraceCall &call) {
  prompt.resize(call.keep);
  if (call.answer)
    prompt.insert(prompt.end(), answer.begin(), answer.end());
  prompt.insert(prompt.end(), call.append.begin(), call.append.end());
}
