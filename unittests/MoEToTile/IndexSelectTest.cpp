//===- IndexSelectTest.cpp - Selection kernels against plain loops --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/Selection.h"

using namespace moec::test;

namespace {

struct Case {
  int64_t heads = 4, width = 16, topK = 6;
  std::string cache = "f32", schedule = "BN = 8";
  int64_t pageSize = 16;
  bool flat = false;
  std::vector<Sequence> sequences = {{0, 9}, {30, 1}, {4, 5}};
  /// Keys are one of this many; 0 for any.
  int64_t differentKeys = 0;
};

std::string moduleOf(const Case &c) {
  std::string query = tokens({c.heads, c.width}), weights = tokens({c.heads}),
              in = c.flat ? tokens({c.heads * c.width}) : query,
              keys =
                  "!moe.kv<#moe.index_key<dim = " + std::to_string(c.width) + ">, " + c.cache + ">",
              result = tokens({c.topK}, "i32");
  std::string text = "func.func @f(%q: " + in + ", %w: " + weights + ", %k: " + keys +
                     ", %b: !moe.batch) -> " + result + " {\n%r = moe.group index_select \"i\" (" +
                     "%q0 = %q : " + in + ", %w0 = %w : " + weights + ", %k0 = %k : " + keys +
                     ", %b0 = %b : !moe.batch) -> " + result + " {\n";
  if (c.flat)
    text += "%q1 = moe.view %q0 : " + in + " -> " + query + "\n";
  return text + "%0 = moe.index_select " + (c.flat ? "%q1" : "%q0") + ", %w0, %k0, %b0 top_k " +
         std::to_string(c.topK) + " scale 0.25 : " + query + ", " + weights + ", " + keys + " -> " +
         result + "\nmoe.yield %0 : " + result + "\n}\nreturn %r : " + result + "\n}\n";
}

struct Data {
  explicit Data(const Case &c) : step(c.sequences, c.pageSize) {
    Random random(9);
    query = makeCoarse(step.getNumTokens() * c.heads * c.width, random);
    weights = makeCoarse(step.getNumTokens() * c.heads, random);
    keys = makeKeys(step, c.width, c.differentKeys, random);
  }

  Step step;
  Array query, weights, keys;
};

std::vector<double> expected(const Case &c, const Data &data) {
  std::vector<double> result;
  for (int64_t token = 0; token != data.step.getNumTokens(); ++token) {
    int64_t count = data.step.positions[token] + 1;
    std::vector<double> scores;
    for (int64_t key = 0; key != count; ++key) {
      int64_t row = data.step.getRow(data.step.tokenSequence[token], key) * c.width;
      double score = 0;
      for (int64_t head = 0; head != c.heads; ++head) {
        double product = 0;
        for (int64_t d = 0; d != c.width; ++d)
          product += *data.query[(token * c.heads + head) * c.width + d] * *data.keys[row + d];
        score += *data.weights[token * c.heads + head] * std::max(product, 0.0);
      }
      scores.push_back(score);
    }
    appendBest(scores, c.topK, result);
  }
  return result;
}

std::vector<double> execute(const Case &c, const Data &data) {
  return runSelection(moduleOf(c), c.schedule, data.step, c.pageSize,
                      {data.query, data.weights, data.keys}, c.topK);
}

void check(const Case &c) {
  Data data(c);
  EXPECT_EQ(execute(c, data), expected(c, data)) << moduleOf(c) << c.schedule;
}

TEST(IndexSelect, ListsTheBest) {
  for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4", "BN = 64, BQ = 2"})
    for (int64_t pageSize : {1, 5, 16, 64})
      check({.schedule = schedule, .pageSize = pageSize});
}

TEST(IndexSelect, OddShapes) {
  check({.heads = 1, .width = 1, .topK = 1});
  check({.heads = 3, .width = 24, .topK = 7, .cache = "bf16", .schedule = "BN = 8, BQ = 4"});
  check({.topK = 100});
  check({.schedule = "BN = 8, BQ = 4", .flat = true});
}

TEST(IndexSelect, AnyNumberOfTokens) {
  for (int64_t count = 1; count <= 40; count += 3)
    check({.schedule = "BN = 16, BQ = 8", .sequences = {{0, count}, {11, 1}}});
}

/// Equal scores: the lower position is listed.
TEST(IndexSelect, Ties) {
  for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4"})
    check({.schedule = schedule, .sequences = {{20, 12}}, .differentKeys = 3});
}

/// A token that has to choose and sees a NaN lists nothing; one that need not choose lists it, and
/// one that does not see it chooses as ever.
TEST(IndexSelect, NothingIsListedBesideNaN) {
  for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4", "BN = 64, BQ = 2"}) {
    Case c{.schedule = schedule, .sequences = {{30, 1}, {3, 9}, {8, 3}}};
    Data data(c);
    std::vector<double> want = expected(c, data);
    data.keys[data.step.getRow(0, 12) * c.width] = NAN;
    data.keys[data.step.getRow(1, 2) * c.width] = NAN;
    for (int64_t token = 0; token != data.step.getNumTokens(); ++token)
      if (data.step.tokenSequence[token] != 2 && data.step.positions[token] >= c.topK)
        std::fill_n(want.begin() + token * c.topK, c.topK, -1);
    EXPECT_EQ(execute(c, data), want) << schedule;
  }
}

} // namespace
