//===- ResultCheckTest.cpp - Results of launches against bounds -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "tools/moec/check/ResultCheck.h"

#include "moec/Dialect/MX/MX.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace moec;
using reference::Tensor;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float nan = std::numeric_limits<float>::quiet_NaN();

class ResultCheckTest : public ::testing::Test {
protected:
  ResultCheckTest() { context.loadDialect<mx::MXDialect>(); }

  /// Whether a kernel's number is taken for the reference's within `bound`, whatever the type.
  bool accepts(float got, float want, float bound) {
    bool first = accepts(mlir::Float32Type::get(&context), got, want, bound);
    EXPECT_EQ(accepts(mlir::BFloat16Type::get(&context), got, want, bound), first);
    return first;
  }
  bool accepts(mlir::Type element, float got, float want, float bound) {
    Tensor a, b;
    a.shape = b.shape = {1, 1};
    a.values = {got}, b.values = {want}, b.bounds = {bound};
    return accepts(element, a, b);
  }
  bool accepts(mlir::Type element, const Tensor &got, const Tensor &want) {
    ResultCheck check;
    check.begin("row", "result 0");
    check.compare(element, got, want);
    return !check.verdict();
  }

  mlir::MLIRContext context;
};

TEST_F(ResultCheckTest, InfinitiesAreEqualOrFar) {
  for (float bound : {0.0f, 1e-3f, inf, nan}) {
    EXPECT_TRUE(accepts(inf, inf, bound)) << bound;
    EXPECT_TRUE(accepts(-inf, -inf, bound)) << bound;
    EXPECT_FALSE(accepts(inf, -inf, bound)) << bound;
    EXPECT_FALSE(accepts(3e38f, inf, bound)) << bound;
  }
  EXPECT_FALSE(accepts(inf, 3e38f, 0));
  EXPECT_FALSE(accepts(-inf, 1, 1e-3f));
}

TEST_F(ResultCheckTest, NaNsAreWhereTheReferenceHasThem) {
  for (float bound : {0.0f, 1e-3f, inf, nan}) {
    EXPECT_TRUE(accepts(nan, nan, bound)) << bound;
    EXPECT_FALSE(accepts(1, nan, bound)) << bound;
    EXPECT_FALSE(accepts(inf, nan, bound)) << bound;
    EXPECT_FALSE(accepts(nan, inf, bound)) << bound;
  }
  EXPECT_FALSE(accepts(nan, 1, 0));
  EXPECT_FALSE(accepts(nan, 1, 1e-3f));
}

TEST_F(ResultCheckTest, FiniteNumbersAreWithinTheirBound) {
  mlir::Type f32 = mlir::Float32Type::get(&context), bf16 = mlir::BFloat16Type::get(&context);
  EXPECT_TRUE(accepts(f32, 1.5f, 1, 0.5f));
  EXPECT_FALSE(accepts(f32, 1.5f, 1, 0.25f));
  // A rounding of bf16 beside the bound, where there is one.
  EXPECT_TRUE(accepts(bf16, 1 + 0x1p-7f, 1, 0x1p-20f));
  EXPECT_FALSE(accepts(bf16, 1 + 0x1p-7f, 1, 0));
  // Nobody computes the number.
  EXPECT_TRUE(accepts(f32, nan, 0, inf));
}

TEST_F(ResultCheckTest, ScalesMayBeInfinite) {
  auto block = mx::BlockType::getNamed(&context, "int8");
  Tensor want;
  want.shape = {1, 32};
  want.values.assign(32, nan);
  want.codes.assign(32, 0);
  want.scales = {inf};
  Tensor got = want;
  EXPECT_TRUE(accepts(block, got, want));
  got.scales = {1};
  EXPECT_FALSE(accepts(block, got, want));
}

} // namespace
