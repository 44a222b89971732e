//===- PackedLayoutTest.cpp - Packing maps on the host --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/PackedLayout.h"

#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <set>

using namespace moec::tile;

namespace {

PackedLayout makeLayout(llvm::ArrayRef<std::pair<unsigned, int64_t>> pairs) {
  return PackedLayout(makePackedDigits(pairs));
}

// Panels of 16 rows with columns in fours, worked out by hand.
TEST(PackedLayout, OffsetsOfAPanel) {
  PackedLayout layout = makeLayout({{1, 4}, {0, 16}});
  EXPECT_EQ(layout.getOffset(0, 0, 64), 0);
  EXPECT_EQ(layout.getOffset(0, 3, 64), 3);
  EXPECT_EQ(layout.getOffset(1, 0, 64), 4);
  EXPECT_EQ(layout.getOffset(0, 4, 64), 64);
  EXPECT_EQ(layout.getOffset(15, 63, 64), 1023);
  EXPECT_EQ(layout.getOffset(16, 0, 64), 1024);
}

// The first half of a block in the low nibbles: two places of the fastest digit are 16 apart.
TEST(PackedLayout, ExplicitStep) {
  PackedLayout layout({{1, 2, 16}, {1, 16, 1}});
  EXPECT_EQ(layout.getOffset(0, 0, 32), 0);
  EXPECT_EQ(layout.getOffset(0, 16, 32), 1);
  EXPECT_EQ(layout.getOffset(0, 1, 32), 2);
  EXPECT_EQ(layout.getOffset(0, 31, 32), 31);
}

// Every offset is hit once and getPosition inverts getOffset, padding included.
TEST(PackedLayout, IsAPermutation) {
  for (const PackedLayout &layout :
       {PackedLayout(), makeLayout({{0, 16}}), makeLayout({{1, 8}, {0, 16}}),
        makeLayout({{1, 32}, {0, 16}, {1, 4}}), PackedLayout({{1, 2, 4}, {1, 4, 1}, {0, 8, 1}})}) {
    for (auto [rows, columns] : {std::pair<int64_t, int64_t>{16, 128}, {33, 70}, {1, 5}}) {
      std::set<int64_t> seen;
      for (int64_t row = 0; row != rows; ++row)
        for (int64_t column = 0; column != columns; ++column) {
          int64_t offset = layout.getOffset(row, column, columns);
          EXPECT_LT(offset, layout.getSize(rows, columns));
          EXPECT_TRUE(seen.insert(offset).second);
          EXPECT_EQ(layout.getPosition(offset, columns), std::pair(row, column));
        }
    }
  }
}

// Packing then unpacking gives the bytes back, for parts of bytes, bytes and words, and padding is
// filled.
TEST(PackedLayout, PackRoundTrip) {
  std::mt19937 random(7);
  PackedLayout layout = makeLayout({{1, 8}, {0, 16}});
  int64_t rows = 21, columns = 36;
  for (unsigned bits : {4u, 6u, 8u, 16u, 32u}) {
    std::vector<uint8_t> data(rows * columns * bits / 8), back(data.size());
    for (uint8_t &byte : data)
      byte = random();
    std::vector<uint8_t> packed(layout.getSize(rows, columns) * bits / 8, 0x5a);
    packElements(layout, bits, rows, columns, data, packed);
    unpackElements(layout, bits, rows, columns, packed, back);
    EXPECT_EQ(data, back);
    if (bits == 8) {
      EXPECT_EQ(packed[layout.getOffset(20, 35, columns)], data[20 * 36 + 35]);
      EXPECT_EQ(packed[layout.getOffset(21, 0, columns)], 0);
    }
    // Element (2, 12) starts with a byte; its code of 6 bits is the low part of three bytes.
    if (bits == 6)
      EXPECT_EQ(packed[layout.getOffset(2, 12, columns) * 6 / 8] & 63,
                data[(2 * 36 + 12) * 6 / 8] & 63);
    if (bits == 4)
      EXPECT_EQ(packed[layout.getOffset(2, 10, columns) / 2] & 15, data[(2 * 36 + 10) / 2] & 15);
  }
}

// Runs of one byte to many, in units that are whole and in those at the edges.
TEST(PackedLayout, RunsOfEverySizeLieWhereTheMapSays) {
  std::mt19937 random(11);
  for (const PackedLayout &layout :
       {makeLayout({{0, 16}}), makeLayout({{1, 2}, {0, 16}}), makeLayout({{1, 4}, {0, 8}, {1, 2}}),
        makeLayout({{1, 8}, {0, 4}}), makeLayout({{1, 16}, {0, 4}}), PackedLayout()})
    for (unsigned bits : {8u, 16u, 32u}) {
      int64_t rows = 37, columns = 52, bytes = bits / 8;
      std::vector<uint8_t> data(rows * columns * bytes);
      for (uint8_t &byte : data)
        byte = random();
      std::vector<uint8_t> packed(layout.getSize(rows, columns) * bytes);
      packElements(layout, bits, rows, columns, data, packed);
      for (int64_t row = 0; row != rows; ++row)
        for (int64_t column = 0; column != columns; ++column)
          ASSERT_EQ(std::memcmp(packed.data() + layout.getOffset(row, column, columns) * bytes,
                                data.data() + (row * columns + column) * bytes, bytes),
                    0)
              << row << ", " << column;
    }
}

} // namespace
