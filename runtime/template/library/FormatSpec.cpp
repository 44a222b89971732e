//===- FormatSpec.cpp - Python's formats of numbers and texts ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/library/FormatSpec.h"

#include "runtime/template/value/Number.h"
#include "runtime/template/value/Print.h"
#include "runtime/template/value/Text.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <charconv>
#include <cmath>
#include <cstdio>

using namespace moec;
using namespace moec::jinja;

/// Numbers in a spec.
static constexpr int mostWidth = 10'000, mostPrecision = 400;

static int takeNumber(std::string_view &text, int most, const char *what) {
  int number = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc() || number > most)
    fail("a format's ", what, " must be a number of at most ", most);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

FormatSpec FormatSpec::parse(std::string_view text) {
  FormatSpec spec;
  std::string_view whole = text;
  auto isAlign = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  auto take = [&](std::string_view chars) {
    bool found = !text.empty() && chars.find(text[0]) != chars.npos;
    char c = found ? text[0] : '\0';
    text.remove_prefix(found);
    return c;
  };
  size_t first = text.empty() ? 0 : tokenizer::charSize(text[0]);
  if (first && text.size() > first && isAlign(text[first])) {
    spec.fill = text.substr(0, first);
    text.remove_prefix(first);
  }
  spec.align = take("<>^=");
  if (char sign = take("+- "))
    spec.sign = sign;
  spec.isAlternate = take("#") != 0;
  if (take("0") && !spec.align) {
    spec.fill = "0";
    spec.align = '=';
  }
  if (!text.empty() && text[0] >= '0' && text[0] <= '9')
    spec.width = takeNumber(text, mostWidth, "width");
  spec.grouping = take(",_");
  if (take("."))
    spec.precision = takeNumber(text, mostPrecision, "precision");
  spec.type = take("bcdeEfFgGnosxX%");
  if (!text.empty())
    fail("Invalid format specifier '", whole, "'");
  return spec;
}

/// Digits of an integer in a base.
static std::string digitsIn(__int128 value, unsigned base, bool isUpper) {
  auto rest = static_cast<unsigned __int128>(value < 0 ? -value : value);
  std::string digits;
  do
    digits += (isUpper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
  while (rest /= base);
  return {digits.rbegin(), digits.rend()};
}

static void addGroups(std::string &digits, char separator, size_t size) {
  size_t end = digits.find_first_of(".e%");
  end = end == digits.npos ? digits.size() : end;
  for (size_t at = end; at > size; at -= size)
    digits.insert(at - size, 1, separator);
}

static std::string integerDigits(__int128 value, const FormatSpec &spec) {
  switch (spec.type) {
  case 'b':
    return (spec.isAlternate ? "0b" : "") + digitsIn(value, 2, false);
  case 'o':
    return (spec.isAlternate ? "0o" : "") + digitsIn(value, 8, false);
  case 'x':
    return (spec.isAlternate ? "0x" : "") + digitsIn(value, 16, false);
  case 'X':
    return (spec.isAlternate ? "0X" : "") + digitsIn(value, 16, true);
  default:
    return digitsIn(value, 10, false);
  }
}

static std::string floatDigits(double value, const FormatSpec &spec) {
  value = std::fabs(value);
  if (!spec.type && !spec.precision) {
    std::string text;
    appendFloat(text, value);
    return text;
  }
  if (!spec.type || spec.type == 'n')
    fail("a float's format of that kind is not supported");
  bool isPercent = spec.type == '%';
  const char format[] = {'%',
                         spec.isAlternate ? '#' : '.',
                         spec.isAlternate ? '.' : '*',
                         spec.isAlternate ? '*' : (isPercent ? 'f' : spec.type),
                         spec.isAlternate ? (isPercent ? 'f' : spec.type) : '\0',
                         '\0'};
  char text[1024];
  std::snprintf(text, sizeof text, format, spec.precision.value_or(6),
                isPercent ? value * 100 : value);
  return std::string(text) + (isPercent ? "%" : "");
}

/// Fills up to the spec's width.
static void appendPadded(std::string &out, std::string_view sign, std::string_view text,
                         const FormatSpec &spec, char absentAlign) {
  auto length = static_cast<int64_t>(countChars(text) + sign.size());
  auto missing = static_cast<size_t>(std::max<int64_t>(spec.width - length, 0));
  char align = spec.align ? spec.align : absentAlign;
  size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  auto fill = [&](size_t count) {
    while (count--)
      out += spec.fill;
  };
  if (align == '=')
    out += sign;
  fill(left);
  if (align != '=')
    out += sign;
  out += text;
  fill(missing - left);
}

static void appendNumberAs(std::string &out, const Value &value, const FormatSpec &spec) {
  bool isFloat =
      value.kind == Kind::Float ||
      (spec.type && std::string_view("eEfFgG%").find(spec.type) != std::string_view::npos);
  bool isNegative = isFloat ? std::signbit(toDouble(value)) : wide(value) < 0;
  if (!isFloat && spec.precision)
    fail("Precision not allowed in integer format specifier");
  if (value.kind == Kind::Float && !isFloat)
    fail("Unknown format code '", spec.type, "' for object of type 'float'");
  std::string digits =
      isFloat ? floatDigits(toDouble(value), spec) : integerDigits(wide(value), spec);
  if (spec.grouping) {
    if (spec.fill == "0" && spec.align == '=' && spec.width > 0)
      fail("a format with groups and leading zeros is not supported");
    bool isDecimal = isFloat || spec.type == 0 || spec.type == 'd';
    if (!isDecimal && spec.isAlternate)
      fail("a format with groups and a prefix is not supported");
    addGroups(digits, spec.grouping, isDecimal ? 3 : 4);
  }
  std::string sign = isNegative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  appendPadded(out, sign, digits, spec, '>');
}

void jinja::appendFormatted(std::string &out, const Value &value, const FormatSpec &spec) {
  bool isPlain = !spec.align && !spec.type && !spec.width && !spec.precision && !spec.grouping &&
                 spec.sign == '-' && !spec.isAlternate;
  if (isPlain)
    return appendText(out, value);
  if (value.isNumber() && !(value.kind == Kind::Bool && !spec.type)) {
    if (spec.type == 's' || spec.type == 'c')
      fail("Unknown format code '", spec.type, "' for object of type '", typeName(value), "'");
    return appendNumberAs(out, value, spec);
  }
  bool isText = value.isString() && (!spec.type || spec.type == 's') && spec.align != '=' &&
                !spec.grouping && spec.sign == '-';
  if (!isText)
    fail("unsupported format for a value of type '", typeName(value), "'");
  std::string_view text = value.text();
  if (spec.precision)
    text = sliceChars(text, 0, static_cast<size_t>(*spec.precision));
  appendPadded(out, "", text, spec, '<');
}
