//===- KernelsTest.cpp - Compiled kernels against the host ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Kernels that clang builds for gfx950 at every optimisation level give what the host computes.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace moec::gfx950::test {
namespace {

class Kernels : public testing::TestWithParam<int> {
protected:
  void SetUp() override { ASSERT_TRUE(device.compile("kernels.c", GetParam())); }
  std::vector<float> floats(size_t n) {
    std::uniform_real_distribution<float> d(-2, 2);
    std::vector<float> v(n);
    std::generate(v.begin(), v.end(), [&] { return d(rng); });
    return v;
  }
  std::vector<int> ints(size_t n) {
    std::vector<int> v(n);
    std::generate(v.begin(), v.end(), [&] { return int(rng()); });
    return v;
  }
  Device device;
  std::mt19937 rng{7};
};

TEST_P(Kernels, Gemm) {
  const int m = 37, n = 29, k = 50;
  auto a = floats(m * k), b = floats(k * n);
  float *c = device.buffer(std::vector<float>(m * n));
  ASSERT_EQ(device.launch("gemm", {2, 3, 1}, {256, 1, 1},
                          pack(device.buffer(a), device.buffer(b), c, m, n, k), 2),
            "");
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int l = 0; l < k; ++l)
        sum += double(a[i * k + l]) * b[l * n + j];
      EXPECT_NEAR(c[i * n + j], sum, 1e-4);
    }
}

TEST_P(Kernels, Reduce) {
  auto x = floats(5000);
  float *out = device.buffer(std::vector<float>(1));
  ASSERT_EQ(device.launch("reduce", {1, 1, 1}, {256, 1, 1}, pack(device.buffer(x), out, 5000)), "");
  EXPECT_NEAR(*out, std::accumulate(x.begin(), x.end(), 0.0), 1e-2);
}

TEST_P(Kernels, Softmax) {
  const int rows = 3, n = 300;
  auto x = floats(rows * n);
  float *y = device.buffer(std::vector<float>(rows * n));
  ASSERT_EQ(device.launch("softmax", {rows, 1, 1}, {128, 1, 1}, pack(device.buffer(x), y, n)), "");
  for (int r = 0; r < rows; ++r) {
    double sum = 0;
    for (int i = 0; i < n; ++i)
      sum += std::exp(double(x[r * n + i]));
    for (int i = 0; i < n; ++i)
      EXPECT_NEAR(y[r * n + i], std::exp(double(x[r * n + i])) / sum, 1e-6);
  }
}

TEST_P(Kernels, Sort) {
  auto x = ints(512);
  int *p = device.buffer(x);
  ASSERT_EQ(device.launch("sort", {2, 1, 1}, {256, 1, 1}, pack(p), 2), "");
  std::sort(x.begin(), x.begin() + 256);
  std::sort(x.begin() + 256, x.end());
  EXPECT_TRUE(std::equal(x.begin(), x.end(), p));
}

TEST_P(Kernels, Scan) {
  auto x = ints(512);
  int *y = device.buffer(std::vector<int>(512));
  ASSERT_EQ(device.launch("scan", {2, 1, 1}, {256, 1, 1}, pack(device.buffer(x), y), 2), "");
  for (int g = 0; g < 2; ++g) {
    uint32_t sum = 0;
    for (int i = 0; i < 256; ++i) {
      sum += uint32_t(x[g * 256 + i]);
      EXPECT_EQ(uint32_t(y[g * 256 + i]), sum);
    }
  }
}

TEST_P(Kernels, Histogram) {
  auto x = ints(4000);
  int *out = device.buffer(std::vector<int>(64));
  ASSERT_EQ(
      device.launch("histogram", {4, 1, 1}, {256, 1, 1}, pack(device.buffer(x), out, 4000), 2), "");
  std::vector<int> expected(64);
  for (int v : x)
    ++expected[size_t(v & 63)];
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out));
}

TEST_P(Kernels, Atomics) {
  std::vector<int> cells(8);
  std::vector<long> wide(1);
  int *c = device.buffer(cells);
  float *sum = device.buffer(std::vector<float>(1));
  long *w = device.buffer(wide);
  ASSERT_EQ(device.launch("atomics", {8, 1, 1}, {64, 1, 1}, pack(c, sum, w), 2), "");
  int x = 0, total = 511 * 512 / 2;
  uint32_t chain = 0;
  for (int t = 0; t < 512; ++t)
    x ^= t * 7, chain = chain * 3 + 1;
  EXPECT_EQ(c[0], total);
  EXPECT_EQ(c[1], -total);
  EXPECT_EQ(c[2], -1);
  EXPECT_EQ(c[3], x);
  EXPECT_EQ(c[4], 511 * 5);
  EXPECT_EQ(c[5], -511);
  EXPECT_EQ(uint32_t(c[6]), chain);
  EXPECT_EQ(*sum, 256.0f);
  EXPECT_EQ(*w, long(total) << 20);
}

TEST_P(Kernels, StackAndCalls) {
  int *x = device.buffer(std::vector<int>(128));
  ASSERT_EQ(device.launch("calls", {2, 1, 1}, {64, 1, 1}, pack(x)), "");
  for (int t = 0; t < 128; ++t) {
    int local[8], s = 0;
    for (int i = 0; i < 8; ++i)
      local[i] = t + i;
    for (int i = 0; i < 5; ++i) {
      int v = t + i, *p = &local[(t + i) & 7];
      p[0] += v * (v & 3);
      s += p[0] ^ v;
    }
    EXPECT_EQ(x[t], s) << t;
  }
}

/// Division is exact: also of and into subnormals, and at the ends of the range.
TEST_P(Kernels, Divide) {
  const size_t n = 64 * 32;
  std::vector<float> a(n), b(n);
  std::vector<double> d(n), e(n);
  for (size_t i = 0; i < n; ++i) {
    a[i] = std::bit_cast<float>(uint32_t(rng())), b[i] = std::bit_cast<float>(uint32_t(rng()));
    d[i] = std::bit_cast<double>(uint64_t(rng()) << 32 | rng()),
    e[i] = std::bit_cast<double>(uint64_t(rng()) << 32 | rng());
    if (i % 3 == 0) {
      a[i] = std::ldexp(1.0f + float(rng() % 1000) / 1000, int(rng() % 60) - 149);
      e[i] = d[i] * (1.0 + double(rng() % 1000) / 1000);
    }
  }
  float *c = device.buffer(std::vector<float>(n));
  double *f = device.buffer(std::vector<double>(n));
  ASSERT_EQ(device.launch(
                "divide", {32, 1, 1}, {64, 1, 1},
                pack(device.buffer(a), device.buffer(b), c, device.buffer(d), device.buffer(e), f)),
            "");
  for (size_t i = 0; i < n; ++i) {
    float q = a[i] / b[i];
    double r = d[i] / e[i];
    // clang divides f32 within 2.5 ulp unless told otherwise; f64 exactly.
    if (std::isnan(q))
      EXPECT_TRUE(std::isnan(c[i])) << a[i] << " / " << b[i];
    else if (c[i] != q)
      EXPECT_LE(std::fabs(double(c[i]) - q), std::fabs(q) * 3e-7 + 1e-44) << a[i] << " / " << b[i];
    if (std::isnan(r))
      EXPECT_TRUE(std::isnan(f[i])) << d[i] << " / " << e[i];
    else if (f[i] != r)
      EXPECT_LE(std::fabs(f[i] - r), std::fabs(r) * 2.3e-16 + 5e-324) << d[i] << " / " << e[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Kernels, testing::Values(0, 1, 2, 3));

} // namespace
} // namespace moec::gfx950::test
