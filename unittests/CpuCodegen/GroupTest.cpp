//===- GroupTest.cpp - Groups through builders, executed ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The way that a model's products take: a group, its builder, native code; against plain loops.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "Weights.h"

#include "moec/Formats/StoredMatrix.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

namespace {

class GroupTest : public ::testing::TestWithParam<std::string> {};

/// The packing attribute of a weight, for `moe.weight … attributes`.
std::string packing(const Weight &weight) {
  std::string type = weight.refType();
  return type.substr(type.find("#tile"), type.size() - type.find("#tile") - 1);
}

/// The rounding rule that a weight of this format names.
std::string rounding(const Weight &weight) {
  return weight.format == Weight::FP4 ? " rounding even" : "";
}

std::string tensorType(const std::string &shape, const Weight &weight) {
  return "tensor<" + shape + weight.elementType() + ">";
}

/// Activations as a group takes them: f32, bf16 or block-scaled, with the exact numbers.
struct Input {
  Input(const std::string &kind, int64_t rows, int64_t columns, unsigned seed)
      : quantized(Weight::FP4, rows, columns, false, seed), kind(kind) {
    numbers = kind == "fp4" ? quantized.values : makeRandom(rows * columns, seed);
    narrow = toBf16(numbers);
    if (kind == "bf16")
      numbers = fromBf16(narrow);
  }
  std::string element() const { return kind == "fp4" ? quantized.elementType() : kind; }
  std::vector<Word> words() {
    if (kind == "fp4")
      return {quantized.codes, quantized.scaleBytes};
    return {kind == "bf16" ? Word(narrow) : Word(numbers)};
  }

  Weight quantized;
  std::string kind;
  std::vector<float> numbers;
  std::vector<uint16_t> narrow;
};

/// Pairs sorted by expert in blocks of BM, as the kernel of sort_by_expert leaves them.
struct ExpertBlocks {
  ExpertBlocks(int64_t tokens, int64_t topK, int64_t experts, int64_t bm, unsigned seed) {
    std::mt19937 random(seed);
    for (int64_t t = 0; t != tokens; ++t) {
      std::vector<int> chosen;
      while (static_cast<int64_t>(chosen.size()) != topK) {
        int e = static_cast<int>(random() % experts);
        if (std::find(chosen.begin(), chosen.end(), e) == chosen.end())
          chosen.push_back(e);
      }
      ids.insert(ids.end(), chosen.begin(), chosen.end());
    }
    for (int e = 0; e != experts; ++e) {
      std::vector<int32_t> own;
      for (size_t pair = 0; pair != ids.size(); ++pair)
        if (ids[pair] == e)
          own.push_back(static_cast<int32_t>(pair));
      for (size_t first = 0; first < own.size(); first += bm) {
        expert.push_back(e);
        live.push_back(static_cast<int32_t>(std::min<size_t>(bm, own.size() - first)));
        for (int64_t i = 0; i != bm; ++i)
          pairs.push_back(first + i < own.size() ? own[first + i] : -1);
      }
    }
    count = {static_cast<int32_t>(expert.size())};
    // The grid is an upper bound, so blocks past the count exist and must not run.
    expert.resize(tokens * topK + experts, 1 << 20);
    live.resize(expert.size(), 1 << 20);
    pairs.resize(expert.size() * bm, 1 << 20);
  }
  std::vector<int32_t> ids, pairs, expert, live, count;
};

double silu(double x) { return x / (1 + std::exp(-x)); }

// Two products, bias, a residual and an activation behind them.
TEST_P(GroupTest, GatedLinear) {
  const int64_t n = 70, k = 160;
  Weight gate(Weight::BF16, n, k, true, 1), up(Weight::BF16, n, k, true, 2);
  std::string text = buildGroups(
      "moe.weight @g : tensor<70x160xbf16> from \"g\" {tile.packed = " + packing(gate) +
          "}\n"
          "moe.weight @u : tensor<70x160xbf16> from \"u\" {tile.packed = " +
          packing(up) +
          "}\n"
          R"(func.func @forward(%x: tensor<?x160xf32>, %r: tensor<?x70xf32>) -> tensor<?x70xf32> {
        %y = moe.group gemm "mlp" (%a = %x : tensor<?x160xf32>, %b = %r : tensor<?x70xf32>) -> tensor<?x70xf32> {
          %0 = moe.linear %a, @g : tensor<?x160xf32> -> tensor<?x70xf32>
          %1 = moe.linear %a, @u : tensor<?x160xf32> -> tensor<?x70xf32>
          %2 = moe.activation %0, %1 <swiglu> : tensor<?x70xf32>, tensor<?x70xf32> -> tensor<?x70xf32>
          %3 = moe.add %b, %2 : tensor<?x70xf32>, tensor<?x70xf32> -> tensor<?x70xf32>
          moe.yield %3 : tensor<?x70xf32>
        }
        return %y : tensor<?x70xf32>
      })",
      "BM = 16, BN = 64, BK = 96");
  Program program(text, GetParam());
  for (int64_t t : {1, 5, 33}) {
    std::vector<float> x = makeRandom(t * k, 3), r = makeRandom(t * n, 4), y(t * n);
    program.run("mlp", {x, r, gate.codes, up.codes, y, t, t, 1, 1}, 2);
    for (int64_t i = 0; i != t; ++i)
      for (int64_t j = 0; j != n; ++j) {
        double g = 0, u = 0;
        for (int64_t l = 0; l != k; ++l) {
          g += double(x[i * k + l]) * gate.values[j * k + l];
          u += double(x[i * k + l]) * up.values[j * k + l];
        }
        ASSERT_NEAR(y[i * n + j], r[i * n + j] + silu(g) * u, 2e-4) << i << " " << j;
      }
  }
}

// Gate and up of the experts: every activation format with every weight format, results in f32.
TEST_P(GroupTest, ExpertUp) {
  const int64_t n = 64, k = 96, experts = 6, topK = 2, bm = 4;
  for (const char *kind : {"f32", "bf16", "fp4"})
    for (Weight::Format format : {Weight::BF16, Weight::FP4}) {
      Weight gate(format, n, k, true, 1, experts), up(format, n, k, true, 2, experts);
      Input types(kind, 1, k, 0);
      std::string x = "tensor<?x96x" + types.element() + ">";
      std::string d = "!moe.expert_blocks<experts = 6, top_k = 2>";
      std::string text = buildGroups(
          "moe.weight @g : " + tensorType("6x64x96x", gate) + " from \"g.{e}\"" + rounding(gate) +
              " {tile.packed = " + packing(gate) + "}\nmoe.weight @u : " +
              tensorType("6x64x96x", up) + " from \"u.{e}\"" + rounding(up) +
              " {tile.packed = " + packing(up) + "}\nfunc.func @forward(%x: " + x + ", %d: " + d +
              ") -> tensor<?x2x64xf32> {\n  %h = moe.group grouped_gemm \"up\" (%a = %x : " + x +
              ", %b = %d : " + d +
              ") -> tensor<?x2x64xf32> {\n"
              "    %0 = moe.expert_up %a, %b gate @g up @u <swiglu> : " +
              x + ", " + d +
              " -> tensor<?x2x64xf32>\n    moe.yield %0 : tensor<?x2x64xf32>\n  }\n"
              "  return %h : tensor<?x2x64xf32>\n}",
          "BM = 4, BN = 32, BK = 64");
      Program program(text, GetParam());
      for (int64_t t : {1, 3, 20}) {
        Input input(kind, t, k, 7);
        ExpertBlocks expertBlocks(t, topK, experts, bm, static_cast<unsigned>(t));
        std::vector<float> y(t * topK * n, -7);
        std::vector<Word> words = input.words();
        for (auto *list :
             {&expertBlocks.pairs, &expertBlocks.expert, &expertBlocks.live, &expertBlocks.count})
          words.push_back(*list);
        for (Weight *weight : {&gate, &up})
          for (Word word : weight->own())
            words.push_back(word);
        words.push_back(y);
        for (int64_t extent : {t, t, int64_t(1), int64_t(1)})
          words.push_back(extent);
        program.run("up", words, 3);
        for (int64_t pair = 0; pair != t * topK; ++pair)
          for (int64_t j = 0; j != n; ++j) {
            double g = 0, u = 0;
            const float *row = &input.numbers[pair / topK * k];
            int64_t at = (expertBlocks.ids[pair] * n + j) * k;
            for (int64_t l = 0; l != k; ++l) {
              g += double(row[l]) * gate.values[at + l];
              u += double(row[l]) * up.values[at + l];
            }
            ASSERT_NEAR(y[pair * n + j], silu(g) * u, 1e-3 + 1e-4 * std::fabs(silu(g) * u))
                << kind << " " << format << " pair " << pair << " column " << j;
          }
      }
    }
}

// The second product reads a row for each pair, and the first one's block-scaled result.
TEST_P(GroupTest, ExpertDownOfFp4) {
  const int64_t n = 48, k = 64, experts = 5, topK = 3, bm = 8;
  Weight down(Weight::FP4, n, k, true, 1, experts);
  std::string x = "tensor<?x3x64x" + down.elementType() + ">";
  std::string d = "!moe.expert_blocks<experts = 5, top_k = 3>";
  std::string text = buildGroups(
      "moe.weight @d : " + tensorType("5x48x64x", down) + " from \"d.{e}\"" + rounding(down) +
          " {tile.packed = " + packing(down) + "}\nfunc.func @forward(%x: " + x + ", %d: " + d +
          ") -> tensor<?x3x48xf32> {\n  %h = moe.group grouped_gemm \"down\" (%a = %x : " + x +
          ", %b = %d : " + d +
          ") -> tensor<?x3x48xf32> {\n"
          "    %0 = moe.expert_down %a, %b down @d : " +
          x + ", " + d +
          " -> tensor<?x3x48xf32>\n    moe.yield %0 : tensor<?x3x48xf32>\n  }\n"
          "  return %h : tensor<?x3x48xf32>\n}",
      "BM = 8, BN = 32, BK = 64");
  Program program(text, GetParam());
  for (int64_t t : {1, 2, 17}) {
    Input input("fp4", t * topK, k, 9);
    ExpertBlocks expertBlocks(t, topK, experts, bm, static_cast<unsigned>(t));
    std::vector<float> y(t * topK * n);
    std::vector<Word> words = input.words();
    for (auto *list :
         {&expertBlocks.pairs, &expertBlocks.expert, &expertBlocks.live, &expertBlocks.count})
      words.push_back(*list);
    for (Word word : down.own())
      words.push_back(word);
    words.push_back(y);
    for (int64_t extent : {t, t, int64_t(1), int64_t(1)})
      words.push_back(extent);
    program.run("down", words);
    for (int64_t pair = 0; pair != t * topK; ++pair)
      for (int64_t j = 0; j != n; ++j) {
        double sum = 0, magnitude = 0;
        for (int64_t l = 0; l != k; ++l) {
          double term = double(input.numbers[pair * k + l]) *
                        down.values[(expertBlocks.ids[pair] * n + j) * k + l];
          sum += term;
          magnitude += std::fabs(term);
        }
        ASSERT_NEAR(y[pair * n + j], sum, 1e-5 * magnitude + 1e-30);
      }
  }
}

// A norm whose result is quantised once, for all the products that read it.
TEST_P(GroupTest, NormAndQuantize) {
  Weight types(Weight::FP4, 1, 96, false);
  std::string q = "tensor<?x96x" + types.elementType() + ">";
  std::string text = buildGroups(
      "moe.weight @w : tensor<96xf32> from \"w\"\n"
      "func.func @forward(%x: tensor<?x96xf32>) -> (tensor<?x96xf32>, " +
          q +
          ") {\n"
          "  %h, %p = moe.group row \"norm\" (%a = %x : tensor<?x96xf32>) -> (tensor<?x96xf32>, " +
          q +
          ") {\n"
          "    %0 = moe.rms_norm %a, @w epsilon 1.0e-05 : tensor<?x96xf32> -> tensor<?x96xf32>\n"
          "    %1 = mx.quantize %0 rounding even : tensor<?x96xf32> -> " +
          q +
          "\n"
          "    moe.yield %0, %1 : tensor<?x96xf32>, " +
          q +
          "\n  }\n"
          "  return %h, %p : tensor<?x96xf32>, " +
          q + "\n}",
      "BM = 4");
  Program program(text, GetParam());
  std::vector<float> w = makeRandom(96, 5);
  for (int64_t t : {1, 6}) {
    std::vector<float> x = makeRandom(t * 96, 6), y(t * 96);
    std::vector<uint8_t> codes(t * 48), scales(t * 3);
    program.run("norm", {x, w, y, codes, scales, t, t, 1, 1});
    for (int64_t i = 0; i != t; ++i) {
      double sum = 0;
      for (int j = 0; j != 96; ++j)
        sum += double(x[i * 96 + j]) * x[i * 96 + j];
      double factor = 1 / std::sqrt(sum / 96 + 1e-5);
      for (int j = 0; j != 96; ++j)
        ASSERT_NEAR(y[i * 96 + j], x[i * 96 + j] * factor * w[j], 1e-6);
      for (int block = 0; block != 3; ++block) {
        uint8_t expected[32];
        uint32_t scale = quantizeBlock(findFormat("mxfp4")->format, ScaleRounding::Even,
                                       {&y[i * 96 + block * 32], 32}, expected);
        ASSERT_EQ(scales[i * 3 + block], scale);
        for (int j = 0; j != 32; ++j)
          ASSERT_EQ(codes[i * 48 + block * 16 + j / 2] >> (j % 2 * 4) & 15, expected[j]);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, GroupTest, ::testing::ValuesIn(getProductChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
