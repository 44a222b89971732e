//===- CostTest.cpp - Estimates of launches against numbers by hand -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/codegen/Cost.h"

#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/Tile/Tile.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace moec;

namespace {

class CostTest : public testing::Test {
protected:
  CostTest() { context.loadDialect<mx::MXDialect, tile::TileDialect>(); }

  Type type(const char *text) { return parseType(text, &context); }

  /// A product of blocks of 64 rows by 128 columns and K = 1024 in steps of 256.
  cost::LaunchWork product(const char *rows, const char *weight, double blocks = 512) {
    KernelShape shape;
    shape.family = moe::KernelFamily::Gemm;
    shape.n = 4096, shape.k = 1024;
    shape.activation = type(rows), shape.weight = type(weight);
    KernelWork work;
    work.weightBytes = 4e6, work.activationBytes = 1e6, work.bytesWritten = 2e6;
    BlockWork &block = work.block;
    block.blocks = blocks;
    block.trips = 4;
    block.bytesRead = 4 * 49152;
    block.multiplyAdds = 64.0 * 128 * 1024;
    block.weights = 128 * 1024;
    block.held = 64 * 128;
    return amdgpu::estimateLaunch(shape, work, amdgpu::kGfx950);
  }

  MLIRContext context;
};

TEST_F(CostTest, MatrixCyclesFollowTheFormats) {
  const char *fp4 = "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
  const char *fp8 = "!mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>";
  // 64 · 128 · 256 in a trip: 64 instructions of 16 or 32 cycles, or 256 of 16.
  EXPECT_EQ(product(fp4, fp4).samples[0].loops[0].matrixCycles, 64 * 16);
  EXPECT_EQ(product(fp8, fp8).samples[0].loops[0].matrixCycles, 64 * 32);
  EXPECT_EQ(product("bf16", "bf16").samples[0].loops[0].matrixCycles, 256 * 16);
  EXPECT_EQ(product("bf16", fp4).samples[0].loops[0].matrixCycles, 256 * 16);
  // What is no operand as it is has to be widened first: two operations a number.
  double plain = product("bf16", "bf16").samples[0].loops[0].issueSlots;
  EXPECT_EQ(product("bf16", fp4).samples[0].loops[0].issueSlots - plain, 2 * 128 * 256 / 64 * 4);
}

TEST_F(CostTest, BytesBlocksAndMemoryAreTheFamilys) {
  cost::LaunchWork launch = product("bf16", "bf16");
  EXPECT_EQ(launch.groups, 512);
  EXPECT_EQ(launch.readBytes, 5e6);
  EXPECT_EQ(launch.writtenBytes, 2e6);
  const cost::WorkPart &trip = launch.samples[0].loops[0];
  EXPECT_EQ(trip.trips, 4);
  EXPECT_EQ(trip.lineBytes, 49152);
  EXPECT_EQ(launch.samples[0].waves, 4);
  // 48 loads of 1024 bytes, 256 products, and ten instructions a wave around.
  EXPECT_EQ(trip.issueSlots, 4 * (48 + 256 + 4 * 10));
  // 32 registers of sums, 96 of two steps' operands, 40 others: two blocks have 336 of 512.
  EXPECT_EQ(launch.groupsPerUnit, 3);
}

TEST_F(CostTest, StepsWaitForEachOther) {
  auto machine = cost::TimeConstants::parse(cost::machineConstants("gfx950"), "gfx950");
  ASSERT_TRUE(bool(machine));
  // One block on the machine: a latency, and one for each of four steps.
  cost::LaunchTime time = cost::predictTime(*machine, product("bf16", "bf16", 1));
  EXPECT_EQ(time.limit, cost::TimeLimit::Latency);
  EXPECT_NEAR(time.compute, 5 * machine->latencyMicroseconds, 1e-9);
}

TEST_F(CostTest, RowsAreTilesOfPowersOfTwo) {
  KernelShape shape;
  shape.family = moe::KernelFamily::Row;
  shape.n = 6144;
  KernelWork work;
  work.block.blocks = 1;
  work.block.numbers = 6144 * 8;
  double slots = amdgpu::estimateLaunch(shape, work, amdgpu::kGfx950).samples[0].outside.issueSlots;
  EXPECT_EQ(slots, 4 * (8192 * 8 / 64 + 4 * 10));
  // A reduction: six steps of two instructions, and eight through LDS, in each of four waves.
  work.block.reductions = 1;
  double more = amdgpu::estimateLaunch(shape, work, amdgpu::kGfx950).samples[0].outside.issueSlots;
  EXPECT_EQ(more - slots, 4 * 4 * (2 * 6 + 8));
}

} // namespace
