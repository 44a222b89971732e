//===- LdsBanksTest.cpp - Bank conflicts lane by lane ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Groups of lanes as they were measured, each lane by its number, and dwords counted bank by bank,
// against the spans and ranks that the code generator uses.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/LdsBanks.h"

#include "lib/Simt/Layout/SharedBanks.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

using namespace moec;
using namespace moec::amdgpu;
using namespace moec::simt;

namespace {

struct Access {
  SharedAccess direction;
  unsigned bytes, banks;
  std::vector<std::vector<unsigned>> groups;
};

std::vector<std::vector<unsigned>> makeBlocks(unsigned lanes) {
  std::vector<std::vector<unsigned>> groups(64 / lanes);
  for (unsigned lane = 0; lane < 64; ++lane)
    groups[lane / lanes].push_back(lane);
  return groups;
}

/// Groups of the lower half of a wave; the upper half is served in the same way.
std::vector<std::vector<unsigned>> makeHalves(std::vector<std::vector<unsigned>> groups) {
  for (unsigned group = 0, count = groups.size(); group < count; ++group) {
    groups.push_back(groups[group]);
    for (unsigned &lane : groups.back())
      lane += 32;
  }
  return groups;
}

std::vector<Access> getAccesses() {
  const auto read = SharedAccess::Read, write = SharedAccess::Write;
  return {{read, 2, 64, makeBlocks(64)},
          {read, 4, 64, makeBlocks(64)},
          {read, 8, 64, makeBlocks(32)},
          {read, 12, 32,
           makeHalves({{0, 1, 2, 3, 20, 21, 22, 23},
                       {4, 5, 6, 7, 16, 17, 18, 19},
                       {8, 9, 10, 11, 28, 29, 30, 31},
                       {12, 13, 14, 15, 24, 25, 26, 27}})},
          {read, 16, 64,
           makeHalves({{0, 1, 2, 3, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26, 27},
                       {4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 28, 29, 30, 31}})},
          {write, 4, 32, makeBlocks(32)},
          {write, 8, 32, makeBlocks(16)},
          {write, 12, 32, makeBlocks(8)},
          {write, 16, 32, makeBlocks(8)}};
}

/// The most dwords of one bank in any group, less the one that is free.
unsigned countByHand(const Access &access, const LinearLayout &layout, const BitMatrix &address,
                     unsigned log2Bytes) {
  unsigned worst = 1;
  for (const std::vector<unsigned> &group : access.groups) {
    std::map<unsigned, std::set<uint64_t>> wanted;
    for (unsigned lane : group) {
      uint64_t place = address.apply(layout.getElement(0, lane, 0)) << log2Bytes;
      for (uint64_t dword = place / 4; dword <= (place + access.bytes - 1) / 4; ++dword)
        wanted[dword % access.banks].insert(dword);
    }
    for (const auto &[bank, dwords] : wanted)
      worst = std::max<unsigned>(worst, dwords.size());
  }
  return worst - 1;
}

TEST(LdsBanks, ConflictsAgreeWithCounting) {
  std::mt19937_64 random(3);
  for (const Access &access : getAccesses()) {
    // Elements as wide as the access, or two bytes; lanes anywhere, several on one element, too.
    unsigned log2Bytes = access.bytes > 8 ? 4 : access.bytes > 4 ? 3 : access.bytes > 2 ? 2 : 1;
    constexpr unsigned kBits = 9;
    std::set<unsigned> seen;
    for (unsigned trial = 0; trial < 200; ++trial) {
      std::vector<uint64_t> lanes, columns;
      for (unsigned i = 0; i < 6; ++i)
        lanes.push_back(random() & random() & ((1u << kBits) - 1));
      for (unsigned i = 0; i < kBits; ++i)
        columns.push_back(uint64_t(1) << i | (random() & random() & ((1u << i) - 1)));
      LinearLayout layout({int64_t(1) << kBits}, {}, lanes, {});
      BitMatrix address(columns, kBits);
      unsigned conflicts = countConflicts(
          layout, address, log2Bytes, getLdsGroups(access.direction, access.bytes), access.bytes);
      EXPECT_EQ(conflicts, countByHand(access, layout, address, log2Bytes))
          << (access.direction == SharedAccess::Read ? "read of " : "write of ") << access.bytes;
      seen.insert(conflicts);
    }
    EXPECT_GE(seen.size(), 3u);
  }
}

} // namespace
