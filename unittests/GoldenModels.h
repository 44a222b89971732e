//===- GoldenModels.h - The checkpoints of test/golden ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_GOLDENMODELS_H
#define UNITTESTS_GOLDENMODELS_H

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace moec::test {

/// The folders of test/golden that hold a checkpoint, by name.
inline std::vector<std::string> listGoldenModels() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(MOEC_SOURCE_DIR "/test/golden"))
    if (std::filesystem::exists(entry.path() / "golden.safetensors"))
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace moec::test

#endif // UNITTESTS_GOLDENMODELS_H
