//===- StatementCases.h - What to run for a claimed opcode ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Variants of an instruction's text (other registers, modifiers, DPP, SDWA, constants), and states
// on which it is allowed to run.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTCASES_H
#define MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTCASES_H

#include "../Reference/Machine.h"

#include <random>
#include <string>
#include <vector>

namespace moec::gfx950::test {

/// Texts of the same opcode as `line`, on registers of their own.
std::vector<std::string> variantsOf(const std::string &line, std::mt19937 &rng);

/// Fills `m` with random and special values, so that `text` may run: addresses point into its
/// memory, matrix operands are finite, conversions in range. `wave` chooses EXEC and MODE.
void prepare(reference::Machine &m, const std::string &text, unsigned wave, std::mt19937 &rng);

/// Whether the instruction needs LDS or scratch.
bool usesLocalMemory(const std::string &text);

} // namespace moec::gfx950::test

#endif // MOEC_UNITTESTS_EMULATOR_STATEMENTS_STATEMENTCASES_H
