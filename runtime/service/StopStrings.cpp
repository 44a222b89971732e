//===- StopStrings.cpp - Texts that end a text ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Byte by byte: an answer of a few kilobytes and a handful of short strings are not worth an
// automaton.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/service/StopStrings.h"

#include <algorithm>
#include <utility>

using namespace moec;
using namespace moec::runtime;

const std::string *StopStrings::findEnding() const {
  const std::string *longest = nullptr;
  for (const std::string &stop : stops)
    if (held.ends_with(stop) && (!longest || stop.size() > longest->size()))
      longest = &stop;
  return longest;
}

/// The bytes at the end of what is held that begin a stop string.
size_t StopStrings::countOpen() const {
  size_t most = 0;
  for (const std::string &stop : stops)
    for (size_t count = std::min(held.size(), stop.size() - 1); count > most; --count)
      if (held.ends_with(std::string_view(stop).substr(0, count)))
        most = count;
  return most;
}

std::string StopStrings::push(std::string_view piece) {
  std::string out;
  for (char byte : piece) {
    if (match)
      return out;
    held += byte;
    if (const std::string *stop = findEnding()) {
      match = *stop;
      out.append(held, 0, held.size() - (include ? 0 : stop->size()));
      held.clear();
      return out;
    }
    size_t open = countOpen();
    out.append(held, 0, held.size() - open);
    held.erase(0, held.size() - open);
  }
  return out;
}

std::string StopStrings::pass(std::string_view piece) {
  if (match)
    return {};
  return finish() += piece;
}

std::string StopStrings::finish() { return std::exchange(held, {}); }
