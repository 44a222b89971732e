//===- LdsBanks.cpp - Which lanes meet at the LDS banks -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The groups are measured, by the authors of HipKittens (arXiv 2511.08083) and of amd-shark-ai
// (docs/empirical-lds/cdna4info.md); that they are spans of lane numbers is from Triton's pull
// request 11365. docs/Emulator.md has them as a table and says which are inferred.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/LdsBanks.h"

using namespace moec;

simt::BankGroups amdgpu::getLdsGroups(simt::SharedAccess access, unsigned bytes) {
  if (access == simt::SharedAccess::Write) {
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
