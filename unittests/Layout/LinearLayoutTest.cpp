//===- LinearLayoutTest.cpp - The algebra of layouts ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every claim is checked by enumeration of all holders, never by the algebra itself.
//
//===----------------------------------------------------------------------===//
#include "moec/Layout/LinearLayout.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

using namespace moec;
using Space = LinearLayout::Space;

namespace {

/// An 8x16 tile over 4 registers, 8 lanes and 4 subgroups: two columns a register pair, rows by
/// lane.
LinearLayout makeExample() { return LinearLayout({8, 16}, {1, 2}, {16, 32, 64}, {4, 8}); }

template <typename Fn> void forEachHolder(const LinearLayout &layout, Fn fn) {
  for (unsigned s = 0; s < 1u << layout.getNumBits(Space::Subgroup); ++s)
    for (unsigned l = 0; l < 1u << layout.getNumBits(Space::Lane); ++l)
      for (unsigned r = 0; r < layout.getNumRegisters(); ++r)
        fn(r, l, s);
}

TEST(BitMatrix, RightInverseOfRandomMaps) {
  std::mt19937_64 random(7);
  unsigned invertible = 0;
  for (unsigned trial = 0; trial < 500; ++trial) {
    unsigned rows = 1 + random() % 10, columns = 1 + random() % 14;
    std::vector<uint64_t> data;
    for (unsigned i = 0; i < columns; ++i)
      data.push_back(random() & ((1u << rows) - 1));
    BitMatrix matrix(data, rows);
    std::set<uint64_t> images;
    uint64_t zeros = 0;
    for (uint64_t x = 0; x < 1u << columns; ++x) {
      images.insert(matrix.apply(x));
      zeros += matrix.apply(x) == 0;
    }
    EXPECT_EQ(images.size(), size_t(1) << matrix.getRank());
    EXPECT_EQ(matrix.isInjective(), zeros == 1);
    auto inverse = matrix.getRightInverse();
    EXPECT_EQ(inverse.has_value(), images.size() == size_t(1) << rows);
    if (!inverse)
      continue;
    ++invertible;
    for (uint64_t y = 0; y < 1u << rows; ++y)
      EXPECT_EQ(matrix.apply(inverse->apply(y)), y);
  }
  EXPECT_GT(invertible, 50u);
}

TEST(BitMatrix, ComposeIsFunctionComposition) {
  BitMatrix outer({5, 3, 6}, 3), inner({1, 6, 4, 7}, 3);
  for (uint64_t x = 0; x < 16; ++x)
    EXPECT_EQ(outer.compose(inner).apply(x), outer.apply(inner.apply(x)));
}

TEST(LinearLayout, ElementsAndCoordinates) {
  LinearLayout layout = makeExample();
  std::set<std::pair<int64_t, int64_t>> seen;
  forEachHolder(layout, [&](unsigned r, unsigned l, unsigned s) {
    uint64_t element = layout.getElement(r, l, s);
    EXPECT_EQ(layout.getCoordinate(element, 0), l);
    EXPECT_EQ(layout.getCoordinate(element, 1), r + 4 * s);
    EXPECT_EQ(layout.getElementAt({l, r + 4 * s}), element);
    seen.insert({layout.getCoordinate(element, 0), layout.getCoordinate(element, 1)});
  });
  EXPECT_EQ(seen.size(), 128u);
  EXPECT_EQ(layout.getContiguousBits(), 2u);
}

TEST(LinearLayout, ContiguousRunsEndWhereAnotherBitMixesIn) {
  EXPECT_EQ(LinearLayout({16}, {1, 2}, {5, 8}, {}).getContiguousBits(), 0u);
  EXPECT_EQ(LinearLayout({16}, {1, 2}, {6, 8}, {}).getContiguousBits(), 1u);
  EXPECT_EQ(LinearLayout({16}, {2, 1}, {4, 8}, {}).getContiguousBits(), 0u);
  // A run does not pass the end of a row.
  EXPECT_EQ(LinearLayout({4, 4}, {1, 2, 4}, {8}, {}).getContiguousBits(), 2u);
}

TEST(LinearLayout, CollapseForgetsOneCoordinate) {
  LinearLayout layout = makeExample();
  for (unsigned dim : {0u, 1u}) {
    LinearLayout collapsed = layout.collapse(dim);
    forEachHolder(layout, [&](unsigned r, unsigned l, unsigned s) {
      EXPECT_EQ(collapsed.getCoordinate(collapsed.getElement(r, l, s), 1 - dim),
                layout.getCoordinate(layout.getElement(r, l, s), 1 - dim));
    });
  }
  EXPECT_EQ(layout.collapse(1).dropReplicatedRegisters().getNumRegisters(), 1u);
  EXPECT_EQ(layout.collapse(0).dropReplicatedRegisters().getNumRegisters(), 4u);
}

TEST(LinearLayout, TransposeSwapsCoordinates) {
  LinearLayout layout = makeExample(), transposed = layout.transpose({1, 0});
  EXPECT_EQ(transposed.getShape(), (std::vector<int64_t>{16, 8}));
  forEachHolder(layout, [&](unsigned r, unsigned l, unsigned s) {
    uint64_t a = layout.getElement(r, l, s), b = transposed.getElement(r, l, s);
    EXPECT_EQ(layout.getCoordinate(a, 0), transposed.getCoordinate(b, 1));
    EXPECT_EQ(layout.getCoordinate(a, 1), transposed.getCoordinate(b, 0));
  });
}

TEST(LinearLayout, PackLastHoldsRuns) {
  LinearLayout layout = makeExample(), packed = layout.packLast(1);
  EXPECT_EQ(packed.getShape(), (std::vector<int64_t>{8, 8}));
  forEachHolder(packed, [&](unsigned r, unsigned l, unsigned s) {
    EXPECT_EQ(packed.getElement(r, l, s), layout.getElement(2 * r, l, s) / 2);
  });
}

TEST(LinearLayout, SourceOfFindsTheSameElement) {
  LinearLayout source = makeExample();
  // Every lane holds a column of two rows here; half of the subgroups replicate.
  LinearLayout target({8, 16}, {16, 32, 64}, {1, 2, 4}, {8, 0});
  BitMatrix map = target.getSourceOf(source);
  forEachHolder(target, [&](unsigned r, unsigned l, unsigned s) {
    uint64_t holder = map.apply(r | l << 3 | uint64_t(s) << 6);
    EXPECT_EQ(source.getElement(holder & 3, holder >> 2 & 7, holder >> 5 & 3),
              target.getElement(r, l, s));
  });
}

TEST(LinearLayout, BankConflictsAgreeWithCounting) {
  std::mt19937_64 random(11);
  std::set<unsigned> seen;
  for (unsigned trial = 0; trial < 400; ++trial) {
    unsigned accessBits = random() % 3, laneBits = 6 - accessBits;
    std::vector<uint64_t> bases;
    for (unsigned i = 0; i < laneBits; ++i)
      bases.push_back((random() & random() & 0x3f) << accessBits);
    // Per bank the number of different words; the worst bank decides.
    std::map<uint64_t, std::set<uint64_t>> words;
    for (unsigned lane = 0; lane < 1u << laneBits; ++lane)
      for (unsigned word = 0; word < 1u << accessBits; ++word) {
        uint64_t address = BitMatrix(bases, 64).apply(lane) + word;
        words[address % 16].insert(address);
      }
    unsigned worst = 0;
    for (auto &[bank, addresses] : words)
      worst = std::max<unsigned>(worst, addresses.size());
    unsigned passes = countBankConflicts(bases, accessBits, 4);
    EXPECT_EQ(passes, worst - 1);
    seen.insert(passes);
  }
  EXPECT_GE(seen.size(), 3u);
}

} // namespace
