//===- Emulation.h - Tile instructions on machines without ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Where a processor has no AMX, its instructions are illegal ones: a handler of that signal
// executes them and lets the program go on behind them. Where it has AMX, they run as ever.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_EMULATOR_AMX_EMULATION_H
#define MOEC_EMULATOR_AMX_EMULATION_H

namespace moec::amx {

/// Whether this process may use AMX of the processor; asks the operating system for it.
bool isNative();

/// Installs the handler, once for the process. False, with errno, if it cannot be. An instruction
/// that would raise an exception ends the process with one sentence and status 1; other illegal
/// instructions go to whoever had the signal before.
bool install();

/// Behind a kernel, on the thread that ran it: if it left tiles configured, ends the process with
/// one sentence and status 1. Of native tiles nothing is known.
void finishKernel();

} // namespace moec::amx

#endif // MOEC_EMULATOR_AMX_EMULATION_H
