//===- Text.cpp - Python's texts --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/value/Text.h"

#include "runtime/template/value/Value.h"
#include "runtime/template/value/Watch.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>

#include <algorithm>

using namespace moec;
using namespace moec::jinja;
using tokenizer::nextChar;
using tokenizer::previousChar;

bool jinja::isAscii(std::string_view text) {
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    if (word & 0x8080808080808080)
      return false;
    text.remove_prefix(8);
  }
  return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
}

size_t jinja::countChars(std::string_view text) {
  // Every byte but those that go on with a character.
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

size_t jinja::offsetOf(std::string_view text, size_t index) {
  size_t at = 0;
  while (index-- && at < text.size())
    at += tokenizer::charSize(text[at]);
  return std::min(at, text.size());
}

std::string_view jinja::sliceChars(std::string_view text, size_t begin, size_t end) {
  if (begin >= end)
    return "";
  if (isAscii(text))
    return text.substr(std::min(begin, text.size()), end - begin);
  std::string_view rest = text.substr(offsetOf(text, begin));
  return rest.substr(0, offsetOf(rest, end - begin));
}

bool jinja::isSpace(char32_t c) {
  if (c < 0x80)
    return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return u_isUWhiteSpace(static_cast<UChar32>(c));
}

bool jinja::isPrintable(char32_t c) {
  if (c < 0x7F)
    return c >= ' ';
  static constexpr uint32_t hidden = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CS_MASK | U_GC_CO_MASK |
                                     U_GC_CN_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_ZS_MASK;
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & hidden) == 0;
}

template <typename Drops>
static std::string_view stripIf(std::string_view text, Side side, Drops drops) {
  size_t begin = 0, end = text.size();
  while ((side & Left) && begin < end) {
    size_t next = begin;
    if (!drops(nextChar(text, next)))
      break;
    begin = next;
  }
  while ((side & Right) && end > begin) {
    size_t before = end;
    if (!drops(previousChar(text, before)))
      break;
    end = before;
  }
  return text.substr(begin, end - begin);
}

std::string_view jinja::strip(std::string_view text, Side side) {
  return stripIf(text, side, isSpace);
}

std::string_view jinja::strip(std::string_view text, std::string_view chars, Side side) {
  return stripIf(text, side, [chars](char32_t c) {
    for (size_t at = 0; at < chars.size();)
      if (nextChar(chars, at) == c)
        return true;
    return false;
  });
}

template <typename Map> static std::string mapCase(std::string_view text, Map map) {
  std::string out;
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(text.size()));
  map(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, status);
  if (U_FAILURE(status))
    fail("letters cannot be mapped: ", u_errorName(status));
  return out;
}

std::string jinja::toUpper(std::string_view text) {
  return mapCase(text, [](auto piece, auto &sink, auto &status) {
    icu::CaseMap::utf8ToUpper("", 0, piece, sink, nullptr, status);
  });
}

std::string jinja::toLower(std::string_view text) {
  return mapCase(text, [](auto piece, auto &sink, auto &status) {
    icu::CaseMap::utf8ToLower("", 0, piece, sink, nullptr, status);
  });
}

std::string jinja::foldCase(std::string_view text) {
  return mapCase(text, [](auto piece, auto &sink, auto &status) {
    icu::CaseMap::utf8Fold(0, piece, sink, nullptr, status);
  });
}

/// One character in title case, which may be several.
static std::string titleChar(std::string_view text) {
  return mapCase(text, [](auto piece, auto &sink, auto &status) {
    icu::CaseMap::utf8ToTitle("", U_TITLECASE_NO_BREAK_ADJUSTMENT, nullptr, piece, sink, nullptr,
                              status);
  });
}

std::string jinja::capitalize(std::string_view text) {
  size_t first = offsetOf(text, 1);
  // The rest in its context, where a final sigma is one.
  return titleChar(text.substr(0, first)) +
         (isAscii(text) ? toLower(text.substr(first))
                        : toLower(text).substr(toLower(text.substr(0, first)).size()));
}

bool jinja::isUpperChar(char32_t c) { return u_isUUppercase(static_cast<UChar32>(c)); }
bool jinja::isLowerChar(char32_t c) { return u_isULowercase(static_cast<UChar32>(c)); }
bool jinja::isTitleChar(char32_t c) { return u_istitle(static_cast<UChar32>(c)); }

std::string jinja::titleCase(std::string_view text) {
  std::string out;
  bool wasCased = false;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    char32_t c = nextChar(text, at);
    std::string_view one = text.substr(begin, at - begin);
    out += wasCased ? toLower(one) : titleChar(one);
    wasCased = isUpperChar(c) || isLowerChar(c) || isTitleChar(c);
  }
  return out;
}

std::string jinja::swapCase(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    char32_t c = nextChar(text, at);
    std::string_view one = text.substr(begin, at - begin);
    out += isUpperChar(c) ? toLower(one) : isLowerChar(c) ? toUpper(one) : std::string(one);
  }
  return out;
}

std::string jinja::replaceAll(std::string_view text, std::string_view from, std::string_view to,
                              int64_t count) {
  std::string out;
  size_t at = 0;
  if (from.empty()) {
    // Before every character and at the end.
    while (count-- != 0) {
      out += to;
      if (at == text.size())
        return out;
      size_t begin = at;
      nextChar(text, at);
      out += text.substr(begin, at - begin);
    }
    return out.append(text.substr(at));
  }
  for (size_t found; count-- != 0 && (found = findIn(text, from, at)) != text.npos;) {
    out.append(text.substr(at, found - at)).append(to);
    at = found + from.size();
  }
  return out.append(text.substr(at));
}

std::string jinja::escapeHtml(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&#34;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
    }
  }
  return out;
}
