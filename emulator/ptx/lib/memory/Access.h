//===- Access.h - Addresses of lanes and their checks -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_MEMORY_ACCESS_H
#define MOEC_EMULATOR_PTX_LIB_MEMORY_ACCESS_H

#include "moec/emulator/ptx/Warp.h"

namespace moec::ptx {

/// An address for each lane. Lanes that take no part have that of one that does.
struct Addresses {
  uint64_t at[kLanes];
};

/// Reads the addresses in `slot`, plus `offset`; false after a fault.
bool readAddresses(Warp &w, Slot slot, unsigned registerBytes, uint64_t offset, Addresses &out);

/// Checks that `bytes` bytes from each active lane's address lie in one allocation that allows the
/// access and are aligned to their size; enters them in the table of races between blocks.
bool checkGlobal(Warp &w, const Addresses &addresses, unsigned bytes, emulator::AccessKind kind);

/// Checks an access of one lane to shared memory and enters it in the table of races between warps;
/// false after a fault.
bool checkShared(Warp &w, int lane, uint64_t address, unsigned bytes, emulator::AccessKind kind);

/// Enters an access that checkShared() takes in the table of races between the lanes of a warp;
/// false after a fault. `data` is what is written, where that is known.
bool checkLanes(Warp &w, int lane, uint64_t address, unsigned bytes, emulator::AccessKind kind,
                bool ordered = false, const uint8_t *data = nullptr);

/// Checks an access of one lane to its local memory.
bool checkLocal(Warp &w, int lane, uint64_t address, unsigned bytes);

/// The space of a generic address, which becomes an address of that space.
Space resolveSpace(uint64_t &address);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_MEMORY_ACCESS_H
