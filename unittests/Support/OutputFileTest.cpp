//===- OutputFileTest.cpp - Large files that are written once ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Several threads write one file that is larger than its window.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/OutputFile.h"
#include "moec/Support/File.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

using namespace moec;
namespace fs = std::filesystem;

namespace {
class OutputFileTest : public testing::Test {
protected:
  void TearDown() override { fs::remove(path); }
  std::string path = (fs::path(testing::TempDir()) / "moec-output-file").string();
};
} // namespace

TEST_F(OutputFileTest, HasWhatThreadsWroteAtTheirPlaces) {
  constexpr uint64_t piece = (uint64_t(5) << 20) + 3, pieces = 20;
  static_assert(piece * pieces > OutputFile::windowBytes);
  Expected<std::unique_ptr<OutputFile>> file = OutputFile::create(path);
  ASSERT_TRUE(file);
  auto write = [&](uint64_t first) {
    for (uint64_t i = first; i < pieces; i += 2) {
      std::vector<std::byte> bytes(piece, std::byte(i + 1));
      EXPECT_FALSE((*file)->write(i * piece, bytes));
    }
  };
  std::thread even(write, 0), odd(write, 1);
  even.join();
  odd.join();
  EXPECT_EQ((*file)->written(), piece * pieces);
  Expected<MappedFile> written = MappedFile::open(path);
  ASSERT_TRUE(written);
  ASSERT_EQ(written->bytes().size(), piece * pieces);
  for (uint64_t i = 0; i < pieces; ++i) {
    std::vector<std::byte> bytes(piece, std::byte(i + 1));
    EXPECT_EQ(std::memcmp(written->bytes().data() + i * piece, bytes.data(), piece), 0) << i;
  }
}

TEST_F(OutputFileTest, SaysWhyItCannotBeWritten) {
  EXPECT_EQ(OutputFile::create("/no-such-folder/x").takeError().message(),
            "cannot create '/no-such-folder/x': No such file or directory");
  Expected<std::unique_ptr<OutputFile>> full = OutputFile::create("/dev/full");
  ASSERT_TRUE(full);
  EXPECT_EQ((*full)->write(0, asBytes("x")).message(), "No space left on device");
}
