//===- Vector.h - Statements about vector operations ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A statement is a signature "result:sources" and a function of one lane. Letters: u w q integers
// of 32, 16 and 64 bits, f h d floats, b a bf16, m a lane's bit of a mask.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_VECTOR_VECTOR_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_VECTOR_VECTOR_H

#include "../Machine.h"
#include "../Numeric.h"

#include <functional>
#include <map>
#include <string>

namespace moec::gfx950::test::reference {

/// What a lane function may know beside its sources.
struct Lane {
  uint32_t mode = 0;
  unsigned lane = 0;
  bool clamp = false;
  unsigned bitop3 = 0;
  uint64_t carry = 0;   ///< Second result: a bit.
  bool ignored = false; ///< The function states nothing about these sources.
  double magnitude = 0; ///< Bound of the terms of a sum whose order is open.
};

using LaneFunction = std::function<uint64_t(const uint64_t *x, Lane &l)>;

struct Statement {
  std::string signature; ///< As above; "fm:…" has a second result.
  LaneFunction run;
  double ulps = 0;
};

using Statements = std::map<std::string, Statement>;
/// The statements by mnemonic.
const Statements &vectorStatements();

void addIntegerStatements(Statements &s);
void addFloatStatements(Statements &s);
void addDivisionStatements(Statements &s);
void addConvertStatements(Statements &s);

/// Source `i` of one lane with its modifiers. `half`: the element of a packed operation, or −1.
uint64_t fetchSource(Machine &m, const Text &t, const Operand &o, unsigned i, char type, int half,
                     int lane);

/// Saturates to [low, high] if the instruction clamps, else wraps.
inline uint64_t wrapOrClamp(const Lane &l, int64_t v, int64_t low, int64_t high) {
  return uint64_t(l.clamp ? (v < low ? low : v > high ? high : v) : v);
}

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_VECTOR_VECTOR_H
