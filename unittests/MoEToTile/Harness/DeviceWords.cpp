//===- DeviceWords.cpp - A kernel's words on an emulated device -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "DeviceWords.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mlir;
using namespace moec;
using namespace moec::test;

DeviceWords::DeviceWords(tile::KernelOp source, const std::vector<Word> &words,
                         emulator::AllocationTable &memory) {
  std::vector<int64_t> indices;
  for (const Word &word : words) {
    if (!word.address) {
      indices.push_back(word.index);
      arguments.push_back(uint64_t(word.index));
      continue;
    }
    void *device = memory.allocate(std::max<size_t>(word.bytes, 1));
    std::memcpy(device, word.address, word.bytes);
    copies.emplace_back(&word, device);
    arguments.push_back(reinterpret_cast<uint64_t>(device));
  }
  EXPECT_EQ(arguments.size(), source.getNumWords());
  std::array<int64_t, 3> extents = source.evaluateGrid(indices);
  std::copy(extents.begin(), extents.end(), grid);
}

void DeviceWords::copyBack() const {
  for (auto [word, device] : copies)
    std::memcpy(word->address, device, word->bytes);
}

void moec::test::failLaunch(tile::KernelOp source, const Error &error) {
  std::string text;
  llvm::raw_string_ostream(text) << source;
  FAIL() << error.message() << "\n" << text;
}
