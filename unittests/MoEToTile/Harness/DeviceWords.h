//===- DeviceWords.h - A kernel's words on an emulated device ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_DEVICEWORDS_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_DEVICEWORDS_H

#include "NativeKernel.h"

#include "moec/emulator/core/Memory.h"

namespace moec::test {

/// The words of one launch, with a copy of everything in the device's memory, of exactly the size
/// that the kernel is told, and the grid.
class DeviceWords {
public:
  DeviceWords(tile::KernelOp source, const std::vector<Word> &words,
              emulator::AllocationTable &memory);

  /// What the kernel wrote.
  void copyBack() const;

  std::vector<uint64_t> arguments;
  uint32_t grid[3] = {};

private:
  std::vector<std::pair<const Word *, void *>> copies;
};

/// Fails the running test with what a launch of `source` says.
void failLaunch(tile::KernelOp source, const Error &error);

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_DEVICEWORDS_H
