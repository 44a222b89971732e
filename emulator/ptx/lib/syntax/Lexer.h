//===- Lexer.h - Tokens of a PTX text ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Splits a text into tokens. A word takes dots and "::" with it, so an opcode with its modifiers is
// one token; so is a special register.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_SYNTAX_LEXER_H
#define MOEC_EMULATOR_PTX_LIB_SYNTAX_LEXER_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace moec::ptx {

enum class TokenKind : uint8_t { Word, Number, String, Mark, Bad, End };

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text; ///< Of a String without its quotes.
  uint32_t line = 1;
  bool is(char mark) const { return kind == TokenKind::Mark && text[0] == mark; }
  bool is(std::string_view word) const { return kind == TokenKind::Word && text == word; }
};

/// The tokens of a text, one after the other.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) { advance(); }
  const Token &peek() const { return current; }
  /// The current token; the next one becomes current.
  Token take() {
    Token token = current;
    advance();
    return token;
  }
  /// Nothing more comes.
  void stop() { at = text.size(), current = {TokenKind::End, {}, line}; }

private:
  void advance();
  void skipBlanks();
  size_t wordEnd(size_t from) const;

  std::string_view text;
  size_t at = 0;
  uint32_t line = 1;
  Token current;
};

/// A number: decimal, 0x…, 0b… or octal integers with or without U, 0f… and 0d… bits, decimal
/// fractions.
struct NumberValue {
  enum Kind : uint8_t { Bad, Integer, Float32, Float64 } kind = Bad;
  uint64_t bits = 0;
};
NumberValue readNumber(std::string_view text);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_SYNTAX_LEXER_H
