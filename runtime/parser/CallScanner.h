//===- CallScanner.h - A call as one JSON object ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_CALLSCANNER_H
#define MOEC_PARSER_CALLSCANNER_H

#include "runtime/parser/JsonScanner.h"

#include <string>

namespace moec::parser {

/// Reads {"name": …, "arguments": {…}, "id": …} as its bytes come, in any order. Arguments may be
/// called parameters; other members say nothing.
class CallScanner {
public:
  /// Takes the next byte. `isBare` says that nothing but its members tells the call from another
  /// object: then one that calls do not have ends it.
  JsonScanner::Step step(char c, bool isBare = false);

  /// Once it is known, and not before.
  bool hasName() const { return isNamed; }
  /// The texts of name and id; "" without.
  std::string name, id;
  /// What is new of the arguments.
  std::string arguments;

private:
  enum class Member { Other, Name, Id, Arguments };
  bool endMember();

  JsonScanner scanner;
  Member member = Member::Other;
  std::string key, value; ///< as JSON
  bool isNamed = false, hasArguments = false;
};

} // namespace moec::parser

#endif // MOEC_PARSER_CALLSCANNER_H
