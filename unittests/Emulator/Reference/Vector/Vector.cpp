//===- Vector.cpp - Operands of vector operations ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Fetches a lane's sources with modifiers, op_sel, SDWA and DPP, and stores its result. Packed
// operations apply the operation of one element twice.
//
//===----------------------------------------------------------------------===//

#include "Vector.h"

#include <set>

namespace moec::gfx950::test::reference {

const Statements &vectorStatements() {
  static const Statements all = [] {
    Statements s;
    addIntegerStatements(s);
    addFloatStatements(s);
    addDivisionStatements(s);
    addConvertStatements(s);
    return s;
  }();
  return all;
}

namespace {

unsigned bitsOfType(char type) {
  return type == 'h' || type == 'w' || type == 'b' ? 16 : type == 'q' || type == 'd' ? 64 : 32;
}
bool isFloat(char type) {
  return type == 'f' || type == 'h' || type == 'd' || type == 'b' || type == 'x';
}
uint64_t mask(unsigned bits) { return bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1; }

/// Where a lane reads under the instruction's DPP control: −1 for nowhere.
int dppLane(const Text &t, int lane) {
  int row = lane / 16 * 16, in = lane % 16;
  if (t.has("quad_perm"))
    return lane / 4 * 4 + t.value("quad_perm", unsigned(lane % 4));
  if (t.has("row_shl"))
    return in + t.value("row_shl") < 16 ? lane + t.value("row_shl") : -1;
  if (t.has("row_shr"))
    return in - t.value("row_shr") >= 0 ? lane - t.value("row_shr") : -1;
  if (t.has("row_ror"))
    return row + (in + 16 - t.value("row_ror")) % 16;
  if (t.has("row_newbcast"))
    return row + t.value("row_newbcast");
  if (t.has("row_mirror"))
    return row + 15 - in;
  if (t.has("row_half_mirror"))
    return lane / 8 * 8 + 7 - lane % 8;
  if (t.has("wave_shl"))
    return lane == 63 ? -1 : lane + 1;
  if (t.has("wave_shr"))
    return lane - 1;
  if (t.has("wave_rol"))
    return (lane + 1) % 64;
  if (t.has("wave_ror"))
    return (lane + 63) % 64;
  if (t.has("row_bcast"))
    return t.value("row_bcast") == 15 ? (lane < 16 ? -1 : row - 1) : (lane < 32 ? -1 : 31);
  return lane;
}

/// First bit and number of bits that an SDWA selection names.
std::pair<unsigned, unsigned> selection(const std::string &word) {
  if (word.rfind("BYTE_", 0) == 0)
    return {8 * unsigned(word[5] - '0'), 8};
  if (word.rfind("WORD_", 0) == 0)
    return {16 * unsigned(word[5] - '0'), 16};
  return {0, 32};
}

/// 16-bit operations that keep the other half of their result register; the older ones clear it.
bool keepsOtherHalf(const std::string &m) {
  static const std::set<std::string> names = {
      "v_mad_f16",       "v_mad_u16",       "v_mad_i16",       "v_fma_f16",    "v_div_fixup_f16",
      "v_min3_f16",      "v_max3_f16",      "v_med3_f16",      "v_min3_i16",   "v_max3_i16",
      "v_med3_i16",      "v_min3_u16",      "v_max3_u16",      "v_med3_u16",   "v_add_i16",
      "v_sub_i16",       "v_fma_mixlo_f16", "v_fma_mixhi_f16", "v_bitop3_b16", "v_ashr_pk_i8_i32",
      "v_ashr_pk_u8_i32"};
  return names.count(m) != 0;
}

} // namespace

uint64_t fetchSource(Machine &m, const Text &t, const Operand &o, unsigned i, char type, int half,
                     int lane) {
  unsigned bits = bitsOfType(type);
  uint64_t v;
  bool packed16 = half >= 0 && bits == 16, packed32 = half >= 0 && bits == 32;
  // op_sel_hi is 1 in packed operations unless said otherwise, and 0 in mixed ones.
  bool high = half == 1 ? t.value("op_sel_hi", i, 1) != 0 : t.value("op_sel", i) != 0;
  if (o.kind == 'k') {
    v = o.constant(packed16 ? 'u' : type);
    if (packed16)
      v = o.text.find('.') != std::string::npos ? o.constant('h') : v;
    if (packed16 && high)
      v = v >> 16;
    if (packed32 && high)
      v = 0;
  } else if (!o.isVector()) {
    v = m.scalar(o);
    if (packed32)
      v = high ? v >> 32 : v;
    else if (type == 'h' || type == 'w')
      v = high ? v >> 16 : v;
  } else {
    v = m.vector(o, 0, unsigned(lane));
    if (packed32)
      v = m.vector(o, high && o.count > 1, unsigned(lane));
    else if (bits == 64)
      v |= uint64_t(m.vector(o, 1, unsigned(lane))) << 32;
    else if (bits == 16 && high)
      v >>= 16;
  }
  if (type == 'x') { // f32, or the half that op_sel names.
    if (t.value("op_sel_hi", i, 0))
      v = bitsOf(converted(number(formatOf('h'), (high ? v >> 16 : v) & 0xffff), formatOf('f')));
    type = 'f';
  }
  if (t.encoding == "sdwa") {
    auto [at, width] = selection(t.word("src" + std::to_string(i) + "_sel", "DWORD"));
    v = v >> at & mask(width);
    if (o.sext && (v >> (width - 1) & 1))
      v |= ~mask(width);
  }
  v &= mask(bits);
  bool abs = o.abs, neg = o.neg;
  if (half >= 0)
    neg = t.value(half ? "neg_hi" : "neg_lo", i) != 0;
  if (isFloat(type) && abs)
    v &= mask(bits - 1);
  if (isFloat(type) && neg)
    v ^= uint64_t(1) << (bits - 1);
  return v;
}

namespace {

uint64_t clamped(char type, uint64_t bits) {
  if (!isFloat(type))
    return bits;
  Format f = formatOf(type);
  APFloat v = number(f, bits), one = converted(APFloat(1.0), f);
  if (v.isNaN() || v.isNegative())
    return 0;
  return v > one ? bitsOf(one) : bits;
}

/// One instruction's execution, lane by lane.
struct Run {
  Machine &m;
  const Text &t;
  const Statement &s;
  bool packed;
  char result;
  bool carryOut;
  std::string sources;
  std::vector<Operand> operands; ///< Sources.
  Image before;
  uint64_t carries = 0;

  Run(Machine &m, const Text &t, const Statement &s, bool packed)
      : m(m), t(t), s(s), packed(packed), before(m.state) {
    size_t colon = s.signature.find(':');
    result = s.signature[0];
    carryOut = colon == 2;
    sources = s.signature.substr(colon + 1);
    operands.assign(t.operands.begin() + 1 + carryOut, t.operands.end());
    if (t.mnemonic.starts_with("v_div_fmas"))
      operands.push_back(parseOperand("vcc"));
    // Accumulating forms add their old result.
    if (operands.size() + 1 == sources.size())
      operands.push_back(t.operands[0]);
  }

  uint64_t element(int half, unsigned lane, Lane &l) {
    uint64_t x[4] = {};
    for (unsigned i = 0; i < sources.size(); ++i) {
      const Operand &o = operands[i];
      if (sources[i] == 'm') {
        x[i] = m.scalar(o) >> lane & 1;
        continue;
      }
      int from = t.encoding == "dpp" && i == 0 ? dppLane(t, int(lane)) : int(lane);
      bool none = from < 0 || (from != int(lane) && !m.active(unsigned(from)));
      Operand zero = parseOperand("0");
      zero.neg = o.neg, zero.abs = o.abs;
      x[i] = fetchSource(m, t, none ? zero : o, i, sources[i], half, none ? int(lane) : from);
    }
    uint64_t r = s.run(x, l);
    if (t.has("clamp"))
      r = clamped(result, r);
    return r & mask(bitsOfType(result));
  }

  /// DPP writes a lane if its row and bank are enabled and it has a source, or bound_ctrl is set.
  bool writes(unsigned lane) const {
    if (t.encoding != "dpp")
      return true;
    int from = dppLane(t, int(lane));
    bool valid = from >= 0 && m.active(unsigned(from));
    return (t.value("row_mask", 0, 15) >> (lane / 16) & 1) &&
           (t.value("bank_mask", 0, 15) >> (lane % 16 / 4) & 1) && (valid || t.has("bound_ctrl"));
  }

  uint32_t placed(uint32_t old, uint64_t r) const {
    if (t.encoding == "sdwa" && t.has("dst_sel")) {
      auto [at, width] = selection(t.word("dst_sel", "DWORD"));
      std::string unused = t.word("dst_unused", "UNUSED_PAD");
      uint64_t v = (r & mask(width)) << at;
      if (unused == "UNUSED_PRESERVE")
        v |= old & ~(mask(width) << at);
      else if (unused == "UNUSED_SEXT" && (r >> (width - 1) & 1))
        v |= ~mask(at + width);
      return uint32_t(v);
    }
    if (bitsOfType(result) != 16)
      return uint32_t(r);
    bool high = t.value("op_sel", unsigned(operands.size())) || t.mnemonic == "v_fma_mixhi_f16";
    if (high)
      return uint32_t((old & 0xffff) | r << 16);
    return uint32_t(r | (keepsOtherHalf(t.mnemonic) ? old & 0xffff0000 : 0));
  }

  void lane(unsigned lane) {
    Lane l;
    l.mode = m.state.mode, l.lane = lane, l.clamp = t.has("clamp");
    l.bitop3 = unsigned(t.value("bitop3"));
    uint64_t low = element(packed ? 0 : -1, lane, l), high = packed ? element(1, lane, l) : 0;
    carries |= l.carry << lane;
    const Operand &d = t.operands[0];
    unsigned row = m.row(d), bits = bitsOfType(result);
    if (l.ignored)
      m.ignored[row] |= uint64_t(1) << lane, m.ignored[row + 1] |= uint64_t(1) << lane;
    if (l.magnitude)
      m.magnitude[{row, lane}] = l.magnitude;
    if (!writes(lane))
      return;
    uint32_t *out[2] = {&next.vector[row][lane], &next.vector[row + 1][lane]};
    if (packed && bits == 16) {
      *out[0] = uint32_t(low | high << 16);
    } else if (packed || bits == 64) {
      *out[0] = uint32_t(low);
      *out[1] = uint32_t(packed ? high : low >> 32);
    } else {
      *out[0] = placed(*out[0], low);
    }
    // Bytes of a NaN are not compared.
    if (t.encoding == "sdwa" && isFloat(result) && t.word("dst_sel", "DWORD") != "DWORD" &&
        number(formatOf(result), low).isNaN())
      m.ignored[row] |= uint64_t(1) << lane;
  }

  void run() {
    next = m.state;
    for (unsigned l = 0; l < 64; ++l)
      if (m.active(l))
        lane(l);
    m.state = next;
    if (carryOut)
      m.setScalar(t.operands[1], carries & m.exec());
    unsigned row = m.row(t.operands[0]);
    bool whole = t.encoding != "sdwa" || t.word("dst_sel", "DWORD") == "DWORD";
    char type = packed && result == 'h' ? 'P' : result;
    if (t.mnemonic == "v_cndmask_b32")
      type = 'u';
    if (t.mnemonic == "v_cvt_f32_bf16")
      type = 'f';
    if (t.mnemonic == "v_cvt_pk_bf16_f32")
      type = 'B';
    if (t.mnemonic.starts_with("v_cvt_pk") && t.mnemonic.ends_with("_f16_f32"))
      type = 'P';
    if (keepsOtherHalf(t.mnemonic) && result == 'h')
      type = 'P';
    if (whole || s.ulps > 0)
      m.loose[row] = {type, whole ? s.ulps : 0};
    if (packed && result == 'f')
      m.loose[row + 1] = m.loose[row];
    if (!whole && s.ulps > 0) // A byte of an approximate result says nothing.
      m.ignored[row] = ~uint64_t(0);
  }
  Image next;
};

} // namespace

bool Machine::executeVector(const Text &t) {
  const Statements &all = vectorStatements();
  if (t.mnemonic == "v_pk_mov_b32") {
    Image next = state;
    for (unsigned l = 0; l < 64; ++l)
      if (active(l)) {
        next.vector[row(t.operands[0])][l] =
            uint32_t(fetchSource(*this, t, t.operands[1], 0, 'u', 0, int(l)));
        next.vector[row(t.operands[0]) + 1][l] =
            uint32_t(fetchSource(*this, t, t.operands[2], 1, 'u', 0, int(l)));
      }
    state = next;
    return true;
  }
  if (t.mnemonic == "v_nop" || t.mnemonic == "v_clrexcp")
    return true;
  bool packed = t.mnemonic.starts_with("v_pk_");
  std::string base = packed ? "v_" + t.mnemonic.substr(5) : t.mnemonic;
  auto it = all.find(base);
  if (it == all.end())
    return false;
  Run(*this, t, it->second, packed).run();
  return true;
}

} // namespace moec::gfx950::test::reference
