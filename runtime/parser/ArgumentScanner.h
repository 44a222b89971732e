//===- ArgumentScanner.h - Arguments in notations of families ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_ARGUMENTSCANNER_H
#define MOEC_PARSER_ARGUMENTSCANNER_H

#include "moec/runtime/parser/AnswerParser.h"
#include "runtime/parser/Grammar.h"
#include "runtime/parser/JsonScanner.h"

namespace moec::parser {

/// Reads the arguments of one call, nested as they are, as their bytes come.
class ArgumentScanner {
public:
  using Step = JsonScanner::Step;
  virtual ~ArgumentScanner() = default;
  /// Takes the next byte behind what opens the arguments; Done with what closes them.
  virtual Step step(char c) = 0;
  /// What is new of the arguments as a JSON object; whoever takes it clears it.
  std::string out;
};

/// `tool` must outlive the scanner: it says which types the arguments have.
std::unique_ptr<ArgumentScanner> makeScanner(Notation notation, const ToolSignature &tool);
/// KEY=VALUE, … ) with the literals of Python.
std::unique_ptr<ArgumentScanner> makePythonScanner();
/// KEY:VALUE, … } with bare keys, and <|"|> around texts.
std::unique_ptr<ArgumentScanner> makeGemmaScanner();
/// Elements in elements, a list's being <item>, all with a mark before their tags.
std::unique_ptr<ArgumentScanner> makeElementScanner(const ToolSignature &tool);

} // namespace moec::parser

#endif // MOEC_PARSER_ARGUMENTSCANNER_H
