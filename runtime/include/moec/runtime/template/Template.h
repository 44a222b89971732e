//===- Template.h - Chat templates ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Jinja, as far as templates of chats use it, with the settings of Transformers: what it renders is
// what `apply_chat_template` renders, byte for byte. A construct that is not implemented is named
// when a template is parsed, and ends a rendering that reaches it; it never becomes other text.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_TEMPLATE_TEMPLATE_H
#define MOEC_RUNTIME_TEMPLATE_TEMPLATE_H

#include "moec/Support/Error.h"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moec::jinja {

/// What one rendering may take. All bounds but that of time are counted, so that a rendering that
/// exceeds one does so everywhere.
struct Limits {
  /// Macros that call each other.
  uint32_t depth = 200;
  /// Bytes of the text.
  uint64_t output = uint64_t(64) << 20;
  /// Bytes of values that come into being on the way.
  uint64_t memory = uint64_t(512) << 20;
  /// Expressions and statements; work on long texts and lists counts by their length.
  uint64_t steps = 50'000'000;
  /// The only bound that depends on the machine; a conversation takes a thousandth of it.
  std::chrono::milliseconds time{2000};
};

/// JSON for templates: an object keeps the order of its keys, an integer all of its digits, and 1.0
/// is not 1. Immutable; copies are cheap and share it.
class Json {
public:
  /// Reads a whole text. Fails with the byte where it stops being JSON, and on arrays and objects
  /// nested deeper than 200.
  static Expected<Json> parse(std::string_view text);

  /// The elements of an array; none of anything else.
  std::vector<Json> elements() const;
  /// The member of an object, and whether there is one.
  Json member(std::string_view name) const;
  bool has(std::string_view name) const;
  /// An object without some of its members.
  Json without(std::initializer_list<std::string_view> names) const;
  bool isObject() const;
  bool isArray() const;
  bool isNull() const;
  /// The text of a string; "" of anything else.
  std::string_view text() const;
  bool isString() const;
  bool isTrue() const;

private:
  friend class Template;
  struct Parts;
  std::shared_ptr<const Parts> parts;
};

/// How a chat is rendered.
struct ChatOptions {
  /// Objects of variables; those of a later one hide those of an earlier one. `messages`, `tools`
  /// and `documents` are none, and `add_generation_prompt` is false, unless one has them.
  std::vector<Json> variables;
  /// Leaves the last message open, so that its text goes on.
  bool continueFinalMessage = false;
  /// What strftime_now takes for now, in the local time of whoever reads it.
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
  Limits limits = {};
};

/// A parsed template. Immutable; copies are cheap and share it; all members may be called from any
/// number of threads at once.
class Template {
public:
  /// Parses a template; `name` stands before errors. Fails where Jinja would refuse the template
  /// before it renders anything.
  static Expected<Template> parse(std::string_view source, const std::string &name);

  /// What the template has that is not implemented, each with its line. A rendering that reaches
  /// one fails.
  const std::vector<std::string> &unsupported() const;
  /// Whether the template looks at a variable that it does not set itself.
  bool reads(std::string_view variable) const;

  /// The text of a chat. A failure is the message that the template gave to raise_exception, word
  /// for word, or a sentence with the line.
  Expected<std::string> render(const ChatOptions &options) const;

private:
  struct Parts;
  std::shared_ptr<const Parts> parts;
};

/// The chat template of a model.
struct ModelTemplate {
  Template chat;
  /// Where it stands.
  std::string source;
  /// An object of the special tokens that tokenizer_config.json names, for the template.
  Json specialTokens;
  /// The template as it is written.
  std::string text = {};
};

/// Reads the template of a model's folder: chat_template.jinja, else what tokenizer_config.json has
/// as chat_template (of several the one that is named "default"). Nothing where there is none.
/// Errors name the file without its folder, here and when the template renders.
Expected<std::shared_ptr<const ModelTemplate>> readModelTemplate(const std::string &folder);

} // namespace moec::jinja

#endif // MOEC_RUNTIME_TEMPLATE_TEMPLATE_H
