//===- Template.cpp - Chat templates ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/template/Template.h"

#include "runtime/template/JsonParts.h"
#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/syntax/Parser.h"
#include "runtime/template/syntax/Scopes.h"
#include "runtime/template/value/Text.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

struct Template::Parts {
  std::string name;
  Syntax syntax;
};

/// What marks the end of a message that goes on, as Transformers has it: a rendering is cut there.
static constexpr std::string_view tag = "CONTINUE_FINAL_MESSAGE_TAG ", bareTag = tag.substr(0, 26);

Expected<Template> Template::parse(std::string_view source, const std::string &name) {
  if (size_t bad = tokenizer::findInvalidUtf8(source); bad != source.npos)
    return Error::make(name, ": byte ", bad, " is not UTF-8");
  auto parts = std::make_shared<Parts>();
  parts->name = name;
  try {
    Parser(source, parts->syntax).run();
    resolveScopes(parts->syntax);
  } catch (const Failure &failure) {
    return Error::make(name, ": ", failure.message);
  }
  if (std::ranges::find(parts->syntax.globals, "lipsum") != parts->syntax.globals.end())
    parts->syntax.unsupported.push_back("the function 'lipsum' is not supported");
  Template made;
  made.parts = std::move(parts);
  return made;
}

const std::vector<std::string> &Template::unsupported() const { return parts->syntax.unsupported; }

bool Template::reads(std::string_view variable) const {
  return std::ranges::find(parts->syntax.globals, variable) != parts->syntax.globals.end();
}

/// A mapping with one value replaced.
static Value withValue(Arena &arena, const Value &mapping, std::string_view key,
                       const Value &value) {
  auto &copy = *arena.make<DictData>();
  for (const DictData::Entry &entry : mapping.dict->all())
    copy.set(arena, entry.key, entry.value);
  copy.set(arena, arena.string(key), value);
  return Value::of(&copy);
}

static Value withTag(Arena &arena, const Value &text) {
  return arena.string(std::string(text.text()).append(tag));
}

/// Messages with the tag at the end of the last one's text, which `text` is then.
static Value markFinalMessage(Arena &arena, const Value &messages, std::string_view &text) {
  bool isList =
      messages.kind == Kind::List && messages.size && messages.items[messages.size - 1].isDict();
  const Value *content = isList ? messages.items[messages.size - 1].dict->find("content") : nullptr;
  static constexpr const char *noText = "continue_final_message is set but the final message has "
                                        "no text that could go on";
  if (!content || (!content->isString() && content->kind != Kind::List))
    fail(noText);
  Value marked;
  if (content->isString()) {
    text = content->text();
    marked = withTag(arena, *content);
  } else {
    std::vector<Value> parts(content->items, content->items + content->size);
    auto last = std::find_if(parts.rbegin(), parts.rend(), [](const Value &part) {
      return part.isDict() && part.dict->find("text") && part.dict->find("text")->isString();
    });
    if (last == parts.rend())
      fail(noText);
    const Value *said = last->dict->find("text");
    text = said->text();
    *last = withValue(arena, *last, "text", withTag(arena, *said));
    marked = arena.list(parts);
  }
  std::vector<Value> all(messages.items, messages.items + messages.size);
  all.back() = withValue(arena, all.back(), "content", marked);
  return arena.list(all);
}

/// The text before the tag.
static std::string cutAtTag(std::string rendered, std::string_view finalText) {
  size_t place = rendered.rfind(bareTag);
  if (place == rendered.npos || rendered.find(strip(finalText)) == rendered.npos)
    fail("continue_final_message is set but the final message does not appear in the chat after "
         "applying the chat template");
  bool isKept = std::string_view(rendered).substr(place).starts_with(tag);
  rendered.resize(place);
  // A template that takes white space off the message took the tag's, too.
  return isKept ? rendered : std::string(strip(rendered, Right));
}

Expected<std::string> Template::render(const ChatOptions &options) const {
  Arena memory(options.limits.memory);
  std::string_view finalText;
  auto lookUp = [&](const std::string &name) {
    for (size_t i = options.variables.size(); i-- > 0;)
      if (const Json &object = options.variables[i]; object.isObject())
        if (const Value *found = object.parts->value.dict->find(name))
          return *found;
    if (name == "add_generation_prompt")
      return Value::of(false);
    if (name == "messages" || name == "tools" || name == "documents")
      return Value::none();
    std::span<const LibraryEntry> functions = globalFunctions();
    auto function = std::ranges::find(functions, name, &LibraryEntry::name);
    return function == functions.end()
               ? Value::missing()
               : Value::function(static_cast<uint32_t>(function - functions.begin()));
  };
  uint32_t line = 0;
  try {
    std::vector<Value> variables;
    Value marked;
    if (options.continueFinalMessage)
      marked = markFinalMessage(memory, lookUp("messages"), finalText);
    for (const std::string &name : parts->syntax.globals)
      variables.push_back(options.continueFinalMessage && name == "messages" ? marked
                                                                             : lookUp(name));
    Interpreter interpreter(parts->syntax, std::move(variables), options.limits, options.now);
    std::string text;
    try {
      text = interpreter.run();
    } catch (const Failure &) {
      line = interpreter.line();
      throw;
    }
    return options.continueFinalMessage ? cutAtTag(std::move(text), finalText) : std::move(text);
  } catch (const Raised &raised) {
    return Error::make(raised.message);
  } catch (const Failure &failure) {
    return line ? Error::make(parts->name, ": line ", line, ": ", failure.message)
                : Error::make(failure.message);
  }
}
