//===- GoldenTest.cpp - The reference against Transformers ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each golden checkpoint, imported and interpreted in f32, gives the logits and the greedy tokens
// that Hugging Face Transformers computed from it: at once, in chunks, and batched.
//
//===----------------------------------------------------------------------===//

#include "../GoldenModels.h"

#include "moec/Import/Import.h"
#include "moec/Reference/Reference.h"
#include "moec/Support/SafeTensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

using namespace moec;
using reference::ReferenceSession;
using reference::SequenceStep;
using reference::Tensor;

namespace {

/// One model of the suite: a folder below the source tree.
struct Golden {
  std::string folder;
  int64_t promptTokens; ///< of greedy_prompt_and_output
};

std::ostream &operator<<(std::ostream &os, const Golden &golden) { return os << golden.folder; }

template <typename T> std::vector<T> read(const SafeTensors &file, const char *name) {
  const TensorInfo *info = file.find(name);
  EXPECT_NE(info, nullptr) << name;
  std::vector<T> values(info->elements());
  std::memcpy(values.data(), file.data(*info).data(), values.size() * sizeof(T));
  return values;
}

class GoldenTest : public ::testing::TestWithParam<Golden> {
protected:
  void SetUp() override {
    folder = std::string(MOEC_SOURCE_DIR) + "/" + GetParam().folder;
    ImportOptions options;
    options.path = folder;
    options.outputDir = folder;
    auto imported = importModel(context, options);
    ASSERT_TRUE(bool(imported)) << imported.takeError().message();
    module = std::move(*imported);
    auto file = SafeTensors::open(folder + "/golden.safetensors");
    ASSERT_TRUE(bool(file)) << file.takeError().message();
    std::vector<int64_t> ids = read<int64_t>(*file, "input_ids");
    logits = read<float>(*file, "logits");
    greedy = read<int64_t>(*file, "greedy_prompt_and_output");
    length = int64_t(ids.size()) / 2;
    vocabulary = int64_t(logits.size()) / int64_t(ids.size());
    sequences[0].assign(ids.begin(), ids.begin() + length);
    sequences[1].assign(ids.begin() + length, ids.end());
  }

  ReferenceSession open() {
    auto session = ReferenceSession::create(*module, folder);
    EXPECT_TRUE(bool(session)) << session.takeError().message();
    return std::move(*session);
  }

  static Tensor run(ReferenceSession &session, const std::vector<SequenceStep> &batch) {
    auto result = session.forward(batch);
    EXPECT_TRUE(bool(result)) << result.takeError().message();
    return std::move(*result);
  }

  /// Compares logits of positions `begin` … of a sequence with the golden ones.
  void compare(const Tensor &actual, int64_t firstRow, int64_t sequence, int64_t begin,
               int64_t count) {
    double worst = 0;
    for (int64_t i = 0; i < count * vocabulary; ++i)
      worst =
          std::max(worst, double(std::abs(actual.values[firstRow * vocabulary + i] -
                                          logits[(sequence * length + begin) * vocabulary + i])));
    EXPECT_LE(worst, 2e-4) << "sequence " << sequence << ", positions " << begin << " to "
                           << begin + count - 1;
    RecordProperty("max_abs_difference", std::to_string(worst));
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string folder;
  std::vector<float> logits;
  std::vector<int64_t> greedy;
  std::vector<int32_t> sequences[2];
  int64_t length = 0, vocabulary = 0;
};

TEST_P(GoldenTest, BothSequencesInOneBatch) {
  ReferenceSession session = open();
  Tensor result = run(session, {{0, sequences[0]}, {1, sequences[1]}});
  ASSERT_EQ(result.shape, (std::vector<int64_t>{2 * length, vocabulary}));
  compare(result, 0, 0, 0, length);
  compare(result, length, 1, 0, length);
}

TEST_P(GoldenTest, ChunksOfSeven) {
  ReferenceSession session = open();
  for (int64_t begin = 0; begin < length; begin += 7) {
    int64_t count = std::min<int64_t>(7, length - begin);
    std::vector<int32_t> chunk(sequences[1].begin() + begin, sequences[1].begin() + begin + count);
    compare(run(session, {{1, chunk}}), 0, 1, begin, count);
  }
  EXPECT_EQ(session.length(1), length);
}

TEST_P(GoldenTest, GreedyTokens) {
  ReferenceSession session = open();
  int64_t prompt = GetParam().promptTokens;
  std::vector<int32_t> tokens(greedy.begin(), greedy.begin() + prompt);
  std::vector<int32_t> expected(greedy.begin() + prompt, greedy.end()), actual;
  while (actual.size() < expected.size()) {
    Tensor result = run(session, {{0, tokens, SequenceStep::Logits::Last}});
    ASSERT_EQ(result.shape[0], 1);
    auto best = std::max_element(result.values.begin(), result.values.end());
    actual.push_back(int32_t(best - result.values.begin()));
    tokens = {actual.back()};
  }
  EXPECT_EQ(actual, expected);
}

/// Every folder of test/golden, and the bundled model.
std::vector<Golden> goldenModels() {
  std::vector<Golden> models = {{"examples/model", 5}};
  for (const std::string &name : test::listGoldenModels())
    models.push_back({"test/golden/" + name, 24});
  return models;
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenTest, ::testing::ValuesIn(goldenModels()),
                         [](const auto &info) {
                           std::string name = info.param.folder;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

} // namespace
