//===- LdsBanks.h - Which lanes meet at the LDS banks -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// LDS serves an access in groups of lanes, which depend on its kind and width.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_LDSBANKS_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_LDSBANKS_H

#include "moec/Simt/Geometry.h"

namespace moec::amdgpu {

/// How LDS serves an access that moves `bytes` bytes a lane, at most 16.
simt::BankGroups getLdsGroups(simt::SharedAccess access, unsigned bytes);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_LDSBANKS_H
