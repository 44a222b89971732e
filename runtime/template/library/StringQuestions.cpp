//===- StringQuestions.cpp - isdigit and such -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/library/StringMethods.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <unicode/uchar.h>

using namespace moec;
using namespace moec::jinja;

static bool hasCategory(char32_t c, uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}
static UNumericType numericType(char32_t c) {
  return static_cast<UNumericType>(
      u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE));
}

static bool isAlpha(char32_t c) { return hasCategory(c, U_GC_L_MASK); }
static bool isDecimal(char32_t c) { return numericType(c) == U_NT_DECIMAL; }
static bool isDigit(char32_t c) { return isDecimal(c) || numericType(c) == U_NT_DIGIT; }
static bool isNumeric(char32_t c) { return numericType(c) != U_NT_NONE; }
static bool isAlphaNumeric(char32_t c) { return isAlpha(c) || isNumeric(c); }
static bool isAsciiChar(char32_t c) { return c < 0x80; }

/// Whether all characters are such, and whether there are any where that is asked for.
template <bool (*is)(char32_t), bool ofEmpty>
static Value allMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("a question about letters", arguments, {});
  for (size_t at = 0; at < self.size;)
    if (!is(tokenizer::nextChar(self.text(), at)))
      return Value::of(false);
  return Value::of(ofEmpty || self.size > 0);
}

/// Whether there are letters of a case and none of the other.
template <bool isUpper>
static Value caseMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("a question about letters", arguments, {});
  bool found = false;
  for (size_t at = 0; at < self.size;) {
    char32_t c = tokenizer::nextChar(self.text(), at);
    if (isTitleChar(c) || (isUpper ? isLowerChar(c) : isUpperChar(c)))
      return Value::of(false);
    found |= isUpper ? isUpperChar(c) : isLowerChar(c);
  }
  return Value::of(found);
}

static Value isTitleMethod(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters none("istitle", arguments, {});
  bool wasCased = false, found = false;
  for (size_t at = 0; at < self.size;) {
    char32_t c = tokenizer::nextChar(self.text(), at);
    bool isUpper = isUpperChar(c) || isTitleChar(c), isLower = isLowerChar(c);
    if ((isUpper && wasCased) || (isLower && !wasCased))
      return Value::of(false);
    wasCased = isUpper || isLower;
    found |= wasCased;
  }
  return Value::of(found);
}

std::span<const LibraryEntry> jinja::stringQuestions() {
  static constexpr LibraryEntry table[] = {{"isalpha", allMethod<isAlpha, false>},
                                           {"isdecimal", allMethod<isDecimal, false>},
                                           {"isdigit", allMethod<isDigit, false>},
                                           {"isnumeric", allMethod<isNumeric, false>},
                                           {"isalnum", allMethod<isAlphaNumeric, false>},
                                           {"isspace", allMethod<isSpace, false>},
                                           {"isascii", allMethod<isAsciiChar, true>},
                                           {"isprintable", allMethod<isPrintable, true>},
                                           {"isupper", caseMethod<true>},
                                           {"islower", caseMethod<false>},
                                           {"istitle", isTitleMethod}};
  return table;
}
