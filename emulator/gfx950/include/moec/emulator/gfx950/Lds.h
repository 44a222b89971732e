//===- Lds.h - Local data share ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The LDS of a workgroup is the shared memory of a block; its subgroups are waves, and its
// asynchronous copies loads to LDS.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LDS_H
#define MOEC_EMULATOR_GFX950_LDS_H

#include "moec/emulator/core/SharedMemory.h"

namespace moec::gfx950 {

using Lds = emulator::SharedMemory;
using LdsFault = emulator::SharedFault;
using LdsAccess = emulator::AccessKind;

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LDS_H
