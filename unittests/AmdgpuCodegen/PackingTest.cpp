//===- PackingTest.cpp - Where packed weights lie -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The bytes of a unit in the order of memory, stated as what lane after lane reads.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Packing.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

namespace {

class Packing : public ::testing::Test {
protected:
  Packing() { context.loadDialect<tile::TileDialect>(); }
  tile::PackedAttr getMap(Type element) {
    return choosePackedMap(RankedTensorType::get({8, 256, 1024}, element));
  }
  MLIRContext context;
};

TEST_F(Packing, Bf16IsOneOperandAfterTheOther) {
  tile::PackedLayout layout = getMap(BFloat16Type::get(&context)).getLayout();
  for (int64_t offset = 0; offset < 16 * 1024; ++offset) {
    int64_t element = offset % 8, lane = offset / 8 % 64, unit = offset / 512;
    EXPECT_EQ(layout.getPosition(offset, 1024),
              std::pair(lane % 16, 32 * unit + 8 * (lane / 16) + element));
  }
}

TEST_F(Packing, Fp4GivesALaneTwoNeighbouringBlocks) {
  tile::PackedAttr map = getMap(mx::BlockType::getNamed(&context, "mxfp4"));
  tile::PackedLayout codes = map.getLayout(), scales = map.getScaleLayout();
  for (int64_t offset = 0; offset < 16 * 1024; ++offset) {
    int64_t element = offset % 32, lane = offset / 32 % 64, step = offset / 2048 % 2;
    int64_t unit = offset / 4096;
    EXPECT_EQ(codes.getPosition(offset, 1024),
              std::pair(lane % 16, 256 * unit + 64 * (lane / 16) + 32 * step + element));
  }
  // A dword of scales serves two blocks of two row tiles.
  for (int64_t offset = 0; offset < 32 * 32; ++offset) {
    int64_t step = offset % 2, tile = offset / 2 % 2, lane = offset / 4 % 64, unit = offset / 256;
    EXPECT_EQ(scales.getPosition(offset, 32),
              std::pair(16 * tile + lane % 16, 8 * unit + 2 * (lane / 16) + step));
  }
}

TEST_F(Packing, Fp6GivesALaneThreeDwords) {
  tile::PackedLayout codes = getMap(mx::BlockType::getNamed(&context, "mxfp6")).getLayout();
  for (int64_t offset = 0; offset < 16 * 1024; ++offset) {
    int64_t element = offset % 16, lane = offset / 16 % 64, half = offset / 1024 % 2;
    int64_t unit = offset / 2048;
    EXPECT_EQ(codes.getPosition(offset, 1024),
              std::pair(lane % 16, 128 * unit + 32 * (lane / 16) + 16 * half + element));
  }
}

TEST_F(Packing, Int8GivesALaneItsPartOfTwoBlocks) {
  tile::PackedAttr map = getMap(mx::BlockType::getNamed(&context, "int8"));
  tile::PackedLayout codes = map.getLayout(), scales = map.getScaleLayout();
  for (int64_t offset = 0; offset < 16 * 1024; ++offset) {
    int64_t element = offset % 8, block = offset / 8 % 2, lane = offset / 16 % 64;
    int64_t unit = offset / 1024;
    EXPECT_EQ(codes.getPosition(offset, 1024),
              std::pair(lane % 16, 64 * unit + 32 * block + 8 * (lane / 16) + element));
  }
  // Rows of a sum are neighbours.
  for (int64_t offset = 0; offset < 16 * 32; ++offset)
    EXPECT_EQ(scales.getPosition(offset, 32), std::pair(offset % 16, offset / 16));
}

TEST_F(Packing, DequantisedCodesGiveALane32OfItsRow) {
  tile::PackedAttr int4 = getMap(mx::BlockType::getNamed(&context, "int4"));
  tile::PackedAttr nvfp4 = getMap(mx::BlockType::getNamed(&context, "nvfp4"));
  tile::PackedAttr fp8 =
      getMap(mx::BlockType::getNamed(&context, "fp8").getRowForm(/*columns=*/1024));
  for (int64_t offset = 0; offset < 16 * 1024; ++offset) {
    int64_t lane = offset / 32 % 64, column = 128 * (offset / 2048) + 32 * (lane / 16);
    std::pair place(lane % 16, column + offset % 32);
    EXPECT_EQ(int4.getLayout().getPosition(offset, 1024), place);
    EXPECT_EQ(nvfp4.getLayout().getPosition(offset, 1024), place);
    // Eight bits have two chunks.
    lane = offset / 16 % 64;
    column = 128 * (offset / 2048) + 32 * (lane / 16) + 16 * (offset / 1024 % 2);
    EXPECT_EQ(fp8.getLayout().getPosition(offset, 1024),
              std::pair(lane % 16, column + offset % 16));
  }
  for (int64_t offset = 0; offset < 16 * 32; ++offset) {
    int64_t lane = offset % 64;
    EXPECT_EQ(int4.getScaleLayout().getPosition(offset, 32),
              std::pair(lane % 16, 4 * (offset / 64) + lane / 16));
    lane = offset / 2 % 64;
    EXPECT_EQ(nvfp4.getScaleLayout().getPosition(offset, 64),
              std::pair(lane % 16, 8 * (offset / 128) + 2 * (lane / 16) + offset % 2));
  }
}

TEST_F(Packing, BlockScaledWeightsAreNeverRowMajor) {
  for (const NamedFormat &named : namedFormats()) {
    mx::BlockType block = mx::BlockType::get(&context, fitted(named.format, 256, 1024));
    EXPECT_TRUE(getMap(block.getRowForm(1024))) << named.name.data();
  }
}

TEST_F(Packing, OtherTypesStayRowMajor) {
  EXPECT_FALSE(getMap(Float32Type::get(&context)));
  EXPECT_FALSE(choosePackedMap(RankedTensorType::get({64}, BFloat16Type::get(&context))));
}

} // namespace
