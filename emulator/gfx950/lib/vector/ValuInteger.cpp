//===- ValuInteger.cpp - 32-bit integer lane operations ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Moves, bit operations and 32-bit integer arithmetic.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <algorithm>
#include <bit>

namespace moec::gfx950 {

using namespace lanes;
using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;
using i64 = int64_t;

static inline i32 sext24(u32 v) { return i32(v << 8) >> 8; }
static inline u32 zext24(u32 v) { return v & 0xffffff; }

static inline u32 bfeU(u32 v, u32 offset, u32 width) {
  offset &= 31, width &= 31;
  return width ? (v >> offset) & ((1u << width) - 1) : 0;
}
static inline u32 bfeI(u32 v, u32 offset, u32 width) {
  offset &= 31, width &= 31;
  if (!width)
    return 0;
  if (offset + width >= 32)
    return u32(i32(v) >> offset);
  return u32(i32(v << (32 - offset - width)) >> (32 - width));
}

static inline u32 med(i32 a, i32 b, i32 c) {
  return u32(std::max(std::min(a, b), std::min(std::max(a, b), c)));
}
static inline u32 medU(u32 a, u32 b, u32 c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

/// One byte of {a, b} or a constant, as V_PERM_B32's selector byte says.
static inline u32 permByte(u32 a, u32 b, u32 sel) {
  sel &= 0xff;
  u64 v = u64(a) << 32 | b;
  if (sel < 8)
    return u32(v >> (8 * sel)) & 0xff;
  if (sel < 12)
    return (v >> (16 * (sel - 8) + 15) & 1) ? 0xff : 0;
  return sel == 12 ? 0 : 0xff;
}
static inline u32 perm(u32 a, u32 b, u32 sel) {
  return permByte(a, b, sel) | permByte(a, b, sel >> 8) << 8 | permByte(a, b, sel >> 16) << 16 |
         permByte(a, b, sel >> 24) << 24;
}

static inline u32 absDiff(u32 a, u32 b) { return a > b ? a - b : b - a; }
static inline u32 sadU8(u32 a, u32 b) {
  u32 r = 0;
  for (unsigned i = 0; i < 32; i += 8)
    r += absDiff(a >> i & 0xff, b >> i & 0xff);
  return r;
}
static inline u32 msadU8(u32 a, u32 b) {
  u32 r = 0;
  for (unsigned i = 0; i < 32; i += 8)
    r += (b >> i & 0xff) ? absDiff(a >> i & 0xff, b >> i & 0xff) : 0;
  return r;
}
static inline u32 lerpU8(u32 a, u32 b, u32 c) {
  u32 r = 0;
  for (unsigned i = 0; i < 32; i += 8)
    r |= (((a >> i & 0xff) + (b >> i & 0xff) + (c >> i & 1)) >> 1) << i;
  return r;
}

static void addU32(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    u64 r = u64(a.s[0][l]) + a.s[1][l];
    a.d[l] = a.inst->clamp && r > ~0u ? ~0u : u32(r);
  }
}
template <bool kReverse> static void subU32(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    u32 x = a.s[kReverse][l], y = a.s[!kReverse][l];
    a.d[l] = a.inst->clamp && y > x ? 0 : x - y;
  }
}
static inline u32 saturate(i64 v) { return u32(std::clamp<i64>(v, INT32_MIN, INT32_MAX)); }
template <bool kSubtract> static void addI32(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    i64 x = i32(a.s[0][l]), y = i32(a.s[1][l]), r = kSubtract ? x - y : x + y;
    a.d[l] = a.inst->clamp ? saturate(r) : u32(r);
  }
}
/// x + y + carry and x − y − borrow; sources 0 and 1 may be exchanged; source 2, if any, is the
/// carry.
template <bool kSubtract, bool kReverse, bool kCarry> static void carryOp(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    u64 x = a.s[kReverse][l], y = a.s[!kReverse][l];
    if (kCarry)
      y += a.s[2][l] & 1;
    u64 r = kSubtract ? x - y : x + y;
    bool out = r >> 32;
    a.d[l] = a.inst->clamp && out ? (kSubtract ? 0 : ~0u) : u32(r);
    a.d2[l] = out;
  }
}
static void bitop3(const LaneArgs &a) {
  u32 table = a.inst->imm;
  for (unsigned l = 0; l < kLanes; ++l) {
    u32 x = a.s[0][l], y = a.s[1][l], z = a.s[2][l], r = 0;
    for (unsigned i = 0; i < 8; ++i)
      if (table >> i & 1)
        r |= (i & 4 ? x : ~x) & (i & 2 ? y : ~y) & (i & 1 ? z : ~z);
    a.d[l] = r;
  }
}
static void mbcntLo(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] = u32(std::popcount(a.s[0][l] & (l < 32 ? (1u << l) - 1 : ~0u))) + a.s[1][l];
}
static void mbcntHi(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] = u32(std::popcount(a.s[0][l] & (l < 32 ? 0u : (1u << (l - 32)) - 1))) + a.s[1][l];
}
template <bool kUnsigned> static inline u32 ashrPk(u32 a, u32 b, u32 c) {
  auto one = [&](u32 v) {
    i32 r = i32(v) >> (c & 31);
    return kUnsigned ? u32(std::clamp(r, 0, 255)) : u32(std::clamp(r, -128, 127)) & 0xff;
  };
  return one(a) | one(b) << 8;
}

#define U1(expr) u1([](u32 a) -> u32 { return expr; })
#define U2(expr) u2([](u32 a, u32 b) -> u32 { return expr; })
#define U3(expr) u3([](u32 a, u32 b, u32 c) -> u32 { return expr; })
static constexpr PoisonRule kBytes = PoisonRule::Bytes;

// clang-format off
static constexpr ValuOp kOps[] = {
    {"V_MOV_B32", "u:u", U1(a), kBytes, 1},
    {"V_ACCVGPR_READ_B32", "u:u", U1(a), kBytes, 1},
    {"V_ACCVGPR_WRITE_B32", "u:u", U1(a), kBytes, 1},
    {"V_ACCVGPR_MOV_B32", "u:u", U1(a), kBytes, 1},
    {"V_NOT_B32", "u:u", U1(~a)},
    {"V_BFREV_B32", "u:u", U1(__builtin_bitreverse32(a))},
    {"V_FFBH_U32", "u:u", U1(a ? u32(std::countl_zero(a)) : ~0u)},
    {"V_FFBL_B32", "u:u", U1(a ? u32(std::countr_zero(a)) : ~0u)},
    {"V_FFBH_I32", "u:u", U1((a == 0 || a == ~0u) ? ~0u : u32(std::countl_zero(i32(a) < 0 ? ~a : a)))},
    {"V_PRNG_B32", "u:u", U1((a << 1) ^ (a >> 31 ? 197u : 0u))},
    {"V_AND_B32", "u:uu", U2(a &b), PoisonRule::And, 3},
    {"V_OR_B32", "u:uu", U2(a | b), kBytes, 3},
    {"V_XOR_B32", "u:uu", U2(a ^ b), kBytes, 3},
    {"V_XNOR_B32", "u:uu", U2(~(a ^ b))},
    {"V_LSHLREV_B32", "u:uu", U2(b << (a & 31)), kBytes, 2},
    {"V_LSHRREV_B32", "u:uu", U2(b >> (a & 31)), kBytes, 2},
    {"V_ASHRREV_I32", "u:uu", U2(u32(i32(b) >> (a & 31))), kBytes, 2},
    {"V_BFM_B32", "u:uu", U2(((1u << (a & 31)) - 1) << (b & 31))},
    {"V_BCNT_U32_B32", "u:uu", U2(u32(std::popcount(a)) + b)},
    {"V_MBCNT_LO_U32_B32", "u:uu", mbcntLo},
    {"V_MBCNT_HI_U32_B32", "u:uu", mbcntHi},
    {"V_MIN_I32", "u:uu", U2(u32(std::min(i32(a), i32(b))))},
    {"V_MAX_I32", "u:uu", U2(u32(std::max(i32(a), i32(b))))},
    {"V_MIN_U32", "u:uu", U2(std::min(a, b))},
    {"V_MAX_U32", "u:uu", U2(std::max(a, b))},
    {"V_MUL_LO_U32", "u:uu", U2(a *b)},
    {"V_MUL_HI_U32", "u:uu", U2(u32(u64(a) * b >> 32))},
    {"V_MUL_HI_I32", "u:uu", U2(u32(i64(i32(a)) * i32(b) >> 32))},
    {"V_MUL_I32_I24", "u:uu", U2(u32(i64(sext24(a)) * sext24(b)))},
    {"V_MUL_U32_U24", "u:uu", U2(u32(u64(zext24(a)) * zext24(b)))},
    {"V_MUL_HI_I32_I24", "u:uu", U2(u32(i64(sext24(a)) * sext24(b) >> 32))},
    {"V_MUL_HI_U32_U24", "u:uu", U2(u32(u64(zext24(a)) * zext24(b) >> 32))},
    {"V_ADD_U32", "u:uu", addU32, PoisonRule::Any, 0, false, false, true},
    {"V_SUB_U32", "u:uu", subU32<false>, PoisonRule::Any, 0, false, false, true},
    {"V_SUBREV_U32", "u:uu", subU32<true>, PoisonRule::Any, 0, false, false, true},
    {"V_ADD_I32", "u:uu", addI32<false>, PoisonRule::Any, 0, false, false, true},
    {"V_SUB_I32", "u:uu", addI32<true>, PoisonRule::Any, 0, false, false, true},
    {"V_ADD_CO_U32", "um:uu", carryOp<false, false, false>, PoisonRule::Any, 0, false, false, true},
    {"V_SUB_CO_U32", "um:uu", carryOp<true, false, false>, PoisonRule::Any, 0, false, false, true},
    {"V_SUBREV_CO_U32", "um:uu", carryOp<true, true, false>, PoisonRule::Any, 0, false, false, true},
    {"V_ADDC_CO_U32", "um:uum", carryOp<false, false, true>, PoisonRule::Any, 0, false, false, true},
    {"V_SUBB_CO_U32", "um:uum", carryOp<true, false, true>, PoisonRule::Any, 0, false, false, true},
    {"V_SUBBREV_CO_U32", "um:uum", carryOp<true, true, true>, PoisonRule::Any, 0, false, false, true},
    {"V_CNDMASK_B32", "f:ffm", U3(c ? b : a), kBytes, 3},
    {"V_MAD_I32_I24", "u:uuu", U3(u32(i64(sext24(a)) * sext24(b)) + c)},
    {"V_MAD_U32_U24", "u:uuu", U3(u32(u64(zext24(a)) * zext24(b)) + c)},
    {"V_ADD3_U32", "u:uuu", U3(a + b + c)},
    {"V_LSHL_ADD_U32", "u:uuu", U3((a << (b & 31)) + c)},
    {"V_ADD_LSHL_U32", "u:uuu", U3((a + b) << (c & 31))},
    {"V_LSHL_OR_B32", "u:uuu", U3((a << (b & 31)) | c), kBytes, 5},
    {"V_AND_OR_B32", "u:uuu", U3((a & b) | c)},
    {"V_OR3_B32", "u:uuu", U3(a | b | c), kBytes, 7},
    {"V_XAD_U32", "u:uuu", U3((a ^ b) + c)},
    {"V_MIN3_I32", "u:uuu", U3(u32(std::min(std::min(i32(a), i32(b)), i32(c))))},
    {"V_MAX3_I32", "u:uuu", U3(u32(std::max(std::max(i32(a), i32(b)), i32(c))))},
    {"V_MED3_I32", "u:uuu", U3(med(i32(a), i32(b), i32(c)))},
    {"V_MIN3_U32", "u:uuu", U3(std::min(std::min(a, b), c))},
    {"V_MAX3_U32", "u:uuu", U3(std::max(std::max(a, b), c))},
    {"V_MED3_U32", "u:uuu", U3(medU(a, b, c))},
    {"V_BFE_U32", "u:uuu", U3(bfeU(a, b, c)), kBytes, 1},
    {"V_BFE_I32", "u:uuu", U3(bfeI(a, b, c)), kBytes, 1},
    {"V_BFI_B32", "u:uuu", U3((a & b) | (~a & c)), kBytes, 6},
    {"V_ALIGNBIT_B32", "u:uuu", U3(u32((u64(a) << 32 | b) >> (c & 31))), kBytes, 3},
    {"V_ALIGNBYTE_B32", "u:uuu", U3(u32((u64(a) << 32 | b) >> (8 * (c & 3)))), kBytes, 3},
    {"V_PERM_B32", "u:uuu", U3(perm(a, b, c)), kBytes, 3},
    {"V_BITOP3_B32", "u:uuu", bitop3},
    {"V_SAD_U32", "u:uuu", U3(absDiff(a, b) + c)},
    {"V_SAD_U16", "u:uuu", U3(absDiff(a & 0xffff, b & 0xffff) + absDiff(a >> 16, b >> 16) + c)},
    {"V_SAD_U8", "u:uuu", U3(sadU8(a, b) + c)},
    {"V_SAD_HI_U8", "u:uuu", U3((sadU8(a, b) << 16) + c)},
    {"V_MSAD_U8", "u:uuu", U3(msadU8(a, b) + c)},
    {"V_LERP_U8", "u:uuu", U3(lerpU8(a, b, c))},
    {"V_ASHR_PK_I8_I32", "w:uuu", U3(ashrPk<false>(a, b, c)), PoisonRule::Any, 0, false, true},
    {"V_ASHR_PK_U8_I32", "w:uuu", U3(ashrPk<true>(a, b, c)), PoisonRule::Any, 0, false, true},
};
// clang-format on

std::span<const ValuOp> valuIntegerOps() { return kOps; }

// 64-bit results or sources.

static void mad64(const LaneArgs &a, bool isSigned) {
  for (unsigned l = 0; l < kLanes; ++l) {
    u64 add = wide(a.s[2], l), r;
    bool overflow;
    if (isSigned) {
      i64 product = i64(i32(a.s[0][l])) * i32(a.s[1][l]), out;
      overflow = __builtin_add_overflow(product, i64(add), &out);
      r = u64(out);
    } else {
      r = u64(a.s[0][l]) * a.s[1][l];
      overflow = __builtin_add_overflow(r, add, &r);
    }
    putWide(a.d, l, r);
    a.d2[l] = overflow;
  }
}

// clang-format off
static constexpr ValuOp kWideOps[] = {
    {"V_MOV_B64", "q:q", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putWide(a.d, l, wide(a.s[0], l)); }, PoisonRule::Bytes, 1},
    {"V_PK_MOV_B32", "q:RR", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) { u32 lo = a.s[0][l], hi = a.s[1][l]; a.d[l] = lo; a.d[l + kLanes] = hi; } }, PoisonRule::Bytes, 3},
    {"V_LSHL_ADD_U64", "q:quq", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putWide(a.d, l, (wide(a.s[0], l) << (a.s[1][l] & 7)) + wide(a.s[2], l)); }, PoisonRule::LowFirst},
    {"V_LSHLREV_B64", "q:uq", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putWide(a.d, l, wide(a.s[1], l) << (a.s[0][l] & 63)); }, PoisonRule::Bytes, 2},
    {"V_LSHRREV_B64", "q:uq", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putWide(a.d, l, wide(a.s[1], l) >> (a.s[0][l] & 63)); }, PoisonRule::Bytes, 2},
    {"V_ASHRREV_I64", "q:uq", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putWide(a.d, l, u64(i64(wide(a.s[1], l)) >> (a.s[0][l] & 63))); }, PoisonRule::Bytes, 2},
    {"V_MAD_U64_U32", "qm:uuq", [](const LaneArgs &a) { mad64(a, false); }, PoisonRule::LowFirst},
    {"V_MAD_I64_I32", "qm:uuq", [](const LaneArgs &a) { mad64(a, true); }, PoisonRule::LowFirst},
};
// clang-format on

std::span<const ValuOp> valuWideIntegerOps() { return kWideOps; }

} // namespace moec::gfx950
