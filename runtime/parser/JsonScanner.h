//===- JsonScanner.h - JSON, byte by byte -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_PARSER_JSONSCANNER_H
#define MOEC_PARSER_JSONSCANNER_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace moec::parser {

/// Recognises one JSON object as its bytes come (RFC 8259), and where it ends.
class JsonScanner {
public:
  enum class Step : uint8_t {
    Inside, ///< the byte belongs to the object
    Done,   ///< the byte ends it
    Bad,    ///< with the byte it is no object
  };
  Step step(char c);

  /// Objects and arrays that are open.
  size_t depth() const { return open.size(); }
  /// Whether the last byte was of a key, quotes included.
  bool wasKey() const { return lastKind == Kind::Key; }
  /// Whether the last byte was of a text, number or word that is a value.
  bool wasScalar() const { return lastKind == Kind::Scalar; }
  bool hasBegun() const { return mode != Mode::Begin; }

private:
  enum class Mode : uint8_t {
    Begin,
    FirstKey, ///< or the object's end
    Key,
    Colon,
    FirstValue, ///< or the array's end
    Value,
    BehindValue,
    String,
    Escape,
    Hex,
    Sign, ///< of numbers: behind the minus
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
    Word,
  };
  enum class Kind : uint8_t { Other, Key, Scalar };

  bool isOver(Mode number) const;
  bool advance(char c);
  bool beginValue(char c);
  bool stepString(char c);
  bool stepHex(char c);
  bool stepNumber(char c);
  bool close(char bracket);

  Mode mode = Mode::Begin;
  Kind lastKind = Kind::Other;
  bool isKeyString = false;
  bool isBehindHigh = false; ///< behind an escape that is the first half of a pair
  uint8_t hexDigits = 0;
  uint16_t codeUnit = 0;  ///< of the escape's digits so far
  std::string_view word;  ///< what is left of true, false or null
  std::vector<char> open; ///< brackets
};

} // namespace moec::parser

#endif // MOEC_PARSER_JSONSCANNER_H
