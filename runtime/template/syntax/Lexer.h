//===- Lexer.h - A template as tokens ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Jinja's rules of white space, with trim_blocks and lstrip_blocks on and keep_trailing_newline
// off, as Transformers sets them.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_LEXER_H
#define MOEC_TEMPLATE_SYNTAX_LEXER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moec::jinja {

enum class TokenKind : uint8_t {
  Text, ///< between tags
  VariableBegin,
  VariableEnd,
  BlockBegin,
  BlockEnd,
  Name,
  String,
  Integer,
  Float,
  Operator,
  End,
};

struct Token {
  TokenKind kind;
  uint32_t line;
  /// The text between tags; a name, number or operator as it is written; what a string says.
  std::string text;

  bool is(TokenKind other, std::string_view value) const { return kind == other && text == value; }
  bool isName(std::string_view value) const { return is(TokenKind::Name, value); }
  bool isOperator(std::string_view value) const { return is(TokenKind::Operator, value); }
};

/// The tokens of a template in UTF-8, of which the last one is End. Throws a Failure.
std::vector<Token> tokenize(std::string_view source);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_LEXER_H
