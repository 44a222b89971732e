//===- Conversion.cpp - Conversions of small formats ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_cvt_scalef32_*, v_cvt_pk_*8_*, v_cvt_sr_*: number of elements, formats and the place of a part
// are read off the mnemonic and op_sel.
//
//===----------------------------------------------------------------------===//

#include "Conversion.h"

#include "Vector/Vector.h"

#include <cmath>

namespace moec::gfx950::test::reference {

SmallConversion::SmallConversion(const std::string &name) : name(name) {
  size_t last = name.rfind('_'), middle = name.rfind('_', last - 1);
  from = formatOf(fromName = name.substr(last + 1));
  to = formatOf(toName = name.substr(middle + 1, last - middle - 1));
  scaled = name.find("scalef32") != std::string::npos;
  stochastic = name.find("sr_") != std::string::npos;
  if (name.find("pk32") != std::string::npos || name.find("2xpk16") != std::string::npos)
    count = 32;
  else if (name.find("pk_") != std::string::npos)
    count = 2;
  twoSources = name.find("2xpk16") != std::string::npos ||
               (count == 2 && narrowing() && from.bits == 32 && !stochastic);
  unsigned narrowBits = count * std::min(from.bits, to.bits);
  parts = narrowBits < 32 ? 32 / narrowBits : 1;
}

bool SmallConversion::known(const std::string &name) {
  static const char *const kSmall[] = {"fp8", "bf8", "fp6", "bf6", "fp4"};
  if (!name.starts_with("v_cvt_") || name == "v_cvt_f32_fp8" || name == "v_cvt_f32_bf8")
    return false;
  if (name.starts_with("v_cvt_sr_"))
    return true;
  for (const char *small : kSmall)
    if (name.find(std::string("_") + small) != std::string::npos)
      return true;
  return false;
}

uint32_t getBits(const uint32_t *words, unsigned at, unsigned count) {
  uint32_t v = 0;
  for (unsigned i = 0; i < count; ++i)
    v |= (words[(at + i) / 32] >> ((at + i) % 32) & 1) << i;
  return v;
}

void setBits(uint32_t *words, unsigned at, unsigned count, uint32_t v) {
  for (unsigned i = 0; i < count; ++i) {
    uint32_t bit = 1u << ((at + i) % 32);
    words[(at + i) / 32] = (words[(at + i) / 32] & ~bit) | ((v >> i & 1) ? bit : 0);
  }
}

uint32_t SmallConversion::element(uint32_t source, uint32_t random, uint32_t scaleBits) const {
  double scale = scaled ? std::ldexp(1.0, int(scaleBits >> 23 & 255) - 127) : 1.0;
  double v = toDouble(number(from, source));
  v = narrowing() ? v / scale : v * scale;
  if (!stochastic)
    return uint32_t(bitsOf(converted(APFloat(v), to)));
  // Random bits are added below the kept part of an f32's mantissa; the rest is cut off.
  unsigned dropped = 24 - APFloat::semanticsPrecision(*to.semantics);
  uint64_t f = bitsOf(converted(APFloat(v), formatOf('f'))) + (random >> (32 - dropped));
  return uint32_t(bitsOf(converted(number(formatOf('f'), f), to, Rounding::TowardZero)));
}

void SmallConversion::convert(const uint32_t *in, uint32_t random, uint32_t scale, unsigned part,
                              uint32_t *out) const {
  unsigned offset = part * count * std::min(from.bits, to.bits);
  for (unsigned i = 0; i < count; ++i) {
    unsigned readAt = (narrowing() ? 0 : offset) + i * from.bits,
             writeAt = (narrowing() ? offset : 0) + i * to.bits;
    setBits(out, writeAt, to.bits, element(getBits(in, readAt, from.bits), random, scale));
  }
}

bool Machine::executeConversion(const Text &t) {
  if (!SmallConversion::known(t.mnemonic))
    return false;
  SmallConversion c(t.mnemonic);
  unsigned sources = unsigned(t.operands.size()) - 1, part = 0;
  if (c.parts > 1) {
    // Of a widening, the first two bits of op_sel say which part of the source; of a narrowing the
    // last one or two say which part of the result.
    if (!c.narrowing())
      part = unsigned(t.value("op_sel", 0) + 2 * t.value("op_sel", 1));
    else if (c.parts == 2)
      part = unsigned(t.value("op_sel", sources));
    else
      part = unsigned(t.value("op_sel", 2) + 2 * t.value("op_sel", 3));
  }
  Image next = state;
  for (unsigned l = 0; l < 64; ++l) {
    if (!active(l))
      continue;
    uint32_t in[32] = {}, out[32] = {};
    const Operand &d = t.operands[0], &a = t.operands[1];
    unsigned n = a.isVector() ? a.count : 1;
    for (unsigned r = 0; r < n; ++r)
      in[r] = a.isVector() ? vector(a, r, l) : uint32_t(scalar(a));
    if (t.encoding == "sdwa")
      in[0] = uint32_t(fetchSource(*this, t, a, 0, 'u', -1, int(l)));
    if (c.twoSources)
      for (unsigned r = 0; r < n; ++r)
        in[n + r] = vector(t.operands[2], r, l);
    for (unsigned r = 0; r < d.count; ++r)
      out[r] = vector(d, r, l);
    uint32_t random = c.stochastic ? vector(t.operands[2], 0, l) : 0;
    uint32_t scale = c.scaled ? vector(t.operands.back(), 0, l) : 0;
    c.convert(in, random, scale, part, out);
    for (unsigned r = 0; r < d.count; ++r)
      next.vector[row(d) + r][l] = out[r];
  }
  state = next;
  for (unsigned r = 0; r < t.operands[0].count; ++r)
    loose[row(t.operands[0]) + r] = {c.narrowing()        ? (c.to.bits == 16 ? 'P' : 'u')
                                     : c.toName == "bf16" ? 'B'
                                     : c.to.bits == 32    ? 'f'
                                                          : 'P',
                                     0};
  return true;
}

} // namespace moec::gfx950::test::reference
