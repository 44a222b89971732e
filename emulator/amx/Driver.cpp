//===- Driver.cpp - What the CPU's device calls ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The emulation as a library that a device opens by its path, as it would a driver.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/amx/Emulation.h"

extern "C" {
/// Makes tile instructions run in this process; 0 if they do.
__attribute__((visibility("default"))) int moec_tiles_open() {
  return moec::amx::install() ? 0 : 1;
}
/// To be called behind every kernel, on its thread.
__attribute__((visibility("default"))) void moec_tiles_finish() { moec::amx::finishKernel(); }
}
