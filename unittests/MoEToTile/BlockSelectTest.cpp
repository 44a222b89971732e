//===- BlockSelectTest.cpp - Selections of key blocks against plain loops -===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/Selection.h"

using namespace moec::test;

namespace {

struct Case {
  int64_t heads = 4, width = 16, block = 4, topK = 3, local = 1;
  std::string cache = "f32", schedule = "BN = 8";
  int64_t pageSize = 16;
  bool flat = false;
  std::vector<Sequence> sequences = {{0, 19}, {30, 1}, {14, 5}};
  /// Keys are one of this many; 0 for any.
  int64_t differentKeys = 0;
};

std::string moduleOf(const Case &c) {
  std::string query = tokens({c.heads, c.width}), in = c.flat ? tokens({c.heads * c.width}) : query,
              keys =
                  "!moe.kv<#moe.index_key<dim = " + std::to_string(c.width) + ">, " + c.cache + ">",
              result = tokens({c.topK}, "i32");
  std::string text = "func.func @f(%q: " + in + ", %k: " + keys + ", %b: !moe.batch) -> " + result +
                     " {\n%r = moe.group index_select \"b\" (%q0 = %q : " + in +
                     ", %k0 = %k : " + keys + ", %b0 = %b : !moe.batch) -> " + result + " {\n";
  if (c.flat)
    text += "%q1 = moe.view %q0 : " + in + " -> " + query + "\n";
  return text + "%0 = moe.block_select " + (c.flat ? "%q1" : "%q0") + ", %k0, %b0 block " +
         std::to_string(c.block) + " top_k " + std::to_string(c.topK) + " local " +
         std::to_string(c.local) + " : " + query + ", " + keys + " -> " + result +
         "\nmoe.yield %0 : " + result + "\n}\nreturn %r : " + result + "\n}\n";
}

struct Data {
  explicit Data(const Case &c) : step(c.sequences, c.pageSize) {
    Random random(9);
    query = makeCoarse(step.getNumTokens() * c.heads * c.width, random);
    keys = makeKeys(step, c.width, c.differentKeys, random);
  }

  Step step;
  Array query, keys;
};

/// The best product of any head with any key of a block that the token sees, for each block.
std::vector<double> scoresOf(const Case &c, const Data &data, int64_t token) {
  int64_t position = data.step.positions[token], own = position / c.block;
  std::vector<double> scores(own + 1, -INFINITY);
  for (int64_t key = 0; key <= position; ++key) {
    int64_t row = data.step.getRow(data.step.tokenSequence[token], key) * c.width;
    for (int64_t head = 0; head != c.heads; ++head) {
      double product = 0;
      for (int64_t d = 0; d != c.width; ++d)
        product += *data.query[(token * c.heads + head) * c.width + d] * *data.keys[row + d];
      scores[key / c.block] = std::max(scores[key / c.block], product);
    }
  }
  for (int64_t block = std::max<int64_t>(own - c.local + 1, 0); block <= own; ++block)
    scores[block] = INFINITY;
  return scores;
}

std::vector<double> expected(const Case &c, const Data &data) {
  std::vector<double> result;
  for (int64_t token = 0; token != data.step.getNumTokens(); ++token)
    appendBest(scoresOf(c, data, token), c.topK, result);
  return result;
}

std::vector<double> execute(const Case &c, const Data &data) {
  return runSelection(moduleOf(c), c.schedule, data.step, c.pageSize, {data.query, data.keys},
                      c.topK);
}

void check(const Case &c) {
  Data data(c);
  EXPECT_EQ(execute(c, data), expected(c, data)) << moduleOf(c) << c.schedule;
}

TEST(BlockSelect, ListsTheBest) {
  for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4", "BN = 64, BQ = 2"})
    for (int64_t pageSize : {1, 5, 16, 64})
      check({.schedule = schedule, .pageSize = pageSize});
}

/// Tiles hold whole blocks, whatever the schedule says.
TEST(BlockSelect, BlocksOfAnySize) {
  for (int64_t block : {1, 2, 8, 32})
    for (const char *schedule : {"BN = 8", "BN = 16, BQ = 4"})
      check({.block = block,
             .topK = 2,
             .schedule = schedule,
             .sequences = {{0, 9}, {75, 1}, {100, 3}}});
}

TEST(BlockSelect, OddShapes) {
  check({.heads = 1, .width = 1, .topK = 1, .local = 0});
  check({.heads = 3, .width = 24, .topK = 2, .cache = "bf16", .schedule = "BN = 8, BQ = 4"});
  check({.topK = 100});
  check({.schedule = "BN = 8, BQ = 4", .flat = true});
}

/// They displace better ones, and there may be as many as are listed.
TEST(BlockSelect, LocalBlocks) {
  for (int64_t local : {0, 1, 2, 3})
    for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4"})
      check({.local = local, .schedule = schedule});
}

TEST(BlockSelect, AnyNumberOfTokens) {
  for (int64_t count = 1; count <= 40; count += 3)
    check({.schedule = "BN = 16, BQ = 8", .sequences = {{0, count}, {11, 1}}});
}

/// Equal scores: the lower block is listed.
TEST(BlockSelect, Ties) {
  for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4"})
    check({.schedule = schedule, .sequences = {{40, 12}}, .differentKeys = 3});
}

/// A token that has to choose and sees a NaN lists nothing, also where it is in a local block; one
/// that need not choose lists its block, and one that does not see it chooses as ever.
TEST(BlockSelect, NothingIsListedBesideNaN) {
  for (const char *schedule : {"BN = 8", "BN = 4, BQ = 4", "BN = 64, BQ = 2"}) {
    Case c{.topK = 2, .schedule = schedule, .sequences = {{30, 1}, {3, 9}, {8, 3}}};
    Data data(c);
    std::vector<double> want = expected(c, data);
    data.keys[data.step.getRow(0, 29) * c.width] = NAN;
    data.keys[data.step.getRow(1, 2) * c.width] = NAN;
    for (int64_t token = 0; token != data.step.getNumTokens(); ++token)
      if (data.step.tokenSequence[token] != 2 && data.step.positions[token] / c.block + 1 > c.topK)
        std::fill_n(want.begin() + token * c.topK, c.topK, -1);
    EXPECT_EQ(execute(c, data), want) << schedule;
  }
}

} // namespace
