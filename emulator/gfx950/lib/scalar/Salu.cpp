//===- Salu.cpp - Scalar arithmetic -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scalar integer and bit operations, comparisons and moves.
//
//===----------------------------------------------------------------------===//

#include "Salu.h"

#include "emulator/gfx950/lib/wave/Execute.h"

namespace moec::gfx950 {

using C = SaluContext;

static int32_t s32(uint64_t v) { return int32_t(uint32_t(v)); }
static uint32_t u32(uint64_t v) { return uint32_t(v); }

/// A bitwise operation of two operands and the bits of its result that poison reaches.
template <typename F> static constexpr auto bits(F) {
  return [](C &c) {
    c.d = F{}(c.a, c.b);
    // A bit is poison if flipping a poisoned input bit could change it.
    uint64_t p = 0;
    if (c.poisonA | c.poisonB) {
      uint64_t fa = c.a ^ c.poisonA, fb = c.b ^ c.poisonB;
      p = (c.d ^ F{}(fa, c.b)) | (c.d ^ F{}(c.a, fb)) | (c.d ^ F{}(fa, fb));
    }
    c.poison = p;
    c.scc = c.d != 0;
  };
}

/// 32-bit forms clear the upper half so that SCC is right.
template <typename F> static constexpr auto bits32(F) {
  return [](C &c) {
    c.a = u32(c.a), c.b = u32(c.b);
    bits([](uint64_t a, uint64_t b) { return uint64_t(u32(F{}(a, b))); })(c);
  };
}

template <typename F> static constexpr auto compare(F) {
  return [](C &c) { c.scc = F{}(c.a, c.b); };
}

static uint64_t bitFieldU(uint64_t a, uint64_t offset, uint64_t width, unsigned size) {
  if (width == 0)
    return 0;
  uint64_t v = (size == 64 ? a : u32(a)) >> offset;
  return width >= 64 ? v : v & ((uint64_t(1) << width) - 1);
}

static int64_t bitFieldI(uint64_t a, uint64_t offset, uint64_t width, unsigned size) {
  if (width == 0)
    return 0;
  if (offset + width > size)
    width = size - offset;
  uint64_t v = bitFieldU(a, offset, width, size);
  return int64_t(v << (64 - width)) >> (64 - width);
}

// clang-format off
static constexpr SaluOp kOps[] = {
    {"S_ADD_U32", "u:uu", [](C &c) { uint64_t r = u32(c.a) + uint64_t(u32(c.b)); c.d = r; c.scc = r >> 32; }, true},
    {"S_SUB_U32", "u:uu", [](C &c) { c.d = c.a - c.b; c.scc = u32(c.b) > u32(c.a); }, true},
    {"S_ADD_I32", "u:uu", [](C &c) { int32_t r; c.scc = __builtin_add_overflow(s32(c.a), s32(c.b), &r); c.d = u32(uint64_t(r)); }, true},
    {"S_SUB_I32", "u:uu", [](C &c) { int32_t r; c.scc = __builtin_sub_overflow(s32(c.a), s32(c.b), &r); c.d = u32(uint64_t(r)); }, true},
    {"S_ADDC_U32", "u:uu", [](C &c) { uint64_t r = u32(c.a) + uint64_t(u32(c.b)) + c.scc; c.d = r; c.scc = r >> 32; }, true, true},
    {"S_SUBB_U32", "u:uu", [](C &c) { uint64_t r = uint64_t(u32(c.b)) + c.scc; c.d = c.a - r; c.scc = r > u32(c.a); }, true, true},
    {"S_MIN_I32", "u:uu", [](C &c) { c.scc = s32(c.a) < s32(c.b); c.d = c.scc ? c.a : c.b; }, true},
    {"S_MIN_U32", "u:uu", [](C &c) { c.scc = u32(c.a) < u32(c.b); c.d = c.scc ? c.a : c.b; }, true},
    {"S_MAX_I32", "u:uu", [](C &c) { c.scc = s32(c.a) > s32(c.b); c.d = c.scc ? c.a : c.b; }, true},
    {"S_MAX_U32", "u:uu", [](C &c) { c.scc = u32(c.a) > u32(c.b); c.d = c.scc ? c.a : c.b; }, true},
    {"S_CSELECT_B32", "u:uu", [](C &c) { c.d = c.scc ? c.a : c.b; c.poison = c.scc ? c.poisonA : c.poisonB; }, false, true, false, true},
    {"S_CSELECT_B64", "q:qq", [](C &c) { c.d = c.scc ? c.a : c.b; c.poison = c.scc ? c.poisonA : c.poisonB; }, false, true, false, true},
    {"S_AND_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return a & b; }), true, false, false, true},
    {"S_AND_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return a & b; }), true, false, false, true},
    {"S_OR_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return a | b; }), true, false, false, true},
    {"S_OR_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return a | b; }), true, false, false, true},
    {"S_XOR_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return a ^ b; }), true, false, false, true},
    {"S_XOR_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return a ^ b; }), true, false, false, true},
    {"S_ANDN2_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return a & ~b; }), true, false, false, true},
    {"S_ANDN2_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return a & ~b; }), true, false, false, true},
    {"S_ORN2_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return a | ~b; }), true, false, false, true},
    {"S_ORN2_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return a | ~b; }), true, false, false, true},
    {"S_NAND_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return ~(a & b); }), true, false, false, true},
    {"S_NAND_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return ~(a & b); }), true, false, false, true},
    {"S_NOR_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return ~(a | b); }), true, false, false, true},
    {"S_NOR_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return ~(a | b); }), true, false, false, true},
    {"S_XNOR_B32", "u:uu", bits32([](uint64_t a, uint64_t b) { return ~(a ^ b); }), true, false, false, true},
    {"S_XNOR_B64", "q:qq", bits([](uint64_t a, uint64_t b) { return ~(a ^ b); }), true, false, false, true},
    {"S_NOT_B32", "u:u", bits32([](uint64_t a, uint64_t) { return ~a; }), true, false, false, true},
    {"S_NOT_B64", "q:q", bits([](uint64_t a, uint64_t) { return ~a; }), true, false, false, true},
    {"S_LSHL_B32", "u:uu", [](C &c) { c.d = u32(c.a << (c.b & 31)); c.scc = c.d != 0; }, true},
    {"S_LSHL_B64", "q:qu", [](C &c) { c.d = c.a << (c.b & 63); c.scc = c.d != 0; }, true},
    {"S_LSHR_B32", "u:uu", [](C &c) { c.d = u32(c.a) >> (c.b & 31); c.scc = c.d != 0; }, true},
    {"S_LSHR_B64", "q:qu", [](C &c) { c.d = c.a >> (c.b & 63); c.scc = c.d != 0; }, true},
    {"S_ASHR_I32", "u:uu", [](C &c) { c.d = u32(uint64_t(s32(c.a) >> (c.b & 31))); c.scc = c.d != 0; }, true},
    {"S_ASHR_I64", "q:qu", [](C &c) { c.d = uint64_t(int64_t(c.a) >> (c.b & 63)); c.scc = c.d != 0; }, true},
    {"S_BFM_B32", "u:uu", [](C &c) { c.d = u32(((uint64_t(1) << (c.a & 31)) - 1) << (c.b & 31)); }},
    {"S_BFM_B64", "q:uu", [](C &c) { c.d = ((uint64_t(1) << (c.a & 63)) - 1) << (c.b & 63); }},
    {"S_BFE_U32", "u:uu", [](C &c) { c.d = bitFieldU(c.a, c.b & 31, c.b >> 16 & 127, 32); c.scc = c.d != 0; }, true},
    {"S_BFE_I32", "u:uu", [](C &c) { c.d = u32(uint64_t(bitFieldI(c.a, c.b & 31, c.b >> 16 & 127, 32))); c.scc = c.d != 0; }, true},
    {"S_BFE_U64", "q:qu", [](C &c) { c.d = bitFieldU(c.a, c.b & 63, c.b >> 16 & 127, 64); c.scc = c.d != 0; }, true},
    {"S_BFE_I64", "q:qu", [](C &c) { c.d = uint64_t(bitFieldI(c.a, c.b & 63, c.b >> 16 & 127, 64)); c.scc = c.d != 0; }, true},
    {"S_MUL_I32", "u:uu", [](C &c) { c.d = u32(c.a * c.b); }},
    {"S_MUL_HI_U32", "u:uu", [](C &c) { c.d = uint64_t(u32(c.a)) * u32(c.b) >> 32; }},
    {"S_MUL_HI_I32", "u:uu", [](C &c) { c.d = u32(uint64_t(int64_t(s32(c.a)) * s32(c.b) >> 32)); }},
    {"S_ABSDIFF_I32", "u:uu", [](C &c) { uint32_t r = u32(c.a) - u32(c.b); c.d = s32(r) < 0 ? 0u - r : r; c.scc = u32(c.d) != 0; }, true},
    {"S_LSHL1_ADD_U32", "u:uu", [](C &c) { uint64_t r = (uint64_t(u32(c.a)) << 1) + u32(c.b); c.d = r; c.scc = r >> 32; }, true},
    {"S_LSHL2_ADD_U32", "u:uu", [](C &c) { uint64_t r = (uint64_t(u32(c.a)) << 2) + u32(c.b); c.d = r; c.scc = r >> 32; }, true},
    {"S_LSHL3_ADD_U32", "u:uu", [](C &c) { uint64_t r = (uint64_t(u32(c.a)) << 3) + u32(c.b); c.d = r; c.scc = r >> 32; }, true},
    {"S_LSHL4_ADD_U32", "u:uu", [](C &c) { uint64_t r = (uint64_t(u32(c.a)) << 4) + u32(c.b); c.d = r; c.scc = r >> 32; }, true},
    {"S_PACK_LL_B32_B16", "u:uu", [](C &c) { c.d = (c.a & 0xffff) | (c.b & 0xffff) << 16; }},
    {"S_PACK_LH_B32_B16", "u:uu", [](C &c) { c.d = (c.a & 0xffff) | (c.b & 0xffff0000); }},
    {"S_PACK_HH_B32_B16", "u:uu", [](C &c) { c.d = u32(c.a) >> 16 | (c.b & 0xffff0000); }},
    // One source.
    {"S_MOV_B32", "u:u", [](C &c) { c.d = c.a; c.poison = c.poisonA; }, false, false, false, true},
    {"S_MOV_B64", "q:q", [](C &c) { c.d = c.a; c.poison = c.poisonA; }, false, false, false, true},
    {"S_CMOV_B32", "u:u", [](C &c) { c.d = c.scc ? c.a : c.old; }, false, true, true},
    {"S_CMOV_B64", "q:q", [](C &c) { c.d = c.scc ? c.a : c.old; }, false, true, true},
    {"S_ABS_I32", "u:u", [](C &c) { c.d = s32(c.a) < 0 ? 0u - u32(c.a) : u32(c.a); c.scc = u32(c.d) != 0; }, true},
    {"S_BREV_B32", "u:u", [](C &c) { c.d = __builtin_bitreverse32(u32(c.a)); }},
    {"S_BREV_B64", "q:q", [](C &c) { c.d = __builtin_bitreverse64(c.a); }},
    {"S_BCNT0_I32_B32", "u:u", [](C &c) { c.d = uint64_t(32 - std::popcount(u32(c.a))); c.scc = c.d != 0; }, true},
    {"S_BCNT0_I32_B64", "u:q", [](C &c) { c.d = uint64_t(64 - std::popcount(c.a)); c.scc = c.d != 0; }, true},
    {"S_BCNT1_I32_B32", "u:u", [](C &c) { c.d = uint64_t(std::popcount(u32(c.a))); c.scc = c.d != 0; }, true},
    {"S_BCNT1_I32_B64", "u:q", [](C &c) { c.d = uint64_t(std::popcount(c.a)); c.scc = c.d != 0; }, true},
    {"S_FF0_I32_B32", "u:u", [](C &c) { uint32_t v = ~u32(c.a); c.d = v ? uint64_t(std::countr_zero(v)) : ~0ull; }},
    {"S_FF0_I32_B64", "u:q", [](C &c) { uint64_t v = ~c.a; c.d = v ? uint64_t(std::countr_zero(v)) : ~0ull; }},
    {"S_FF1_I32_B32", "u:u", [](C &c) { uint32_t v = u32(c.a); c.d = v ? uint64_t(std::countr_zero(v)) : ~0ull; }},
    {"S_FF1_I32_B64", "u:q", [](C &c) { c.d = c.a ? uint64_t(std::countr_zero(c.a)) : ~0ull; }},
    {"S_FLBIT_I32_B32", "u:u", [](C &c) { uint32_t v = u32(c.a); c.d = v ? uint64_t(std::countl_zero(v)) : ~0ull; }},
    {"S_FLBIT_I32_B64", "u:q", [](C &c) { c.d = c.a ? uint64_t(std::countl_zero(c.a)) : ~0ull; }},
    {"S_FLBIT_I32", "u:u", [](C &c) { uint32_t v = u32(c.a); v = s32(v) < 0 ? ~v : v; c.d = v ? uint64_t(std::countl_zero(v)) : ~0ull; }},
    {"S_FLBIT_I32_I64", "u:q", [](C &c) { uint64_t v = int64_t(c.a) < 0 ? ~c.a : c.a; c.d = v ? uint64_t(std::countl_zero(v)) : ~0ull; }},
    {"S_SEXT_I32_I8", "u:u", [](C &c) { c.d = u32(uint64_t(int8_t(c.a))); }},
    {"S_SEXT_I32_I16", "u:u", [](C &c) { c.d = u32(uint64_t(int16_t(c.a))); }},
    {"S_BITSET0_B32", "u:u", [](C &c) { c.d = c.old & ~(uint64_t(1) << (c.a & 31)); }, false, false, true},
    {"S_BITSET0_B64", "q:u", [](C &c) { c.d = c.old & ~(uint64_t(1) << (c.a & 63)); }, false, false, true},
    {"S_BITSET1_B32", "u:u", [](C &c) { c.d = c.old | uint64_t(1) << (c.a & 31); }, false, false, true},
    {"S_BITSET1_B64", "q:u", [](C &c) { c.d = c.old | uint64_t(1) << (c.a & 63); }, false, false, true},
    {"S_BITREPLICATE_B64_B32", "q:u", [](C &c) { c.d = 0; for (unsigned i = 0; i < 32; ++i) c.d |= (c.a >> i & 1) * (uint64_t(3) << (2 * i)); }},
    {"S_QUADMASK_B32", "u:u", [](C &c) { c.d = 0; for (unsigned i = 0; i < 8; ++i) c.d |= uint64_t((c.a >> (4 * i) & 15) != 0) << i; c.scc = c.d != 0; }, true},
    {"S_QUADMASK_B64", "q:q", [](C &c) { c.d = 0; for (unsigned i = 0; i < 16; ++i) c.d |= uint64_t((c.a >> (4 * i) & 15) != 0) << i; c.scc = c.d != 0; }, true},
    {"S_WQM_B32", "u:u", [](C &c) { c.d = 0; for (unsigned i = 0; i < 32; i += 4) c.d |= (c.a >> i & 15) ? uint64_t(15) << i : 0; c.scc = c.d != 0; }, true},
    {"S_WQM_B64", "q:q", [](C &c) { c.d = 0; for (unsigned i = 0; i < 64; i += 4) c.d |= (c.a >> i & 15) ? uint64_t(15) << i : 0; c.scc = c.d != 0; }, true},
    // A 16-bit immediate.
    {"S_MOVK_I32", "u:", [](C &c) { c.d = u32(uint64_t(int64_t(c.simm()))); }},
    {"S_CMOVK_I32", "u:", [](C &c) { c.d = c.scc ? u32(uint64_t(int64_t(c.simm()))) : c.old; }, false, true, true},
    {"S_ADDK_I32", "u:", [](C &c) { int32_t r; c.scc = __builtin_add_overflow(s32(c.old), c.simm(), &r); c.d = u32(uint64_t(r)); }, true, false, true},
    {"S_MULK_I32", "u:", [](C &c) { c.d = u32(uint64_t(int64_t(s32(c.old)) * c.simm())); }, false, false, true},
    // Comparisons.
    {"S_CMP_EQ_I32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) == u32(b); }), true},
    {"S_CMP_LG_I32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) != u32(b); }), true},
    {"S_CMP_GT_I32", "-:uu", compare([](uint64_t a, uint64_t b) { return s32(a) > s32(b); }), true},
    {"S_CMP_GE_I32", "-:uu", compare([](uint64_t a, uint64_t b) { return s32(a) >= s32(b); }), true},
    {"S_CMP_LT_I32", "-:uu", compare([](uint64_t a, uint64_t b) { return s32(a) < s32(b); }), true},
    {"S_CMP_LE_I32", "-:uu", compare([](uint64_t a, uint64_t b) { return s32(a) <= s32(b); }), true},
    {"S_CMP_EQ_U32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) == u32(b); }), true},
    {"S_CMP_LG_U32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) != u32(b); }), true},
    {"S_CMP_GT_U32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) > u32(b); }), true},
    {"S_CMP_GE_U32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) >= u32(b); }), true},
    {"S_CMP_LT_U32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) < u32(b); }), true},
    {"S_CMP_LE_U32", "-:uu", compare([](uint64_t a, uint64_t b) { return u32(a) <= u32(b); }), true},
    {"S_CMP_EQ_U64", "-:qq", compare([](uint64_t a, uint64_t b) { return a == b; }), true},
    {"S_CMP_LG_U64", "-:qq", compare([](uint64_t a, uint64_t b) { return a != b; }), true},
    {"S_BITCMP0_B32", "-:uu", compare([](uint64_t a, uint64_t b) { return !(a >> (b & 31) & 1); }), true},
    {"S_BITCMP1_B32", "-:uu", compare([](uint64_t a, uint64_t b) { return (a >> (b & 31) & 1) != 0; }), true},
    {"S_BITCMP0_B64", "-:qu", compare([](uint64_t a, uint64_t b) { return !(a >> (b & 63) & 1); }), true},
    {"S_BITCMP1_B64", "-:qu", compare([](uint64_t a, uint64_t b) { return (a >> (b & 63) & 1) != 0; }), true},
    {"S_CMPK_EQ_I32", "-:u", [](C &c) { c.scc = s32(c.a) == c.simm(); }, true},
    {"S_CMPK_LG_I32", "-:u", [](C &c) { c.scc = s32(c.a) != c.simm(); }, true},
    {"S_CMPK_GT_I32", "-:u", [](C &c) { c.scc = s32(c.a) > c.simm(); }, true},
    {"S_CMPK_GE_I32", "-:u", [](C &c) { c.scc = s32(c.a) >= c.simm(); }, true},
    {"S_CMPK_LT_I32", "-:u", [](C &c) { c.scc = s32(c.a) < c.simm(); }, true},
    {"S_CMPK_LE_I32", "-:u", [](C &c) { c.scc = s32(c.a) <= c.simm(); }, true},
    {"S_CMPK_EQ_U32", "-:u", [](C &c) { c.scc = u32(c.a) == uint16_t(c.inst.imm); }, true},
    {"S_CMPK_LG_U32", "-:u", [](C &c) { c.scc = u32(c.a) != uint16_t(c.inst.imm); }, true},
    {"S_CMPK_GT_U32", "-:u", [](C &c) { c.scc = u32(c.a) > uint16_t(c.inst.imm); }, true},
    {"S_CMPK_GE_U32", "-:u", [](C &c) { c.scc = u32(c.a) >= uint16_t(c.inst.imm); }, true},
    {"S_CMPK_LT_U32", "-:u", [](C &c) { c.scc = u32(c.a) < uint16_t(c.inst.imm); }, true},
    {"S_CMPK_LE_U32", "-:u", [](C &c) { c.scc = u32(c.a) <= uint16_t(c.inst.imm); }, true},
};
// clang-format on

std::span<const SaluOp> saluOps() { return kOps; }

ScalarValue readScalar(const Wave &w, const Operand &o, unsigned dwords) {
  switch (o.kind) {
  case OperandKind::Scalar:
    if (dwords == 1)
      return {w.scalar[o.reg], w.scalarPoison[o.reg]};
    return {w.scalar64(o.reg), w.scalarPoison64(o.reg)};
  case OperandKind::Constant:
    return {dwords == 1 ? uint32_t(o.value) : o.value, 0};
  case OperandKind::SharedBase:
    return {dwords == 1 ? kSharedAperture >> 32 : kSharedAperture, 0};
  case OperandKind::SharedLimit:
    return {dwords == 1 ? kSharedAperture >> 32 : kSharedAperture + 0xffffffffu, 0};
  case OperandKind::PrivateBase:
    return {dwords == 1 ? kPrivateAperture >> 32 : kPrivateAperture, 0};
  case OperandKind::PrivateLimit:
    return {dwords == 1 ? kPrivateAperture >> 32 : kPrivateAperture + 0xffffffffu, 0};
  case OperandKind::Vccz:
    return {w.scalar64(kVcc) == 0, w.scalarPoison64(kVcc) ? 1u : 0u};
  case OperandKind::Execz:
    return {w.exec() == 0, 0};
  case OperandKind::Scc:
    return {w.scc, w.sccPoison ? 1u : 0u};
  case OperandKind::None:
  case OperandKind::Vector:
    break;
  }
  return {};
}

void writeScalar(Wave &w, const Operand &o, uint64_t value, uint64_t poison, unsigned dwords) {
  if (o.kind != OperandKind::Scalar)
    return;
  if (poison && o.reg >= kExec && o.reg <= kExec + 1) {
    if (!w.finding(FindingClass::Poison, -1, "EXEC is set from an uninitialised value"))
      return;
    poison = 0;
  }
  if (dwords == 1)
    w.setScalar(o.reg, uint32_t(value), uint32_t(poison));
  else
    w.setScalar64(o.reg, value, poison);
}

static unsigned dwordsOf(char type) { return type == 'q' ? 2 : 1; }

void executeSalu(Wave &w, const Instruction &inst) {
  const SaluOp &op = *static_cast<const SaluOp *>(inst.op);
  SaluContext c(w, inst);
  char result = op.signature[0];
  const char *types = op.signature + 2;
  bool sccPoison = op.readsScc && w.sccPoison;
  if (types[0]) {
    ScalarValue a = readScalar(w, inst.src[0], dwordsOf(types[0]));
    c.a = a.value, c.poisonA = a.poison;
    if (types[1]) {
      ScalarValue b = readScalar(w, inst.src[1], dwordsOf(types[1]));
      c.b = b.value, c.poisonB = b.poison;
    }
  }
  uint64_t oldPoison = 0;
  if (op.readsOld) {
    ScalarValue old = readScalar(w, inst.dst, dwordsOf(result));
    c.old = old.value, oldPoison = old.poison;
  }
  op.run(c);
  if (!op.bitwise)
    c.poison = (c.poisonA | c.poisonB | oldPoison) ? ~0ull : 0;
  if (sccPoison)
    c.poison = ~0ull;
  if (result != '-')
    writeScalar(w, inst.dst, c.d, c.poison, dwordsOf(result));
  if (op.writesScc)
    w.scc = c.scc, w.sccPoison = c.poison != 0;
}

} // namespace moec::gfx950
