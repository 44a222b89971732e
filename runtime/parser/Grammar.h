//===- Grammar.h - How families write their answers -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A format is a small automaton. In each of its states a text has marks, which lead to another
// state, and between marks what the state takes.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_GRAMMAR_H
#define MOEC_PARSER_GRAMMAR_H

#include "moec/runtime/parser/AnswerParser.h"

#include <initializer_list>

namespace moec::parser {

/// What a state makes of the bytes between marks.
enum class Take : uint8_t {
  Content,
  Reasoning,
  Start,     ///< white space; the first other byte is read in state `next`
  Blank,     ///< white space
  Skip,      ///< a word that says nothing
  Name,      ///< of the tool
  Id,        ///< of the call
  NameId,    ///< functions.NAME:NUMBER, an id with the tool's name
  Key,       ///< of an argument
  Value,     ///< of an argument
  Header,    ///< of a message of harmony: channel and recipient
  Json,      ///< the arguments as a JSON object, then state `next`
  Call,      ///< a JSON object with name and arguments, then state `next`
  Arguments, ///< in the format's notation through their end, then state `next`
};

enum class Effect : uint8_t {
  None,
  EndCall,
  Accept, ///< what was read so far is no longer in doubt
  Reread, ///< the next state begins with the mark
};

/// How arguments are written that are neither JSON nor parameters with marks around them.
enum class Notation : uint8_t { None, Python, Gemma, Elements };

struct Edge {
  std::string_view mark;
  uint8_t next;
  Effect effect = Effect::None;
};

/// What it means that the text ends in a state.
enum class AtEnd : uint8_t {
  Broken, ///< a call is cut off
  Whole,  ///< a call is whole, only its end is missing
  Fine,   ///< between calls
};

struct State {
  Take take;
  std::vector<Edge> edges = {};
  uint8_t next = 0;
  Effect effect = Effect::None; ///< of going to `next`
  AtEnd atEnd = AtEnd::Broken;
  /// Of a value that says itself what it is: bits of Types; 0 leaves it to the schema.
  uint8_t types = 0;
};

/// Newlines of any number.
inline constexpr uint8_t anyNumber = 255;

/// How a family calls tools. State 0 is the text.
struct ToolFormat {
  const char *name;
  std::vector<State> states;
  /// What a call begins with, and what stands behind the tool's name.
  const char *beforeName, *behindName;
  /// Newlines that the template writes between the content and a call.
  uint8_t newlines = 0;
  /// Whether values of parameters stand on lines of their own.
  bool hasValueLines = false;
  /// Whether a value whose type no schema gives may be JSON; otherwise it is a text.
  bool guessesTypes = false;
  size_t idLength = 0;
  /// The state in which an answer begins, behind its thoughts.
  uint8_t begin = 0;
  Notation notation = Notation::None;
  /// Whether an object may be a call without any mark.
  bool isBare = false;
  /// Whether names of attributes are escaped as in XML.
  bool isEscaped = false;
  /// The name under which a text stands where tools have theirs; such texts are there without tools
  /// as well.
  const char *textName = nullptr;
  /// Marks within arguments.
  std::vector<const char *> innerMarks = {};
  /// Other names of it.
  std::vector<const char *> aliases = {};
};

/// How a family thinks: between two marks, at the beginning of an answer.
struct ReasoningFormat {
  const char *name, *begin, *end;
  /// Whether newlines next to the marks belong to them.
  bool trims = true;
  /// Whether a call ends the thoughts, too.
  bool endsAtCall = false;
  /// What the text is between `begin` and the thoughts, and between those and `end`.
  const char *padding = "";
  /// Marks around the content, which say nothing.
  std::vector<const char *> contentMarks = {};
  /// Whether `end` alone begins an answer without thoughts.
  bool mayOnlyEnd = false;
  std::vector<const char *> aliases = {};
};

/// Where a prompt ends: before thoughts, right behind their mark, or on a line of them.
enum class PromptEnd : uint8_t { Outside, Mark, Line };
PromptEnd findEnd(const ReasoningFormat *format, std::string_view prompt);

/// What thoughts end with, with the lines around it.
std::string closeThoughts(const ReasoningFormat &format);

/// All formats.
const std::vector<ToolFormat> &toolFormats();
/// Those of each kind: calls as JSON, as elements, and as literals of a language.
std::vector<ToolFormat> jsonFormats();
std::vector<ToolFormat> elementFormats();
std::vector<ToolFormat> literalFormats();
const std::vector<ReasoningFormat> &reasoningFormats();
/// Whether it is harmony, whose thoughts and calls are messages alike.
bool isHarmony(const Formats &formats);
const ToolFormat &harmonyFormat();
/// Whether answers have marks of `format` without any tool, too.
inline bool isAlwaysRead(const ToolFormat &format) { return format.textName != nullptr; }

} // namespace moec::parser

#endif // MOEC_PARSER_GRAMMAR_H
