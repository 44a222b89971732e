//===- MachinesTest.cpp - Machines unlike each other ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts are stated as the element bit that each register and lane bit selects; what a read brings
// is stated a second time, as arithmetic on lane numbers.
//
//===----------------------------------------------------------------------===//
#include "Machines.h"

#include "lib/Simt/Layout/SharedBanks.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::simt;
using namespace moec::test;

/// Shared memory serves all lanes at once, up to 128 bytes.
static BankGroups getGroups(unsigned laneBits, unsigned bytes) {
  BankGroups groups{{}, 5};
  unsigned served = std::min(1u << laneBits, 128 / std::max(bytes, 4u));
  for (unsigned lane = 1; lane < served; lane <<= 1)
    groups.span.push_back(lane);
  return groups;
}

const Geometry &test::getWide() {
  static const std::vector<Atom> atoms = {
      {"wide",
       16,
       8,
       16,
       {{Format::BF16, LinearLayout({16, 16}, {1, 128, 8}, {2, 4, 16, 32, 64}, {}),
         LinearLayout({8, 16}, {1, 8}, {2, 4, 16, 32, 64}, {})}},
       LinearLayout({16, 8}, {1, 64}, {2, 4, 8, 16, 32}, {})}};
  // Four matrices of 8 by 8: lane l names row l % 8 of matrix l / 8.
  static const LinearLayout pieces({32, 8}, {1, 2, 4}, {8, 16, 32, 64, 128}, {});
  static const std::vector<ReadAtom> reads = {
      {"columns", 16, 16, pieces, LinearLayout({32, 8}, {8, 64, 128}, {16, 32, 1, 2, 4}, {})},
      {"rows", 16, 16, pieces, LinearLayout({32, 8}, {1, 64, 128}, {2, 4, 8, 16, 32}, {})}};
  static const Geometry geometry = {
      32, 4, 96 * 1024, 32, atoms, reads, [](SharedAccess, unsigned bytes) {
        return getGroups(5, bytes);
      }};
  return geometry;
}

const Geometry &test::getNarrow() {
  static const LinearLayout operand({4, 4}, {}, {4, 8, 1, 2}, {});
  static const std::vector<Atom> atoms = {
      {"narrow",
       4,
       4,
       4,
       {{Format::BF16, operand, operand}, {Format::F32, operand, operand}},
       LinearLayout({4, 4}, {}, {1, 2, 4, 8}, {})}};
  static const Geometry geometry = {16,
                                    2,
                                    32 * 1024,
                                    32,
                                    atoms,
                                    {},
                                    [](SharedAccess, unsigned bytes) { return getGroups(4, bytes); }};
  return geometry;
}

namespace {

// Lane l receives two neighbours of row l / 4 of each matrix, or of column l / 4.
TEST(ReadAtoms, LanesNameRowsAndReceivePairs) {
  const ReadAtom &columns = getWide().readAtoms[0], &rows = getWide().readAtoms[1];
  for (uint64_t lane = 0; lane < 32; ++lane)
    for (uint64_t reg = 0; reg < 8; ++reg) {
      EXPECT_EQ(rows.pieces.getElement(reg, lane, 0), lane * 8 + reg);
      uint64_t matrix = reg / 2, along = lane % 4 * 2 + reg % 2, across = lane / 4;
      EXPECT_EQ(rows.received.getElement(reg, lane, 0), matrix * 64 + across * 8 + along);
      EXPECT_EQ(columns.received.getElement(reg, lane, 0), matrix * 64 + along * 8 + across);
    }
}

// The first operand of the wide atom is one read of whole rows: matrices are its four quarters.
TEST(ReadAtoms, PiecesOfAnOperand) {
  const Atom &atom = getWide().atoms.front();
  // In the order of the matrices: rows 8 … 15 are the second, and columns 8 … 15 the third.
  const LinearLayout &wanted = atom.getOperandLayout(Side::First, Format::BF16);
  std::optional<LinearLayout> pieces = getWide().readAtoms[1].getPiecesOf(wanted);
  ASSERT_TRUE(pieces);
  for (uint64_t lane = 0; lane < 32; ++lane)
    for (uint64_t reg = 0; reg < 8; ++reg) {
      uint64_t matrix = lane / 8, row = lane % 8 + 8 * (matrix % 2), column = 8 * (matrix / 2);
      EXPECT_EQ(pieces->getElement(reg, lane, 0), row * 16 + column + reg);
    }
  // Its columns are not.
  EXPECT_FALSE(getWide().readAtoms[0].getPiecesOf(wanted));
}

// Rows of 32 words: each lane reads 16 bytes of a row of its own, all from the same banks, until
// rows are shifted against each other.
TEST(SharedBanks, RowsMeetUnlessTheyAreShifted) {
  LinearLayout layout({8, 32}, {1, 2}, {32, 64, 128}, {});
  BankGroups groups = getWide().getBankGroups(SharedAccess::Read, 16);
  EXPECT_EQ(countConflicts(layout, BitMatrix::identity(8), 2, groups, 16), 7u);
  std::vector<uint64_t> columns;
  for (unsigned bit = 0; bit < 8; ++bit)
    columns.push_back(uint64_t(1) << bit | (bit >= 5 ? uint64_t(1) << (bit - 3) : 0));
  EXPECT_EQ(countConflicts(layout, BitMatrix(columns, 8), 2, groups, 16), 0u);
}

} // namespace
