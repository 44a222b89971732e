//===- StatementRunner.h - One instruction on a whole state -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One code object holds many instructions. A launch loads all registers, LDS and scratch of a wave
// from a state, jumps to one of them, and stores the state that it leaves.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTRUNNER_H
#define MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTRUNNER_H

#include "../Harness.h"
#include "../Reference/Machine.h"

#include <string>
#include <vector>

namespace moec::gfx950::test {

/// Runs pieces of code of at most 104 bytes on states.
class StatementRunner {
public:
  explicit StatementRunner(const std::vector<std::string> &pieces);
  bool ok() const { return good; }
  /// Device memory of `wave` for the instruction's own accesses; addresses are those of the host.
  uint8_t *memory(unsigned wave) { return data + wave * reference::kMemoryBytes; }
  /// Runs piece `index` on each state, one a workgroup; states become what was stored. The message
  /// of a fault, or nothing.
  std::string operator()(size_t index, std::vector<reference::Image> &states, bool withMemory);

  static constexpr unsigned kWaves = 8; ///< At most.

private:
  Device device;
  bool good = false;
  uint8_t *data = nullptr;
};

/// What differs between the emulator's state and the reference's, or nothing.
std::string difference(const reference::Machine &want, const reference::Image &got,
                       const uint8_t *memory);

} // namespace moec::gfx950::test

#endif // MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTRUNNER_H
