//===- ParserFuzzer.cpp - Hostile answers -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The first two bytes choose the formats, the third the end of the prompt and how the rest, a text,
// is cut into pieces. However it is cut, it gives the same; every call is of a tool that there is,
// with a JSON object; and nothing but white space and marks is lost.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/runtime/parser/AnswerParser.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

using namespace moec;
using namespace moec::parser;
using moec::fuzz::require;

static Formats formatsOf(const uint8_t *choice) {
  const std::vector<std::string> tools = toolFormatNames(), thoughts = reasoningFormatNames();
  const size_t number = choice[1] % (thoughts.size() + 1);
  return {findToolFormat(tools[choice[0] % tools.size()]),
          number < thoughts.size() ? findReasoningFormat(thoughts[number]) : nullptr};
}

static Answer read(const uint8_t *choice, std::string_view text, size_t piece) {
  const char *schema =
      R"({"properties": {"s": {"type": "string"}, "n": {"type": ["integer", "null"]},
                           "o": {"type": "object", "properties": {"a": {"type": "array"}}}}})";
  const Formats formats = formatsOf(choice);
  const bool isBegun = choice[2] & 16;
  AnswerParser parser(formats, {makeSignature("f", schema), makeSignature("get_a", "")},
                      isBegun ? "<think>" : "");
  Answer answer;
  while (!text.empty()) {
    std::vector<AnswerEvent> events;
    parser.push(text.substr(0, piece), events);
    text.remove_prefix(std::min(piece, text.size()));
    for (const AnswerEvent &event : events)
      answer.add(event);
  }
  std::vector<AnswerEvent> events;
  parser.finish(events);
  for (const AnswerEvent &event : events)
    answer.add(event);
  return answer;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3)
    return 0;
  const std::string_view text(reinterpret_cast<const char *>(data + 3), size - 3);
  const Answer whole = read(data, text, text.size());
  for (const Answer::Call &call : whole.calls) {
    require(call.name == "f" || call.name == "get_a", "a call is of a tool");
    const auto arguments = nlohmann::json::parse(call.arguments, nullptr, false);
    // The library also refuses what is no UTF-8, which texts of a tokenizer always are.
    const bool isAscii = std::ranges::all_of(text, [](char c) { return c >= 0; });
    require(!isAscii || arguments.is_object(), "arguments are an object");
  }
  const Answer cut = read(data, text, data[2] % 16 + 1);
  require(cut.content == whole.content, "a cut text has the same content");
  require(cut.reasoning == whole.reasoning, "a cut text has the same thoughts");
  require(cut.calls.size() == whole.calls.size(), "a cut text has as many calls");
  for (size_t i = 0; i < cut.calls.size(); ++i)
    require(std::tie(cut.calls[i].id, cut.calls[i].name, cut.calls[i].arguments) ==
                std::tie(whole.calls[i].id, whole.calls[i].name, whole.calls[i].arguments),
            "a cut text has the same calls");
  // Without a call all letters come back.
  auto isLetter = [](char c) { return c == 'q' || c == 'Q'; };
  if (whole.calls.empty())
    require(std::ranges::count_if(text, isLetter) ==
                std::ranges::count_if(whole.content + whole.reasoning, isLetter),
            "nothing is lost");
  return 0;
}
