//===- FileTest.cpp - Files and directories ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Mapping, atomic writes and directories that appear whole.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/File.h"
#include "moec/Support/Checksums.h"
#include "moec/Support/DirectoryWriter.h"

#include <filesystem>
#include <gtest/gtest.h>

using namespace moec;
namespace fs = std::filesystem;

namespace {
/// A fresh folder for each test.
class FileTest : public testing::Test {
protected:
  void SetUp() override {
    dir = fs::path(testing::TempDir()) /
          testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir);
    fs::create_directories(dir);
  }
  void TearDown() override { fs::remove_all(dir); }
  std::string at(const char *name) { return (dir / name).string(); }
  size_t entries() { return std::distance(fs::directory_iterator(dir), {}); }
  fs::path dir;
};
} // namespace

TEST_F(FileTest, MapsAndReadsWhatWasWritten) {
  ASSERT_FALSE(writeFileAtomic(at("a"), "hello"));
  Expected<MappedFile> file = MappedFile::open(at("a"));
  ASSERT_TRUE(file);
  MappedFile moved = std::move(*file);
  EXPECT_EQ(std::string(reinterpret_cast<const char *>(moved.bytes().data()), 5), "hello");
  EXPECT_EQ(*readFile(at("a")), "hello");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, EmptyFileMapsToNothing) {
  ASSERT_FALSE(writeFileAtomic(at("a"), ""));
  Expected<MappedFile> file = MappedFile::open(at("a"));
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(FileTest, FailuresNameTheFileAndTheNumbers) {
  EXPECT_EQ(MappedFile::open(at("none")).takeError().message(),
            "cannot open '" + at("none") + "': No such file or directory");
  EXPECT_EQ(MappedFile::open(dir.string()).takeError().message(),
            "'" + dir.string() + "' is not a regular file");
  ASSERT_FALSE(writeFileAtomic(at("a"), "hello"));
  EXPECT_EQ(readFile(at("a"), 4).takeError().message(),
            "'" + at("a") + "' has 5 bytes, more than the 4 allowed");
}

TEST_F(FileTest, DirectoryAppearsOnlyOnCommit) {
  {
    Expected<DirectoryWriter> writer = DirectoryWriter::create(at("out/"), "marker");
    ASSERT_TRUE(writer);
    ASSERT_FALSE(writer->writeFile("sub/marker", "x"));
    EXPECT_FALSE(fs::exists(at("out")));
  }
  EXPECT_EQ(entries(), 0u) << "an uncommitted directory must leave nothing";

  for (const char *contents : {"first", "second"}) { // the second replaces the first
    Expected<DirectoryWriter> writer = DirectoryWriter::create(at("out"), "marker");
    ASSERT_TRUE(writer);
    ASSERT_FALSE(writer->writeFile("marker", contents));
    ASSERT_FALSE(writer->commit());
    EXPECT_EQ(*readFile(at("out/marker")), contents);
    EXPECT_EQ(entries(), 1u);
  }
}

TEST_F(FileTest, DirectoryOfSomebodyElseIsNotReplaced) {
  fs::create_directories(at("home"));
  ASSERT_FALSE(writeFileAtomic(at("home/letter"), "x"));
  Expected<DirectoryWriter> writer = DirectoryWriter::create(at("home"), "plan.fb");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.takeError().message(),
            "'" + at("home") +
                "' exists and holds no 'plan.fb', so it was not written by moec; choose another "
                "output name");
  EXPECT_TRUE(fs::exists(at("home/letter")));
}

TEST_F(FileTest, ChecksumsRoundTripAndFindAChangedByte) {
  Checksums sums;
  sums.add("b", asBytes("two"));
  ASSERT_FALSE(writeFileAtomic(at("a"), "one"));
  ASSERT_FALSE(sums.addFile(dir.string(), "a"));
  Expected<Checksums> parsed = Checksums::parse(sums.text());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->entries(), sums.entries());
  Checksums copied;
  for (const char *name : {"a", "none"})
    copied.addFrom(sums, name);
  EXPECT_EQ(copied.entries().size(), 1u);
  EXPECT_FALSE(copied.check("a", asBytes("one")));
  EXPECT_FALSE(parsed->check("a", asBytes("one")));
  EXPECT_NE(parsed->check("a", asBytes("onf")).message().find("'a' has SHA-256 "),
            std::string::npos);
  EXPECT_EQ(parsed->check("c", asBytes("")).message(), "'c' is not listed in SHA256SUMS");
  EXPECT_EQ(Checksums::parse("xyz\n").takeError().message(),
            "line 1 is not 64 hexadecimal digits, two spaces and a file name");
}
