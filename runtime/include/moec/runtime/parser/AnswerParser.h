//===- AnswerParser.h - Content, reasoning and calls of a text --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a model says is one text, in which marks of its family separate what it thinks, what it says
// and which tools it calls. One engine reads all families, each by a table; it goes byte by byte,
// so that a text gives the same however it is cut into pieces. A call that is cut off, malformed or
// of an unknown tool is content: nothing is lost, and nothing is an error.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_PARSER_ANSWERPARSER_H
#define MOEC_RUNTIME_PARSER_ANSWERPARSER_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::parser {

struct ToolFormat;
struct ReasoningFormat;
class Engine;

/// The JSON types that a schema allows, as bits.
enum Types : uint8_t {
  NullType = 1,
  BooleanType = 2,
  IntegerType = 4,
  NumberType = 8,
  StringType = 16,
  ArrayType = 32,
  ObjectType = 64,
};

/// What a schema says of a value.
struct ValueType {
  /// Bits of Types; 0 where the schema says nothing.
  uint8_t types = 0;
  /// Of an object.
  std::map<std::string, ValueType, std::less<>> members = {};
  /// Of an array's elements; null where the schema says nothing.
  std::shared_ptr<const ValueType> element = nullptr;
};

/// A tool that may be called, and the types of its parameters: formats that do not quote texts
/// leave it to them whether 3 is a number. A parameter without a type may be anything.
struct ToolSignature {
  std::string name;
  std::map<std::string, ValueType, std::less<>> parameters = {};
};

/// The signature of a tool. `schema` is the JSON schema of its arguments, "" for none.
ToolSignature makeSignature(std::string name, std::string_view schema);

enum class EventKind : uint8_t {
  Content,
  Reasoning,
  CallBegin,  ///< `text` is the tool's name, `id` the call's where the model gave one
  Arguments,  ///< more of the call's arguments, which are a JSON object in the end
  CallEnd,    ///< `id` is the call's where it stands behind the arguments
  CallBroken, ///< the call is none after all; its whole text comes as content or reasoning
};

struct AnswerEvent {
  EventKind kind;
  std::string text = {}, id = {};
  /// Of calls: the how manieth of the answer, from 0.
  uint32_t call = 0;
};

/// How the texts of a model are read.
struct Formats {
  /// Null where calls or thoughts are not looked for.
  const ToolFormat *tools = nullptr;
  const ReasoningFormat *reasoning = nullptr;
};

/// Names of the formats for --tool-parser and --reasoning-parser, other names of the same left out.
std::vector<std::string> toolFormatNames();
std::vector<std::string> reasoningFormatNames();
/// Null if there is none of that name.
const ToolFormat *findToolFormat(std::string_view name);
const ReasoningFormat *findReasoningFormat(std::string_view name);
const char *nameOf(const ToolFormat &format);
const char *nameOf(const ReasoningFormat &format);
/// The formats that a chat template speaks of; null for what it has none of.
Formats detectFormats(std::string_view chatTemplate);
/// The marks of formats. Those that are special tokens must be in the text.
std::vector<std::string> marksOf(const Formats &formats);
/// What stands for the end of a prompt that is a message to go on: whether its thoughts are open.
std::string openThoughts(const ReasoningFormat *format, std::string_view message);
/// What an answer to `prompt` that calls a tool begins with: up to the name of any tool for "",
/// otherwise through that of `name`. It ends thoughts that the prompt has begun.
std::string forcedPrefix(const Formats &formats, std::string_view name, std::string_view prompt);
/// What ends an answer's thoughts when they must end, as the family's templates write it.
struct ThoughtsEnd {
  /// The first time; where thoughts begin once more behind it, what ends those begins the answer,
  /// too.
  std::string first, again;
};
/// Nothing where it is not known how the model thinks.
std::optional<ThoughtsEnd> endOfThoughts(const Formats &formats);
/// Whether answers have marks of these formats without tools and thoughts, too.
bool areAlwaysRead(const Formats &formats);
/// How long the ids of calls must be that the model's template takes; 0 for any length.
size_t idLength(const Formats &formats);

/// Reads the text of one answer.
class AnswerParser {
public:
  /// `tools` are those that may be called; none is found where there are none. `prompt` is what the
  /// answer stands behind, of which the end counts: many templates begin the thoughts there.
  AnswerParser(const Formats &formats, std::vector<ToolSignature> tools, std::string_view prompt);
  ~AnswerParser();
  AnswerParser(AnswerParser &&) noexcept;

  /// Reads on, and appends what is known now. Consecutive texts of a kind are one event.
  void push(std::string_view text, std::vector<AnswerEvent> &events);
  /// Whether what comes next is a thought, as far as is known.
  bool isThinking() const;
  /// The text is over.
  void finish(std::vector<AnswerEvent> &events);

private:
  std::unique_ptr<Engine> engine;
};

/// A whole answer.
struct Answer {
  struct Call {
    std::string id, name, arguments;
  };
  std::string content, reasoning;
  std::vector<Call> calls;

  /// Takes events, of which a broken call goes again. Calls are found by their numbers.
  void add(const AnswerEvent &event);

private:
  std::vector<uint32_t> numbers; ///< of `calls`
};

} // namespace moec::parser

#endif // MOEC_RUNTIME_PARSER_ANSWERPARSER_H
