//===- EmulatedKernel.h - What an emulated kernel did -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_NVPTXCODEGEN_EMULATEDKERNEL_H
#define MOEC_UNITTESTS_NVPTXCODEGEN_EMULATEDKERNEL_H

#include "moec/emulator/ptx/Launch.h"

namespace moec::test {

/// The counters of the kernel that ran last.
const ptx::Counters &getLastCounters();

} // namespace moec::test

#endif // MOEC_UNITTESTS_NVPTXCODEGEN_EMULATEDKERNEL_H
