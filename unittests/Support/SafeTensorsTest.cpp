//===- SafeTensorsTest.cpp - Safetensors files ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is written reads back; every rule of the format has a file that breaks it.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/SafeTensors.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>

using namespace moec;
namespace fs = std::filesystem;

namespace {
class SafeTensorsTest : public testing::Test {
protected:
  void SetUp() override {
    dir = fs::path(testing::TempDir()) /
          testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(dir);
    fs::create_directories(dir);
  }
  void TearDown() override { fs::remove_all(dir); }
  std::string at(const std::string &name) { return (dir / name).string(); }

  /// Writes a file of F32 tensors of the shape [2], valued 1, 2, 3, …
  void write(const std::string &name, std::vector<std::string> tensors) {
    std::vector<SafeTensorsWriter::Declaration> declarations;
    for (const std::string &tensor : tensors)
      declarations.push_back({tensor, DType::F32, {2}});
    Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(at(name), declarations);
    ASSERT_TRUE(writer);
    std::vector<float> values;
    for (size_t i = 0; i < 2 * tensors.size(); ++i)
      values.push_back(static_cast<float>(i + 1));
    ASSERT_FALSE(writer->append(std::as_bytes(std::span(values))));
    ASSERT_FALSE(writer->finish());
  }
  fs::path dir;
};

std::string parseError(std::string_view json, uint64_t dataBytes) {
  return SafeTensorsHeader::parse(json, dataBytes).takeError().message();
}
} // namespace

TEST_F(SafeTensorsTest, ReadsBackWhatWasWritten) {
  Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(
      at("a"), {{"b \"x\"", DType::BF16, {3}}, {"a", DType::U8, {}}, {"empty", DType::F32, {0, 4}}},
      {{"format", "pt"}, {"k", "v"}});
  ASSERT_TRUE(writer);
  ASSERT_FALSE(writer->append(asBytes("123456")));
  EXPECT_FALSE(fs::exists(at("a"))) << "no half-written file under the final name";
  ASSERT_FALSE(writer->append(asBytes("7")));
  ASSERT_FALSE(writer->finish());

  Expected<SafeTensors> file = SafeTensors::open(at("a"));
  ASSERT_TRUE(file) << file.takeError().message();
  EXPECT_EQ(file->dataOffset() % 4096, 0u);
  ASSERT_EQ(file->tensors().size(), 3u);
  EXPECT_EQ(file->tensors()[0].name, "a");
  EXPECT_EQ(file->find("b \"x\"")->shape, std::vector<int64_t>{3});
  EXPECT_EQ(file->find("b \"x\"")->dtype, DType::BF16);
  EXPECT_EQ(std::memcmp(file->data(*file->find("a")).data(), "7", 1), 0);
  EXPECT_EQ(file->find("empty")->elements(), 0u);
  EXPECT_EQ(file->find("c"), nullptr);
  EXPECT_EQ(file->metadata()[1].second, "v");
}

TEST_F(SafeTensorsTest, WriterHoldsItsCallerToTheDeclaration) {
  {
    Expected<SafeTensorsWriter> writer =
        SafeTensorsWriter::create(at("a"), {{"x", DType::U8, {4}}});
    ASSERT_TRUE(writer);
    EXPECT_EQ(writer->append(asBytes("12345")).message(),
              "'" + at("a") + "' was given 5 bytes of data for the 4 declared");
    EXPECT_EQ(writer->finish().message(),
              "'" + at("a") + "' was given 0 bytes of data for the 4 declared");
  }
  EXPECT_TRUE(fs::is_empty(dir));
}

TEST(SafeTensorsHeader, EveryRuleIsChecked) {
  auto one = [](const char *shape, const char *offsets) {
    return strCat(R"({"a":{"dtype":"F32","shape":)", shape, R"(,"data_offsets":)", offsets, "}}");
  };
  EXPECT_EQ(parseError(one("[2]", "[0,8]"), 8), "");
  EXPECT_EQ(parseError(one("[2]", "[0,8]"), 9),
            "the tensors end at byte 8 of the data, which has 9");
  EXPECT_EQ(parseError(one("[3]", "[0,8]"), 8),
            "tensor 'a' needs 12 bytes by its shape and has 8 by its data_offsets");
  EXPECT_EQ(parseError(one("[2]", "[8,0]"), 8),
            "tensor 'a' has data_offsets [8, 0] outside of the 8 bytes of data");
  EXPECT_EQ(parseError(one("[2]", "[0,16]"), 8),
            "tensor 'a' has data_offsets [0, 16] outside of the 8 bytes of data");
  EXPECT_EQ(parseError(one("[1]", "[4,8]"), 8),
            "tensor 'a' begins at byte 4 of the data where 0 was expected (a hole)");
  EXPECT_EQ(parseError(one("[4611686018427387904,4]", "[0,8]"), 8),
            "tensor 'a' has a shape of more than 2^64 bytes");
  EXPECT_EQ(parseError(one("[2]", "[0]"), 8), "the header has only 1 data_offsets for 'a'");
  EXPECT_EQ(parseError(one("[2]", "[0,8,8]"), 8),
            "the header has more than two data_offsets for 'a'");
  EXPECT_EQ(parseError(one("[-2]", "[0,8]"), 8), "the header has a negative number, -2");
  EXPECT_EQ(parseError(one("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]"), 4),
            "the header has more than 16 extents for 'a'");
  // Of a type that is not known, only the place can be checked.
  EXPECT_EQ(parseError(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,7]}})", 7), "");
  EXPECT_EQ(parseError(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,9]}})", 8),
            "tensor 'a' has data_offsets [0, 9] outside of the 8 bytes of data");
  EXPECT_EQ(parseError(R"({"a":{"dtype":"F32","shape":[2]}})", 8),
            "the header has no dtype, shape or data_offsets for 'a'");
  EXPECT_EQ(parseError(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                       3),
            "tensor 'b' begins at byte 1 of the data where 2 was expected (an overlap)");
  EXPECT_EQ(parseError(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                       2),
            "tensor 'a' is listed twice");
  EXPECT_EQ(parseError("{\"a\":", 0), "the header is not valid JSON at byte 6");
  EXPECT_EQ(parseError("[]", 0),
            "the header has an array where a safetensors header cannot have one");
  EXPECT_EQ(parseError("{}", 0), "");
}

TEST_F(SafeTensorsTest, TruncatedFilesAreRefused) {
  write("a", {"x"});
  fs::resize_file(at("a"), fs::file_size(at("a")) - 1);
  EXPECT_NE(SafeTensors::open(at("a")).takeError().message().find(
                "tensor 'x' has data_offsets [0, 8] outside of the 7 bytes of data"),
            std::string::npos);
  fs::resize_file(at("a"), 20);
  EXPECT_NE(SafeTensors::open(at("a")).takeError().message().find("has only 12 after its length"),
            std::string::npos);
  fs::resize_file(at("a"), 3);
  EXPECT_NE(SafeTensors::open(at("a")).takeError().message().find("has 3 bytes, less than the 8"),
            std::string::npos);
}

TEST_F(SafeTensorsTest, CheckpointFindsTensorsInShards) {
  write("s1.safetensors", {"b", "d"});
  write("s2.safetensors", {"a", "c"});
  ASSERT_FALSE(writeFileAtomic(at("model.safetensors.index.json"),
                               R"({"weight_map":{"a":"s2.safetensors","b":"s1.safetensors",)"
                               R"("c":"s2.safetensors","d":"s1.safetensors"}})"));
  Expected<Checkpoint> checkpoint = Checkpoint::open(dir.string());
  ASSERT_TRUE(checkpoint) << checkpoint.takeError().message();
  ASSERT_EQ(checkpoint->tensors().size(), 4u);
  float value;
  std::memcpy(&value, checkpoint->find("c")->data().data(), 4);
  EXPECT_EQ(value, 3.0f);
  EXPECT_FALSE(checkpoint->find("e"));
}

TEST_F(SafeTensorsTest, CheckpointIndexMustTellTheTruth) {
  write("s1.safetensors", {"a"});
  std::string index = at("model.safetensors.index.json");
  auto errorWith = [&](const char *text) {
    EXPECT_FALSE(writeFileAtomic(index, text));
    return Checkpoint::open(dir.string()).takeError().message();
  };
  EXPECT_EQ(errorWith(R"({"weight_map":{"z":"s1.safetensors"}})"),
            "'" + index + "' says that tensor 'z' is in 's1.safetensors', which does not hold it");
  EXPECT_EQ(errorWith(R"({"weight_map":{"z":"../s1.safetensors"}})"),
            "'" + index + "': '../s1.safetensors' of tensor 'z' is not a plain file name");
  EXPECT_EQ(errorWith("{").find("'" + index + "' is not valid JSON at byte 2: syntax error"), 0u);
  EXPECT_EQ(errorWith("{}"), "'" + index + "' has no object 'weight_map'");
  fs::remove(index);
  EXPECT_EQ(Checkpoint::open(dir.string()).takeError().message(),
            "'" + dir.string() +
                "' has neither model.safetensors nor model.safetensors.index.json");
}

TEST_F(SafeTensorsTest, TheIndexSaysWhichFileCounts) {
  write("s1.safetensors", {"a", "b", "c"});
  write("s2.safetensors", {"b"});
  ASSERT_FALSE(writeFileAtomic(at("model.safetensors.index.json"),
                               R"({"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}})"));
  Expected<Checkpoint> checkpoint = Checkpoint::open(dir.string());
  ASSERT_TRUE(checkpoint) << checkpoint.takeError().message();
  ASSERT_EQ(checkpoint->tensors().size(), 2u);
  EXPECT_EQ(checkpoint->find("b")->file->path(), at("s2.safetensors"));
  ASSERT_EQ(checkpoint->remarks().size(), 1u);
  EXPECT_EQ(checkpoint->remarks()[0].find("2 tensor(s) of s1.safetensors do not count"), 0u);
}

TEST_F(SafeTensorsTest, AWholeFileBesideAnIndexCounts) {
  write("model.safetensors", {"a"});
  write("s1.safetensors", {"b"});
  auto open = [&](const char *index) {
    EXPECT_FALSE(writeFileAtomic(at("model.safetensors.index.json"), index));
    Expected<Checkpoint> checkpoint = Checkpoint::open(dir.string());
    EXPECT_TRUE(checkpoint) << checkpoint.takeError().message();
    std::string names;
    for (const Checkpoint::Entry &entry : checkpoint->tensors())
      names += entry.info->name;
    return names;
  };
  EXPECT_EQ(open(R"({"weight_map":{"b":"s1.safetensors"}})"), "a");
  EXPECT_EQ(open(R"({"weight_map":{"b":"gone.safetensors"}})"), "a");
  EXPECT_EQ(open("{"), "a");
  // One that names it is not old.
  EXPECT_EQ(open(R"({"weight_map":{"a":"model.safetensors","b":"s1.safetensors"}})"), "ab");
}

TEST_F(SafeTensorsTest, NumberedShardsNeedNoIndex) {
  write("model-00001-of-00001.safetensors", {"a"});
  Expected<Checkpoint> checkpoint = Checkpoint::open(dir.string());
  ASSERT_TRUE(checkpoint) << checkpoint.takeError().message();
  EXPECT_TRUE(checkpoint->find("a"));
  fs::rename(at("model-00001-of-00001.safetensors"), at("model-00001-of-00002.safetensors"));
  EXPECT_FALSE(Checkpoint::isIn(dir.string()));
  write("model-00002-of-00002.safetensors", {"b"});
  checkpoint = Checkpoint::open(dir.string());
  ASSERT_TRUE(checkpoint) << checkpoint.takeError().message();
  EXPECT_TRUE(checkpoint->find("a") && checkpoint->find("b"));
}
