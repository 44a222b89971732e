//===- LaneSchedulesTest.cpp - Choices of machines with lanes -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Target/LaneSchedules.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace moec;

// 64 rows are all of each head's, and one of each expert's.
TEST(LaneSchedules, BlocksHaveTheRowsOfAMatrix) {
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  auto getStepColumns = [](mlir::Type, int64_t) { return int64_t(64); };
  const LaneScheduleTraits traits{4, 256, getStepColumns};
  KernelShape shape;
  shape.tokens = shape.rows = shape.matrices = 64;
  shape.n = 256;
  shape.k = 512;
  shape.activation = shape.weight = mlir::BFloat16Type::get(&context);
  shape.family = moe::KernelFamily::Gemm;
  EXPECT_EQ(chooseLaneSchedule(&context, shape, traits).getInt("BM"), 64);
  shape.family = moe::KernelFamily::GroupedGemm;
  EXPECT_EQ(chooseLaneSchedule(&context, shape, traits).getInt("BM"), 16);
}
