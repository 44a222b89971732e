//===- Compare.cpp - Comparisons and exchanges ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_cmp and v_cmpx by condition and type; readlane, writelane, swaps.
//
//===----------------------------------------------------------------------===//

#include "Vector/Vector.h"

#include <cmath>
#include <functional>
#include <utility>

namespace moec::gfx950::test::reference {

namespace {

/// Bit of v_cmp_class for a float.
unsigned classOf(const APFloat &v) {
  bool negative = v.isNegative();
  if (v.isNaN())
    return v.isSignaling() ? 1 : 2;
  if (v.isInfinity())
    return negative ? 4 : 512;
  if (v.isZero())
    return negative ? 32 : 64;
  if (v.isDenormal())
    return negative ? 16 : 128;
  return negative ? 8 : 256;
}

/// -1, 0, 1, or 2 for unordered.
int order(const std::string &type, uint64_t a, uint64_t b, uint32_t mode) {
  unsigned bits = unsigned(std::stoi(type.substr(1)));
  if (type[0] == 'f') {
    char t = bits == 16 ? 'h' : bits == 32 ? 'f' : 'd';
    Fp fp(t, mode);
    switch (fp.in(a).compare(fp.in(b))) {
    case APFloat::cmpLessThan:
      return -1;
    case APFloat::cmpEqual:
      return 0;
    case APFloat::cmpGreaterThan:
      return 1;
    default:
      return 2;
    }
  }
  APInt x(bits, a, false, true), y(bits, b, false, true);
  if (x == y)
    return 0;
  return (type[0] == 'i' ? x.slt(y) : x.ult(y)) ? -1 : 1;
}

bool holds(const std::string &condition, int o) {
  if (condition == "f")
    return false;
  if (condition == "t" || condition == "tru")
    return true;
  if (condition == "o" || condition == "u")
    return (o == 2) == (condition == "u");
  if (condition == "neq" || condition == "ne")
    return o != 0;
  if (condition[0] == 'n')
    return !holds(condition.substr(1), o);
  if (condition == "lt")
    return o == -1;
  if (condition == "le")
    return o == -1 || o == 0;
  if (condition == "gt")
    return o == 1;
  if (condition == "ge")
    return o == 1 || o == 0;
  if (condition == "lg")
    return o == -1 || o == 1;
  return o == 0;
}

/// Source `i` of a lane, as an unsigned operation would see it.
uint64_t source(Machine &m, const Text &t, unsigned i, char type, unsigned lane) {
  return fetchSource(m, t, t.operands[i + 1], i, type, -1, int(lane));
}

} // namespace

bool Machine::executeCompare(const Text &t) {
  if (!t.mnemonic.starts_with("v_cmp"))
    return false;
  bool writesExec = t.mnemonic.starts_with("v_cmpx_");
  std::string rest = t.mnemonic.substr(writesExec ? 7 : 6);
  size_t split = rest.rfind('_');
  std::string condition = rest.substr(0, split), type = rest.substr(split + 1);
  unsigned bits = unsigned(std::stoi(type.substr(1)));
  char fetchType = type[0] == 'f' ? (bits == 16   ? 'h'
                                     : bits == 32 ? 'f'
                                                  : 'd')
                                  : (bits == 16   ? 'w'
                                     : bits == 32 ? 'u'
                                                  : 'q');
  uint64_t result = 0;
  for (unsigned l = 0; l < 64; ++l) {
    if (!active(l))
      continue;
    uint64_t a = source(*this, t, 0, fetchType, l);
    bool yes;
    if (condition == "class") {
      uint64_t b = source(*this, t, 1, 'u', l);
      yes = classOf(number(formatOf(fetchType), a)) & b;
    } else {
      yes = holds(condition, order(type, a, source(*this, t, 1, fetchType, l), state.mode));
    }
    result |= uint64_t(yes) << l;
  }
  setScalar(t.operands[0], result);
  if (writesExec)
    state.exec[0] = uint32_t(result), state.exec[1] = uint32_t(result >> 32);
  return true;
}

bool Machine::executeExchange(const Text &t) {
  auto word = [&](const Operand &o) {
    return uint32_t(o.kind == 'k' ? o.constant('u') : scalar(o));
  };
  if (t.mnemonic == "v_readfirstlane_b32" || t.mnemonic == "v_readlane_b32") {
    unsigned lane = 0;
    if (t.mnemonic == "v_readlane_b32")
      lane = word(t.operands[2]) % 64;
    else
      while (lane < 63 && exec() && !active(lane))
        ++lane;
    if (t.mnemonic != "v_readlane_b32" && !exec())
      lane = 0;
    setScalar(t.operands[0], vector(t.operands[1], 0, lane));
    return true;
  }
  if (t.mnemonic == "v_writelane_b32") { // Ignores EXEC.
    vector(t.operands[0], 0, word(t.operands[2]) % 64) = word(t.operands[1]);
    return true;
  }
  uint32_t *a = state.vector[t.operands.empty() ? 0 : row(t.operands[0])];
  uint32_t *b = state.vector[t.operands.size() < 2 ? 0 : row(t.operands[1])];
  if (t.mnemonic == "v_swap_b32") {
    for (unsigned l = 0; l < 64; ++l)
      if (active(l))
        std::swap(a[l], b[l]);
    return true;
  }
  if (t.mnemonic == "v_permlane16_swap_b32" || t.mnemonic == "v_permlane32_swap_b32") {
    // Odd rows of the first register change places with even rows of the second.
    unsigned size = t.mnemonic[10] == '1' ? 16 : 32;
    for (unsigned l = 0; l < 64; ++l)
      if (l / size % 2 == 0)
        std::swap(a[l + size], b[l]);
    return true;
  }
  return false;
}

} // namespace moec::gfx950::test::reference
