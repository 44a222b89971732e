//===- CheckpointFixture.h - Little checkpoints by hand ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_CHECKPOINT_CHECKPOINTFIXTURE_H
#define MOEC_UNITTESTS_CHECKPOINT_CHECKPOINTFIXTURE_H

#include "moec/Checkpoint/StoredTensors.h"

#include <filesystem>
#include <gtest/gtest.h>

namespace moec {

/// Writes tensors to a folder of the test's own.
class CheckpointTest : public testing::Test {
protected:
  void SetUp() override {
    dir = std::filesystem::path(testing::TempDir()) /
          testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
  }
  void TearDown() override { std::filesystem::remove_all(dir); }

  template <typename T>
  void add(const std::string &name, DType type, std::vector<int64_t> shape,
           const std::vector<T> &values) {
    std::span<const std::byte> bytes = std::as_bytes(std::span(values));
    tensors.push_back({{name, type, std::move(shape)}, {bytes.begin(), bytes.end()}});
  }

  /// A checkpoint of the tensors so far; `config` is its quantization_config, `modelOpt` what
  /// hf_quant_config.json has, and `older` the file of an older tool.
  Expected<StoredTensors> open() {
    std::vector<SafeTensorsWriter::Declaration> declarations;
    for (const auto &[declaration, bytes] : tensors)
      declarations.push_back(declaration);
    std::string path = (dir / "model.safetensors").string();
    Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(path, declarations);
    if (!writer)
      return writer.takeError();
    for (const auto &[declaration, bytes] : tensors)
      if (Error error = writer->append(bytes))
        return error;
    if (Error error = writer->finish())
      return error;
    Expected<Checkpoint> checkpoint = Checkpoint::open(dir.string());
    if (!checkpoint)
      return checkpoint.takeError();
    std::string root =
        config.empty() ? std::string("{}") : strCat("{\"quantization_config\": ", config, "}");
    return StoredTensors::make(std::move(*checkpoint), dir.string(), root, modelOpt, older);
  }

  /// Why a tensor is not found, or rows of it are not read; empty where they are.
  std::string errorOf(const std::string &name, int64_t firstRow = 0, int64_t rows = 0) {
    Expected<StoredTensors> opened = open();
    if (!opened)
      return opened.takeError().message();
    Expected<std::optional<StoredTensor>> found = opened->find(name);
    if (!found)
      return found.takeError().message();
    if (!*found)
      return "nothing";
    return rows ? opened->read(**found, 0, firstRow, rows).takeError().message() : "";
  }

  std::filesystem::path dir;
  std::string config, modelOpt;
  NamedText older;
  std::vector<std::pair<SafeTensorsWriter::Declaration, std::vector<std::byte>>> tensors;
};

} // namespace moec

#endif // MOEC_UNITTESTS_CHECKPOINT_CHECKPOINTFIXTURE_H
