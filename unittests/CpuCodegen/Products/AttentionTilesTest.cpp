//===- AttentionTilesTest.cpp - Attention of bf16 by tiles, executed ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Queries, keys, values and probabilities of bf16 on a machine with AMX, by the machine or by the
// emulation of its tiles: against sums in double precision, and the same bytes by tiles and by
// vectors, whatever chunks a prompt comes in.
//
//===----------------------------------------------------------------------===//

#include "ChipTest.h"

#include "moec/Support/Scalar.h"
#include "moec/emulator/amx/Emulation.h"
#include "targets/cpu/codegen/Machine.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {
const std::string chip = "native,+amx-bf16";
constexpr int64_t pageSize = 16, tokens = 83;

/// One attention over the cache of one sequence.
struct Attention {
  int64_t heads = 8, kvHeads = 2, keyWidth = 64, valueWidth = 96;
  /// Of a latent cache, whose rows begin with the value; else 0.
  int64_t rank = 0;
  int64_t window = 0, selected = 0;

  int64_t getRowWidth() const { return rank ? keyWidth : kvHeads * (keyWidth + valueWidth); }

  std::string getText() const {
    auto str = [](int64_t number) { return std::to_string(number); };
    auto rows = [&](int64_t width, const char *element) {
      return "tensor<?x" + str(heads) + "x" + str(width) + "x" + element + ">";
    };
    std::string kv = rank ? "!moe.kv<#moe.latent<rank = " + str(rank) +
                                ", rope_dim = " + str(keyWidth - rank) + ">, bf16>"
                          : "!moe.kv<#moe.key_value<heads = " + str(kvHeads) +
                                ", key_dim = " + str(keyWidth) +
                                ", value_dim = " + str(valueWidth) + ">, bf16>";
    std::string q = rows(keyWidth, "bf16"), out = rows(valueWidth, "f32");
    std::string list = "tensor<?x" + str(selected) + "xi32>";
    return "func.func @f(%q: " + q + ", %kv: " + kv + ", %b: !moe.batch" +
           (selected ? ", %s: " + list : "") + ") -> " + out +
           " {\n%r = moe.group attention \"a\" (%q0 = %q : " + q + ", %kv0 = %kv : " + kv +
           ", %b0 = %b : !moe.batch" + (selected ? ", %s0 = %s : " + list : "") + ") -> " + out +
           " {\n%o = moe.attention %q0, %kv0, %b0" +
           (selected ? " selected(%s0 : " + list + ")" : "") + " scale 0.3" +
           (window ? " window " + str(window) : "") + " probabilities bf16 : " + q + ", " + kv +
           " -> " + out + "\nmoe.yield %o : " + out + "\n}\nreturn %r : " + out + "\n}\n";
  }
};

/// An attention with numbers for a prompt from position 0 on.
class AttentionTilesTest : public ChipTest {
protected:
  AttentionTilesTest() : ChipTest(chip, cpu::Isa::AMX, "what machines with AMX have besides") {}

  void SetUp() override {
    ChipTest::SetUp();
    if (!IsSkipped())
      ASSERT_TRUE(amx::install());
  }

  void makeNumbers(const Attention &a) {
    query = toBf16(makeRandom(tokens * a.heads * a.keyWidth, 3));
    int64_t pages = (tokens + pageSize - 1) / pageSize;
    table.clear();
    listed.clear();
    for (int64_t page = 0; page != pages; ++page)
      table.push_back(int32_t((page * 7 + 3) % pages));
    cache = toBf16(makeRandom(pages * pageSize * a.getRowWidth(), 4));
    // Every third of the keys that a token sees, the last ones where there are many.
    for (int64_t token = 0; token != tokens; ++token)
      for (int64_t place = 0; place != a.selected; ++place) {
        int64_t first = std::max<int64_t>(0, token / 3 + 1 - a.selected) * 3;
        int64_t key = first + 3 * place;
        listed.push_back(key <= token ? int32_t(key) : -1);
      }
  }

  /// Whether a schedule's kernel is made of tiles.
  static bool takesTiles(const Attention &a, const std::string &schedule) {
    std::string assembly = getAssembly(buildGroups(a.getText(), schedule), chip);
    return assembly.find("tdpbf16ps") != std::string::npos;
  }

  std::vector<float> run(const Attention &a, const std::string &schedule) {
    Program program(buildGroups(a.getText(), schedule), chip);
    return run(a, program, schedule, tokens);
  }

  /// The prompt's results when it comes in chunks.
  std::vector<float> run(const Attention &a, Program &program, const std::string &schedule,
                         int64_t chunk, unsigned ranges = 1) {
    std::vector<float> result(tokens * a.heads * a.valueWidth);
    for (int64_t first = 0; first < tokens; first += chunk) {
      int64_t count = std::min(chunk, tokens - first);
      std::vector<int32_t> positions, sequences(count), starts = {0, int32_t(count)};
      for (int64_t i = 0; i != count; ++i)
        positions.push_back(int32_t(first + i));
      std::vector<Word> words = {&query[first * a.heads * a.keyWidth], cache};
      if (a.selected)
        words.push_back(&listed[first * a.selected]);
      words.insert(words.begin() + 2, {positions, sequences});
      bool blocks = schedule.find("BQ = ") != std::string::npos && !a.selected;
      if (blocks)
        words.insert(words.begin() + 4, starts);
      words.insert(words.begin() + (blocks ? 5 : 4), table);
      words.push_back(&result[first * a.heads * a.valueWidth]);
      for (int64_t extent : {count, count, int64_t(1), int64_t(table.size())})
        words.push_back(extent);
      program.run("a", words, ranges);
      amx::finishKernel();
    }
    return result;
  }

  /// By sums in double precision: each probability is rounded to 8 bits.
  void expectAttention(const Attention &a, const std::vector<float> &result) {
    auto row = [&](int64_t key) {
      return (table[key / pageSize] * pageSize + key % pageSize) * a.getRowWidth();
    };
    for (int64_t token = 0; token != tokens; ++token)
      for (int64_t head = 0; head != a.heads; ++head) {
        int64_t kvHead = a.rank ? 0 : head / (a.heads / a.kvHeads), at = token * a.heads + head;
        int64_t valueAt = a.rank ? 0 : a.kvHeads * a.keyWidth + kvHead * a.valueWidth;
        double sum = 0;
        std::vector<double> out(a.valueWidth), size(a.valueWidth);
        for (int64_t key = a.window ? std::max<int64_t>(0, token + 1 - a.window) : 0; key <= token;
             ++key) {
          auto first = listed.begin() + token * a.selected, end = first + a.selected;
          if (a.selected && std::find(first, end, key) == end)
            continue;
          double score = 0;
          for (int64_t d = 0; d != a.keyWidth; ++d)
            score += double(bf16ToF32(query[at * a.keyWidth + d])) *
                     bf16ToF32(cache[row(key) + kvHead * a.keyWidth + d]);
          double weight = std::exp(0.3 * score);
          sum += weight;
          for (int64_t d = 0; d != a.valueWidth; ++d) {
            out[d] += weight * bf16ToF32(cache[row(key) + valueAt + d]);
            size[d] += weight * std::fabs(bf16ToF32(cache[row(key) + valueAt + d]));
          }
        }
        for (int64_t d = 0; d != a.valueWidth; ++d)
          ASSERT_NEAR(result[at * a.valueWidth + d], out[d] / sum,
                      (std::ldexp(1, -8) + 2e-5) * size[d] / sum)
              << "token " << token << ", head " << head << ", " << d;
      }
  }

  /// What tiles give is right, and vectors give the same bytes. Tokens alone are computed by the
  /// part of a kernel that takes one.
  void check(const Attention &a, const std::string &tiles, const std::string &vectors) {
    makeNumbers(a);
    EXPECT_TRUE(takesTiles(a, tiles));
    EXPECT_FALSE(takesTiles(a, vectors));
    std::vector<float> expected = run(a, tiles);
    expectAttention(a, expected);
    for (const std::string &schedule : {tiles, vectors}) {
      Program program(buildGroups(a.getText(), schedule), chip);
      for (auto [chunk, ranges] : {std::pair{1, 1}, {3, 2}, {16, 1}, {64, 2}}) {
        std::vector<float> actual = run(a, program, schedule, chunk, ranges);
        ASSERT_EQ(std::memcmp(actual.data(), expected.data(), 4 * actual.size()), 0)
            << schedule << ", " << chunk << " at a time";
      }
    }
  }

  std::vector<uint16_t> query, cache;
  std::vector<int32_t> table, listed;
};

TEST_F(AttentionTilesTest, KeysAndValues) {
  check({}, "BQ = 8, HB = 4, BN = 64", "HB = 4, BN = 64");
}

TEST_F(AttentionTilesTest, HeadsThatNoBlockDividesInWindows) {
  check({.heads = 10, .window = 40}, "BQ = 16, HB = 4, BN = 32", "BQ = 2, HB = 4, BN = 32");
}

// One head for all queries, absorbed: the value is the beginning of the key.
TEST_F(AttentionTilesTest, Latent) {
  check({.heads = 5, .kvHeads = 1, .keyWidth = 96, .valueWidth = 64, .rank = 64},
        "BQ = 8, HB = 4, BN = 64", "HB = 4, BN = 64");
}

TEST_F(AttentionTilesTest, ListedKeys) {
  check({.heads = 16, .kvHeads = 1, .selected = 48}, "HB = 16, BN = 32", "HB = 8, BN = 32");
}

// K that is no whole steps goes by k in one chain, as on other machines: of queries of 48 numbers
// the last 16, and blocks of 16 keys.
TEST_F(AttentionTilesTest, OthersGoByVectors) {
  Attention partly = {.keyWidth = 48, .valueWidth = 32}, none = {.keyWidth = 16, .valueWidth = 32};
  const std::string whole = "BQ = 8, HB = 4, BN = 64", cut = "BQ = 8, HB = 4, BN = 16";
  EXPECT_TRUE(takesTiles(none, whole)) << "values";
  EXPECT_TRUE(takesTiles(partly, cut)) << "keys";
  EXPECT_FALSE(takesTiles(none, cut));
  makeNumbers(partly);
  expectAttention(partly, run(partly, whole));
  expectAttention(partly, run(partly, cut));
  makeNumbers(none);
  expectAttention(none, run(none, cut));
}

} // namespace
