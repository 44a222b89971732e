//===- Atomic.cpp - Values of atomic operations -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See Atomic.h.
//
//===----------------------------------------------------------------------===//

#include "Atomic.h"

#include "Numeric.h"

namespace moec::gfx950::test::reference {

static uint64_t floatAtomic(const std::string &op, const Format &f, uint64_t old, uint64_t data) {
  APFloat a = number(f, old), b = number(f, data);
  if (op == "add") {
    a.add(b, kNearest);
    return bitsOf(a);
  }
  if (a.isNaN() || b.isNaN())
    return a.isNaN() ? data : old;
  return bitsOf(op == "min" ? minimum(a, b) : maximum(a, b));
}

std::optional<uint64_t> atomicValue(const std::string &op, char type, unsigned bits, uint64_t old,
                                    uint64_t data, uint64_t second) {
  if (type != 'u')
    return floatAtomic(op, formatOf(type), old, data);
  APInt a(bits, old, false, true), b(bits, data, false, true), c(bits, second, false, true);
  auto some = [](const APInt &v) { return std::optional<uint64_t>(v.getZExtValue()); };
  if (op == "pk_add_f16" || op == "pk_add_bf16") {
    Format f = formatOf(op == "pk_add_f16" ? 'h' : 'b');
    return floatAtomic("add", f, old & 0xffff, data & 0xffff) |
           floatAtomic("add", f, old >> 16, data >> 16) << 16;
  }
  if (op == "add")
    return some(a + b);
  if (op == "sub")
    return some(a - b);
  if (op == "rsub")
    return some(b - a);
  if (op == "swap")
    return some(b);
  if (op == "cmpswap") // `second` is compared.
    return some(a == c ? b : a);
  if (op == "mskor") // Clears the bits of `data`, sets those of `second`.
    return some((a & ~b) | c);
  if (op == "and")
    return some(a & b);
  if (op == "or")
    return some(a | b);
  if (op == "xor")
    return some(a ^ b);
  if (op == "smin")
    return some(a.slt(b) ? a : b);
  if (op == "smax")
    return some(a.sgt(b) ? a : b);
  if (op == "umin")
    return some(a.ult(b) ? a : b);
  if (op == "umax")
    return some(a.ugt(b) ? a : b);
  if (op == "inc")
    return some(a.uge(b) ? APInt(bits, 0) : a + 1);
  if (op == "dec")
    return some(a.isZero() || a.ugt(b) ? b : a - 1);
  return {};
}

char numbersOfAtomic(const std::string &op, char type) {
  return op == "pk_add_f16" ? 'P' : op == "pk_add_bf16" ? 'B' : type;
}

} // namespace moec::gfx950::test::reference
