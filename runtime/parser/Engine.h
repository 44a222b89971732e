//===- Engine.h - Reads answers by the tables of formats --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_ENGINE_H
#define MOEC_PARSER_ENGINE_H

#include "runtime/parser/ArgumentScanner.h"
#include "runtime/parser/CallScanner.h"
#include "runtime/parser/Grammar.h"

#include <set>

namespace moec::parser {

class Engine {
public:
  Engine(const Formats &formats, std::vector<ToolSignature> tools, std::string_view prompt);

  /// Where events go, until the next call of it.
  void sendTo(std::vector<AnswerEvent> &list) { events = &list; }
  void push(std::string_view text);
  void finish();
  bool isThinking() const { return state().take == Take::Reasoning; }

private:
  const State &state() const { return states[current]; }
  bool isText() const { return state().take <= Take::Reasoning; }
  void addThoughts(const ReasoningFormat &format, PromptEnd prompt);

  // Bytes.
  size_t takeRun(std::string_view text);
  void read(char c);
  void match(bool isLast);
  bool capture(char c);
  void captureText(std::string_view text);
  bool captureName(char c);
  void leaveStart();
  void readJson(char c);
  JsonScanner::Step stepArguments(char c);
  bool endJson();

  // From state to state.
  void follow(const Edge &edge);
  bool leave(const Edge &edge, uint8_t &next);
  bool leaveName(const Edge &edge, uint8_t &next);
  bool leaveHeader(uint8_t &next);
  void leaveText(std::string_view mark);
  void enter(uint8_t next);
  void breakOff();

  // Calls.
  bool beginCall(std::string_view name);
  bool beginCallOfId();
  void addArguments(std::string_view json);
  bool beginArgument(uint8_t ownTypes);
  void addValue(char c);
  void endArgument();
  void endCall();

  void send(EventKind kind, std::string_view text);
  void sendText(std::string_view text);

  std::vector<State> states;
  const ToolFormat *format = nullptr;
  std::vector<ToolSignature> tools;
  uint8_t trimmedBeforeCalls = 0; ///< newlines, at most
  bool trimsThoughts = false;
  std::vector<AnswerEvent> *events = nullptr;

  uint8_t current = 0;
  /// The text that was left for a call, to which a broken one returns.
  uint8_t home = 0;
  std::string pending;         ///< may be the beginning of a mark
  std::string newlines;        ///< of a text, at its end: they may belong to a mark
  std::string raw;             ///< since the text was left, as far as it is in doubt
  std::string captured;        ///< of names, ids, keys and headers
  uint8_t skippedNewlines = 0; ///< of what comes next, at most
  bool isBehindCall = false;
  /// Harmony: messages of one kind are lines of one text.
  bool hasSaid[2] = {false, false}, joins = false;

  // The call that is being read.
  uint32_t call = 0;
  std::string id, name;
  const ToolSignature *tool = nullptr; ///< null until its name is known
  JsonScanner json;
  CallScanner object;
  std::unique_ptr<ArgumentScanner> scanner; ///< of the format's notation
  std::set<std::string, std::less<>> keys;
  std::string value; ///< as far as it waits
  bool hasArguments = false, hasValue = false, isPlainText = false;
  uint8_t types = 0;
};

} // namespace moec::parser

#endif // MOEC_PARSER_ENGINE_H
