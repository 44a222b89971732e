//===- AttentionTest.cpp - Attention kernels against plain loops ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace moec::test;

namespace {

/// One attention, and how its kernel is built.
struct Case {
  int64_t heads = 4, kvHeads = 2, keyWidth = 32, valueWidth = 32;
  /// Of a latent cache; 0 for keys and values.
  int64_t rank = 0;
  int64_t window = 0, selected = 0;
  /// Keys of an entry that is selected.
  int64_t block = 1;
  bool sinks = false, flat = false;
  std::string query = "f32", cache = "f32", result = "f32", probabilities = "";
  std::string schedule = "BN = 16";
  int64_t pageSize = 16;
  std::vector<Sequence> sequences = {{0, 7}, {20, 1}, {3, 5}};

  int64_t getRowWidth() const { return rank ? keyWidth : kvHeads * (keyWidth + valueWidth); }
};

std::string moduleOf(const Case &c) {
  std::string kv = c.rank ? "!moe.kv<#moe.latent<rank = " + std::to_string(c.rank) +
                                ", rope_dim = " + std::to_string(c.keyWidth - c.rank) + ">, "
                          : "!moe.kv<#moe.key_value<heads = " + std::to_string(c.kvHeads) +
                                ", key_dim = " + std::to_string(c.keyWidth) +
                                ", value_dim = " + std::to_string(c.valueWidth) + ">, ";
  kv += c.cache + ">";
  std::string query = tokens({c.heads, c.keyWidth}, c.query);
  std::string result = tokens({c.heads, c.valueWidth}, c.result);
  std::string queryIn = c.flat ? tokens({c.heads * c.keyWidth}, c.query) : query;
  std::string resultOut = c.flat ? tokens({c.heads * c.valueWidth}, c.result) : result;
  std::string listed = tokens({c.selected}, "i32");
  std::string text;
  if (c.sinks)
    text += "moe.weight @sinks : tensor<" + std::to_string(c.heads) + "xf32> from \"sinks\"\n";
  text += "func.func @f(%q: " + queryIn + ", %kv: " + kv + ", %batch: !moe.batch";
  text += c.selected ? ", %s: " + listed : "";
  text += ") -> " + resultOut + " {\n%r = moe.group attention \"a\" (%q0 = %q : " + queryIn +
          ", %kv0 = %kv : " + kv + ", %batch0 = %batch : !moe.batch";
  text += c.selected ? ", %s0 = %s : " + listed : "";
  text += ") -> " + resultOut + " {\n";
  if (c.flat)
    text += "%q1 = moe.view %q0 : " + queryIn + " -> " + query + "\n";
  text += std::string("%o = moe.attention ") + (c.flat ? "%q1" : "%q0") + ", %kv0, %batch0";
  text += c.selected ? " selected(%s0 : " + listed + ")" : "";
  text += c.block > 1 ? " block " + std::to_string(c.block) : "";
  text += " scale 0.3";
  text += c.window ? " window " + std::to_string(c.window) : "";
  text += c.sinks ? " sinks @sinks" : "";
  text += c.probabilities.empty() ? "" : " probabilities " + c.probabilities;
  text += " : " + query + ", " + kv + " -> " + result + "\n";
  if (c.flat)
    text += "%o1 = moe.view %o : " + result + " -> " + resultOut + "\n";
  text += std::string("moe.yield ") + (c.flat ? "%o1" : "%o") + " : " + resultOut + "\n}\n";
  return text + "return %r : " + resultOut + "\n}\n";
}

/// A case with the numbers it runs on.
struct Data {
  explicit Data(const Case &c) : step(c.sequences, c.pageSize) {
    Random random(7);
    query = random.numbers(step.getNumTokens() * c.heads * c.keyWidth, c.query == "bf16");
    for (std::optional<double> &number : query)
      *number *= 4;
    cache = step.makeCache(c.getRowWidth(), random, c.cache == "bf16");
    sinks = random.numbers(c.heads);
    // Increasing positions or blocks the token sees, about half of them, then −1.
    for (int64_t position : step.positions) {
      int64_t found = 0, last = position / c.block;
      for (int64_t entry = 0; entry <= last && found != c.selected; ++entry)
        if (entry == last || random.below(2)) {
          selected.push_back(double(entry));
          ++found;
        }
      for (; found < c.selected; ++found)
        selected.push_back(-1);
    }
  }

  Step step;
  Array query, cache, sinks, selected;
};

/// What the op's description says, in f64.
std::vector<double> expected(const Case &c, const Data &data) {
  const Step &step = data.step;
  std::vector<double> result;
  for (int64_t token = 0; token != step.getNumTokens(); ++token) {
    int64_t position = step.positions[token];
    std::vector<int64_t> keys;
    for (int64_t key = 0; key <= position; ++key) {
      bool seen = !c.window || key > position - c.window;
      if (c.selected) {
        auto first = data.selected.begin() + token * c.selected;
        double entry = double(key / c.block);
        seen &= std::find(first, first + c.selected, entry) != first + c.selected;
      }
      if (seen)
        keys.push_back(key);
    }
    for (int64_t head = 0; head != c.heads; ++head) {
      int64_t kvHead = c.rank ? 0 : head / (c.heads / c.kvHeads);
      int64_t keyAt = kvHead * c.keyWidth;
      int64_t valueAt = c.rank ? 0 : c.kvHeads * c.keyWidth + kvHead * c.valueWidth;
      double sum = c.sinks ? std::exp(*data.sinks[head]) : 0;
      std::vector<double> out(c.valueWidth, 0);
      for (int64_t key : keys) {
        int64_t row = step.getRow(step.tokenSequence[token], key) * c.getRowWidth();
        double score = 0;
        for (int64_t d = 0; d != c.keyWidth; ++d)
          score +=
              *data.query[(token * c.heads + head) * c.keyWidth + d] * *data.cache[row + keyAt + d];
        double weight = std::exp(0.3 * score);
        sum += weight;
        for (int64_t d = 0; d != c.valueWidth; ++d)
          out[d] += weight * *data.cache[row + valueAt + d];
      }
      for (double value : out)
        result.push_back(value / sum);
    }
  }
  return result;
}

std::vector<double> execute(const Case &c, const Data &data) {
  KernelTest test(moduleOf(c), c.schedule, c.pageSize);
  EXPECT_TRUE(test.isBuilt()) << test.getDiagnostics() << moduleOf(c);
  if (!test.isBuilt())
    return {};
  test.setStep(data.step);
  test.input(0) = data.query;
  test.input(1) = data.cache;
  test.input(3) = data.selected;
  test.weight("sinks") = data.sinks;
  test.output(0).resize(data.step.getNumTokens() * c.heads * c.valueWidth);
  EXPECT_EQ(test.run(), "") << test.print();
  return numbersOf(test.output(0));
}

void check(const Case &c, double tolerance = 2e-6) {
  Data data(c);
  std::vector<double> want = expected(c, data), got = execute(c, data);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i != want.size(); ++i)
    ASSERT_NEAR(got[i], want[i], tolerance) << "element " << i << " of " << moduleOf(c);
}

TEST(Attention, Grouped) { check({}); }

TEST(Attention, OneHead) { check({.heads = 1, .kvHeads = 1, .keyWidth = 8, .valueWidth = 4}); }

TEST(Attention, HeadsThatNoBlockDivides) {
  check({.heads = 14, .kvHeads = 2, .schedule = "HB = 4, BN = 16"});
  check({.heads = 6, .kvHeads = 2, .schedule = "HB = 4, BN = 16, BQ = 4"});
}

TEST(Attention, WidthsThatAreNoPowerOfTwo) {
  check({.keyWidth = 24, .valueWidth = 13});
  check({.keyWidth = 24, .valueWidth = 13, .flat = true, .schedule = "BN = 8, BQ = 2"});
}

TEST(Attention, PageSizes) {
  for (int64_t pageSize : {1, 5, 16, 64})
    for (const char *schedule : {"BN = 16", "BN = 32, BQ = 4", "BN = 4"})
      check({.schedule = schedule, .pageSize = pageSize});
}

TEST(Attention, Views) {
  check({.flat = true});
  check({.flat = true, .schedule = "BN = 16, BQ = 8"});
}

TEST(Attention, Window) {
  std::vector<Sequence> sequences = {{0, 9}, {40, 3}, {17, 1}};
  for (int64_t window : {1, 5, 16, 33})
    for (const char *schedule : {"BN = 16", "BN = 8, BQ = 4"})
      check({.window = window, .schedule = schedule, .sequences = sequences});
}

TEST(Attention, Sinks) {
  check({.sinks = true});
  check({.heads = 6, .window = 5, .sinks = true, .schedule = "HB = 2, BN = 16, BQ = 4"});
}

TEST(Attention, Latent) {
  Case c{.heads = 4, .kvHeads = 1, .keyWidth = 40, .valueWidth = 32, .rank = 32};
  check(c);
  c.schedule = "BN = 8, BQ = 4, HB = 2";
  check(c);
  // The query's pieces are 32 and 16, the key's 32, 8 and 8.
  c.keyWidth = 48;
  c.valueWidth = c.rank = 40;
  check(c);
}

TEST(Attention, Selected) {
  for (int64_t selected : {1, 6, 16, 40})
    for (const char *schedule : {"BN = 8", "BN = 16, BQ = 4"})
      check({.heads = 4,
             .kvHeads = 1,
             .keyWidth = 40,
             .valueWidth = 32,
             .rank = 32,
             .selected = selected,
             .schedule = schedule});
}

/// Steps of the softmax hold whole blocks or lie within one.
TEST(Attention, SelectedBlocks) {
  for (int64_t selected : {1, 2, 3, 9})
    for (int64_t block : {2, 8, 32})
      for (const char *schedule : {"BN = 8", "BN = 16, BQ = 4"})
        for (int64_t pageSize : {1, 16})
          check({.selected = selected,
                 .block = block,
                 .schedule = schedule,
                 .pageSize = pageSize,
                 .sequences = {{0, 9}, {70, 1}, {17, 4}}});
  check({.heads = 6, .selected = 3, .block = 8, .sinks = true, .schedule = "HB = 2, BN = 24"});
}

TEST(Attention, RoundsWhereTypesSay) {
  // A probability is rounded by at most 2^-9 of itself, and the result once more.
  check({.query = "bf16", .cache = "bf16", .result = "bf16", .probabilities = "bf16"}, 8e-3);
  check({.query = "f32", .cache = "bf16"});
}

TEST(Attention, AnyNumberOfTokens) {
  for (int64_t count = 1; count <= 40; count += 3)
    check({.heads = 2,
           .kvHeads = 1,
           .keyWidth = 8,
           .valueWidth = 8,
           .schedule = "BN = 16, BQ = 8",
           .sequences = {{0, count}, {5, 1}, {0, 2}}});
}

/// A token's result must not depend on the chunk or the batch in which it comes.
TEST(Attention, ChunksAndBatchesGiveTheSameNumbers) {
  for (const char *schedule : {"BN = 16", "BN = 16, BQ = 4"}) {
    Case whole{.window = 21, .schedule = schedule, .pageSize = 4, .sequences = {{0, 30}}};
    Data data(whole);
    std::vector<double> want = execute(whole, data);
    for (int64_t cut : {1, 7, 16, 29}) {
      Case rest = whole;
      rest.sequences = {{cut, 30 - cut}, {0, 3}};
      Data part(rest);
      // The same numbers in other pages.
      int64_t width = whole.getRowWidth(), row = whole.heads * whole.keyWidth;
      for (int64_t position = 0; position != 30; ++position)
        std::copy_n(data.cache.begin() + data.step.getRow(0, position) * width, width,
                    part.cache.begin() + part.step.getRow(0, position) * width);
      std::copy_n(data.query.begin() + cut * row, (30 - cut) * row, part.query.begin());
      std::vector<double> got = execute(rest, part);
      int64_t out = whole.heads * whole.valueWidth;
      for (int64_t i = 0; i != (30 - cut) * out; ++i)
        ASSERT_EQ(got[i], want[cut * out + i]) << schedule << ", cut at " << cut;
    }
  }
}

TEST(Attention, RefusesOtherOps) {
  std::string text = moduleOf({});
  size_t at = text.find("moe.yield %o ");
  text.insert(at, "%x = moe.add %o, %o : tensor<?x4x32xf32>, tensor<?x4x32xf32> -> "
                  "tensor<?x4x32xf32>\n");
  text.replace(text.find("moe.yield %o "), 12, "moe.yield %x");
  KernelTest test(text, "");
  EXPECT_FALSE(test.isBuilt());
  EXPECT_NE(test.getDiagnostics().find("computes one moe.attention only"), std::string::npos)
      << test.getDiagnostics();
}

} // namespace
