//===- Text.h - Python's texts ----------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Texts are UTF-8, counted in code points as Python does. White space is Python's, which has a few
// control characters that Unicode's has not.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_VALUE_TEXT_H
#define MOEC_TEMPLATE_VALUE_TEXT_H

#include <cstdint>
#include <string>
#include <string_view>

namespace moec::jinja {

bool isAscii(std::string_view text);
size_t countChars(std::string_view text);
/// The offset of character `index`, or the text's size.
size_t offsetOf(std::string_view text, size_t index);
/// Characters `begin` to `end`, without.
std::string_view sliceChars(std::string_view text, size_t begin, size_t end);

bool isSpace(char32_t c);
/// Whether Python's repr shows it as it is.
bool isPrintable(char32_t c);

enum Side : uint8_t { Left = 1, Right = 2, Both = 3 };
/// Without white space at its ends.
std::string_view strip(std::string_view text, Side side = Both);
/// Without characters of `chars` at its ends.
std::string_view strip(std::string_view text, std::string_view chars, Side side);

/// Full mappings of no language.
std::string toUpper(std::string_view text);
std::string toLower(std::string_view text);
std::string foldCase(std::string_view text);
/// str.capitalize(), str.title() and str.swapcase().
std::string capitalize(std::string_view text);
std::string titleCase(std::string_view text);
std::string swapCase(std::string_view text);
bool isUpperChar(char32_t c);
bool isLowerChar(char32_t c);
bool isTitleChar(char32_t c);

/// `text` with up to `count` places of `from` replaced; all if negative.
std::string replaceAll(std::string_view text, std::string_view from, std::string_view to,
                       int64_t count);
/// As HTML.
std::string escapeHtml(std::string_view text);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_VALUE_TEXT_H
