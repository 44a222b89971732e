//===- StatementRunner.cpp - One instruction on a whole state ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See StatementRunner.h. SGPRs from s64 and VGPRs from v200 belong to the frame.
//
//===----------------------------------------------------------------------===//

#include "StatementRunner.h"

#include "../Reference/Numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <map>
#include <sstream>

namespace moec::gfx950::test {

using namespace reference;

namespace {

constexpr unsigned kSlot = 128; ///< Bytes of a piece with its way out.

/// Calls `each(row, offset)` for rows of 256 bytes, with the base in s[86:87] moved on before each
/// sixteenth.
std::string rows(const std::string &base, size_t at, unsigned count,
                 const std::function<std::string(unsigned, const std::string &)> &each) {
  std::string s;
  for (unsigned r = 0; r < count; ++r) {
    if (r % 15 == 0)
      s += "  s_add_u32 s86, " + base + ", " + std::to_string(at + r * 256) +
           "\n  s_addc_u32 s87, " + (base == "s64" ? "s65" : "s67") + ", 0\n";
    s += each(r, "s[86:87] offset:" + std::to_string(r % 15 * 256));
  }
  return s;
}

std::string vectorRegister(unsigned row) {
  return row < kVgprs ? "v" + std::to_string(row) : "a" + std::to_string(row - kVgprs);
}

std::string prologue() {
  std::string s = "  s_load_dwordx4 s[64:67], s[0:1], 0x0\n  s_load_dwordx2 s[68:69], s[0:1], "
                  "0x10\n  s_mov_b32 s70, s2\n  v_lshlrev_b32 v200, 2, v0\n"
                  "  s_waitcnt lgkmcnt(0)\n";
  s += "  s_mul_i32 s71, s70, " + std::to_string(sizeof(Image)) + "\n";
  s += "  s_add_u32 s64, s64, s71\n  s_addc_u32 s65, s65, 0\n  s_add_u32 s66, s66, s71\n"
       "  s_addc_u32 s67, s67, 0\n  v_mov_b32 v202, 0\n  v_mov_b32 v203, 0\n";
  s += "  s_bitcmp0_b32 s69, 0\n  s_cbranch_scc1 .Lplain\n";
  s += rows("s64", offsetof(Image, lds), kLdsRows, [](unsigned r, const std::string &place) {
    return "  global_load_dword v201, v200, " + place +
           "\n  s_waitcnt vmcnt(0)\n  ds_write_b32 "
           "v200, v201 offset:" +
           std::to_string(r * 256) + "\n";
  });
  s +=
      rows("s64", offsetof(Image, scratch), kScratchRows, [](unsigned r, const std::string &place) {
        return "  global_load_dword v201, v200, " + place +
               "\n  s_waitcnt vmcnt(0)\n  scratch_store_dword off, v201, off offset:" +
               std::to_string(r * 4) + "\n";
      });
  s += ".Lplain:\n";
  s += rows("s64", 0, kVgprs + kAgprs, [](unsigned r, const std::string &place) {
    return "  global_load_dword " + vectorRegister(r) + ", v200, " + place + "\n" +
           (r % 15 == 14 ? "  s_waitcnt vmcnt(0)\n" : "");
  });
  s += "  s_add_u32 s86, s64, " + std::to_string(offsetof(Image, scalar)) +
       "\n  s_addc_u32 s87, s65, 0\n";
  for (unsigned i = 0; i < 4; ++i)
    s += "  s_load_dwordx16 s[" + std::to_string(16 * i) + ":" + std::to_string(16 * i + 15) +
         "], s[86:87], " + std::to_string(64 * i) + "\n";
  s += "  s_load_dwordx8 s[72:79], s[86:87], 256\n  s_getpc_b64 s[80:81]\n.Lhere:\n"
       "  s_add_u32 s80, s80, .Lslots-.Lhere\n  s_addc_u32 s81, s81, 0\n  s_add_u32 s80, s80, "
       "s68\n  s_addc_u32 s81, s81, 0\n  s_getpc_b64 s[82:83]\n.Lthere:\n"
       "  s_add_u32 s82, s82, .Lout-.Lthere\n  s_addc_u32 s83, s83, 0\n"
       "  s_waitcnt vmcnt(0) lgkmcnt(0)\n  s_setreg_b32 hwreg(HW_REG_MODE), s78\n"
       "  s_mov_b64 vcc, s[72:73]\n  s_mov_b32 m0, s76\n  s_cmp_lg_u32 s77, 0\n"
       "  s_mov_b64 exec, s[74:75]\n  s_nop 4\n  s_setpc_b64 s[80:81]\n";
  return s;
}

std::string epilogue() {
  std::string s = ".Lout:\n  s_cselect_b32 s84, 1, 0\n  s_mov_b64 s[88:89], exec\n"
                  "  s_mov_b64 exec, -1\n  s_getreg_b32 s85, hwreg(HW_REG_MODE)\n";
  for (unsigned i = 0; i < kSgprs; ++i)
    s += "  v_writelane_b32 v202, s" + std::to_string(i) + ", " + std::to_string(i) + "\n";
  const char *special[] = {"vcc_lo", "vcc_hi", "s88", "s89", "m0", "s84", "s85"};
  for (unsigned i = 0; i < 7; ++i)
    s += std::string("  v_writelane_b32 v203, ") + special[i] + ", " + std::to_string(i) + "\n";
  s += rows("s66", 0, kVgprs + kAgprs, [](unsigned r, const std::string &place) {
    return "  global_store_dword v200, " + vectorRegister(r) + ", " + place + "\n";
  });
  s += rows("s66", offsetof(Image, scalar), 2, [](unsigned r, const std::string &place) {
    return "  global_store_dword v200, v" + std::to_string(202 + r) + ", " + place + "\n";
  });
  s += "  s_bitcmp0_b32 s69, 0\n  s_cbranch_scc1 .Lend\n";
  s += rows("s66", offsetof(Image, lds), kLdsRows, [](unsigned r, const std::string &place) {
    return "  ds_read_b32 v201, v200 offset:" + std::to_string(r * 256) +
           "\n  s_waitcnt lgkmcnt(0)\n  global_store_dword v200, v201, " + place + "\n";
  });
  s +=
      rows("s66", offsetof(Image, scratch), kScratchRows, [](unsigned r, const std::string &place) {
        return "  scratch_load_dword v201, off, off offset:" + std::to_string(r * 4) +
               "\n  s_waitcnt vmcnt(0)\n  global_store_dword v200, v201, " + place + "\n";
      });
  return s + ".Lend:\n  s_endpgm\n";
}

void replaceAll(std::string &text, const std::string &from, const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

} // namespace

StatementRunner::StatementRunner(const std::vector<std::string> &pieces) {
  std::string body = prologue() + epilogue() + ".p2align 7\n.Lslots:\n";
  for (const std::string &piece : pieces)
    body += piece + "\n  s_nop 15\n  s_nop 7\n  s_waitcnt vmcnt(0) lgkmcnt(0)\n  s_setpc_b64 "
                    "s[82:83]\n.p2align 7\n";
  std::string text = asmKernel("statements", body);
  replaceAll(text, "private_segment_fixed_size: 0", "private_segment_fixed_size: 64");
  replaceAll(text, "  .amdhsa_kernarg_size 64\n",
             "  .amdhsa_kernarg_size 64\n  .amdhsa_private_segment_fixed_size 64\n"
             "  .amdhsa_enable_private_segment 1\n");
  good = device.assemble(text);
  data = device.buffer(std::vector<uint8_t>(kWaves * kMemoryBytes));
}

std::string StatementRunner::operator()(size_t index, std::vector<Image> &states, bool withMemory) {
  Image *in = device.buffer(states), *out = device.buffer(states);
  std::string message = device.launch("statements", {unsigned(states.size()), 1, 1}, {64, 1, 1},
                                      pack(in, out, uint32_t(index * kSlot), uint32_t(withMemory)));
  std::copy(out, out + states.size(), states.begin());
  device.memory.release(in);
  device.memory.release(out);
  return message;
}

namespace {

bool sameFloat(char type, uint64_t a, uint64_t b, double ulps) {
  if (a == b)
    return true;
  Format f = formatOf(type);
  APFloat x = number(f, a), y = number(f, b);
  if (x.isNaN() || y.isNaN())
    return x.isNaN() && y.isNaN();
  if (ulps == 0)
    return false;
  if (x.isInfinity() || y.isInfinity())
    return false;
  APFloat next = y;
  next.clearSign();
  APFloat step = next;
  next.next(false);
  next.subtract(step, kNearest);
  return std::fabs(toDouble(x) - toDouble(y)) <= ulps * toDouble(next);
}

/// Whether numbers of a type of Loose are the same.
bool sameNumbers(char type, uint64_t a, uint64_t b, double ulps) {
  switch (type) {
  case 'P':
  case 'B': {
    char t = type == 'P' ? 'h' : 'b';
    return sameFloat(t, a & 0xffff, b & 0xffff, ulps) && sameFloat(t, a >> 16, b >> 16, ulps);
  }
  case 'h':
    return (a >> 16) == (b >> 16) && sameFloat('h', a & 0xffff, b & 0xffff, ulps);
  case 'f':
  case 'd':
    return sameFloat(type, a, b, ulps);
  default:
    return false;
  }
}

/// Whether bytes are the same, but for NaNs in the places of `loose`. A place that differs in
/// `differs`.
bool sameBytes(const uint8_t *got, const uint8_t *want, unsigned count,
               const std::map<unsigned, char> &loose, unsigned &differs) {
  for (unsigned i = 0; i < count; ++i) {
    if (got[i] == want[i])
      continue;
    differs = i;
    auto place = loose.upper_bound(i);
    if (place == loose.begin())
      return false;
    --place;
    const unsigned bytes = place->second == 'd' ? 8 : 4;
    if (i - place->first >= bytes)
      return false;
    uint64_t a = 0, b = 0;
    std::memcpy(&a, got + place->first, bytes);
    std::memcpy(&b, want + place->first, bytes);
    if (!sameNumbers(place->second, a, b, 0))
      return false;
    i = place->first + bytes - 1;
  }
  return true;
}

/// Whether one dword (or a pair for f64) matches under the register's rule.
bool matches(const Machine &want, const Image &got, unsigned row, unsigned lane) {
  uint32_t a = got.vector[row][lane], b = want.state.vector[row][lane];
  if (a == b)
    return true;
  if (auto it = want.ignored.find(row); it != want.ignored.end() && (it->second >> lane & 1))
    return true;
  if (auto it = want.magnitude.find({row, lane}); it != want.magnitude.end()) {
    double x = toDouble(number(formatOf('f'), a)), y = toDouble(number(formatOf('f'), b));
    if (std::isnan(y))
      return std::isnan(x);
    return !std::isfinite(it->second) || std::fabs(x - y) <= it->second * 1e-6;
  }
  auto wide = [&](const Image &s, unsigned r) {
    return s.vector[r][lane] | uint64_t(s.vector[r + 1][lane]) << 32;
  };
  auto it = want.loose.find(row);
  if (it == want.loose.end() || it->second.type == 'u') {
    auto before = row ? want.loose.find(row - 1) : want.loose.end();
    return before != want.loose.end() && before->second.type == 'd' &&
           sameFloat('d', wide(got, row - 1), wide(want.state, row - 1), before->second.ulps);
  }
  const Loose &l = it->second;
  return l.type == 'd' ? sameNumbers('d', wide(got, row), wide(want.state, row), l.ulps)
                       : sameNumbers(l.type, a, b, l.ulps);
}

} // namespace

std::string difference(const Machine &want, const Image &got, const uint8_t *memory) {
  std::ostringstream s;
  s << std::hex;
  auto differ = [&](const std::string &what, unsigned i, uint32_t a, uint32_t b) {
    s << what << std::dec << i << std::hex << ": " << a << " for " << b << " ";
    return s.str();
  };
  for (unsigned r = 0; r < kVgprs + kAgprs; ++r)
    for (unsigned l = 0; l < 64; ++l)
      if (!matches(want, got, r, l))
        return differ(vectorRegister(r) + " lane ", l, got.vector[r][l], want.state.vector[r][l]);
  for (unsigned i = 0; i < kSgprs; ++i)
    if (got.scalar[i] != want.state.scalar[i])
      return differ("s", i, got.scalar[i], want.state.scalar[i]);
  const uint32_t *a = got.vcc, *b = want.state.vcc;
  for (unsigned i = 0; i < 7; ++i)
    if (a[i] != b[i])
      return differ("vcc, exec, m0, scc, mode dword ", i, a[i], b[i]);
  unsigned at = 0;
  if (!sameBytes(reinterpret_cast<const uint8_t *>(got.lds),
                 reinterpret_cast<const uint8_t *>(want.state.lds), sizeof got.lds, want.looseLds,
                 at))
    return differ("LDS dword ", at / 4, got.lds[at / 256][at / 4 % 64],
                  want.state.lds[at / 256][at / 4 % 64]);
  for (unsigned i = 0; i < kScratchRows * 64; ++i)
    if (got.scratch[i / 64][i % 64] != want.state.scratch[i / 64][i % 64])
      return differ("scratch dword ", i, got.scratch[i / 64][i % 64],
                    want.state.scratch[i / 64][i % 64]);
  if (!sameBytes(memory, want.memory.data(), unsigned(want.memory.size()), want.looseMemory, at))
    return differ("memory byte ", at, memory[at], want.memory[at]);
  return "";
}

} // namespace moec::gfx950::test
