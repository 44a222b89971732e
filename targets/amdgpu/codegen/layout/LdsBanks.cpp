//===- LdsBanks.cpp - Which lanes meet at the LDS banks -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The groups are measured, by the authors of HipKittens (arXiv 2511.08083) and of amd-shark-ai
// (docs/empirical-lds/cdna4info.md); that they are spans of lane numbers is from Triton's pull
// request 11365. docs/Emulator.md has them as a table and says which are inferred.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/layout/LdsBanks.h"

#include "llvm/Support/MathExtras.h"

using namespace moec;
using namespace moec::amdgpu;

LdsGroups amdgpu::getLdsGroups(LdsDirection direction, unsigned bytes) {
  if (direction == LdsDirection::Write) {
    // 128 bytes a cycle, of neighbours.
    if (bytes > 8)
      return {{1, 2, 4}, 5};
    if (bytes > 4)
      return {{1, 2, 4, 8}, 5};
    return {{1, 2, 4, 8, 16}, 5};
  }
  // 256 bytes a cycle. Wide reads take runs of four lanes, of which lanes 4 to 7 would be the
  // neighbours of lanes 0 to 3, from elsewhere.
  if (bytes > 12)
    return {{1, 2, 4 ^ 8, 4 ^ 16}, 6};
  if (bytes > 8)
    return {{1, 2, 4 ^ 16}, 5};
  if (bytes > 4)
    return {{1, 2, 4, 8, 16}, 6};
  return {{1, 2, 4, 8, 16, 32}, 6};
}

unsigned amdgpu::countLdsConflicts(const LinearLayout &layout, const BitMatrix &address,
                                   unsigned log2Bytes, LdsDirection direction, unsigned bytes) {
  const LdsGroups groups = getLdsGroups(direction, bytes);
  std::vector<uint64_t> bases;
  for (unsigned lane : groups.span)
    bases.push_back(address.apply(layout.getElement(0, lane, 0)) << log2Bytes >> 2);
  // Three dwords leave the fourth of their place alone.
  unsigned wordBits = bytes > 4 ? llvm::Log2_32_Ceil(bytes) - 2 : 0;
  return countBankConflicts(bases, wordBits, groups.bankBits);
}
