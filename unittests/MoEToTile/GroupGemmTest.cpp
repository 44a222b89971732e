//===- GroupGemmTest.cpp - Product kernels against the reference ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The product groups that models have: with every weight format, one and several products, heads
// and experts, and extents that no block divides.
//
//===----------------------------------------------------------------------===//

#include "Harness/GroupCheck.h"
#include "Harness/NativeKernel.h"

#include <gtest/gtest.h>

using namespace moec::test;

namespace {

/// A model whose activations are `act` and weights `weight`: `ACT` and `WT` in the text.
std::string model(const std::string &act, const std::string &weight, int64_t width,
                  const std::string &declarations, const std::string &body) {
  std::string text = R"(
    !mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
    !mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
    !mxint8 = !mx.block<element = i8, scale = f32, block = 32>
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97xWIDTHxbf16> from "table"
    )" + declarations +
                     R"(
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?xWIDTHxf32> {
      %x0 = moe.embed %ids, @table : tensor<?xWIDTHxf32>
      QUANTIZE
    )" + body + R"(
      return %x0 : tensor<?xWIDTHxf32>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  std::string rule = act.starts_with("!mxfp") ? " rounding even" : "";
  replace("QUANTIZE",
          act[0] == '!'
              ? "%x = mx.quantize %x0" + rule + " : tensor<?xWIDTHxf32> -> tensor<?xWIDTHxACT>"
              : "%x = moe.cast %x0 : tensor<?xWIDTHxf32> -> tensor<?xWIDTHxACT>");
  replace("ROUND", weight == "!mxfp4" ? "rounding even" : "");
  replace("ACT", act);
  replace("WT", weight);
  replace("WIDTH", std::to_string(width));
  return text;
}

/// Activations and weights that meet.
struct Formats {
  const char *act, *weight;

  friend void PrintTo(const Formats &formats, std::ostream *os) {
    *os << formats.act << " x " << formats.weight;
  }
};

class GroupGemm : public ::testing::TestWithParam<Formats> {
protected:
  std::string act = GetParam().act, weight = GetParam().weight;
};

INSTANTIATE_TEST_SUITE_P(Formats, GroupGemm,
                         ::testing::Values(Formats{"f32", "f32"}, Formats{"f32", "bf16"},
                                           Formats{"bf16", "bf16"}, Formats{"f32", "!mxfp4"},
                                           Formats{"bf16", "!mxfp4"}, Formats{"!mxfp4", "!mxfp4"},
                                           Formats{"!mxfp8", "!mxfp4"}, Formats{"f32", "!mxint8"},
                                           Formats{"bf16", "!mxint8"},
                                           Formats{"!mxint8", "!mxint8"},
                                           Formats{"!mxint8", "!mxfp4"}),
                         [](const auto &info) {
                           auto name = [](const char *format) {
                             return std::string(format[0] == '!' ? format + 1 : format);
                           };
                           return name(info.param.act) + "_" + name(info.param.weight);
                         });

const std::vector<std::string> blocks = {"", getOtherBlocks()};

TEST_P(GroupGemm, LinearBiasResidualCast) {
  for (auto [k, n] : {std::pair(64, 64), std::pair(96, 100), std::pair(160, 24)}) {
    std::string width = std::to_string(n);
    auto text = [&](std::string part) {
      for (size_t at; (at = part.find("N")) != std::string::npos;)
        part.replace(at, 1, width);
      return part;
    };
    expectGroups(model(act, weight, k,
                       "moe.weight @w : tensor<" + width + "xWIDTHxWT> from \"w\" ROUND\n" +
                           "moe.weight @b : tensor<" + width + "xbf16> from \"b\"",
                       text(R"(
      %r = moe.slice %x0 at 0 : tensor<?xWIDTHxf32> -> tensor<?x24xf32>
      )") + (n == 24 ? text(R"(
      %y, %z = moe.group gemm "linear" (%a = %x : tensor<?xWIDTHxACT>, %c = %r : tensor<?xNxf32>) -> (tensor<?xNxf32>, tensor<?xNxbf16>) {
        %0 = moe.linear %a, @w bias @b : tensor<?xWIDTHxACT> -> tensor<?xNxf32>
        %1 = moe.add %0, %c : tensor<?xNxf32>, tensor<?xNxf32> -> tensor<?xNxf32>
        %2 = moe.cast %1 : tensor<?xNxf32> -> tensor<?xNxbf16>
        moe.yield %1, %2 : tensor<?xNxf32>, tensor<?xNxbf16>
      })")
                     : text(R"(
      %y = moe.group gemm "linear" (%a = %x : tensor<?xWIDTHxACT>) -> tensor<?xNxf32> {
        %0 = moe.linear %a, @w : tensor<?xWIDTHxACT> -> tensor<?xNxf32>
        moe.yield %0 : tensor<?xNxf32>
      })"))),
                 4e-6, blocks);
  }
}

TEST_P(GroupGemm, PartsAndActivation) {
  expectGroups(model(act, weight, 96, R"(
      moe.weight @q : tensor<100x96xWT> from "q" ROUND
      moe.weight @k : tensor<32x96xWT> from "k" ROUND
      moe.weight @g : tensor<64x96xWT> from "g" ROUND
      moe.weight @u : tensor<64x96xWT> from "u" ROUND)",
                     R"(
      %q, %k, %h = moe.group gemm "parts" (%a = %x : tensor<?x96xACT>) -> (tensor<?x100xf32>, tensor<?x2x16xbf16>, tensor<?x64xf32>) {
        %0 = moe.linear %a, @q : tensor<?x96xACT> -> tensor<?x100xf32>
        %1 = moe.linear %a, @k : tensor<?x96xACT> -> tensor<?x32xbf16>
        %2 = moe.view %1 : tensor<?x32xbf16> -> tensor<?x2x16xbf16>
        %3 = moe.linear %a, @g : tensor<?x96xACT> -> tensor<?x64xf32>
        %4 = moe.linear %a, @u : tensor<?x96xACT> -> tensor<?x64xf32>
        %5 = moe.activation %3, %4 <swiglu> : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
        moe.yield %0, %2, %5 : tensor<?x100xf32>, tensor<?x2x16xbf16>, tensor<?x64xf32>
      })"),
               4e-6, blocks);
}

TEST_P(GroupGemm, Experts) {
  expectGroups(model(act, weight, 96, R"(
      moe.weight @gate : tensor<8x64x96xWT> from "gate.{e}" ROUND
      moe.weight @up : tensor<8x64x96xWT> from "up.{e}" ROUND
      moe.weight @down : tensor<8x96x64xWT> from "down.{e}" ROUND
      moe.weight @gb : tensor<8x64xbf16> from "gb.{e}"
      moe.weight @db : tensor<8x96xbf16> from "db.{e}")",
                     R"(
      %l = moe.slice %x0 at 0 : tensor<?x96xf32> -> tensor<?x8xf32>
      %e, %w = moe.route %l softmax top_k 3 : tensor<?x8xf32> -> tensor<?x3xi32>, tensor<?x3xf32>
      %d = moe.sort_by_expert %e : tensor<?x3xi32> -> !moe.expert_blocks<experts = 8, top_k = 3>
      %h = moe.group grouped_gemm "up" (%a = %x : tensor<?x96xACT>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 3>) -> tensor<?x3x64xf32> {
        %0 = moe.expert_up %a, %b gate @gate up @up gate_bias @gb <swiglu> : tensor<?x96xACT>, !moe.expert_blocks<experts = 8, top_k = 3> -> tensor<?x3x64xf32>
        moe.yield %0 : tensor<?x3x64xf32>
      }
      %q = moe.group grouped_gemm "up_quantized" (%a = %x : tensor<?x96xACT>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 3>) -> tensor<?x3x64x!mxfp4> {
        %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> rounding even : tensor<?x96xACT>, !moe.expert_blocks<experts = 8, top_k = 3> -> tensor<?x3x64x!mxfp4>
        moe.yield %0 : tensor<?x3x64x!mxfp4>
      }
      %y = moe.group grouped_gemm "down" (%a = %h : tensor<?x3x64xf32>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 3>) -> tensor<?x3x96xbf16> {
        %0 = moe.expert_down %a, %b down @down down_bias @db : tensor<?x3x64xf32>, !moe.expert_blocks<experts = 8, top_k = 3> -> tensor<?x3x96xbf16>
        moe.yield %0 : tensor<?x3x96xbf16>
      }
      %z = moe.group grouped_gemm "down_quantized" (%a = %q : tensor<?x3x64x!mxfp4>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 3>) -> tensor<?x3x96xf32> {
        %0 = moe.expert_down %a, %b down @down : tensor<?x3x64x!mxfp4>, !moe.expert_blocks<experts = 8, top_k = 3> -> tensor<?x3x96xf32>
        moe.yield %0 : tensor<?x3x96xf32>
      })"),
               4e-6, blocks);
}

TEST_P(GroupGemm, Heads) {
  expectGroups(model(act, weight, 256, R"(
      moe.weight @w : tensor<4x48x64xWT> from "w" ROUND)",
                     R"(
      %h0 = moe.view %x0 : tensor<?x256xf32> -> tensor<?x4x64xf32>
      %y = moe.group gemm "heads" (%a = %h0 : tensor<?x4x64xf32>) -> tensor<?x4x48xf32> {
        %0 = moe.head_linear %a, @w : tensor<?x4x64xf32> -> tensor<?x4x48xf32>
        moe.yield %0 : tensor<?x4x48xf32>
      })"),
               4e-6, blocks);
}

} // namespace
