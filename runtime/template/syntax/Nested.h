//===- Nested.h - Bounded recursion of the parser ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_NESTED_H
#define MOEC_TEMPLATE_SYNTAX_NESTED_H

#include "runtime/template/syntax/Parser.h"

namespace moec::jinja {

struct Parser::Nested {
  /// Expressions and blocks in each other.
  static constexpr unsigned most = 200;

  explicit Nested(Parser &parser) : parser(parser) {
    if (++parser.depth > most)
      parser.error(strCat("expressions and blocks are nested deeper than ", most));
  }
  ~Nested() { --parser.depth; }
  Nested(const Nested &) = delete;

  Parser &parser;
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_NESTED_H
