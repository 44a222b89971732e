//===- LaunchMemory.h - Arrays of a plan on a device ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Writes the reference's values where a launch reads them, and reads what it wrote. Everything
// around a value is filled with bytes that are NaN, −1 or no scale.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_CHECK_LAUNCHMEMORY_H
#define MOEC_TOOLS_MOEC_CHECK_LAUNCHMEMORY_H

#include "PlanMap.h"

#include "moec/Reference/Encoding.h"
#include "moec/Reference/Reference.h"
#include "moec/runtime/Executor.h"

namespace moec {

/// The memory of one executor, after begin() of a step.
class LaunchMemory {
public:
  explicit LaunchMemory(runtime::Executor &executor) : executor(executor) {}

  /// Fills an array, of `count` elements where it is not a buffer, with bytes that are no value.
  Error poison(const Place &place, int64_t count);
  /// Writes a tensor, or its integers, to the start of an array whose rest is poisoned.
  Error write(const Place &place, const reference::Tensor &tensor);
  /// Reads `count` elements. `intact` becomes false when bytes behind them were written.
  Expected<reference::Tensor> read(const Place &place, int64_t count, bool &intact);

  /// Writes a whole cache, or reads one as large as `like`: row after row in each stream.
  Error writeCache(const Place &place, const reference::Encoded &rows);
  Expected<reference::Encoded> readCache(const Place &place, const reference::Encoded &like);

private:
  /// The bytes of part 0 (numbers or codes) or 1 (scales) of an array.
  uint64_t sizeOf(const Place &place, uint32_t part, int64_t count) const;
  Error writeBytes(const Place &place, uint32_t part, std::vector<uint8_t> bytes);
  Expected<std::vector<uint8_t>> readBytes(const Place &place, uint32_t part, uint64_t size);

  runtime::Executor &executor;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_CHECK_LAUNCHMEMORY_H
