//===- StatementScripts.h - Instructions that need company ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Control flow, program counters, modes and clocks show their effect only together with other
// instructions. Each has a few lines of code and what those leave.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTSCRIPTS_H
#define MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTSCRIPTS_H

#include "../Reference/Machine.h"

#include <functional>
#include <string>

namespace moec::gfx950::test {

/// Code around one instruction.
struct Script {
  std::string code;
  std::function<void(reference::Machine &)> expect; ///< Changes a state as the code must.
  std::function<void(reference::Machine &, unsigned wave)> prepare = nullptr;
  std::string fault = ""; ///< Part of the message, if the code must fault.
};

/// The script for `mnemonic`, or null. Those of several instructions together have names that no
/// instruction has.
const Script *scriptFor(const std::string &mnemonic);

} // namespace moec::gfx950::test

#endif // MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTSCRIPTS_H
