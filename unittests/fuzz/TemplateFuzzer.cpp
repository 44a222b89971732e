//===- TemplateFuzzer.cpp - Hostile chat templates --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An input is a template and, behind a zero byte, an object of variables. Whatever is parsed
// renders within its bounds to UTF-8, and twice to the same, or fails with a sentence.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/runtime/template/Template.h"
#include "runtime/tokenizer/text/Utf8.h"

using namespace moec;
using moec::fuzz::require;

static std::string render(const jinja::Template &chat, const jinja::ChatOptions &options) {
  Expected<std::string> text = chat.render(options);
  if (!text)
    return "error: " + text.takeError().message();
  require(text->size() <= options.limits.output, "a text is within its bound");
  return *text;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view input(reinterpret_cast<const char *>(data), size);
  const size_t end = std::min(input.find('\0'), input.size());
  jinja::ChatOptions options;
  if (Expected<jinja::Json> variables =
          jinja::Json::parse(input.substr(std::min(end + 1, input.size()))))
    options.variables = {*variables, variables->without({"a"})};
  options.limits = {.depth = 50, .output = 1 << 16, .memory = 16 << 20, .steps = 20'000};
  options.now = {};
  Expected<jinja::Template> chat = jinja::Template::parse(input.substr(0, end), "t");
  if (!chat) {
    require(!chat.takeError().message().empty(), "an error has a message");
    return 0;
  }
  const std::string text = render(*chat, options);
  require(tokenizer::findInvalidUtf8(text) == text.npos, "a text is UTF-8");
  require(render(*chat, options) == text, "a rendering is the same each time");
  options.continueFinalMessage = true;
  render(*chat, options);
  return 0;
}
