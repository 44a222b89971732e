//===- Number.cpp - Python's numbers ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/value/Number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::jinja;

const char *jinja::symbolOf(Arithmetic operation) {
  static constexpr const char *symbols[] = {"+", "-", "*", "/", "//", "%", "** or pow()"};
  return symbols[static_cast<size_t>(operation)];
}

Value jinja::makeInteger(Arena &arena, __int128 value) {
  if (value >= INT64_MIN && value <= INT64_MAX)
    return Value::of(static_cast<int64_t>(value));
  Value big = Value::of(int64_t(0));
  big.kind = Kind::BigInt;
  big.big = arena.make<BigIntData>({value, {}});
  return big;
}

__int128 jinja::wide(const Value &value) {
  if (value.kind == Kind::Bool)
    return value.boolean;
  if (value.kind == Kind::Int)
    return value.integer;
  if (!value.big->digits.empty())
    fail("the integer ", value.big->digits,
         " has more than 128 bits, with which templates cannot "
         "compute here");
  return value.big->value;
}

double jinja::toDouble(const Value &value) {
  return value.kind == Kind::Float ? value.real : static_cast<double>(wide(value));
}

int64_t jinja::toIndex(const Value &value, const char *what) {
  if (value.kind == Kind::Int)
    return value.integer;
  if (value.kind == Kind::Bool)
    return value.boolean;
  requireDefined(value);
  if (value.kind == Kind::BigInt)
    return wide(value) < 0 ? INT64_MIN : INT64_MAX;
  fail(what, " must be an integer, not '", typeName(value), "'");
}

std::partial_ordering jinja::compareNumbers(const Value &a, const Value &b) {
  if (a.kind == Kind::Int && b.kind == Kind::Int)
    return a.integer <=> b.integer;
  if (a.isIntegral() && b.isIntegral()) {
    if (a.kind == Kind::BigInt && b.kind == Kind::BigInt && !a.big->digits.empty() &&
        a.big->digits == b.big->digits)
      return std::partial_ordering::equivalent;
    __int128 x = wide(a), y = wide(b);
    return x < y   ? std::partial_ordering::less
           : x > y ? std::partial_ordering::greater
                   : std::partial_ordering::equivalent;
  }
  return static_cast<long double>(a.isIntegral() ? wide(a) : 0) + (a.isIntegral() ? 0 : a.real) <=>
         static_cast<long double>(b.isIntegral() ? wide(b) : 0) + (b.isIntegral() ? 0 : b.real);
}

uint64_t jinja::hashNumber(const Value &value) {
  if (value.kind == Kind::Float) {
    bool isInteger = std::trunc(value.real) == value.real && std::abs(value.real) < 1e18;
    if (!isInteger) {
      uint64_t bits;
      std::memcpy(&bits, &value.real, sizeof bits);
      return bits * 0x9e3779b97f4a7c15;
    }
    return static_cast<uint64_t>(static_cast<int64_t>(value.real)) * 0x9e3779b97f4a7c15;
  }
  if (value.kind == Kind::BigInt) {
    if (!value.big->digits.empty())
      return value.big->digits.size();
    double rounded = static_cast<double>(value.big->value);
    uint64_t bits;
    std::memcpy(&bits, &rounded, sizeof bits);
    return bits * 0x9e3779b97f4a7c15;
  }
  return static_cast<uint64_t>(static_cast<int64_t>(wide(value))) * 0x9e3779b97f4a7c15;
}

static double floorModulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest != 0 && (rest < 0) != (b < 0))
    rest += b;
  return rest == 0 ? std::copysign(0.0, b) : rest;
}

static Value computeFloat(Arithmetic operation, double a, double b) {
  auto check = [&] {
    if (b == 0)
      fail("division by zero");
  };
  switch (operation) {
  case Arithmetic::Add:
    return Value::of(a + b);
  case Arithmetic::Subtract:
    return Value::of(a - b);
  case Arithmetic::Multiply:
    return Value::of(a * b);
  case Arithmetic::Divide:
    check();
    return Value::of(a / b);
  case Arithmetic::FloorDivide:
    check();
    return Value::of(std::floor((a - floorModulo(a, b)) / b + 0.5));
  case Arithmetic::Modulo:
    check();
    return Value::of(floorModulo(a, b));
  case Arithmetic::Power:
    if (a == 0 && b < 0)
      fail("zero cannot be raised to a negative power");
    if (a < 0 && std::trunc(b) != b)
      fail("a negative number to a power that is no integer is complex, which templates cannot use "
           "here");
    return Value::of(std::pow(a, b));
  }
  return {};
}

[[noreturn]] static void failWide() {
  fail("the result has more than 128 bits, with which templates cannot compute here");
}

static __int128 power(__int128 base, __int128 exponent) {
  __int128 result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
      failWide();
    if (exponent > 1 && __builtin_mul_overflow(base, base, &base))
      failWide();
  }
  return result;
}

static __int128 floorDivide(__int128 a, __int128 b) {
  if (b == 0)
    fail("integer division or modulo by zero");
  __int128 quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

Value jinja::compute(Arena &arena, Arithmetic operation, const Value &a, const Value &b) {
  if (a.kind == Kind::Float || b.kind == Kind::Float)
    return computeFloat(operation, toDouble(a), toDouble(b));
  __int128 x = wide(a), y = wide(b), result;
  switch (operation) {
  case Arithmetic::Add:
    if (__builtin_add_overflow(x, y, &result))
      failWide();
    break;
  case Arithmetic::Subtract:
    if (__builtin_sub_overflow(x, y, &result))
      failWide();
    break;
  case Arithmetic::Multiply:
    if (__builtin_mul_overflow(x, y, &result))
      failWide();
    break;
  case Arithmetic::Divide:
    return computeFloat(operation, toDouble(a), toDouble(b));
  case Arithmetic::FloorDivide:
    if (y == -1)
      return negate(arena, a);
    result = floorDivide(x, y);
    break;
  case Arithmetic::Modulo:
    result = y == -1 ? 0 : x - floorDivide(x, y) * y;
    break;
  case Arithmetic::Power:
    if (y < 0)
      return computeFloat(operation, toDouble(a), toDouble(b));
    result = power(x, y);
    break;
  }
  return makeInteger(arena, result);
}

Value jinja::negate(Arena &arena, const Value &a) {
  if (a.kind == Kind::Float)
    return Value::of(-a.real);
  __int128 result;
  if (__builtin_sub_overflow(__int128(0), wide(a), &result))
    failWide();
  return makeInteger(arena, result);
}

static int digitOf(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'z' ? c - 'a' + 10
         : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                : 99;
}

std::optional<Value> jinja::parseInteger(Arena &arena, std::string_view text, int base) {
  bool isNegative = text.starts_with('-');
  if (isNegative || text.starts_with('+'))
    text.remove_prefix(1);
  auto takePrefix = [&](char letter, int ofPrefix) {
    if ((base == 0 || base == ofPrefix) && text.size() > 2 && text[0] == '0' &&
        (text[1] | 0x20) == letter) {
      text.remove_prefix(text[2] == '_' ? 3 : 2);
      base = ofPrefix;
    }
  };
  takePrefix('x', 16);
  takePrefix('o', 8);
  takePrefix('b', 2);
  base = base == 0 ? 10 : base;
  __int128 value = 0;
  bool isWide = false, wasDigit = false;
  for (char c : text) {
    if (c == '_' && wasDigit) {
      wasDigit = false;
      continue;
    }
    int digit = digitOf(c);
    if (digit >= base)
      return std::nullopt;
    wasDigit = true;
    isWide |= __builtin_mul_overflow(value, __int128(base), &value) ||
              __builtin_add_overflow(value, __int128(digit), &value);
  }
  if (!wasDigit)
    return std::nullopt;
  if (!isWide)
    return makeInteger(arena, isNegative ? -value : value);
  if (base != 10)
    failWide();
  std::string digits = isNegative ? "-" : "";
  size_t first = std::min(text.find_first_not_of("0_"), text.size());
  std::ranges::copy_if(text.substr(first), std::back_inserter(digits),
                       [](char c) { return c != '_'; });
  Value big = Value::of(int64_t(0));
  big.kind = Kind::BigInt;
  big.big = arena.make<BigIntData>({0, arena.keep(digits)});
  return big;
}

std::optional<double> jinja::parseFloat(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_')
      plain += text[i];
    else if (i == 0 || i + 1 == text.size() || digitOf(text[i - 1]) > 9 || digitOf(text[i + 1]) > 9)
      return std::nullopt;
  }
  if (plain.starts_with('+') && !plain.starts_with("+-"))
    plain.erase(0, 1);
  double value;
  auto [end, ec] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (end != plain.data() + plain.size() || plain.empty() || plain.find('(') != plain.npos)
    return std::nullopt;
  if (ec == std::errc::result_out_of_range)
    return std::strtod(plain.c_str(), nullptr);
  return ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::string jinja::printInteger(__int128 value) {
  char digits[48];
  char *at = std::end(digits);
  auto rest = static_cast<unsigned __int128>(value);
  if (value < 0)
    rest = -rest;
  do {
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest);
  if (value < 0)
    *--at = '-';
  return {at, std::end(digits)};
}

void jinja::appendFloat(std::string &out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    return;
  }
  // The shortest digits that are this number, in scientific form.
  char buffer[40];
  auto [end, ec] = std::to_chars(buffer, std::end(buffer), value, std::chars_format::scientific);
  std::string_view text(buffer, end);
  size_t e = text.find('e');
  int exponent = 0;
  const char *number = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(number, end, exponent);
  std::string digits;
  std::ranges::copy_if(text.substr(0, e), std::back_inserter(digits),
                       [](char c) { return c >= '0' && c <= '9'; });
  if (std::signbit(value))
    out += '-';
  auto count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (count > 1)
      out.append(".").append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10)
      out += '0';
    out += std::to_string(std::abs(exponent));
  } else if (exponent < 0) {
    out.append("0.").append(-exponent - 1, '0').append(digits);
  } else if (exponent + 1 >= count) {
    out.append(digits).append(exponent + 1 - count, '0').append(".0");
  } else {
    out.append(digits, 0, exponent + 1).append(".").append(digits, exponent + 1);
  }
}

void jinja::appendNumber(std::string &out, const Value &value) {
  if (value.kind == Kind::Bool)
    out += value.boolean ? "True" : "False";
  else if (value.kind == Kind::Int)
    out += std::to_string(value.integer);
  else if (value.kind == Kind::Float)
    appendFloat(out, value.real);
  else
    out +=
        value.big->digits.empty() ? printInteger(value.big->value) : std::string(value.big->digits);
}
