//===- MathTest.cpp - The accuracy of expanded functions ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moec::cpu::test;

namespace {

class MathTest : public ::testing::TestWithParam<std::string> {
protected:
  /// Applies a math op to any number of values.
  std::vector<float> apply(const std::string &op, std::vector<float> x) {
    Program program("tile.kernel @f(%x: !tile.ref<?xf32>, %y: !tile.ref<?xf32>, %n: index) "
                    "grid(%bx = affine_map<(n) -> (n ceildiv 64)>, %by = affine_map<(n) -> (1)>, "
                    "%bz = affine_map<(n) -> (1)>) {\n"
                    "  %c64 = arith.constant 64 : index\n"
                    "  %i = arith.muli %bx, %c64 : index\n"
                    "  %left = arith.subi %n, %i : index\n"
                    "  %v = tile.load %x[%i] bounds(%left) : !tile.ref<?xf32> -> tensor<64xf32>\n"
                    "  %w = math." +
                        op +
                        " %v : tensor<64xf32>\n"
                        "  tile.store %w, %y[%i] bounds(%left) : tensor<64xf32>, !tile.ref<?xf32>\n"
                        "  tile.return\n}",
                    GetParam());
    std::vector<float> y(x.size());
    program.run("f", {x, y, static_cast<int64_t>(x.size())});
    return y;
  }

  /// Units in the last place between a result and the exact value.
  static double ulps(float got, double exact) {
    if (std::isnan(exact) || std::isinf(static_cast<float>(exact)))
      return (std::isnan(got) && std::isnan(exact)) || got == static_cast<float>(exact) ? 0 : 1e9;
    float rounded = static_cast<float>(exact);
    double unit = std::max<double>(
        std::nextafter(std::fabs(rounded), INFINITY) - std::fabs(rounded), 0x1p-149);
    return std::fabs(got - exact) / unit;
  }

  void expectUlps(const std::string &op, double (*exact)(double), std::vector<float> x,
                  double most) {
    for (float special : {0.f, -0.f, INFINITY, -INFINITY, NAN, 1e-42f, 1.f, -1.f})
      x.push_back(special);
    std::vector<float> y = apply(op, x);
    double worst = 0;
    for (size_t i = 0; i != x.size(); ++i) {
      double error = ulps(y[i], exact(x[i]));
      worst = std::max(worst, error);
      ASSERT_LE(error, most) << op << "(" << x[i] << ") = " << y[i];
    }
    RecordProperty(op, std::to_string(worst));
  }
};

std::vector<float> range(float low, float high, size_t count, unsigned seed) {
  std::vector<float> x = makeRandom(count, seed);
  for (float &value : x)
    value = low + (high - low) * (value + 1) / 2;
  return x;
}

TEST_P(MathTest, Exp) {
  expectUlps("exp", std::exp, range(-110, 92, 20000, 1), 2);
  expectUlps("exp2", std::exp2, range(-155, 130, 20000, 2), 2);
}

TEST_P(MathTest, Log) {
  std::vector<float> x = range(-87, 88, 20000, 3);
  for (float &value : x)
    value = std::exp(value);
  expectUlps("log", std::log, x, 2);
  expectUlps("log1p", std::log1p, range(-0.9f, 5, 10000, 4), 4);
}

TEST_P(MathTest, Tanh) { expectUlps("tanh", std::tanh, range(-12, 12, 20000, 5), 4); }

TEST_P(MathTest, Rsqrt) {
  expectUlps("rsqrt", [](double x) { return 1 / std::sqrt(x); }, range(0, 1e4, 10000, 6), 2);
}

// Positions of a long context times the first frequency: angles up to 1e6.
TEST_P(MathTest, SinCosOfLargeAngles) {
  std::vector<float> x = range(-1e6f, 1e6f, 20000, 7), small = range(-4, 4, 5000, 8);
  x.insert(x.end(), small.begin(), small.end());
  for (int i = 0; i != 5000; ++i)
    x.push_back(static_cast<float>(i * 200 + 1));
  std::vector<float> sines = apply("sin", x), cosines = apply("cos", x);
  for (size_t i = 0; i != x.size(); ++i) {
    ASSERT_NEAR(sines[i], std::sin(static_cast<double>(x[i])), 0x1p-22) << x[i];
    ASSERT_NEAR(cosines[i], std::cos(static_cast<double>(x[i])), 0x1p-22) << x[i];
  }
}

TEST_P(MathTest, Erf) {
  std::vector<float> x = range(-5, 5, 20000, 9), y = apply("erf", x);
  for (size_t i = 0; i != x.size(); ++i)
    ASSERT_NEAR(y[i], std::erf(static_cast<double>(x[i])), 1e-6) << x[i];
}

INSTANTIATE_TEST_SUITE_P(Chips, MathTest, ::testing::ValuesIn(getChips()),
                         [](auto &info) { return std::to_string(info.index); });

} // namespace
