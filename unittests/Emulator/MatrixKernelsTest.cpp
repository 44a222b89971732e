//===- MatrixKernelsTest.cpp - Compiled matrix kernels ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Products and quantisation that clang builds from builtins, at every level: results against the
// host, and no finding of the hazard and wait checks in code that LLVM has scheduled.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace moec::gfx950::test {
namespace {

const float kFp4[8] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
float fp4(uint8_t code) { return (code & 8) ? -kFp4[code & 7] : kFp4[code & 7]; }

class MatrixKernels : public testing::TestWithParam<int> {
protected:
  void SetUp() override { ASSERT_TRUE(device.compile("matrix.c", GetParam())); }
  std::vector<uint8_t> bytes(size_t n, unsigned low, unsigned span) {
    std::vector<uint8_t> v(n);
    for (uint8_t &x : v)
      x = uint8_t(low + rng() % span);
    return v;
  }
  Device device;
  std::mt19937 rng{21};
};

TEST_P(MatrixKernels, Mxfp4) {
  const int n = 32, k = 384;
  auto a = bytes(16 * k / 2, 0, 256), b = bytes(n * k / 2, 0, 256),
       as = bytes(16 * k / 32, 120, 14), bs = bytes(n * k / 32, 120, 14);
  float *c = device.buffer(std::vector<float>(16 * n));
  ASSERT_EQ(device.launch("gemm_mxfp4", {2, 1, 1}, {64, 1, 1},
                          pack(device.buffer(a), device.buffer(as), device.buffer(b),
                               device.buffer(bs), c, n, k)),
            "");
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0, magnitude = 0;
      for (int l = 0; l < k; ++l) {
        auto code = [&](const std::vector<uint8_t> &m, int row) {
          return m[row * k / 2 + l / 2] >> (l % 2 * 4) & 15;
        };
        double product =
            std::ldexp(double(fp4(uint8_t(code(a, i)))) * fp4(uint8_t(code(b, j))),
                       as[size_t(i * k / 32 + l / 32)] + bs[size_t(j * k / 32 + l / 32)] - 254);
        sum += product, magnitude += std::fabs(product);
      }
      EXPECT_NEAR(c[i * n + j], sum, magnitude * 1e-6) << i << "," << j;
    }
  EXPECT_EQ(device.counters.mfmaCycles, 2u * 3 * 16);
  EXPECT_EQ(device.counters.mfmaFlops, 2ull * 16 * n * k);
}

TEST_P(MatrixKernels, Bf16) {
  const int n = 16, k = 192;
  std::vector<uint16_t> a(16 * k), b(n * k);
  auto value = [](uint16_t code) { return std::bit_cast<float>(uint32_t(code) << 16); };
  for (auto *m : {&a, &b})
    for (uint16_t &x : *m)
      x = uint16_t(std::bit_cast<uint32_t>(float(int(rng() % 200) - 100) / 16) >> 16);
  float *c = device.buffer(std::vector<float>(16 * n));
  ASSERT_EQ(device.launch("gemm_bf16", {1, 1, 1}, {64, 1, 1},
                          pack(device.buffer(a), device.buffer(b), c, n, k)),
            "");
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int l = 0; l < k; ++l)
        sum += double(value(a[size_t(i * k + l)])) * value(b[size_t(j * k + l)]);
      EXPECT_NEAR(c[i * n + j], sum * 0.5, 0.01);
    }
}

TEST_P(MatrixKernels, QuantizeFp4) {
  std::vector<float> x(64 * 8);
  for (float &v : x)
    v = float(int(rng() % 4000) - 2000) / 64;
  uint32_t *out = device.buffer(std::vector<uint32_t>(64));
  ASSERT_EQ(device.launch("quantize_fp4", {1, 1, 1}, {64, 1, 1}, pack(device.buffer(x), out, 4.0f)),
            "");
  for (size_t i = 0; i < x.size(); ++i) {
    float v = std::fabs(x[i]) / 4;
    unsigned best = 0; // The nearest code; of two, the even one.
    for (unsigned code = 1; code < 8; ++code) {
      float now = std::fabs(v - kFp4[code]), before = std::fabs(v - kFp4[best]);
      if (now < before || (now == before && code % 2 == 0))
        best = code;
    }
    EXPECT_EQ(out[i / 8] >> (4 * (i % 8)) & 7, best) << x[i];
    EXPECT_EQ(out[i / 8] >> (4 * (i % 8) + 3) & 1, std::signbit(x[i]) ? 1u : 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, MatrixKernels, testing::Values(0, 1, 2, 3));

} // namespace
} // namespace moec::gfx950::test
