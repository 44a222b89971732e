//===- NumberFilters.cpp - Filters of numbers -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/value/Number.h"

#include "runtime/template/eval/Interpreter.h"
#include "runtime/template/value/Text.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace moec;
using namespace moec::jinja;

static Value absFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters none("abs", arguments, {});
  requireDefined(self);
  if (!self.isNumber())
    fail("bad operand type for abs(): '", typeName(self), "'");
  if (self.kind == Kind::Float)
    return Value::of(std::fabs(self.real));
  return wide(self) < 0 ? negate(vm.memory(), self) : makeInteger(vm.memory(), wide(self));
}

static Value truncate(Interpreter &vm, double value) {
  if (std::fabs(value) >= 0x1p126)
    fail("the integer of ", value,
         " has more than 128 bits, with which templates cannot compute "
         "here");
  return makeInteger(vm.memory(), static_cast<__int128>(value));
}

static Value intFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("int", arguments, {"default", "base"});
  Value absent = given[0] ? *given[0] : Value::of(int64_t(0));
  requireDefined(self);
  if (self.isIntegral())
    return self.kind == Kind::Bool ? Value::of(int64_t(self.boolean)) : self;
  if (self.kind == Kind::Float) {
    if (std::isinf(self.real))
      fail("cannot convert float infinity to integer");
    return std::isnan(self.real) ? absent : truncate(vm, self.real);
  }
  if (!self.isString())
    return absent;
  std::string_view text = strip(self.text());
  int64_t base = given.integer(1, 10);
  if (base != 0 && (base < 2 || base > 36))
    return absent;
  if (auto value = parseInteger(vm.memory(), text, static_cast<int>(base)))
    return *value;
  if (auto value = parseFloat(text); value && std::isfinite(*value))
    return truncate(vm, *value);
  return absent;
}

static Value floatFilter(Interpreter &, const Value &self, const CallArguments &arguments) {
  Parameters given("float", arguments, {"default"});
  requireDefined(self);
  if (self.isNumber())
    return Value::of(toDouble(self));
  if (self.isString())
    if (auto value = parseFloat(strip(self.text())))
      return Value::of(*value);
  return given[0] ? *given[0] : Value::of(0.0);
}

/// The nearest number of so many digits behind the point, as Python rounds.
static double roundDigits(double value, int64_t digits) {
  if (digits > 300 || !std::isfinite(value))
    return value;
  if (digits < 0) {
    double unit = std::pow(10.0, static_cast<double>(-digits));
    return std::isinf(unit) ? 0 : std::nearbyint(value / unit) * unit;
  }
  // The C library rounds the number itself, not one of its multiples.
  char text[700];
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(digits), value);
  return std::strtod(text, nullptr);
}

static Value roundFilter(Interpreter &vm, const Value &self, const CallArguments &arguments) {
  Parameters given("round", arguments, {"precision", "method"});
  int64_t precision = given.integer(0, 0);
  std::string_view method = given.text(1, "common");
  requireDefined(self);
  if (!self.isNumber())
    fail("type ", typeName(self), " doesn't define __round__ method");
  if (method != "common" && method != "ceil" && method != "floor")
    fail("method must be common, ceil or floor");
  if (method != "common") {
    double unit = std::pow(10.0, static_cast<double>(precision)), value = toDouble(self) * unit;
    return Value::of((method == "ceil" ? std::ceil(value) : std::floor(value)) / unit);
  }
  if (self.kind == Kind::Float)
    return Value::of(roundDigits(self.real, precision));
  if (precision >= 0)
    return makeInteger(vm.memory(), wide(self));
  return truncate(vm, roundDigits(toDouble(self), precision));
}

std::span<const LibraryEntry> jinja::numberFilters() {
  static constexpr LibraryEntry table[] = {
      {"abs", absFilter}, {"int", intFilter}, {"float", floatFilter}, {"round", roundFilter}};
  return table;
}
