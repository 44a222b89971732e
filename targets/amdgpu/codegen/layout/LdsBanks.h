//===- LdsBanks.h - Which lanes meet at the LDS banks -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// LDS serves an access in groups of lanes, and only lanes of one group can conflict.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_LAYOUT_LDSBANKS_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_LAYOUT_LDSBANKS_H

#include "moec/Layout/LinearLayout.h"

namespace moec::amdgpu {

/// Whether an access brings data from LDS or there.
enum class LdsDirection { Read, Write };

/// The groups of one kind of access.
struct LdsGroups {
  /// Numbers of lanes that span the first group by exclusive or; the other groups are its cosets.
  std::vector<unsigned> span;
  /// The banks, of a dword each, that a group meets, as a power of two.
  unsigned bankBits;
};

/// How LDS serves an access that moves `bytes` bytes a lane, at most 16.
LdsGroups getLdsGroups(LdsDirection direction, unsigned bytes);

/// The extra passes that a group of lanes takes when each lane accesses `bytes` bytes at the
/// address of its first element: `address` maps elements of `layout` to places of `1 << log2Bytes`
/// bytes. 0 = free of conflicts.
unsigned countLdsConflicts(const LinearLayout &layout, const BitMatrix &address, unsigned log2Bytes,
                           LdsDirection direction, unsigned bytes);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_LAYOUT_LDSBANKS_H
