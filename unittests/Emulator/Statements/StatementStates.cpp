//===- StatementStates.cpp - States to run an instruction on ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See StatementCases.h.
//
//===----------------------------------------------------------------------===//

#include "StatementCases.h"

#include "../Reference/Access.h"
#include "../Reference/Atomic.h"
#include "../Reference/Conversion.h"
#include "../Reference/Matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace moec::gfx950::test {

using namespace reference;

namespace {

/// Random bits, small integers, ordinary floats and halves, and values at the edges of types.
uint32_t anyValue(std::mt19937 &rng) {
  static const uint32_t kSpecial[] = {0,          1,          ~0u,        0x80000000, 0x7fffffff,
                                      0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000,
                                      0x00400000, 0x80000001, 0x7f7fffff, 0x3c003c00, 0x7c00fc00,
                                      0x00018001, 0x7bff7e00, 0x80008000, 0x3f000000, 0x4effffff,
                                      0x00800000, 0x42fe0000, 0xc2fc0000, 0x80007fff};
  uint32_t r = uint32_t(rng());
  switch (r % 8) {
  case 0:
    return kSpecial[r / 8 % std::size(kSpecial)];
  case 1:
    return r / 8 % 64;
  case 2:
  case 3: // A float between 2^-12 and 2^12.
    return (uint32_t(rng()) & 0x807fffff) | (115 + r / 8 % 25) << 23;
  case 4: { // Two halves between 2^-6 and 2^6.
    uint32_t v = uint32_t(rng()) & 0x83ff83ff;
    return v | (9 + r / 8 % 13) << 10 | (9 + r / 256 % 13) << 26;
  }
  case 5: // The upper half of a double between 2^-6 and 2^6.
    return (uint32_t(rng()) & 0x800fffff) | (1017 + r / 8 % 13) << 20;
  default:
    return uint32_t(rng());
  }
}

uint64_t anyExec(unsigned wave, std::mt19937 &rng) {
  uint64_t random = uint64_t(rng()) << 32 | rng();
  return wave % 2 == 0 ? ~uint64_t(0) : random | 1ull << 63;
}

/// Slots of 32 bytes in a random order, one for each lane.
std::vector<unsigned> slots(std::mt19937 &rng) {
  std::vector<unsigned> order(64);
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), rng);
  for (unsigned &o : order)
    o *= 32;
  return order;
}

void setPair(Machine &m, unsigned reg, uint64_t v) {
  m.state.scalar[reg] = uint32_t(v), m.state.scalar[reg + 1] = uint32_t(v >> 32);
}

/// A descriptor of `records` records of `stride` bytes (or `records` bytes).
void setDescriptor(Machine &m, unsigned reg, uint64_t base, unsigned stride, unsigned records) {
  setPair(m, reg, base | uint64_t(stride) << 48);
  m.state.scalar[reg + 2] = records, m.state.scalar[reg + 3] = 0x27000;
}

/// Infinities and NaNs in a quarter of memory and of what an atomic adds or compares: their sums
/// are NaNs, of which any may be there, and two NaNs are no rare pair.
void drawNotNumbers(Machine &m, const Text &t, const Operand *address, std::mt19937 &rng) {
  static const uint32_t kWords[] = {0x7f800000, 0xff800000, 0x7ff00000, 0xfff00000,
                                    0x7fc00001, 0xfff80002, 0x7fa00000, 0x7f80ff80};
  auto draw = [&](uint32_t &word) {
    if (rng() % 4 == 0)
      word = kWords[rng() % std::size(kWords)];
  };
  for (size_t i = 0; i < m.memory.size(); i += 4) {
    uint32_t word;
    std::memcpy(&word, &m.memory[i], 4);
    draw(word);
    std::memcpy(&m.memory[i], &word, 4);
  }
  for (const Operand &o : t.operands)
    for (unsigned d = 0; &o != address && o.isVector() && d < o.count; ++d)
      for (unsigned l = 0; l < 64; ++l)
        draw(m.vector(o, d, l));
}

void prepareMemory(Machine &m, const Text &t, std::mt19937 &rng) {
  Access a(t.mnemonic);
  std::vector<unsigned> order = slots(rng);
  unsigned shift = a.bytes < 4 ? unsigned(rng() % (4 / a.bytes)) * a.bytes : 0;
  uint64_t base = m.memoryAddress + 1024;
  m.state.m0 = 512 + uint32_t(std::max(0, -t.value("offset"))); // Loads to LDS add the offset.
  for (const Operand &o : t.operands)
    if (o.kind == 's' && o.count == 4)
      setDescriptor(m, o.first, base, t.has("idxen") ? 32 : 0, t.has("idxen") ? 56 : 1600);
    else if (o.kind == 's')
      o.count == 2 ? setPair(m, o.first, base) : void(m.state.scalar[o.first] = 64);
  const Operand *address = nullptr;
  for (const Operand &o : t.operands) {
    if (t.mnemonic.starts_with("buffer_") ? (&o == &t.operands[t.has("lds") ? 0 : 1])
                                          : o.isVector() || o.kind == 'o') {
      address = &o;
      bool result = !t.mnemonic.starts_with("buffer_") && address == &t.operands[0] &&
                    ((a.load && !a.toLds) || (a.atomic && t.has("sc0")));
      if (!result)
        break;
    }
  }
  bool scratch = t.mnemonic.starts_with("scratch_");
  if (a.atomic && numbersOfAtomic(a.op, a.type) != 'u')
    drawNotNumbers(m, t, address, rng);
  for (const Operand &o : t.operands)
    if (scratch && o.kind == 's')
      m.state.scalar[o.first] = uint32_t(rng() % 5) * 4;
  if (!address || !address->isVector())
    return;
  for (unsigned l = 0; l < 64; ++l) {
    uint32_t *low = &m.vector(*address, 0, l);
    if (t.mnemonic.starts_with("buffer_")) {
      bool both = t.has("idxen") && t.has("offen");
      *low = t.has("idxen") ? order[l] / 32 : order[l] + shift;
      if (both)
        m.vector(*address, 1, l) = unsigned(rng() % 3) * 8 + shift;
    } else if (scratch) {
      *low = 4096 + unsigned(rng() % 5) * 4 + shift;
    } else if (address->count == 2) {
      uint64_t v = base + order[l] + shift;
      *low = uint32_t(v), m.vector(*address, 1, l) = uint32_t(v >> 32);
    } else {
      *low = 4096 + order[l] + shift;
    }
  }
}

void prepareLds(Machine &m, const Text &t, std::mt19937 &rng) {
  m.state.m0 = 256;
  bool exchange = t.mnemonic.find("permute") != std::string::npos ||
                  t.mnemonic.find("swizzle") != std::string::npos ||
                  t.mnemonic.find("addtid") != std::string::npos;
  if (exchange || t.operands.empty())
    return;
  bool second = t.mnemonic.starts_with("ds_read") || t.mnemonic.find("_rtn_") != std::string::npos;
  const Operand &address = t.operands[second ? 1 : 0];
  unsigned unit =
      t.mnemonic.find("8") != std::string::npos && t.mnemonic.find("_b128") == std::string::npos ? 1
      : t.mnemonic.find("16") != std::string::npos                                               ? 2
                                                   : 4;
  if (t.mnemonic.find("_tr_") != std::string::npos || t.mnemonic.find("pk_") != std::string::npos)
    unit = 4;
  std::vector<unsigned> order = slots(rng);
  if (t.mnemonic.starts_with("ds_write2")) // The second places of all lanes lie apart, too.
    for (unsigned &o : order)
      o = o / 128 * 128 + o / 32 % 4 * 8;
  for (unsigned l = 0; l < 64; ++l)
    m.vector(address, 0, l) = order[l] + (unit < 4 ? unsigned(rng() % (4 / unit)) * unit : 0);
}

void fillMatrix(Machine &m, const Operand &o, const ElementType &t, std::mt19937 &rng) {
  for (unsigned l = 0; l < 64; ++l)
    for (unsigned e = 0; (e + 1) * t.bits <= o.count * 32; ++e) {
      uint32_t words[32] = {}, code;
      double v;
      do {
        code = uint32_t(rng()) & uint32_t((uint64_t(1) << t.bits) - 1);
        v = t.value(code);
      } while (!std::isfinite(v) || (t.bits >= 16 && (std::fabs(v) > 100 || std::fabs(v) < 1e-3)));
      for (unsigned r = 0; r < o.count; ++r)
        words[r] = m.vector(o, r, l);
      setBits(words, e * t.bits, t.bits, code);
      for (unsigned r = 0; r < o.count; ++r)
        m.vector(o, r, l) = words[r];
    }
}

void prepareMatrix(Machine &m, const Text &t, std::mt19937 &rng) {
  MatrixShape s(t.mnemonic, unsigned(t.value("cbsz")), unsigned(t.value("blgp")));
  fillMatrix(m, t.operands[1], elementType(s.a), rng);
  fillMatrix(m, t.operands[2], elementType(s.b), rng);
  if (!s.integer)
    fillMatrix(m, t.operands[s.sparse ? 0 : 3], elementType("f32"), rng);
  for (unsigned i = 4; i < t.operands.size(); ++i) // Four bytes near 1.
    for (unsigned l = 0; l < 64; ++l) {
      uint32_t v = 0;
      for (unsigned b = 0; b < 4; ++b)
        v |= (122 + rng() % 11) << (8 * b);
      m.vector(t.operands[i], 0, l) = rng() % 256 ? v : ~0u; // Bytes of 255 are NaN.
    }
}

/// Sources in the range of the result, so that neither side overflows: that is mode's affair and
/// tested apart.
void prepareConversion(Machine &m, const Text &t, std::mt19937 &rng) {
  SmallConversion c(t.mnemonic);
  if (t.encoding == "sdwa")
    return;
  for (unsigned l = 0; l < 64; ++l) {
    int shift = int(rng() % 7) - 3;
    if (c.scaled)
      m.vector(t.operands.back(), 0, l) =
          uint32_t(127 + shift) << 23 | (rng() & 0x7fffff) | (rng() & 1) << 31;
    if (!c.narrowing())
      continue;
    double limit = toDouble(APFloat::getLargest(*c.to.semantics));
    limit = std::min(limit, 16000.0) * 0.9;
    for (unsigned i = 0; i < 1u + c.twoSources; ++i) {
      const Operand &o = t.operands[1 + i];
      uint32_t words[32] = {};
      for (unsigned e = 0; (e + 1) * c.from.bits <= o.count * 32; ++e) {
        double v = std::ldexp(1.0 + double(rng() % 65536) / 65536, -int(rng() % 14)) * limit / 2;
        v = std::ldexp(rng() % 2 ? v : -v, c.scaled ? shift - 1 : 0);
        setBits(words, e * c.from.bits, c.from.bits,
                uint32_t(bitsOf(converted(APFloat(v), c.from))));
      }
      for (unsigned r = 0; r < o.count && o.isVector(); ++r)
        m.vector(o, r, l) = words[r];
    }
  }
}

void prepareDivision(Machine &m, const Text &t, std::mt19937 &rng) {
  const Operand &value = t.operands[2], &denominator = t.operands[3], &numerator = t.operands[4];
  const bool isDouble = denominator.count == 2;
  const unsigned high = isDouble ? 1 : 0, mantissa = isDouble ? 20 : 23,
                 bias = isDouble ? 1023 : 127;
  for (unsigned l = 0; l < 64; ++l) {
    // A quotient, and the inverse of the denominator, on either side of the least normal number.
    auto draw = [&](const Operand &o, unsigned exponent, bool isPower) {
      for (unsigned d = 0; d < o.count; ++d)
        m.vector(o, d, l) = isPower ? 0 : rng();
      uint32_t &word = m.vector(o, high, l);
      word = (word & ((1u << mantissa) - 1)) | exponent << mantissa | (rng() & 1) << 31;
    };
    if (l % 4 == 0 && denominator.isVector())
      draw(denominator, 2 * bias - 1 - unsigned(rng() % 3), rng() % 2);
    if (l % 4 == 1 && denominator.isVector() && numerator.isVector()) {
      draw(denominator, bias + bias / 2, rng() % 2);
      draw(numerator, bias / 2 + 1 + unsigned(rng() % 3), rng() % 2);
    }
    // The first source is one of the others.
    for (unsigned d = 0; d < value.count && value.isVector(); ++d)
      m.vector(value, d, l) = m.vector(t.operands[3 + l / 4 % 2], d, l);
  }
}

} // namespace

bool usesLocalMemory(const std::string &text) {
  return text.starts_with("ds_") || text.starts_with("scratch_") || text.starts_with("flat_") ||
         text.find("lds") != std::string::npos;
}

void prepare(Machine &m, const std::string &text, unsigned wave, std::mt19937 &rng) {
  auto *words = reinterpret_cast<uint32_t *>(&m.state);
  for (size_t i = 0; i < sizeof(Image) / 4; ++i)
    words[i] = anyValue(rng);
  for (size_t i = 0; i < m.memory.size(); i += 4) {
    uint32_t v = anyValue(rng);
    std::memcpy(&m.memory[i], &v, 4);
  }
  std::memset(m.state.padding, 0, sizeof m.state.padding);
  m.state.scc = wave / 2 & 1;
  m.state.mode = 0x3f0; // To nearest, subnormals kept, IEEE, DX10 clamp.
  m.state.m0 = 2 * (wave % 3);
  uint64_t exec = anyExec(wave, rng);
  Text t(text);
  bool wholeWave =
      t.mnemonic.starts_with("v_permlane") || t.mnemonic.find("_tr_b") != std::string::npos;
  if (wholeWave)
    exec = ~uint64_t(0);
  m.state.exec[0] = uint32_t(exec), m.state.exec[1] = uint32_t(exec >> 32);
  bool plain = false;
  for (const char *family : {"s_load", "s_store", "s_atomic"})
    plain = plain || t.mnemonic.starts_with(family);
  if (plain || t.mnemonic.starts_with("s_buffer")) {
    setDescriptor(m, 16, m.memoryAddress + 1024, 0, 128);
    if (plain)
      setPair(m, 16, m.memoryAddress + 1024);
    m.state.scalar[2] = 64;
    return;
  }
  if (t.mnemonic.starts_with("ds_"))
    return prepareLds(m, t, rng);
  for (const char *family :
       {"global_", "flat_", "scratch_", "buffer_load", "buffer_store", "buffer_atomic"})
    if (t.mnemonic.starts_with(family))
      return prepareMemory(m, t, rng);
  if (t.mnemonic.starts_with("v_mfma") || t.mnemonic.starts_with("v_smfmac"))
    return prepareMatrix(m, t, rng);
  if (SmallConversion::known(t.mnemonic))
    return prepareConversion(m, t, rng);
  if (t.mnemonic.starts_with("v_div_scale"))
    prepareDivision(m, t, rng);
}

} // namespace moec::gfx950::test
