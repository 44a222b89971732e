//===- RecurrentTest.cpp - Kernels with a state against the reference -----===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Convolutions and the gated delta rule over sequences that begin and that go on, and what their
// operands are made of. States are read from one slot and kept in the same one or another.
//
//===----------------------------------------------------------------------===//

#include "Harness/GroupCheck.h"

#include <gtest/gtest.h>

using namespace moec::test;

namespace {

/// A model of hidden width 24 whose `body` computes from %x; KEYS, HEADS, K and V stand for the
/// shape of a delta net.
std::string model(const std::string &declarations, const std::string &body, int64_t keyHeads = 2,
                  int64_t heads = 4, int64_t keyWidth = 16, int64_t valueWidth = 24,
                  const std::string &act = "f32") {
  std::string text = R"(
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97x24xbf16> from "table"
    )" + declarations +
                     R"(
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x24xACT> {
      %x = moe.embed %ids, @table : tensor<?x24xACT>
    )" + body + R"(
      return %x : tensor<?x24xACT>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  replace("ACT", act);
  replace("KEYWIDTH", std::to_string(keyHeads * keyWidth));
  replace("VALUEWIDTH", std::to_string(heads * valueWidth));
  replace("KEYS", std::to_string(keyHeads));
  replace("HEADS", std::to_string(heads));
  replace("KW", std::to_string(keyWidth));
  replace("VW", std::to_string(valueWidth));
  return text;
}

/// One sequence alone and several, whose tokens end with nothing for one of them.
const std::vector<std::vector<Share>> steps = {
    {{0, 1}}, {{5, 1}}, {{0, 1}, {3, 1}, {1, 1}}, {{0, 7}, {9, 3}, {2, 1}}, {{40, 17}}};

const char *convolution = R"(
  moe.weight @filter : tensor<24xTAPSxbf16> from "filter"
  moe.state @last : tensor<ROWSx24xf32>)";

TEST(Recurrent, CausalConv) {
  for (const char *act : {"f32", "bf16"})
    for (int taps : {2, 4, 5}) {
      std::string declared = convolution;
      declared.replace(declared.find("TAPS"), 4, std::to_string(taps));
      declared.replace(declared.find("ROWS"), 4, std::to_string(taps - 1));
      expectGroups(model(declared, R"(
      %y = moe.group causal_conv "conv" (%a = %x : tensor<?x24xACT>, %b = %batch : !moe.batch) -> tensor<?x24xACT> {
        %0 = moe.causal_conv %a, %b, @filter state @last silu : tensor<?x24xACT> -> tensor<?x24xACT>
        moe.yield %0 : tensor<?x24xACT>
      })",
                         2, 4, 16, 24, act),
                   4e-6, {"BC = 8", "BC = 16", "BC = 64"}, steps);
    }
}

TEST(Recurrent, CausalConvAlone) {
  std::string declared = convolution;
  declared.replace(declared.find("TAPS"), 4, "3");
  declared.replace(declared.find("ROWS"), 4, "2");
  expectGroups(model(declared, R"(
      %v = moe.view %x : tensor<?x24xACT> -> tensor<?x4x6xACT>
      %y = moe.group causal_conv "conv" (%a = %v : tensor<?x4x6xACT>, %b = %batch : !moe.batch) -> tensor<?x2x12xACT> {
        %f = moe.view %a : tensor<?x4x6xACT> -> tensor<?x24xACT>
        %0 = moe.causal_conv %f, %b, @filter state @last : tensor<?x24xACT> -> tensor<?x24xACT>
        %1 = moe.view %0 : tensor<?x24xACT> -> tensor<?x2x12xACT>
        moe.yield %1 : tensor<?x2x12xACT>
      })"),
               4e-6, {"BC = 32"}, steps);
}

const char *delta = R"(
  moe.weight @q : tensor<KEYWIDTHx24xbf16> from "q"
  moe.weight @k : tensor<KEYWIDTHx24xbf16> from "k"
  moe.weight @v : tensor<VALUEWIDTHx24xbf16> from "v"
  moe.weight @a : tensor<HEADSx24xbf16> from "a"
  moe.weight @b : tensor<HEADSx24xbf16> from "b"
  moe.weight @rate : tensor<HEADSxf32> from "rate"
  moe.weight @bias : tensor<HEADSxf32> from "bias"
  moe.state @s : tensor<HEADSxKWxVWxf32>)";

const char *deltaBody = R"(
  %q1 = moe.linear %x, @q : tensor<?x24xACT> -> tensor<?xKEYWIDTHxACT>
  %q2 = moe.view %q1 : tensor<?xKEYWIDTHxACT> -> tensor<?xKEYSxKWxACT>
  %k1 = moe.linear %x, @k : tensor<?x24xACT> -> tensor<?xKEYWIDTHxACT>
  %k2 = moe.view %k1 : tensor<?xKEYWIDTHxACT> -> tensor<?xKEYSxKWxACT>
  %q3, %k3 = moe.group row "norm" (%c = %q2 : tensor<?xKEYSxKWxACT>, %d = %k2 : tensor<?xKEYSxKWxACT>)
      -> (tensor<?xKEYSxKWxACT>, tensor<?xKEYSxKWxACT>) {
    %0 = moe.l2_norm %c epsilon 1.0e-06 : tensor<?xKEYSxKWxACT> -> tensor<?xKEYSxKWxACT>
    %1 = moe.l2_norm %d epsilon 1.0e-06 : tensor<?xKEYSxKWxACT> -> tensor<?xKEYSxKWxACT>
    moe.yield %0, %1 : tensor<?xKEYSxKWxACT>, tensor<?xKEYSxKWxACT>
  }
  %v1 = moe.linear %x, @v : tensor<?x24xACT> -> tensor<?xVALUEWIDTHxACT>
  %v2 = moe.view %v1 : tensor<?xVALUEWIDTHxACT> -> tensor<?xHEADSxVWxACT>
  %a1 = moe.linear %x, @a : tensor<?x24xACT> -> tensor<?xHEADSxACT>
  %b1 = moe.linear %x, @b : tensor<?x24xACT> -> tensor<?xHEADSxACT>
  %g, %beta = moe.group row "gates" (%c = %a1 : tensor<?xHEADSxACT>, %d = %b1 : tensor<?xHEADSxACT>)
      -> (tensor<?xHEADSxACT>, tensor<?xHEADSxACT>) {
    %0 = moe.decay %c rate @rate bias @bias : tensor<?xHEADSxACT> -> tensor<?xHEADSxACT>
    %1 = moe.sigmoid %d : tensor<?xHEADSxACT> -> tensor<?xHEADSxACT>
    moe.yield %0, %1 : tensor<?xHEADSxACT>, tensor<?xHEADSxACT>
  }
  %o = moe.group gated_delta "delta" (%c0 = %q3 : tensor<?xKEYSxKWxACT>, %c1 = %k3 : tensor<?xKEYSxKWxACT>,
      %c2 = %v2 : tensor<?xHEADSxVWxACT>, %c3 = %g : tensor<?xHEADSxACT>, %c4 = %beta : tensor<?xHEADSxACT>,
      %c5 = %batch : !moe.batch) -> tensor<?xHEADSxVWxACT> {
    %0 = moe.gated_delta %c0, %c1, %c2, %c3, %c4, %c5 state @s scale 0.25
        : tensor<?xKEYSxKWxACT>, tensor<?xHEADSxVWxACT>, tensor<?xHEADSxACT> -> tensor<?xHEADSxVWxACT>
    moe.yield %0 : tensor<?xHEADSxVWxACT>
  })";

TEST(Recurrent, GatedDelta) {
  for (const char *act : {"f32", "bf16"})
    expectGroups(model(delta, deltaBody, 2, 4, 16, 24, act), 1e-5, {"BV = 8", "BV = 16", "BV = 32"},
                 steps);
}

TEST(Recurrent, GatedDeltaOfOddShapes) {
  expectGroups(model(delta, deltaBody, 1, 3, 5, 7), 1e-5, {"BV = 4", "BV = 64"}, steps);
  expectGroups(model(delta, deltaBody, 3, 3, 12, 1), 1e-5, {"BV = 16"}, steps);
  expectGroups(model(delta, deltaBody, 1, 2, 128, 128), 1e-5, {"BV = 32"}, steps);
}

/// Steps that hold whole chunks of 64 positions, beside parts of them.
const std::vector<std::vector<Share>> longSteps = {
    {{0, 64}}, {{0, 1}, {0, 130}, {64, 0}, {9, 1}}, {{40, 152}}, {{128, 64}, {30, 34}, {1, 63}}};

TEST(Recurrent, GatedDeltaInChunks) {
  for (const char *act : {"f32", "bf16"})
    expectGroups(model(delta, deltaBody, 2, 4, 16, 24, act), 1e-5,
                 {"BV = 16, chunks = 1", "BV = 32, chunks = 1"}, longSteps);
}

TEST(Recurrent, GatedDeltaInChunksOfOddShapes) {
  expectGroups(model(delta, deltaBody, 1, 3, 5, 7), 1e-5, {"BV = 64, chunks = 1"}, {{{3, 200}}});
  expectGroups(model(delta, deltaBody, 1, 2, 128, 128), 1e-5, {"BV = 32, chunks = 1"},
               {{{0, 128}}});
}

/// Each token has the same key, corrections are whole and nothing fades: then the triangle of
/// couplings is one of ones, the powers of which grow beyond all digits.
TEST(Recurrent, GatedDeltaOfEqualKeys) {
  std::string body = deltaBody;
  auto replace = [&](const std::string &from, const std::string &to) {
    body.replace(body.find(from), from.size(), to);
  };
  // Products of eight doublings are far from 0: their sigmoid and softplus are at their ends.
  std::string doubled;
  for (const char *name : {"a", "b"}) {
    std::string from = "%" + std::string(name) + "1";
    for (int i = 0; i < 8; ++i) {
      std::string to = "%" + std::string(name) + "d" + std::to_string(i);
      doubled += to + " = moe.add " + from + ", " + from +
                 " : tensor<?xHEADSxACT>, tensor<?xHEADSxACT> -> tensor<?xHEADSxACT>\n";
      from = to;
    }
  }
  replace("%g, %beta", doubled + "%g, %beta");
  replace("%c = %a1", "%c = %ad7");
  replace("%d = %b1", "%d = %bd7");
  std::string text = model(delta, body, 2, 12, 16, 24);
  text.replace(text.find("97x24"), 5, "1x24");
  expectGroups(text, 1e-5, {"BV = 32", "BV = 32, chunks = 1"}, {{{0, 64}}, {{64, 130}}});
}

/// A softplus that overflows is its operand, and one of a small number is not lost.
TEST(Recurrent, DecayOfExtremes) {
  expectGroups(model(R"(
  moe.weight @rate : tensor<24xf32> from "rate"
  moe.weight @bias : tensor<24xf32> from "bias"
  moe.weight @spread : tensor<24x24xf32> from "spread")",
                     R"(
  %f = moe.linear %x, @spread : tensor<?x24xf32> -> tensor<?x24xf32>
  %m = moe.mul %f, %f : tensor<?x24xf32>, tensor<?x24xf32> -> tensor<?x24xf32>
  %h = moe.mul %m, %m : tensor<?x24xf32>, tensor<?x24xf32> -> tensor<?x24xf32>
  %y = moe.group row "decay" (%a = %h : tensor<?x24xf32>) -> tensor<?x24xf32> {
    %0 = moe.decay %a rate @rate bias @bias : tensor<?x24xf32> -> tensor<?x24xf32>
    moe.yield %0 : tensor<?x24xf32>
  })"),
               4e-6);
}

} // namespace
