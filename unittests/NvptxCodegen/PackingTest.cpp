//===- PackingTest.cpp - A lane's operand is 16 bytes in a row ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the packing puts next to each other is what a lane of mma needs, as the ISA's formulas say
// whose rows it has.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Packing.h"

#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace moec;

namespace {

class NvptxPacking : public testing::Test {
protected:
  NvptxPacking() { context.loadDialect<tile::TileDialect>(); }

  tile::PackedAttr choose(Type element, const nvptx::Machine &machine = nvptx::machines[0]) {
    return nvptx::choosePackedMap(RankedTensorType::get({64, 256}, element), machine);
  }
  /// Expects that each run of 16 bytes has the same numbers of K of the rows g and g + 8, and that
  /// lanes follow as they are numbered: four along K, then eight groups.
  void expectLanes(tile::PackedAttr packed, unsigned bits) {
    tile::PackedLayout layout = packed.getLayout();
    int64_t perLane = 128 / bits, rows = layout.getUnitRows(), columns = layout.getUnitColumns();
    ASSERT_EQ(rows, 16);
    ASSERT_EQ(rows * columns, 32 * perLane);
    std::vector<std::set<std::pair<int64_t, int64_t>>> lanes(32);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        lanes[layout.getOffset(row, column, 256) / perLane].emplace(row, column);
    for (int64_t lane = 0; lane < 32; ++lane)
      for (auto [row, column] : lanes[lane]) {
        EXPECT_EQ(row % 8, lane / 4);
        EXPECT_EQ(column / (perLane / 2), lane % 4);
        EXPECT_TRUE(lanes[lane].contains({row ^ 8, column}));
      }
  }

  MLIRContext context;
};

TEST_F(NvptxPacking, NumbersOfOneLaneAreNeighbours) {
  Builder builder(&context);
  expectLanes(choose(builder.getBF16Type()), 16);
  expectLanes(choose(mx::BlockType::getNamed(&context, "mxfp8")), 8);
  expectLanes(choose(mx::BlockType::getNamed(&context, "mxfp4")), 4);
}

// A block of int8 is one instruction: four neighbours below its middle and four above, of two rows.
TEST_F(NvptxPacking, GroupsOfInt8AreWholeOperands) {
  tile::PackedLayout layout = choose(mx::BlockType::getNamed(&context, "int8")).getLayout();
  for (int64_t row = 0; row < 16; ++row)
    for (int64_t k = 0; k < 32; ++k) {
      int64_t lane = row % 8 * 4 + k % 16 / 4, element = k % 4 + row / 8 * 4 + k / 16 * 8;
      EXPECT_EQ(layout.getOffset(row, k, 256), lane * 16 + element);
    }
}

// Where there are scaled instructions, 16 bytes are the lane's registers of one: with eight FP4 or
// four FP8 each, two rows, and FP4 half of 64 further. Scales of FP4 are two neighbours.
TEST_F(NvptxPacking, ScaledOperandsAreRegistersInARow) {
  const nvptx::Machine &machine = nvptx::machines[std::size(nvptx::machines) - 1];
  ASSERT_TRUE(machine.multipliesScaled);
  tile::PackedAttr fp4 = choose(mx::BlockType::getNamed(&context, "mxfp4"), machine);
  tile::PackedAttr fp8 = choose(mx::BlockType::getNamed(&context, "mxfp8"), machine);
  for (int64_t row = 0; row < 16; ++row)
    for (int64_t k = 0; k < 64; ++k) {
      int64_t group = row % 8 * 4, half = row / 8;
      EXPECT_EQ(fp4.getLayout().getOffset(row, k, 256),
                (group + k % 32 / 8) * 32 + k / 32 * 16 + half * 8 + k % 8);
      EXPECT_EQ(fp8.getLayout().getOffset(row, k, 64),
                k / 32 * 512 + (group + k % 32 / 8) * 16 + k % 8 / 4 * 8 + half * 4 + k % 4);
      EXPECT_EQ(fp4.getScaleLayout().getOffset(row, k / 32, 8), row % 8 * 4 + half * 2 + k / 32);
    }
}

TEST_F(NvptxPacking, VectorsAndF32StayAsTheyAre) {
  Builder builder(&context);
  EXPECT_FALSE(choose(builder.getF32Type()));
  EXPECT_FALSE(nvptx::choosePackedMap(RankedTensorType::get({256}, builder.getBF16Type()),
                                      nvptx::machines[0]));
}

} // namespace
