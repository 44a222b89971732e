//===- Library.h - Filters, tests, methods and functions --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_LIBRARY_LIBRARY_H
#define MOEC_TEMPLATE_LIBRARY_LIBRARY_H

#include "runtime/template/value/Value.h"

#include <array>
#include <initializer_list>
#include <span>
#include <string_view>

namespace moec::jinja {

class Interpreter;

struct NamedValue {
  std::string_view name;
  Value value;
};

/// What a function is called with.
struct CallArguments {
  std::span<const Value> positional;
  std::span<const NamedValue> named;
};

/// A filter, a test, a method or a function; the value is what it is applied to.
using LibraryFunction = Value (*)(Interpreter &, const Value &, const CallArguments &);

struct LibraryEntry {
  std::string_view name;
  LibraryFunction function;
};

/// Arguments by the names of a function's parameters.
class Parameters {
public:
  /// Fails on arguments that no parameter takes, and where one of the first `required` has none.
  Parameters(std::string_view function, const CallArguments &arguments,
             std::initializer_list<std::string_view> names, size_t required = 0);

  /// The argument, or null.
  const Value *operator[](size_t index) const { return values[index]; }
  bool flag(size_t index, bool absent = false) const;
  int64_t integer(size_t index, int64_t absent) const;
  /// Fails on what is no string.
  std::string_view text(size_t index, std::string_view absent = {}) const;
  /// Whether there is one that is not none.
  bool has(size_t index) const { return values[index] && !values[index]->isNone(); }
  /// The value of an argument; none where it is absent.
  Value value(size_t index) const { return values[index] ? *values[index] : Value::none(); }

private:
  std::string_view function;
  std::array<const Value *, 6> values{};
};

/// The filter or test of a name, or null.
LibraryFunction findFilter(std::string_view name);
LibraryFunction findTest(std::string_view name);
/// Whether Jinja has a filter or test of that name, which this library has not.
bool isForeign(std::string_view name, bool isFilter);

/// The methods of one name.
struct MethodEntry {
  std::string_view name;
  LibraryFunction ofString = nullptr, ofList = nullptr, ofTuple = nullptr, ofDict = nullptr,
                  ofNumber = nullptr, ofLoop = nullptr, ofCycler = nullptr;

  /// The method of a value, or null.
  LibraryFunction of(const Value &value) const;
};

/// What stands in place of methods that change their object, which the sandbox hides, and of those
/// that Python has and this library has not.
Value hiddenMethod(Interpreter &, const Value &, const CallArguments &);
Value foreignMethod(Interpreter &, const Value &, const CallArguments &);

/// The methods of a name, or null.
const MethodEntry *findMethod(std::string_view name);
/// Whether a call of that name can be nothing that the library has.
bool isForeignMethod(std::string_view name);

/// The functions that templates have: their names by id, and their calls.
std::span<const LibraryEntry> globalFunctions();

// Tables of filters, by what they are about.
std::span<const LibraryEntry> textFilters();
std::span<const LibraryEntry> sequenceFilters();
std::span<const LibraryEntry> selectionFilters();
std::span<const LibraryEntry> numberFilters();
std::span<const LibraryEntry> testEntries();

/// Python's `format % values` and `format.format(…)`.
Value formatPercent(Interpreter &interpreter, std::string_view format, const Value &values);
Value formatBraces(Interpreter &interpreter, const Value &format, const CallArguments &arguments);

/// Python's slice of a sequence; null bounds are absent.
Value slice(Interpreter &interpreter, const Value &object, const Value *begin, const Value *end,
            const Value *step);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_LIBRARY_LIBRARY_H
