//===- Atomic.h - Values of atomic operations -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What an atomic leaves in memory. LDS and global memory name the same operations differently.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_ATOMIC_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_ATOMIC_H

#include <cstdint>
#include <optional>
#include <string>

namespace moec::gfx950::test::reference {

/// The new value of a cell of `bits` bits. `op` is a name such as add, smin, cmpswap, pk_add_f16;
/// `type` is u, f or d. Nothing for names that it does not know.
std::optional<uint64_t> atomicValue(const std::string &op, char type, unsigned bits, uint64_t old,
                                    uint64_t data, uint64_t second);

/// What such a cell holds, as Loose has it: f, d, P or B; u for what has no NaN.
char numbersOfAtomic(const std::string &op, char type);

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_ATOMIC_H
