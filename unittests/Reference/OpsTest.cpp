//===- OpsTest.cpp - The meaning of single ops ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each op on rows that were chosen to tell its rule from a likely mistake. The rows come in through
// an embedding, so a model is a table, a few ops and what they give.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Reference/Reference.h"
#include "moec/Support/SafeTensors.h"
#include "moec/Support/Scalar.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

using namespace moec;
using reference::ReferenceSession;
using reference::Tensor;
namespace fs = std::filesystem;

namespace {

class OpsTest : public ::testing::Test {
protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("moec-ops-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    context.loadDialect<moe::MoEDialect, mlir::func::FuncDialect>();
  }
  void TearDown() override { fs::remove_all(folder); }

  /// Runs `body`, which sees %x (the rows, [T, width]) and %batch and defines %y of `type`. Weights
  /// besides the table are declared in `weights` and given in `data`, in name order.
  Tensor run(const std::vector<std::vector<float>> &rows, const std::string &body,
             const std::string &type, const std::string &weights = "",
             std::vector<std::pair<std::string, std::vector<float>>> data = {}) {
    int64_t width = rows[0].size(), count = rows.size();
    std::vector<float> table;
    for (const auto &row : rows)
      table.insert(table.end(), row.begin(), row.end());
    data.insert(data.begin(), {"a.table", table});
    write(data, width);
    std::string shape = std::to_string(count) + "x" + std::to_string(width);
    std::string text = "module attributes {moe.checkpoint = \".\"} {\n"
                       "moe.weight @table : tensor<" +
                       shape + "xf32> from \"a.table\"\n" + weights +
                       "\nfunc.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> " + type +
                       " {\n%x = moe.embed %ids, @table : tensor<?x" + std::to_string(width) +
                       "xf32>\n" + body + "\nreturn %y : " + type + "\n}\n}";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    auto session = ReferenceSession::create(*module, folder.string());
    EXPECT_TRUE(bool(session)) << session.takeError().message();
    if (relativeBound > 0)
      session->trackBounds(relativeBound);
    std::vector<int32_t> ids(count);
    for (int64_t i = 0; i < count; ++i)
      ids[i] = int32_t(i);
    auto result = session->forward({{0, ids}});
    EXPECT_TRUE(bool(result)) << result.takeError().message();
    return std::move(*result);
  }

  Tensor attendWithSink(const std::vector<std::vector<float>> &rows, float sink);

  void write(const std::vector<std::pair<std::string, std::vector<float>>> &data, int64_t width) {
    std::vector<SafeTensorsWriter::Declaration> declarations;
    for (const auto &[name, values] : data)
      declarations.push_back({name, DType::F32, {int64_t(values.size())}});
    auto writer = SafeTensorsWriter::create((folder / "model.safetensors").string(), declarations);
    ASSERT_TRUE(bool(writer)) << writer.takeError().message();
    for (const auto &[name, values] : data)
      ASSERT_FALSE(bool(writer->append(std::as_bytes(std::span(values)))));
    ASSERT_FALSE(bool(writer->finish()));
  }

  /// Results have bounds where this is not 0.
  double relativeBound = 0;
  fs::path folder;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float inf = std::numeric_limits<float>::infinity();

TEST_F(OpsTest, SwiGLUClampsGateAboveAndUpOnBothSides) {
  Tensor y = run({{9, -9, 9, -9}},
                 "%g = moe.slice %x at 0 : tensor<?x4xf32> -> tensor<?x2xf32>\n"
                 "%u = moe.slice %x at 2 : tensor<?x4xf32> -> tensor<?x2xf32>\n"
                 "%y = moe.activation %g, %u <swiglu, limit = 7.0, alpha = 1.702, up_offset = 1.0>"
                 " : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>",
                 "tensor<?x2xf32>");
  EXPECT_FLOAT_EQ(y.values[0], float(7 / (1 + std::exp(-1.702 * 7)) * 8));
  EXPECT_FLOAT_EQ(y.values[1], float(-9 / (1 + std::exp(1.702 * 9)) * -6));
}

TEST_F(OpsTest, RouteTakesTheLowerOfEquals) {
  Tensor ids = run({{1, 3, 3, 2}, {-inf, 0, -inf, 0}},
                   "%y, %w = moe.route %x sigmoid top_k 2"
                   " : tensor<?x4xf32> -> tensor<?x2xi32>, tensor<?x2xf32>",
                   "tensor<?x2xi32>");
  EXPECT_EQ(ids.integers, (std::vector<int32_t>{1, 2, 1, 3}));
}

/// Two experts of width 1, of which a row's first two elements choose, on its third.
std::string expertsBody(const std::string &score) {
  return "%l = moe.slice %x at 0 : tensor<?x3xf32> -> tensor<?x2xf32>\n"
         "%d = moe.slice %x at 2 : tensor<?x3xf32> -> tensor<?x1xf32>\n"
         "%i, %w = moe.route %l " +
         score +
         " top_k 2 renormalize : tensor<?x2xf32> -> tensor<?x2xi32>, tensor<?x2xf32>\n"
         "%y = moe.experts %d, %i, %w gate @w up @w down @w <swiglu> hidden f32"
         " : tensor<?x1xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x1xf32>";
}
const char *expertsWeight = "moe.weight @w : tensor<2x1x1xf32> from \"w\"";

/// One expert of two is ruled out; the second slot has no expert and adds nothing, though every
/// expert's result would be far from 0.
TEST_F(OpsTest, SlotsWithoutAnExpertAddNothing) {
  Tensor y = run({{-inf, 0, 3}}, expertsBody("chosen_softmax"), "tensor<?x1xf32>", expertsWeight,
                 {{"w", {5, 2}}});
  EXPECT_FLOAT_EQ(y.values[0], float(6 / (1 + std::exp(-6.0)) * 6 * 2));
}

/// Each output is rounded before it is weighted: 1 + 1/256 of two experts, by weights of a half,
/// becomes 1 in bf16 and stays in f32 and f16.
TEST_F(OpsTest, OutputsOfExpertsAreRoundedBeforeTheSum) {
  for (auto [element, expected] :
       {std::pair("f32", 1.00390625f), {"bf16", 1.0f}, {"f16", 1.00390625f}}) {
    std::string body = std::string("%l = moe.slice %x at 0 : tensor<?x3xf32> -> tensor<?x2xf32>\n"
                                   "%d = moe.slice %x at 2 : tensor<?x3xf32> -> tensor<?x1xf32>\n"
                                   "%i, %w = moe.route %l softmax top_k 2"
                                   " : tensor<?x2xf32> -> tensor<?x2xi32>, tensor<?x2xf32>\n"
                                   "%y = moe.experts %d, %i, %w gate @z up @z down @z down_bias @b"
                                   " <swiglu> hidden f32 outputs ") +
                       element +
                       " : tensor<?x1xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x1xf32>";
    Tensor y = run({{0, 0, 3}}, body, "tensor<?x1xf32>",
                   "moe.weight @z : tensor<2x1x1xf32> from \"z\"\n"
                   "moe.weight @b : tensor<2x1xf32> from \"b\"",
                   {{"b", {1.00390625f, 1.00390625f}}, {"z", {0, 0}}});
    EXPECT_EQ(y.values[0], expected) << element;
  }
}

/// As in Transformers, where a NaN is chosen first.
TEST_F(OpsTest, NaNAmongRouterLogitsReachesTheResult) {
  for (const char *score : {"sigmoid", "softmax", "chosen_softmax"}) {
    Tensor y = run({{nan, 0, 3}, {nan, nan, 3}, {1, 0, 3}}, expertsBody(score), "tensor<?x1xf32>",
                   expertsWeight, {{"w", {5, 2}}});
    EXPECT_TRUE(std::isnan(y.values[0])) << score;
    EXPECT_TRUE(std::isnan(y.values[1])) << score;
    EXPECT_FALSE(std::isnan(y.values[2])) << score;
  }
}

TEST_F(OpsTest, ChoiceBiasOnlyPicks) {
  Tensor w =
      run({{0, 0, 0, 0}},
          "%i, %y = moe.route %x sigmoid top_k 1 bias @b scale 2.0"
          " : tensor<?x4xf32> -> tensor<?x1xi32>, tensor<?x1xf32>",
          "tensor<?x1xf32>", "moe.weight @b : tensor<4xf32> from \"b\"", {{"b", {0, 0, 5, 0}}});
  EXPECT_EQ(w.values, (std::vector<float>{1.0f})); // sigmoid(0) * 2, not (0.5 + 5) * 2
}

TEST_F(OpsTest, GroupsAreScoredByTheirTwoBest) {
  // Group 0 holds the best expert, group 1 the best pair; one group is kept.
  Tensor ids = run({{3, -3, 2, 2}},
                   "%y, %w = moe.route %x sigmoid top_k 2 groups 2"
                   " : tensor<?x4xf32> -> tensor<?x2xi32>, tensor<?x2xf32>",
                   "tensor<?x2xi32>");
  EXPECT_EQ(ids.integers, (std::vector<int32_t>{2, 3}));
}

/// Rows are query and key at once, one head of width 1.
const char *selectBody = "%k = moe.cache_append @c, %batch, %x : tensor<?x1xf32> -> "
                         "!moe.kv<#moe.index_key<dim = 1>, f32>\n"
                         "%q = moe.view %x : tensor<?x1xf32> -> tensor<?x1x1xf32>\n"
                         "%y = moe.index_select %q, %x, %k, %batch top_k 2 scale 1.0 : "
                         "tensor<?x1x1xf32>, tensor<?x1xf32>, "
                         "!moe.kv<#moe.index_key<dim = 1>, f32> -> tensor<?x2xi32>";
const char *selectCache = "moe.cache @c : !moe.kv<#moe.index_key<dim = 1>, f32>";

TEST_F(OpsTest, SelectionIsCausalPaddedAndInIndexOrder) {
  Tensor s = run({{1}, {3}, {2}, {3}}, selectBody, "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(s.integers, (std::vector<int32_t>{0, -1, 0, 1, 1, 2, 1, 3}));
}

TEST_F(OpsTest, NothingIsSelectedBesideNaN) {
  Tensor s = run({{1}, {nan}, {2}}, selectBody, "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(s.integers, (std::vector<int32_t>{0, -1, 0, 1, -1, -1}));
}

TEST_F(OpsTest, SelectionScoresThroughReLU) {
  // Token 2 scores the keys relu(-3), relu(-1), relu(1): of the two zeros the lower position wins,
  // without ReLU it would be the greater key.
  Tensor s = run({{-3}, {-1}, {1}}, selectBody, "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(s.integers[4], 0);
  EXPECT_EQ(s.integers[5], 2);
}

/// Blocks of two keys, of which two are listed, `local` of them always.
static std::string selectBlocks(int local) {
  return "%k = moe.cache_append @c, %batch, %x : tensor<?x1xf32> -> "
         "!moe.kv<#moe.index_key<dim = 1>, f32>\n"
         "%q = moe.view %x : tensor<?x1xf32> -> tensor<?x1x1xf32>\n"
         "%y = moe.block_select %q, %k, %batch block 2 top_k 2 local " +
         std::to_string(local) +
         " : tensor<?x1x1xf32>, !moe.kv<#moe.index_key<dim = 1>, f32> -> tensor<?x2xi32>";
}

TEST_F(OpsTest, BlocksAreScoredByTheirBestKey) {
  // The last token's products are 9, -8 | 2, 3 | 1: a sum or the last key would make block 1 the
  // best one.
  Tensor s = run({{9}, {-8}, {2}, {3}, {1}}, selectBlocks(1), "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(s.integers, (std::vector<int32_t>{0, -1, 0, -1, 0, 1, 0, 1, 0, 2}));
}

TEST_F(OpsTest, BlocksAreScoredWithoutReLU) {
  // The last token's blocks score -3, -1, -2 and 1; with ReLU the first three would be equal.
  Tensor s =
      run({{3}, {3}, {1}, {1}, {2}, {2}, {-1}}, selectBlocks(0), "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(s.integers[12], 1);
  EXPECT_EQ(s.integers[13], 3);
}

TEST_F(OpsTest, LocalBlocksAreListedWhateverTheirScore) {
  // Blocks score 9, 6 and, with its own key alone, 1.
  std::vector<std::vector<float>> rows = {{9}, {9}, {6}, {6}, {1}};
  Tensor one = run(rows, selectBlocks(1), "tensor<?x2xi32>", selectCache);
  Tensor two = run(rows, selectBlocks(2), "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(std::vector<int32_t>(one.integers.begin() + 8, one.integers.end()),
            (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(std::vector<int32_t>(two.integers.begin() + 8, two.integers.end()),
            (std::vector<int32_t>{1, 2}));
}

TEST_F(OpsTest, NoBlockIsSelectedBesideNaN) {
  Tensor s = run({{1}, {1}, {nan}, {2}, {2}}, selectBlocks(1), "tensor<?x2xi32>", selectCache);
  EXPECT_EQ(s.integers, (std::vector<int32_t>{0, -1, 0, -1, 0, 1, 0, 1, -1, -1}));
}

TEST_F(OpsTest, WindowCountsTheTokenItself) {
  // Equal scores: the output is the mean of the values in the window.
  const char *body =
      "%v = moe.view %x : tensor<?x1xf32> -> tensor<?x1x1xf32>\n"
      "%z = moe.rms_norm %v, @zero epsilon 1.0 : tensor<?x1x1xf32> -> tensor<?x1x1xf32>\n"
      "%kv = moe.cache_append @c, %batch, %z, %v : tensor<?x1x1xf32>, tensor<?x1x1xf32> -> "
      "!moe.kv<#moe.key_value<heads = 1, key_dim = 1, value_dim = 1>, f32>\n"
      "%a = moe.attention %v, %kv, %batch scale 1.0 window 2 : tensor<?x1x1xf32>, "
      "!moe.kv<#moe.key_value<heads = 1, key_dim = 1, value_dim = 1>, f32> -> tensor<?x1x1xf32>\n"
      "%y = moe.view %a : tensor<?x1x1xf32> -> tensor<?x1xf32>";
  Tensor y =
      run({{1}, {3}, {7}}, body, "tensor<?x1xf32>",
          "moe.weight @zero : tensor<1xf32> from \"zero\"\n"
          "moe.cache @c : !moe.kv<#moe.key_value<heads = 1, key_dim = 1, value_dim = 1>, f32>",
          {{"zero", {0}}});
  EXPECT_EQ(y.values, (std::vector<float>{1, 2, 5}));
}

/// Attention of one head with a query, a key and a value of one number each, which are a row.
Tensor OpsTest::attendWithSink(const std::vector<std::vector<float>> &rows, float sink) {
  const std::string kv = "!moe.kv<#moe.key_value<heads = 1, key_dim = 1, value_dim = 1>, f32>";
  std::string body;
  for (size_t i = 0; i < 3; ++i) {
    const std::string name = std::string("%") + "qkv"[i];
    body += name + "_row = moe.slice %x at " + std::to_string(i) +
            " : tensor<?x3xf32> -> tensor<?x1xf32>\n" + name + " = moe.view " + name +
            "_row : tensor<?x1xf32> -> tensor<?x1x1xf32>\n";
  }
  return run(rows,
             body +
                 "%kv = moe.cache_append @c, %batch, %k, %v : tensor<?x1x1xf32>, "
                 "tensor<?x1x1xf32> -> " +
                 kv +
                 "\n"
                 "%a = moe.attention %q, %kv, %batch scale 1.0 window 16 sinks @sink "
                 "probabilities bf16 : tensor<?x1x1xf32>, " +
                 kv +
                 " -> tensor<?x1x1xf32>\n"
                 "%y = moe.view %a : tensor<?x1x1xf32> -> tensor<?x1xf32>",
             "tensor<?x1xf32>",
             "moe.weight @sink : tensor<1xf32> from \"sink\"\nmoe.cache @c : " + kv,
             {{"sink", {sink}}});
}

// What a kernel computes that rounds weights beside the highest score of the keys, and knows the
// sink's at the end only.
TEST_F(OpsTest, BoundsOfAttentionHoldForOtherRoundingsOfWeights) {
  auto round = [](double weight) { return bf16ToF32(f32ToBf16(float(weight))); };
  relativeBound = 1e-5;
  double worst = 0;
  std::mt19937 random(1);
  std::uniform_real_distribution<float> number(0, 1);
  for (float sink = -1; sink < 3; sink += 0.125f) {
    std::vector<std::vector<float>> rows(512);
    for (size_t t = 0; t < rows.size(); ++t)
      rows[t] = {number(random), number(random), 2 * number(random) - 1};
    // Values and most keys are alike, so that all roundings have one direction.
    for (size_t t = 0; t < 256; ++t)
      rows[t] = {1, t % 16 == 0 ? 0.8f : 0.05f + 0.005f * float(t / 16), 1};
    Tensor y = attendWithSink(rows, sink);
    ASSERT_EQ(y.bounds.size(), rows.size());
    for (size_t t = 0; t < rows.size(); ++t) {
      double highest = -inf, sum = 0, denominator = 0;
      for (size_t p = t < 16 ? 0 : t - 15; p <= t; ++p)
        highest = std::max(highest, double(rows[t][0]) * rows[p][1]);
      for (size_t p = t < 16 ? 0 : t - 15; p <= t; ++p) {
        double weight = std::exp(double(rows[t][0]) * rows[p][1] - highest);
        sum += round(weight) * rows[p][2];
        denominator += weight;
      }
      double kernel = sum / (denominator + std::exp(double(sink) - highest));
      EXPECT_NEAR(kernel, y.values[t], y.bounds[t]) << "token " << t << ", sink " << sink;
      worst = std::max(worst, std::abs(kernel - y.values[t]) / y.bounds[t]);
    }
  }
  // They are no wider than they have to be, either.
  EXPECT_GT(worst, 0.6);
}

TEST_F(OpsTest, RopeStylesPairDifferentElements) {
  auto rotate = [&](const std::string &style) {
    return run({{0, 0, 0, 0}, {1, 2, 3, 4}},
               "%y = moe.rope %x, %batch " + style +
                   " theta 10000.0 at 0 size 4"
                   " : tensor<?x4xf32> -> tensor<?x4xf32>",
               "tensor<?x4xf32>");
  };
  float c = std::cos(1.0f), s = std::sin(1.0f); // Pair 0 turns by one radian a position.
  Tensor half = rotate("half"), interleaved = rotate("interleaved");
  EXPECT_NEAR(half.values[4], 1 * c - 3 * s, 1e-6);
  EXPECT_NEAR(half.values[6], 3 * c + 1 * s, 1e-6);
  EXPECT_NEAR(interleaved.values[4], 1 * c - 2 * s, 1e-6);
  EXPECT_NEAR(interleaved.values[5], 2 * c + 1 * s, 1e-6);
}

TEST_F(OpsTest, QuantisedRowsAreValuesOfTheirFormat) {
  std::vector<float> row(32, 0.0f);
  row[0] = 7.0f; // even: the scale's exponent goes up from 1.75 * 2^2, so 7 / 2 = 3.5 ties to 4.
  row[1] = 1.0f;
  Tensor y =
      run({row, std::vector<float>(32, 0.0f)},
          "%q = mx.quantize %x rounding even : tensor<?x32xf32> -> tensor<?x32x!mx.block<element "
          "= f4E2M1FN, scale = f8E8M0FNU, block = 32>>\n"
          "%y = mx.dequantize %q : tensor<?x32x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, "
          "block = 32>> -> tensor<?x32xf32>",
          "tensor<?x32xf32>");
  EXPECT_EQ(y.values[0], 8.0f);
  EXPECT_EQ(y.values[1], 1.0f);
  EXPECT_EQ(y.values[33], 0.0f);
}

// 7 is 1.75 * 2^2, of which a second rounding would make another scale, and 1 of 1.125.
TEST_F(OpsTest, GroupsReadQuantisedRowsAsTheyAre) {
  std::vector<float> row(32, 0.0f);
  row[0] = 6.8f;
  row[1] = 1.125f;
  const std::string rows = "tensor<?x32x!mx.block<element = f6E2M3FN, scale = f8E8M0FNU, "
                           "block = 32>>";
  Tensor y = run({row},
                 "%q = mx.quantize %x rounding even : tensor<?x32xf32> -> " + rows +
                     "\n%y = moe.group row \"read\" (%a = %q : " + rows +
                     ") -> tensor<?x32xf32> {\n%0 = mx.dequantize %a : " + rows +
                     " -> tensor<?x32xf32>\nmoe.yield %0 : tensor<?x32xf32>\n}",
                 "tensor<?x32xf32>");
  EXPECT_EQ(y.values[0], 7.0f);
  EXPECT_EQ(y.values[1], 1.125f);
}

TEST(RoundToTest, Fp8BlocksAgainstTheirDefinition) {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect>();
  auto type = mx::BlockType::getNamed(&context, "mxfp8");
  for (auto [rule, scale] :
       {std::pair("floor", 1.0f), std::pair("ceil", 2.0f), std::pair("even", 2.0f)}) {
    Tensor tensor;
    tensor.shape = {1, 2};
    tensor.values = {460.0f, 1.0f}; // 460 = 1.797 * 2^8, above the largest code 448
    reference::roundTo(tensor, type, rule);
    EXPECT_EQ(tensor.scales, (std::vector<float>{scale})) << rule;
    EXPECT_EQ(tensor.values[0], 448.0f) << rule; // saturated, or 230 rounded to 224 times 2
    EXPECT_EQ(tensor.values[1], 1.0f) << rule;
  }
}

} // namespace
