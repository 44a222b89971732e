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

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_SHAREDBANKS_H
