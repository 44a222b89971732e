//===- Sorting.h - Keys by which filters order ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_LIBRARY_SORTING_H
#define MOEC_TEMPLATE_LIBRARY_SORTING_H

#include "runtime/template/library/Library.h"

#include <functional>

namespace moec::jinja {

/// What a filter looks at in an element: itself, or an attribute as `name`, `name.name` or an
/// index says.
class AttributePath {
public:
  /// None and no attribute are the element itself.
  explicit AttributePath(Interpreter &interpreter, const Value *attribute);

  /// The attribute of an element; `absent` in place of an undefined one, unless null or none.
  Value of(Interpreter &interpreter, Value element, const Value *absent = nullptr) const;

private:
  std::vector<Value> parts;
};

/// A value as filters that ignore case compare it.
Value ignoreCase(Interpreter &interpreter, const Value &value);

/// The elements in the order of their keys, as Python's sorted() has it.
std::vector<Value> sortBy(Interpreter &interpreter, std::span<const Value> elements, bool reverses,
                          const std::function<Value(const Value &)> &keyOf);

/// What can be gone through once: the elements that `make` adds. Where it fails, so does whoever
/// comes there.
Value makeIterator(Interpreter &interpreter, const char *type,
                   const std::function<void(std::vector<Value> &)> &make);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_LIBRARY_SORTING_H
