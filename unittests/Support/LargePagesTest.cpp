//===- LargePagesTest.cpp - Moving a mapping under its readers --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Support/LargePages.h"

#include "moec/Support/File.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace moec;

namespace {
/// The name of the file at an address, as the system knows it; empty for plain memory.
std::string getMappedName(const std::byte *address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash;
    std::istringstream fields(line);
    fields >> std::hex >> begin >> dash >> end;
    auto wanted = reinterpret_cast<uintptr_t>(address);
    if (begin <= wanted && wanted < end) {
      size_t name = line.find('/');
      return name == std::string::npos ? "" : line.substr(name);
    }
  }
  ADD_FAILURE() << "nothing is mapped there";
  return "";
}

class LargePagesTest : public testing::Test {
protected:
  /// Maps a file of so many bytes, word i of which is i.
  void map(size_t bytes) {
    path = testing::TempDir() + "large-pages";
    std::string contents(bytes, '\0');
    for (uint64_t i = 0; i < bytes / 8; ++i)
      std::memcpy(contents.data() + 8 * i, &i, 8);
    ASSERT_FALSE(bool(writeFileAtomic(path, contents)));
    Expected<MappedFile> opened = MappedFile::open(path);
    ASSERT_TRUE(bool(opened));
    file = std::move(*opened);
  }
  void TearDown() override { std::remove(path.c_str()); }

  /// How many words are not what the file has.
  uint64_t countWrong() const {
    uint64_t wrong = 0;
    const std::byte *data = file.bytes().data();
    for (uint64_t i = 0; i < file.bytes().size() / 8; ++i) {
      uint64_t word;
      std::memcpy(&word, data + 8 * i, 8);
      wrong += word != i;
    }
    return wrong;
  }

  std::string path;
  MappedFile file;
};

TEST_F(LargePagesTest, ReadersSeeTheSameBytes) {
  // Two pieces and a rest.
  map((150u << 20) + 4096 + 8);
  std::atomic<bool> done = false;
  std::atomic<uint64_t> wrong = 0;
  std::thread reader([&] {
    do
      wrong += countWrong();
    while (!done);
  });
  LargePages pages(file.bytes());
  pages.wait();
  done = true;
  reader.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(countWrong(), 0u);
  // The middle was moved; the ends of the file, which fill no large page, were not.
  const std::byte *data = file.bytes().data();
  EXPECT_EQ(getMappedName(data + file.bytes().size() / 2), "");
  EXPECT_NE(getMappedName(data + file.bytes().size() - 1).find("large-pages"), std::string::npos);
}

TEST_F(LargePagesTest, SmallFilesStay) {
  map(4096);
  LargePages pages(file.bytes());
  pages.wait();
  EXPECT_EQ(countWrong(), 0u);
  EXPECT_NE(getMappedName(file.bytes().data()).find("large-pages"), std::string::npos);
}

TEST_F(LargePagesTest, EndsInTheMiddle) {
  map(300u << 20);
  {
    LargePages pages(file.bytes());
  }
  EXPECT_EQ(countWrong(), 0u);
}
} // namespace
