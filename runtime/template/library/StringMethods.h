//===- StringMethods.h - What methods and filters share ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_LIBRARY_STRINGMETHODS_H
#define MOEC_TEMPLATE_LIBRARY_STRINGMETHODS_H

#include "runtime/template/library/Library.h"
#include "runtime/template/value/Text.h"

namespace moec::jinja {

/// A text with up to `count` places replaced, all if negative; within the bounds of a rendering.
Value replaceText(Interpreter &interpreter, const Value &text, std::string_view from,
                  std::string_view to, int64_t count);
/// A text with `fill`, one character, on a side, or on both, up to a width.
Value pad(Interpreter &interpreter, const Value &text, int64_t width, std::string_view fill,
          Side side);
/// The lines of a text by Python's ends of lines.
std::vector<std::string_view> splitLines(std::string_view text, bool keepsEnds);

/// The methods of strings by name.
std::span<const LibraryEntry> stringMethods();
/// Those that ask something of all characters: isdigit and such.
std::span<const LibraryEntry> stringQuestions();

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_LIBRARY_STRINGMETHODS_H
