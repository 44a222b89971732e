//===- Access.h - What a memory instruction's name says ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Size, extension and kind of an access, read off the mnemonic.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_ACCESS_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_ACCESS_H

#include <cstdint>
#include <string>

namespace moec::gfx950::test::reference {

/// A global, flat, scratch or buffer access.
struct Access {
  bool load = false, store = false, atomic = false, toLds = false;
  unsigned bytes = 4; ///< Of a lane.
  bool isSigned = false;
  bool half = false, high = false; ///< d16 forms.
  std::string op;                  ///< Of an atomic.
  char type = 'u';                 ///< Of an atomic: u, f or d.

  Access() = default;
  explicit Access(const std::string &mnemonic);
  /// A loaded byte or short as 32 bits.
  uint32_t widened(uint32_t v) const;
  /// Puts one loaded dword into its register.
  void deliver(uint32_t &reg, uint32_t v) const;
};

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_ACCESS_H
