//===- Number.h - Python's numbers ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Integers of 128 bits; a longer one of the input keeps its digits but cannot be computed with.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_VALUE_NUMBER_H
#define MOEC_TEMPLATE_VALUE_NUMBER_H

#include "runtime/template/value/Value.h"

#include <compare>
#include <optional>

namespace moec::jinja {

enum class Arithmetic : uint8_t { Add, Subtract, Multiply, Divide, FloorDivide, Modulo, Power };

/// The sign of an operation: "+".
const char *symbolOf(Arithmetic operation);

/// The operation on two numbers.
Value compute(Arena &arena, Arithmetic operation, const Value &a, const Value &b);
Value negate(Arena &arena, const Value &a);
/// The integer of a decimal text, if it is one; underscores may stand between digits.
std::optional<Value> parseInteger(Arena &arena, std::string_view text, int base = 10);
std::optional<double> parseFloat(std::string_view text);
Value makeInteger(Arena &arena, __int128 value);
/// The value of an integer or bool.
__int128 wide(const Value &value);
/// A number as a double.
double toDouble(const Value &value);
/// An integer that fits 64 bits, as an index or a count; fails on anything else, naming `what`.
int64_t toIndex(const Value &value, const char *what);

std::partial_ordering compareNumbers(const Value &a, const Value &b);
uint64_t hashNumber(const Value &value);

/// Python's text of a number.
void appendNumber(std::string &out, const Value &value);
/// Python's repr of a float.
void appendFloat(std::string &out, double value);
std::string printInteger(__int128 value);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_VALUE_NUMBER_H
