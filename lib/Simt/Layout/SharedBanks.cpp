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

unsigned simt::getAccessBits(const LinearLayout &layout, unsigned log2Bytes) {
  // An access moves at most 16 bytes.
  unsigned widest = log2Bytes < 4 ? 4 - log2Bytes : 0;
  return std::min(layout.getContiguousBits(), widest);
}

/// The address map that adds (by exclusive or) `bits` bits from `from` on to those at `to`.
static BitMatrix makeSwizzle(unsigned elementBits, unsigned from, unsigned to, unsigned bits) {
  // The unit matrix with further ones above its diagonal, so it always is invertible: each element
  // has an address of its own.
  std::vector<uint64_t> columns;
  for (unsigned i = 0; i < elementBits; ++i) {
    columns.push_back(uint64_t(1) << i);
    if (i >= from && i < from + bits)
      columns.back() |= uint64_t(1) << (to + i - from);
  }
  return BitMatrix(columns, elementBits);
}

BitMatrix simt::chooseSwizzle(llvm::ArrayRef<SharedEnd> ends, unsigned below, unsigned log2Bytes,
                              const Geometry &machine, unsigned &conflicts) {
  // The low bits of an address are the bytes of one access, on either side, and must stay together:
  // only bits from `keep` on may change.
  unsigned elementBits = ends.front().layout.getNumElementBits(), keep = 0;
  for (const SharedEnd &end : ends)
    keep = std::max(keep, end.accessBits);
  BitMatrix best = BitMatrix::identity(elementBits);
  auto cost = [&](const BitMatrix &map) {
    unsigned sum = 0;
    for (const SharedEnd &end : ends)
      sum += countConflicts(end.layout, map, log2Bytes, end.groups, end.bytes);
    return sum;
  };
  conflicts = cost(best);
  // One swizzle mostly is enough; where it is not, another is put upon the best one. Of equal ones
  // the first is taken, with the fewest bits, which addresses cost the least.
  for (unsigned before = ~0u; conflicts < before;) {
    before = conflicts;
    const BitMatrix base = best;
    // Bits above a bank's reach select rows; bits below it, whole accesses.
    for (unsigned bits = 1; bits <= machine.getBankBits(); ++bits)
      for (unsigned to = keep; to + bits <= below; ++to)
        for (unsigned from = to + bits; from + bits <= elementBits; ++from) {
          if (conflicts == 0)
            return best;
          BitMatrix map = makeSwizzle(elementBits, from, to, bits).compose(base);
          unsigned candidate = cost(map);
          if (candidate < conflicts) {
            conflicts = candidate;
            best = map;
          }
        }
  }
  return best;
}
