//===- ComputeTest.cpp - Ops across elements ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "KernelText.h"

#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Loads `%a` (the numbers of `from`, as tensor<SHAPExTYPE>), runs `body`, which makes `%r` of type
/// `result`, and gives its numbers.
template <typename To, typename T>
std::vector<To> compute(std::vector<T> from, const std::string &type, const std::string &body,
                        const std::string &result, size_t count) {
  std::vector<To> to(count);
  auto zeros = [](const std::string &shaped) {
    std::string text = "%c0";
    for (size_t i = 0; i + 1 < size_t(std::count(shaped.begin(), shaped.end(), 'x')); ++i)
      text += ", %c0";
    return text;
  };
  KernelText kernel("%x: !tile.ref<" + type + ">, %y: !tile.ref<" + result + ">",
                    "%c0 = arith.constant 0 : index\n%a = tile.load %x[" + zeros(type) +
                        "] : !tile.ref<" + type + "> -> tensor<" + type + ">\n" + body +
                        "\ntile.store %r, %y[" + zeros(result) + "] : tensor<" + result +
                        ">, !tile.ref<" + result + ">");
  EXPECT_EQ(kernel.run({arrayOf(from), arrayOf(to)}), "") << body;
  return to;
}

using Floats = std::vector<float>;
using Integers = std::vector<int32_t>;

TEST(Compute, Shapes) {
  Floats six{0, 1, 2, 3, 4, 5};
  EXPECT_EQ(compute<float>(six, "2x3xf32",
                           "%r = tile.transpose %a [1, 0] : tensor<2x3xf32> -> "
                           "tensor<3x2xf32>",
                           "3x2xf32", 6),
            (Floats{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(compute<float>(six, "2x3xf32",
                           "%r = tile.reshape %a : tensor<2x3xf32> -> "
                           "tensor<3x2xf32>",
                           "3x2xf32", 6),
            six);
  EXPECT_EQ(compute<float>(six, "2x3xf32",
                           "%r = tile.slice %a [1, 1] : tensor<2x3xf32> -> "
                           "tensor<1x2xf32>",
                           "1x2xf32", 2),
            (Floats{4, 5}));
  EXPECT_EQ(compute<float>(six, "3x2xf32",
                           "%r = tile.concat %a, %a dim = 1 : tensor<3x2xf32>, "
                           "tensor<3x2xf32> -> tensor<3x4xf32>",
                           "3x4xf32", 12),
            (Floats{0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5}));
  EXPECT_EQ(compute<float>(Floats{7, 8}, "2x1xf32",
                           "%r = tile.broadcast %a : tensor<2x1xf32> -> "
                           "tensor<2x3xf32>",
                           "2x3xf32", 6),
            (Floats{7, 7, 7, 8, 8, 8}));
  EXPECT_EQ(compute<float>(six, "1x6xf32",
                           "%e, %o = tile.deinterleave %a : tensor<1x6xf32> -> "
                           "tensor<1x3xf32>\n%r = tile.interleave %o, %e : tensor<1x3xf32> -> "
                           "tensor<1x6xf32>",
                           "1x6xf32", 6),
            (Floats{1, 0, 3, 2, 5, 4}));
}

TEST(Compute, Products) {
  const std::string zero = "%z = arith.constant dense<1.0> : tensor<2x2xf32>\n";
  // Times its transpose, and times itself, on top of ones.
  EXPECT_EQ(compute<float>(Floats{1, 2, 3, 4}, "2x2xf32",
                           zero + "%r = tile.mma %a, %a, %z b = nk : "
                                  "tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>",
                           "2x2xf32", 4),
            (Floats{6, 12, 12, 26}));
  EXPECT_EQ(compute<float>(Floats{1, 2, 3, 4}, "2x2xf32",
                           zero + "%r = tile.mma %a, %a, %z b = kn : "
                                  "tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>",
                           "2x2xf32", 4),
            (Floats{8, 11, 16, 23}));
}

// Quantised operands multiply as their numbers do; those here are exact in the format.
TEST(Compute, Quantised) {
  const std::string block = "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
  const std::string quantised = "%q = tile.quantize %a rounding even : tensor<1x64xf32> -> "
                                "tensor<1x64x" +
                                block + ">\n";
  Floats numbers(64, 0.5f);
  numbers[0] = 6;
  for (size_t i = 32; i != 64; ++i)
    numbers[i] = 8;
  EXPECT_EQ(compute<float>(numbers, "1x64xf32",
                           quantised + "%r = tile.dequantize %q : tensor<1x64x" + block +
                               "> -> tensor<1x64xf32>",
                           "1x64xf32", 64),
            numbers);
  EXPECT_EQ(compute<float>(numbers, "1x64xf32",
                           quantised +
                               "%z = arith.constant dense<0.0> : tensor<1x1xf32>\n"
                               "%r = tile.mma_scaled %q, %q, %z : tensor<1x64x" +
                               block + ">, tensor<1x64x" + block + ">, tensor<1x1xf32>",
                           "1x1xf32", 1),
            (Floats{36 + 31 * 0.25f + 32 * 64}));
}

// Two blocks of a weight in one of the rows, each with its power of two.
TEST(Compute, FoldedProducts) {
  const std::string rows = "tensor<1x64x!mx.block<element = i8, scale = f32, block = 64>>",
                    weight = "tensor<1x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = "
                             "32>>";
  // The scale of the rows is 2.
  Floats numbers(64);
  double sum = 0;
  std::string values;
  for (int i = 0; i != 64; ++i) {
    numbers[i] = i == 9 ? -254 : float(2 * (i % 7));
    int value = i < 32 ? i % 3 : 96;
    sum += double(numbers[i]) * value;
    values += (i ? ", " : "") + std::to_string(value) + ".0";
  }
  EXPECT_EQ(compute<float>(numbers, "1x64xf32",
                           "%q = tile.quantize %a : tensor<1x64xf32> -> " + rows +
                               "\n%b = arith.constant dense<[[" + values +
                               "]]> : tensor<1x64xf32>\n"
                               "%w = tile.quantize %b rounding even : tensor<1x64xf32> -> " +
                               weight +
                               "\n%z = arith.constant dense<0.0> : tensor<1x1xf32>\n"
                               "%r = tile.mma_scaled %q, %w, %z : " +
                               rows + ", " + weight + ", tensor<1x1xf32>",
                           "1x1xf32", 1),
            (Floats{float(sum)}));
}

TEST(Compute, ReductionsAndScans) {
  Floats numbers{1, nan, 3, -2, 5, 0};
  EXPECT_EQ(compute<float>(numbers, "2x3xf32",
                           "%r = tile.reduce max %a dim = 1 : tensor<2x3xf32> -> "
                           "tensor<2x1xf32>",
                           "2x1xf32", 2),
            (Floats{3, 5}));
  EXPECT_EQ(compute<float>(numbers, "2x3xf32",
                           "%r = tile.reduce min %a dim = 0 : tensor<2x3xf32> -> "
                           "tensor<1x3xf32>",
                           "1x3xf32", 3),
            (Floats{-2, 5, 0}));
  Integers counts{1, 2, 3, 4};
  EXPECT_EQ(compute<int32_t>(counts, "2x2xi32", "%r = tile.scan add %a dim = 1 : tensor<2x2xi32>",
                             "2x2xi32", 4),
            (Integers{1, 3, 3, 7}));
  EXPECT_EQ(compute<int32_t>(counts, "4xi32",
                             "%r = tile.scan add %a dim = 0 exclusive : "
                             "tensor<4xi32>",
                             "4xi32", 4),
            (Integers{0, 1, 3, 6}));
  EXPECT_EQ(compute<int32_t>(counts, "4xi32",
                             "%r = tile.scan max %a dim = 0 exclusive : "
                             "tensor<4xi32>",
                             "4xi32", 4),
            (Integers{INT32_MIN, 1, 2, 3}));
}

TEST(Compute, Sorting) {
  Integers keys{2, 0, 2, 5, -1};
  EXPECT_EQ(compute<int32_t>(keys, "5xi32",
                             "%z = arith.constant dense<[1, 0, 0]> : tensor<3xi32>\n"
                             "%r = tile.histogram %a base %z : tensor<5xi32>, tensor<3xi32>",
                             "3xi32", 3),
            (Integers{2, 0, 2}));
  EXPECT_EQ(compute<int32_t>(keys, "5xi32",
                             "%z = arith.constant dense<[0, 1, 1]> : tensor<3xi32>\n"
                             "%r = tile.rank %a base %z : tensor<5xi32>, tensor<3xi32>",
                             "5xi32", 5),
            (Integers{1, 0, 2, -1, -1}));
}

// Ties take the lower place, and neither NaN nor −inf is chosen.
TEST(Compute, Selection) {
  Floats scores{3, nan, 5, 5, -infinity, -infinity, 1, nan};
  const std::string top = "%v, %r = tile.topk %a : tensor<2x4xf32> -> tensor<2x3xf32>, "
                          "tensor<2x3xi32>";
  EXPECT_EQ(compute<int32_t>(scores, "2x4xf32", top, "2x3xi32", 6), (Integers{2, 3, 0, 2, -1, -1}));
  const std::string merge = "%v = arith.constant dense<[[4.0, 0xFF800000], [0.5, 2.0]]> : "
                            "tensor<2x2xf32>\n%p = arith.constant dense<[[7, -1], [1, 3]]> : "
                            "tensor<2x2xi32>\n%f = arith.constant 10 : i32\n";
  EXPECT_EQ(compute<int32_t>(scores, "2x4xf32",
                             merge + "%w, %r = tile.topk_merge %v, %p, %a at %f : "
                                     "tensor<2x2xf32>, tensor<2x2xi32>, tensor<2x4xf32>",
                             "2x2xi32", 4),
            (Integers{12, 13, 3, 12}));
  EXPECT_EQ(compute<float>(scores, "2x4xf32",
                           merge + "%r, %q = tile.topk_merge %v, %p, %a at %f : "
                                   "tensor<2x2xf32>, tensor<2x2xi32>, tensor<2x4xf32>",
                           "2x2xf32", 4),
            (Floats{5, 5, 2, 1}));
}

TEST(Compute, Control) {
  const std::string loop =
      "%c1 = arith.constant 1 : index\n%c5 = arith.constant 5 : index\n%c2 = arith.constant 2 : "
      "index\n%r = scf.for %i = %c0 to %c5 step %c2 iter_args(%s = %a) -> (tensor<1xf32>) {\n"
      "%first = arith.cmpi eq, %i, %c0 : index\n"
      "%n = scf.if %first -> (tensor<1xf32>) {\nscf.yield %s : tensor<1xf32>\n} else {\n"
      "%d = arith.addf %s, %s : tensor<1xf32>\nscf.yield %d : tensor<1xf32>\n}\n"
      "scf.yield %n : tensor<1xf32>\n}";
  // Doubled for 2 and for 4.
  EXPECT_EQ(compute<float>(Floats{3}, "1xf32", loop, "1xf32", 1), (Floats{12}));
}

// An op of a loop is named by itself, not by the loop.
TEST(Compute, FailureInALoop) {
  KernelText kernel("%x: !tile.ref<2xf32>",
                    "%c0 = arith.constant 0 : index\n%c1 = arith.constant 1 : index\n"
                    "%c3 = arith.constant 3 : index\n"
                    "scf.for %i = %c0 to %c3 step %c1 {\n"
                    "%v = tile.load %x[%i] : !tile.ref<2xf32> -> tensor<1xf32>\n}");
  Floats numbers(2);
  EXPECT_EQ(kernel.run({arrayOf(numbers)}), "kernel.mlir:6:6: tile.load in kernel 'k', block 0, 0, "
                                            "0: index 2 of dimension 0 is out of bounds of 2");
  KernelText stuck("%step: index", "%c0 = arith.constant 0 : index\n"
                                   "scf.for %i = %c0 to %step step %c0 {\n}");
  EXPECT_EQ(stuck.run({4}), "kernel.mlir:3:1: scf.for in kernel 'k', block 0, 0, 0: the step of a "
                            "loop is 0");
}

} // namespace
