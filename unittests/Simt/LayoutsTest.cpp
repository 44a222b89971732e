//===- LayoutsTest.cpp - Layouts for any number of lanes ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the layouts of tiles promise, holder by holder, on machines with other numbers of lanes.
//
//===----------------------------------------------------------------------===//
#include "Machines.h"

#include "lib/Simt/Layout/OperandLayouts.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

using namespace moec;
using namespace moec::simt;
using namespace moec::test;
using Space = LinearLayout::Space;

namespace {

class Layouts : public ::testing::TestWithParam<const Geometry *> {
protected:
  const Geometry &machine = *GetParam();
  unsigned subgroups = machine.subgroups;

  /// Calls `visit` with each holder and its element.
  template <typename Visit> void forEachHolder(const LinearLayout &layout, Visit visit) {
    ASSERT_EQ(1u << layout.getNumBits(Space::Lane), machine.lanes);
    ASSERT_EQ(1u << layout.getNumBits(Space::Subgroup), subgroups);
    for (unsigned subgroup = 0; subgroup < subgroups; ++subgroup)
      for (unsigned lane = 0; lane < machine.lanes; ++lane)
        for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg)
          visit(reg, lane, subgroup, layout.getElement(reg, lane, subgroup));
  }
};

const std::vector<std::vector<int64_t>> shapes = {{1},      {8},      {1000},    {3, 5},
                                                  {32, 64}, {4, 256}, {2, 8, 16}};

TEST_P(Layouts, EveryElementHasAHolder) {
  for (const std::vector<int64_t> &shape : shapes)
    for (const LinearLayout &layout : {getBlockedLayout(shape, 16, machine, subgroups),
                                       getRowLayout(shape, machine, subgroups)}) {
      std::set<uint64_t> held;
      forEachHolder(layout, [&](auto, auto, auto, uint64_t element) { held.insert(element); });
      EXPECT_EQ(held.size(), size_t(1) << layout.getNumElementBits());
    }
}

// Memory is read in runs of 16 bytes, by neighbouring lanes one after the other.
TEST_P(Layouts, BlockedLanesAreNeighbours) {
  LinearLayout layout = getBlockedLayout({64, 256}, 16, machine, subgroups);
  for (unsigned lane = 0; lane < machine.lanes; ++lane)
    for (unsigned reg = 0; reg < 8; ++reg)
      EXPECT_EQ(layout.getElement(reg, lane, 0), lane * 8 + reg);
}

TEST_P(Layouts, RowsStayInASubgroup) {
  for (const std::vector<int64_t> &shape : shapes) {
    LinearLayout layout = getRowLayout(shape, machine, subgroups);
    std::map<uint64_t, std::map<unsigned, std::set<uint64_t>>> held;
    uint64_t columns = layout.getShape().back();
    forEachHolder(layout, [&](auto, auto, unsigned subgroup, uint64_t element) {
      held[element / columns][subgroup].insert(element);
    });
    // Where subgroups are more than rows, each has all of a row.
    for (const auto &[row, parts] : held)
      for (const auto &[subgroup, elements] : parts)
        EXPECT_EQ(elements.size(), columns) << "row " << row;
  }
}

// A lane that has a number has its scale.
TEST_P(Layouts, ScalesGoWithNumbers) {
  constexpr int64_t block = 32;
  LinearLayout data = getBlockedLayout({16, 256}, 8, machine, subgroups);
  LinearLayout scales = getScaleLayout(data, block);
  std::set<std::tuple<unsigned, unsigned, uint64_t>> held;
  forEachHolder(scales, [&](auto, unsigned lane, unsigned subgroup, uint64_t element) {
    held.emplace(lane, subgroup, element);
  });
  forEachHolder(data, [&](auto, unsigned lane, unsigned subgroup, uint64_t element) {
    EXPECT_TRUE(held.contains({lane, subgroup, element / block}));
  });
}

INSTANTIATE_TEST_SUITE_P(Machines, Layouts, ::testing::Values(&getNarrow(), &getWide()),
                         [](const auto &info) {
                           return "lanes" + std::to_string(info.param->lanes);
                         });

} // namespace
