//===- Watch.cpp - What one rendering may take of time and texts *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/value/Watch.h"

#include "runtime/template/value/Value.h"

#include <cstring>

using namespace moec;
using namespace moec::jinja;
using Clock = std::chrono::steady_clock;

/// Calls between two looks at the clock.
static constexpr unsigned interval = 1024;

namespace {
struct Bounds {
  Clock::time_point end = Clock::time_point::max();
  std::chrono::milliseconds time{0};
  uint64_t textBytes = UINT64_MAX;
  unsigned calls = 0;
};
} // namespace

static thread_local Bounds bounds;

Watch::Watch(std::chrono::milliseconds time, uint64_t textBytes) {
  bounds = {Clock::now() + time, time, textBytes};
}
Watch::~Watch() { bounds = {}; }

void Watch::check() {
  if (++bounds.calls % interval == 0)
    checkNow();
}

void Watch::checkNow() {
  if (Clock::now() > bounds.end)
    fail("the template takes longer than ", bounds.time.count(), " ms");
}

void Watch::checkSize(uint64_t bytes) {
  check();
  if (bytes > bounds.textBytes)
    fail("the template makes a value of more than ", bounds.textBytes, " bytes");
}

size_t jinja::findIn(std::string_view text, std::string_view wanted, size_t at) {
  if (at > text.size())
    return text.npos;
  if (wanted.empty())
    return at;
  const void *found = memmem(text.data() + at, text.size() - at, wanted.data(), wanted.size());
  return found ? size_t(static_cast<const char *>(found) - text.data()) : text.npos;
}
