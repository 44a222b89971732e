//===- EmulatedKernel.h - What an emulated kernel did -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_AMDGPUCODEGEN_EMULATEDKERNEL_H
#define MOEC_UNITTESTS_AMDGPUCODEGEN_EMULATEDKERNEL_H

#include "moec/emulator/gfx950/Counters.h"

#include <vector>

namespace moec::test {

/// The counters of the kernel that ran last.
const gfx950::Counters &getLastCounters();

/// The counters of the kernels that ran since this was asked last, in their order.
std::vector<gfx950::Counters> takeCounters();

} // namespace moec::test

#endif // MOEC_UNITTESTS_AMDGPUCODEGEN_EMULATEDKERNEL_H
