//===- SharedBanks.cpp - Conflicts at the banks of shared memory ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Addresses are linear over bits, so one group tells what happens in all of them.
//
//===----------------------------------------------------------------------===//
#include "SharedBanks.h"

#include "llvm/Support/MathExtras.h"

using namespace moec;

unsigned simt::countConflicts(const LinearLayout &layout, const BitMatrix &address,
                              unsigned log2Bytes, const BankGroups &groups, unsigned bytes) {
  std::vector<uint64_t> bases;
  for (unsigned lane : groups.span)
    bases.push_back(address.apply(layout.getElement(0, lane, 0)) << log2Bytes >> 2);
  // Three dwords leave the fourth of their place alone.
  unsigned wordBits = bytes > 4 ? llvm::Log2_32_Ceil(bytes) - 2 : 0;
  return countBankConflicts(bases, wordBits, groups.bankBits);
}
