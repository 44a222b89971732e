//===- RowTest.cpp - Row kernels against the reference --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The chains that models have, as one kernel each: with f32 and bf16 activations, in blocks of one
// row and of four, at widths that no vector divides.
//
//===----------------------------------------------------------------------===//

#include "Harness/GroupCheck.h"

#include <gtest/gtest.h>

using namespace moec::test;

namespace {

/// A model whose activations are `act`, for which `ACT` stands in the text; `WIDTH` is that of the
/// embedding %x.
std::string model(const std::string &act, int64_t width, const std::string &declarations,
                  const std::string &body) {
  std::string text = R"(
    !mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
    !mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
    !mxint8 = !mx.block<element = i8, scale = f32, block = 32>
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97xWIDTHxbf16> from "table"
    )" + declarations +
                     R"(
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?xWIDTHxACT> {
      %x = moe.embed %ids, @table : tensor<?xWIDTHxACT>
    )" + body + R"(
      return %x : tensor<?xWIDTHxACT>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  replace("ACT", act);
  replace("WIDTH", std::to_string(width));
  return text;
}

class Row : public ::testing::TestWithParam<const char *> {
protected:
  std::string act = GetParam();
};

INSTANTIATE_TEST_SUITE_P(Activations, Row, ::testing::Values("f32", "bf16"),
                         [](const auto &info) { return info.param; });

const std::vector<std::string> blocks = {"BM = 1", "BM = 4, BN = 16", "BM = 4, pow2 = 1"};

TEST_P(Row, ResidualNormQuantize) {
  for (int64_t width : {64, 96, 800})
    expectGroups(model(act, width, R"(
      moe.weight @w : tensor<WIDTHxbf16> from "a.norm.weight")",
                       R"(
      %y = moe.mul %x, %x : tensor<?xWIDTHxACT>, tensor<?xWIDTHxACT> -> tensor<?xWIDTHxACT>
      %s, %n, %q4, %qc, %qi = moe.group row "residual" (%a = %x : tensor<?xWIDTHxACT>, %b = %y : tensor<?xWIDTHxACT>)
          -> (tensor<?xWIDTHxACT>, tensor<?xWIDTHxbf16>, tensor<?xWIDTHx!mxfp4>, tensor<?xWIDTHx!mxfp4>, tensor<?xWIDTHx!mxint8>) {
        %0 = moe.add %a, %b : tensor<?xWIDTHxACT>, tensor<?xWIDTHxACT> -> tensor<?xWIDTHxACT>
        %1 = moe.rms_norm %0, @w epsilon 1.0e-05 : tensor<?xWIDTHxACT> -> tensor<?xWIDTHxf32>
        %2 = moe.cast %1 : tensor<?xWIDTHxf32> -> tensor<?xWIDTHxbf16>
        %3 = mx.quantize %1 rounding even : tensor<?xWIDTHxf32> -> tensor<?xWIDTHx!mxfp4>
        %4 = mx.quantize %2 rounding ceil : tensor<?xWIDTHxbf16> -> tensor<?xWIDTHx!mxfp4>
        %5 = mx.quantize %1 : tensor<?xWIDTHxf32> -> tensor<?xWIDTHx!mxint8>
        moe.yield %0, %2, %3, %4, %5 : tensor<?xWIDTHxACT>, tensor<?xWIDTHxbf16>, tensor<?xWIDTHx!mxfp4>, tensor<?xWIDTHx!mxfp4>, tensor<?xWIDTHx!mxint8>
      })"),
                 2e-6, blocks);
}

TEST_P(Row, QuantizeToFP8) {
  for (int64_t width : {64, 96})
    expectGroups(model(act, width, "", R"(
      %e, %c, %f = moe.group row "quantize" (%a = %x : tensor<?xWIDTHxACT>)
          -> (tensor<?xWIDTHx!mxfp8>, tensor<?xWIDTHx!mxfp8>, tensor<?xWIDTHx!mxfp8>) {
        %0 = moe.mul %a, %a : tensor<?xWIDTHxACT>, tensor<?xWIDTHxACT> -> tensor<?xWIDTHxACT>
        %1 = moe.mul %0, %a : tensor<?xWIDTHxACT>, tensor<?xWIDTHxACT> -> tensor<?xWIDTHxACT>
        %2 = mx.quantize %1 rounding even : tensor<?xWIDTHxACT> -> tensor<?xWIDTHx!mxfp8>
        %3 = mx.quantize %1 rounding ceil : tensor<?xWIDTHxACT> -> tensor<?xWIDTHx!mxfp8>
        %4 = mx.quantize %1 rounding floor : tensor<?xWIDTHxACT> -> tensor<?xWIDTHx!mxfp8>
        moe.yield %2, %3, %4 : tensor<?xWIDTHx!mxfp8>, tensor<?xWIDTHx!mxfp8>, tensor<?xWIDTHx!mxfp8>
      })"),
                 2e-6, blocks);
}

TEST_P(Row, Dequantize) {
  expectGroups(model(act, 96, "", R"(
      %q = mx.quantize %x rounding floor : tensor<?x96xACT> -> tensor<?x96x!mxfp4>
      %i = mx.quantize %x : tensor<?x96xACT> -> tensor<?x96x!mxint8>
      %n, %m = moe.group row "dequantize" (%a = %q : tensor<?x96x!mxfp4>, %b = %i : tensor<?x96x!mxint8>) -> (tensor<?x96xACT>, tensor<?x96xACT>) {
        %0 = mx.dequantize %a : tensor<?x96x!mxfp4> -> tensor<?x96xACT>
        %1 = mx.dequantize %b : tensor<?x96x!mxint8> -> tensor<?x96xACT>
        moe.yield %0, %1 : tensor<?x96xACT>, tensor<?x96xACT>
      })"),
               0, blocks);
}

TEST_P(Row, LayerNorm) {
  for (int64_t width : {64, 100})
    expectGroups(model(act, width, R"(
      moe.weight @w : tensor<WIDTHxf32> from "w.norm.weight"
      moe.weight @b : tensor<WIDTHxbf16> from "b")",
                       R"(
      %n, %m = moe.group row "norm" (%a = %x : tensor<?xWIDTHxACT>) -> (tensor<?xWIDTHxACT>, tensor<?xWIDTHxf32>) {
        %0 = moe.layer_norm %a, @w bias @b epsilon 1.0e-06 : tensor<?xWIDTHxACT> -> tensor<?xWIDTHxACT>
        %1 = moe.layer_norm %a, @w epsilon 1.0e-06 : tensor<?xWIDTHxACT> -> tensor<?xWIDTHxf32>
        moe.yield %0, %1 : tensor<?xWIDTHxACT>, tensor<?xWIDTHxf32>
      })"),
                 2e-6, blocks);
}

TEST_P(Row, HeadNormRopeAppend) {
  expectGroups(model(act, 384, R"(
      moe.weight @q : tensor<32xbf16> from "q"
      moe.weight @k : tensor<32xbf16> from "k"
      moe.cache @kv : !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, bf16>)",
                     R"(
      %r, %kv = moe.group row "qkv" (%a = %x : tensor<?x384xACT>, %b = %batch : !moe.batch)
          -> (tensor<?x8x32xACT>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, bf16>) {
        %0 = moe.slice %a at 0 : tensor<?x384xACT> -> tensor<?x256xACT>
        %1 = moe.view %0 : tensor<?x256xACT> -> tensor<?x8x32xACT>
        %2 = moe.rms_norm %1, @q epsilon 1.0e-06 offset 1.0 : tensor<?x8x32xACT> -> tensor<?x8x32xACT>
        %3 = moe.rope %2, %b half theta 1.0e+06 at 0 size 32 : tensor<?x8x32xACT> -> tensor<?x8x32xACT>
        %4 = moe.slice %a at 256 : tensor<?x384xACT> -> tensor<?x64xACT>
        %5 = moe.view %4 : tensor<?x64xACT> -> tensor<?x2x32xACT>
        %6 = moe.rms_norm %5, @k epsilon 1.0e-06 offset 1.0 : tensor<?x2x32xACT> -> tensor<?x2x32xf32>
        %7 = moe.rope %6, %b half theta 1.0e+06 at 0 size 32 : tensor<?x2x32xf32> -> tensor<?x2x32xf32>
        %8 = moe.slice %a at 320 : tensor<?x384xACT> -> tensor<?x64xACT>
        %9 = moe.view %8 : tensor<?x64xACT> -> tensor<?x2x32xACT>
        %10 = moe.cache_append @kv, %b, %7, %9 : tensor<?x2x32xf32>, tensor<?x2x32xACT> -> !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, bf16>
        moe.yield %3, %10 : tensor<?x8x32xACT>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, bf16>
      })"),
               4e-6, blocks);
}

TEST_P(Row, UnevenHeadsAppend) {
  expectGroups(model(act, 112, R"(
      moe.cache @kv : !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 24>, f32>)",
                     R"(
      %kv = moe.group row "append" (%a = %x : tensor<?x112xACT>, %b = %batch : !moe.batch) -> !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 24>, f32> {
        %0 = moe.slice %a at 0 : tensor<?x112xACT> -> tensor<?x64xACT>
        %1 = moe.view %0 : tensor<?x64xACT> -> tensor<?x2x32xACT>
        %2 = moe.rope %1, %b half theta 1.0e+04 at 8 size 16 : tensor<?x2x32xACT> -> tensor<?x2x32xf32>
        %3 = moe.slice %a at 64 : tensor<?x112xACT> -> tensor<?x48xACT>
        %4 = moe.view %3 : tensor<?x48xACT> -> tensor<?x2x24xACT>
        %5 = moe.cache_append @kv, %b, %2, %4 : tensor<?x2x32xf32>, tensor<?x2x24xACT> -> !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 24>, f32>
        moe.yield %5 : !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 24>, f32>
      })"),
               4e-6, {"BM = 1", "BM = 4"});
}

TEST_P(Row, LatentNormRopeAppend) {
  for (const char *element : {"f32", "bf16"}) {
    std::string kv = "!moe.kv<#moe.latent<rank = 64, rope_dim = 16>, " + std::string(element) + ">";
    expectGroups(model(act, 80,
                       "moe.weight @w : tensor<64xbf16> from \"w.norm.weight\"\n"
                       "moe.cache @c : " +
                           kv,
                       R"(
      %kv = moe.group row "latent" (%a = %x : tensor<?x80xACT>, %b = %batch : !moe.batch) -> )" +
                           kv + R"( {
        %0 = moe.slice %a at 0 : tensor<?x80xACT> -> tensor<?x64xACT>
        %1 = moe.rms_norm %0, @w epsilon 1.0e-06 : tensor<?x64xACT> -> tensor<?x64xACT>
        %2 = moe.slice %a at 64 : tensor<?x80xACT> -> tensor<?x16xACT>
        %3 = moe.rope %2, %b interleaved theta 1.0e+04 at 0 size 16 : tensor<?x16xACT> -> tensor<?x16xACT>
        %4 = moe.cache_append @c, %b, %1, %3 : tensor<?x64xACT>, tensor<?x16xACT> -> )" +
                           kv + "\nmoe.yield %4 : " + kv + "\n}"),
                 4e-6, blocks);
  }
}

TEST_P(Row, RopeOfAPart) {
  for (const char *scaling :
       {"", "scaling #moe.linear_scaling<factor = 4.0>",
        "scaling #moe.turns_scaling<factor = 8.0, original_positions = 32, low_turns = 1.0, "
        "high_turns = 4.0>",
        "scaling #moe.yarn<factor = 8.0, original_positions = 16, magnitude = 1.25>"})
    for (const char *style : {"half", "interleaved"}) {
      std::string rope = std::string(style) + " theta 1.0e+04 " + scaling;
      expectGroups(model(act, 192, "",
                         R"(
      %h = moe.view %x : tensor<?x192xACT> -> tensor<?x4x48xACT>
      %r, %s, %t = moe.group row "rope" (%a = %h : tensor<?x4x48xACT>, %b = %x : tensor<?x192xACT>, %c = %batch : !moe.batch)
          -> (tensor<?x4x48xACT>, tensor<?x4x48xf32>, tensor<?x192xACT>) {
        %0 = moe.rope %a, %c )" +
                             rope + R"( at 16 size 32 : tensor<?x4x48xACT> -> tensor<?x4x48xACT>
        %1 = moe.rope %a, %c )" +
                             rope + R"( at 0 size 16 : tensor<?x4x48xACT> -> tensor<?x4x48xf32>
        %2 = moe.rope %b, %c )" +
                             rope + R"( at 100 size 32 : tensor<?x192xACT> -> tensor<?x192xACT>
        moe.yield %0, %1, %2 : tensor<?x4x48xACT>, tensor<?x4x48xf32>, tensor<?x192xACT>
      })"),
                   4e-6, blocks);
    }
}

TEST(Row, RopeAtLargePositions) {
  expectGroups(model("f32", 8, "", R"(
      %r = moe.group row "rope" (%a = %x : tensor<?x8xf32>, %c = %batch : !moe.batch) -> tensor<?x8xf32> {
        %0 = moe.rope %a, %c half theta 1.0e+04 at 0 size 8 : tensor<?x8xf32> -> tensor<?x8xf32>
        moe.yield %0 : tensor<?x8xf32>
      })"),
               2e-6, {""}, {{{200000, 64}}});
}

TEST_P(Row, WeightedSumSharedResidual) {
  expectGroups(model(act, 288, "", R"(
      %y0 = moe.slice %x at 0 : tensor<?x288xACT> -> tensor<?x192xACT>
      %y = moe.view %y0 : tensor<?x192xACT> -> tensor<?x4x48xACT>
      %s = moe.slice %x at 192 : tensor<?x288xACT> -> tensor<?x48xACT>
      %r = moe.slice %x at 240 : tensor<?x288xACT> -> tensor<?x48xACT>
      %w = moe.slice %x at 3 : tensor<?x288xACT> -> tensor<?x4xf32>
      %chosen = moe.group route "route" (%a = %w : tensor<?x4xf32>) -> tensor<?x4xi32> {
        %0, %1 = moe.route %a softmax top_k 4 : tensor<?x4xf32> -> tensor<?x4xi32>, tensor<?x4xf32>
        moe.yield %0 : tensor<?x4xi32>
      }
      %z, %z2 = moe.group row "weighted_sum" (%a = %y : tensor<?x4x48xACT>, %i = %chosen : tensor<?x4xi32>, %b = %w : tensor<?x4xf32>, %c = %s : tensor<?x48xACT>, %d = %r : tensor<?x48xACT>) -> (tensor<?x48xACT>, tensor<?x48xf32>) {
        %0 = moe.weighted_sum %a, %i, %b : tensor<?x4x48xACT>, tensor<?x4xi32>, tensor<?x4xf32> -> tensor<?x48xf32>
        %1 = moe.add %0, %c : tensor<?x48xf32>, tensor<?x48xACT> -> tensor<?x48xf32>
        %2 = moe.add %1, %d : tensor<?x48xf32>, tensor<?x48xACT> -> tensor<?x48xACT>
        moe.yield %2, %0 : tensor<?x48xACT>, tensor<?x48xf32>
      })"),
               2e-6, blocks);
}

TEST_P(Row, ElementwiseOps) {
  expectGroups(model(act, 201, "", R"(
      %g = moe.slice %x at 0 : tensor<?x201xACT> -> tensor<?x100xACT>
      %u = moe.slice %x at 100 : tensor<?x201xACT> -> tensor<?x100xACT>
      %o = moe.slice %x at 200 : tensor<?x201xACT> -> tensor<?x1xACT>
      %h, %i, %j, %k, %l = moe.group row "elementwise" (%a = %g : tensor<?x100xACT>, %b = %u : tensor<?x100xACT>, %c = %o : tensor<?x1xACT>)
          -> (tensor<?x100xACT>, tensor<?x100xf32>, tensor<?x100xACT>, tensor<?x100xACT>, tensor<?x200xf32>) {
        %0 = moe.activation %a, %b <swiglu> : tensor<?x100xACT>, tensor<?x100xACT> -> tensor<?x100xACT>
        %1 = moe.activation %a, %b <swiglu, limit = 0.05, alpha = 1.702, up_offset = 1.0> : tensor<?x100xACT>, tensor<?x100xACT> -> tensor<?x100xf32>
        %2 = moe.activation %a, %b <sigmoid_gate> : tensor<?x100xACT>, tensor<?x100xACT> -> tensor<?x100xACT>
        %3 = moe.mul %2, %c : tensor<?x100xACT>, tensor<?x1xACT> -> tensor<?x100xACT>
        %4 = moe.clamp %0 limit 0.001 : tensor<?x100xACT> -> tensor<?x100xACT>
        %5 = moe.concat %1, %b : tensor<?x100xf32>, tensor<?x100xACT> -> tensor<?x200xf32>
        moe.yield %0, %1, %3, %4, %5 : tensor<?x100xACT>, tensor<?x100xf32>, tensor<?x100xACT>, tensor<?x100xACT>, tensor<?x200xf32>
      })"),
               2e-6, blocks);
}

} // namespace
