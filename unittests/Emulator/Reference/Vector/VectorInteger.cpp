//===- VectorInteger.cpp - Integer operations -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Integer vector operations as formulas over int64_t.
//
//===----------------------------------------------------------------------===//

#include "Vector.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace moec::gfx950::test::reference {

namespace {

int64_t sign(uint64_t v, unsigned bits) { return int64_t(v << (64 - bits)) >> (64 - bits); }
uint64_t zero(uint64_t v, unsigned bits) {
  return bits == 64 ? v : v & ((uint64_t(1) << bits) - 1);
}
uint64_t field(uint64_t v, unsigned index, unsigned bits) {
  return zero(v >> (index * bits), bits);
}

using X = const uint64_t *;

void addSums(Statements &s) {
  // Wrapping sums and differences of 16 and 32 bits; the clamp bit saturates.
  struct Width {
    const char *suffix, *signature;
    unsigned bits;
    bool isSigned;
  };
  for (Width w : {Width{"_u32", "u:uu", 32, false}, Width{"_i32", "u:uu", 32, true},
                  Width{"_u16", "w:ww", 16, false}, Width{"_i16", "w:ww", 16, true}}) {
    auto sum = [w](int a, int b) {
      return Statement{w.signature, [=](X x, Lane &l) {
                         int64_t p = w.isSigned ? sign(x[0], w.bits) : int64_t(zero(x[0], w.bits));
                         int64_t q = w.isSigned ? sign(x[1], w.bits) : int64_t(zero(x[1], w.bits));
                         int64_t low = w.isSigned ? -(int64_t(1) << (w.bits - 1)) : 0;
                         int64_t high = (int64_t(1) << (w.bits - w.isSigned)) - 1;
                         return wrapOrClamp(l, a * p + b * q, low, high);
                       }};
    };
    s["v_add" + std::string(w.suffix)] = sum(1, 1);
    s["v_sub" + std::string(w.suffix)] = sum(1, -1);
    s["v_subrev" + std::string(w.suffix)] = sum(-1, 1);
    for (bool greatest : {false, true}) {
      auto best = [w, greatest](int64_t a, int64_t b) {
        return greatest ? std::max(a, b) : std::min(a, b);
      };
      auto value = [w](uint64_t v) {
        return w.isSigned ? sign(v, w.bits) : int64_t(zero(v, w.bits));
      };
      std::string name = greatest ? "max" : "min";
      s["v_" + name + w.suffix] = {
          w.signature, [=](X x, Lane &) { return uint64_t(best(value(x[0]), value(x[1]))); }};
      std::string three = std::string(w.signature) + w.signature[0];
      s["v_" + name + "3" + w.suffix] = {
          three,
          [=](X x, Lane &) { return uint64_t(best(best(value(x[0]), value(x[1])), value(x[2]))); }};
      s["v_med3" + std::string(w.suffix)] = {three, [=](X x, Lane &) {
                                               int64_t v[] = {value(x[0]), value(x[1]),
                                                              value(x[2])};
                                               std::sort(v, v + 3);
                                               return uint64_t(v[1]);
                                             }};
    }
  }
  // Sums with carries: the second result says whether the true sum left 32 bits.
  auto carried = [](int a, int b, bool carryIn) {
    return Statement{carryIn ? "um:uum" : "um:uu", [=](X x, Lane &l) {
                       int64_t c = carryIn ? int64_t(x[2]) : 0;
                       bool difference = a < 0 || b < 0;
                       int64_t v = a * int64_t(x[0]) + b * int64_t(x[1]) + (difference ? -c : c);
                       l.carry = v < 0 || v > int64_t(UINT32_MAX);
                       return wrapOrClamp(l, v, 0, UINT32_MAX);
                     }};
  };
  s["v_add_co_u32"] = carried(1, 1, false), s["v_addc_co_u32"] = carried(1, 1, true);
  s["v_sub_co_u32"] = carried(1, -1, false), s["v_subb_co_u32"] = carried(1, -1, true);
  s["v_subrev_co_u32"] = carried(-1, 1, false), s["v_subbrev_co_u32"] = carried(-1, 1, true);
}

void addProducts(Statements &s) {
  s["v_mul_lo_u32"] = {"u:uu", [](X x, Lane &) { return x[0] * x[1]; }};
  s["v_mul_lo_u16"] = {"w:ww", [](X x, Lane &) { return x[0] * x[1]; }};
  s["v_mul_hi_u32"] = {"u:uu", [](X x, Lane &) { return (x[0] * x[1]) >> 32; }};
  s["v_mul_hi_i32"] = {
      "u:uu", [](X x, Lane &) { return uint64_t((sign(x[0], 32) * sign(x[1], 32)) >> 32); }};
  s["v_mul_u32_u24"] = {"u:uu", [](X x, Lane &) { return zero(x[0], 24) * zero(x[1], 24); }};
  s["v_mul_hi_u32_u24"] = {"u:uu",
                           [](X x, Lane &) { return (zero(x[0], 24) * zero(x[1], 24)) >> 32; }};
  s["v_mul_i32_i24"] = {"u:uu",
                        [](X x, Lane &) { return uint64_t(sign(x[0], 24) * sign(x[1], 24)); }};
  s["v_mul_hi_i32_i24"] = {
      "u:uu", [](X x, Lane &) { return uint64_t((sign(x[0], 24) * sign(x[1], 24)) >> 32); }};
  s["v_mad_u32_u24"] = {"u:uuu",
                        [](X x, Lane &) { return zero(x[0], 24) * zero(x[1], 24) + x[2]; }};
  s["v_mad_i32_i24"] = {
      "u:uuu", [](X x, Lane &) { return uint64_t(sign(x[0], 24) * sign(x[1], 24)) + x[2]; }};
  for (const char *name : {"v_mad_u16", "v_mad_i16", "v_mad_legacy_u16", "v_mad_legacy_i16"})
    s[name] = {"w:www", [](X x, Lane &) { return x[0] * x[1] + x[2]; }};
  s["v_mad_u32_u16"] = {"u:wwu", [](X x, Lane &) { return x[0] * x[1] + x[2]; }};
  s["v_mad_i32_i16"] = {
      "u:wwu", [](X x, Lane &) { return uint64_t(sign(x[0], 16) * sign(x[1], 16)) + x[2]; }};
  s["v_mad_u64_u32"] = {"qm:uuq", [](X x, Lane &l) {
                          APInt v = APInt(128, x[0]) * APInt(128, x[1]) + APInt(128, x[2]);
                          l.carry = v.getActiveBits() > 64;
                          return v.trunc(64).getZExtValue();
                        }};
  s["v_mad_i64_i32"] = {"qm:uuq", [](X x, Lane &l) {
                          APInt v = APInt(128, uint64_t(sign(x[0], 32)), true) *
                                        APInt(128, uint64_t(sign(x[1], 32)), true) +
                                    APInt(128, x[2], true);
                          l.carry = v.getSignificantBits() > 64;
                          return v.trunc(64).getZExtValue();
                        }};
  for (unsigned count : {2u, 4u, 8u})
    for (bool isSigned : {false, true}) {
      unsigned bits = 32 / count;
      LaneFunction dot = [=](X x, Lane &l) {
        int64_t sum = isSigned ? sign(x[2], 32) : int64_t(x[2]);
        for (unsigned i = 0; i < count; ++i) {
          uint64_t a = field(x[0], i, bits), b = field(x[1], i, bits);
          sum += isSigned ? sign(a, bits) * sign(b, bits) : int64_t(a * b);
        }
        return isSigned ? wrapOrClamp(l, sum, INT32_MIN, INT32_MAX)
                        : wrapOrClamp(l, sum, 0, UINT32_MAX);
      };
      std::string n = std::to_string(count), t = (isSigned ? "i" : "u") + std::to_string(bits);
      s["v_dot" + n + (isSigned ? "_i32_" : "_u32_") + t] = {"u:uuu", dot};
      if (isSigned)
        s["v_dot" + n + "c_i32_" + t] = {"u:uuu", dot};
    }
}

void addBits(Statements &s) {
  s["v_and_b32"] = {"u:uu", [](X x, Lane &) { return x[0] & x[1]; }};
  s["v_or_b32"] = {"u:uu", [](X x, Lane &) { return x[0] | x[1]; }};
  s["v_xor_b32"] = {"u:uu", [](X x, Lane &) { return x[0] ^ x[1]; }};
  s["v_xnor_b32"] = {"u:uu", [](X x, Lane &) { return ~(x[0] ^ x[1]); }};
  s["v_not_b32"] = {"u:u", [](X x, Lane &) { return ~x[0]; }};
  s["v_mov_b32"] = s["v_accvgpr_mov_b32"] = s["v_accvgpr_read_b32"] =
      s["v_accvgpr_write_b32"] = {"u:u", [](X x, Lane &) { return x[0]; }};
  s["v_mov_b64"] = {"q:q", [](X x, Lane &) { return x[0]; }};
  s["v_cndmask_b32"] = {"f:ffm", [](X x, Lane &) { return x[2] ? x[1] : x[0]; }};
  s["v_and_or_b32"] = {"u:uuu", [](X x, Lane &) { return (x[0] & x[1]) | x[2]; }};
  s["v_or3_b32"] = {"u:uuu", [](X x, Lane &) { return x[0] | x[1] | x[2]; }};
  s["v_bfi_b32"] = {"u:uuu", [](X x, Lane &) { return (x[0] & x[1]) | (~x[0] & x[2]); }};
  s["v_bfm_b32"] = {"u:uu",
                    [](X x, Lane &) { return ((uint64_t(1) << x[0] % 32) - 1) << x[1] % 32; }};
  s["v_bfe_u32"] = {"u:uuu", [](X x, Lane &) { return zero(x[0] >> x[1] % 32, x[2] % 32); }};
  s["v_bfe_i32"] = {"u:uuu", [](X x, Lane &) {
                      unsigned width = x[2] % 32;
                      return width ? uint64_t(sign(uint64_t(sign(x[0], 32) >> x[1] % 32), width))
                                   : 0;
                    }};
  for (const char *type : {"b32", "b16"}) {
    unsigned bits = type[1] == '3' ? 32 : 16;
    s[std::string("v_bitop3_") + type] = {bits == 32 ? "u:uuu" : "w:www", [bits](X x, Lane &l) {
                                            uint64_t r = 0;
                                            for (unsigned i = 0; i < bits; ++i) {
                                              unsigned row = (x[0] >> i & 1) * 4 +
                                                             (x[1] >> i & 1) * 2 + (x[2] >> i & 1);
                                              r |= uint64_t(l.bitop3 >> row & 1) << i;
                                            }
                                            return r;
                                          }};
  }
  s["v_bfrev_b32"] = {"u:u",
                      [](X x, Lane &) { return APInt(32, x[0]).reverseBits().getZExtValue(); }};
  s["v_bcnt_u32_b32"] = {"u:uu", [](X x, Lane &) { return uint64_t(std::popcount(x[0])) + x[1]; }};
  s["v_mbcnt_lo_u32_b32"] = {"u:uu", [](X x, Lane &l) {
                               return x[1] +
                                      uint64_t(std::popcount(zero(x[0], std::min(l.lane, 32u))));
                             }};
  s["v_mbcnt_hi_u32_b32"] = {
      "u:uu", [](X x, Lane &l) {
        return x[1] + uint64_t(std::popcount(zero(x[0], l.lane > 32 ? l.lane - 32 : 0)));
      }};
  s["v_ffbh_u32"] = {"u:u", [](X x, Lane &) {
                       return x[0] ? uint64_t(APInt(32, x[0]).countl_zero()) : UINT32_MAX;
                     }};
  s["v_ffbl_b32"] = {"u:u", [](X x, Lane &) {
                       return x[0] ? uint64_t(APInt(32, x[0]).countr_zero()) : UINT32_MAX;
                     }};
  s["v_ffbh_i32"] = {"u:u", [](X x, Lane &) {
                       unsigned n = APInt(32, x[0]).getNumSignBits();
                       return n == 32 ? uint64_t(UINT32_MAX) : n;
                     }};
  s["v_perm_b32"] = {"u:uuu", [](X x, Lane &) {
                       uint64_t both = x[0] << 32 | x[1], r = 0;
                       for (unsigned i = 0; i < 4; ++i) {
                         uint64_t sel = field(x[2], i, 8), byte;
                         if (sel >= 13)
                           byte = 0xff;
                         else if (sel == 12)
                           byte = 0;
                         else if (sel >= 8) // The sign of bytes 1, 3, 5 and 7.
                           byte = field(both, unsigned(sel - 8) * 2 + 1, 8) & 0x80 ? 0xff : 0;
                         else
                           byte = field(both, unsigned(sel), 8);
                         r |= byte << (8 * i);
                       }
                       return r;
                     }};
  s["v_pack_b32_f16"] = {"u:hh", [](X x, Lane &) { return x[0] | x[1] << 16; }};
  s["v_alignbit_b32"] = {"u:uuu", [](X x, Lane &) { return (x[0] << 32 | x[1]) >> x[2] % 32; }};
  s["v_alignbyte_b32"] = {"u:uuu",
                          [](X x, Lane &) { return (x[0] << 32 | x[1]) >> (x[2] % 4 * 8); }};
  s["v_prng_b32"] = {"u:u", [](X x, Lane &) { // A Galois LFSR with the polynomial 0xc5.
                       return (x[0] << 1) ^ (x[0] >> 31 ? 0xc5u : 0u);
                     }};
}

void addShifts(Statements &s) {
  for (unsigned bits : {16u, 32u, 64u}) {
    std::string n = std::to_string(bits), signature = bits == 16   ? "w:ww"
                                                      : bits == 32 ? "u:uu"
                                                                   : "q:uq";
    s["v_lshlrev_b" + n] = {signature, [=](X x, Lane &) { return x[1] << x[0] % bits; }};
    s["v_lshrrev_b" + n] = {signature,
                            [=](X x, Lane &) { return zero(x[1], bits) >> x[0] % bits; }};
    s["v_ashrrev_i" + n] = {signature,
                            [=](X x, Lane &) { return uint64_t(sign(x[1], bits) >> x[0] % bits); }};
  }
  s["v_lshl_add_u32"] = {"u:uuu", [](X x, Lane &) { return (x[0] << x[1] % 32) + x[2]; }};
  // The shift of the 64-bit form is 0 to 4; it has a field of three bits.
  s["v_lshl_add_u64"] = {"q:quq", [](X x, Lane &l) {
                           l.ignored = x[1] % 8 > 4;
                           return (x[0] << x[1] % 8) + x[2];
                         }};
  s["v_add_lshl_u32"] = {"u:uuu", [](X x, Lane &) { return (x[0] + x[1]) << x[2] % 32; }};
  s["v_lshl_or_b32"] = {"u:uuu", [](X x, Lane &) { return x[0] << x[1] % 32 | x[2]; }};
  s["v_add3_u32"] = {"u:uuu", [](X x, Lane &) { return x[0] + x[1] + x[2]; }};
  s["v_xad_u32"] = {"u:uuu", [](X x, Lane &) { return (x[0] ^ x[1]) + x[2]; }};
  for (bool isSigned : {false, true})
    s[isSigned ? "v_ashr_pk_i8_i32" : "v_ashr_pk_u8_i32"] = {
        "w:uuu", [=](X x, Lane &) {
          auto one = [&](uint64_t v) {
            int64_t low = isSigned ? -128 : 0, high = isSigned ? 127 : 255;
            return uint64_t(std::clamp(sign(v, 32) >> x[2] % 32, low, high)) & 0xff;
          };
          return one(x[0]) | one(x[1]) << 8;
        }};
}

void addBytes(Statements &s) {
  auto sad = [](unsigned bits, bool masked, unsigned shift) {
    return Statement{"u:uuu", [=](X x, Lane &) {
                       uint64_t sum = 0;
                       for (unsigned i = 0; i < 32 / bits; ++i) {
                         uint64_t a = field(x[0], i, bits), b = field(x[1], i, bits);
                         if (!masked || b)
                           sum += std::max(a, b) - std::min(a, b);
                       }
                       return (sum << shift) + x[2];
                     }};
  };
  s["v_sad_u8"] = sad(8, false, 0), s["v_sad_hi_u8"] = sad(8, false, 16);
  s["v_msad_u8"] = sad(8, true, 0), s["v_sad_u16"] = sad(16, false, 0);
  s["v_sad_u32"] = sad(32, false, 0);
  s["v_lerp_u8"] = {"u:uuu", [](X x, Lane &) {
                      uint64_t r = 0;
                      for (unsigned i = 0; i < 4; ++i)
                        r |= (field(x[0], i, 8) + field(x[1], i, 8) + (field(x[2], i, 8) & 1)) / 2
                             << (8 * i);
                      return r;
                    }};
  s["v_sat_pk_u8_i16"] = {"w:u", [](X x, Lane &) {
                            auto one = [&](unsigned i) {
                              return uint64_t(
                                  std::clamp<int64_t>(sign(field(x[0], i, 16), 16), 0, 255));
                            };
                            return one(0) | one(1) << 8;
                          }};
}

} // namespace

void addIntegerStatements(Statements &s) {
  addSums(s);
  addProducts(s);
  addBits(s);
  addShifts(s);
  addBytes(s);
}

} // namespace moec::gfx950::test::reference
