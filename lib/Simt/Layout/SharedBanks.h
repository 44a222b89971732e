//===- SharedBanks.h - Conflicts at the banks of shared memory --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Shared memory serves an access in groups of lanes, and only lanes of one group can conflict.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_SHAREDBANKS_H
#define MOEC_LIB_SIMT_LAYOUT_SHAREDBANKS_H

#include "moec/Layout/LinearLayout.h"
#include "moec/Simt/Geometry.h"

namespace moec::simt {

/// The extra passes that a group of lanes takes when each lane accesses `bytes` bytes at the
/// address of its first element: `address` maps elements of `layout` to places of `1 << log2Bytes`
/// bytes. 0 = free of conflicts.
unsigned countConflicts(const LinearLayout &layout, const BitMatrix &address, unsigned log2Bytes,
                        const BankGroups &groups, unsigned bytes);

/// The widest run of registers, in elements as a power of two, that stays together in shared
/// memory.
unsigned getAccessBits(const LinearLayout &layout, unsigned log2Bytes);

/// One side of shared memory: how many low register bits one access moves, and where.
struct SharedEnd {
  const LinearLayout &layout;
  unsigned accessBits;
  /// Bytes that an access moves, and the lanes that meet when they do.
  unsigned bytes;
  BankGroups groups;
};

/// The address map, of a few candidates, with the fewest conflicts on all sides. It changes bits of
/// an element's number below `below` alone.
BitMatrix chooseSwizzle(llvm::ArrayRef<SharedEnd> ends, unsigned below, unsigned log2Bytes,
                        const Geometry &machine, unsigned &conflicts);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_SHAREDBANKS_H
