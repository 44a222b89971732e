//===- InOrder.h - Made on threads, taken in order --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A file is made of pieces that can be made at once, but are hashed from its first byte to its
// last.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_INORDER_H
#define MOEC_SUPPORT_INORDER_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>

namespace moec {

/// How much of what is made may be there at once: so many things, and so many bytes, where one
/// thing alone may be larger.
struct InOrderLimits {
  size_t things;
  uint64_t bytes;
};

/// Calls make(i) for i = 0 … count − 1, each on a thread of its own, and take(i) on this one after
/// it, in order. Thing i + limits.things is begun when thing i was taken, so it can have its place.
/// `bytes` says how large a thing is. The first error, in order, is the result; nothing more is
/// begun after it, and nothing runs any more when this returns.
inline Error forEachInOrder(size_t count, InOrderLimits limits,
                            const std::function<uint64_t(size_t)> &bytes,
                            const std::function<Error(size_t)> &make,
                            const std::function<Error(size_t)> &take) {
  std::deque<std::future<Error>> running;
  uint64_t held = 0;
  for (size_t i = 0, next = 0; i < count; ++i) {
    for (; next < count && next < i + limits.things; ++next) {
      if (next > i && held + bytes(next) > limits.bytes)
        break;
      held += bytes(next);
      running.push_back(std::async(std::launch::async, make, next));
    }
    Error error = running.front().get();
    running.pop_front();
    if (!error)
      error = take(i);
    if (error)
      return error;
    held -= bytes(i);
  }
  return Error::success();
}

} // namespace moec

#endif // MOEC_SUPPORT_INORDER_H
