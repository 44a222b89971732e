//===- Scalar.cpp - Scalar operations ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// SALU operations over APInt, with the condition code that each leaves.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include "llvm/ADT/APInt.h"

#include <functional>
#include <optional>

namespace moec::gfx950::test::reference {

using llvm::APInt;

uint64_t Machine::scalar(const Operand &o) const {
  auto both = [](const uint32_t *p) { return p[0] | uint64_t(p[1]) << 32; };
  switch (o.kind) {
  case 'c':
    return both(state.vcc);
  case 'e':
    return both(state.exec);
  case 'm':
    return state.m0;
  case 'k':
    return o.constant(o.count == 2 ? 'q' : 'u');
  default:
    return o.count >= 2 ? both(state.scalar + o.first) : state.scalar[o.first];
  }
}

void Machine::setScalar(const Operand &o, uint64_t v) {
  uint32_t low = uint32_t(v), high = uint32_t(v >> 32);
  switch (o.kind) {
  case 'c':
    state.vcc[0] = low, state.vcc[1] = high;
    break;
  case 'e':
    state.exec[0] = low, state.exec[1] = high;
    break;
  case 'm':
    state.m0 = low;
    break;
  default:
    state.scalar[o.first] = low;
    if (o.count >= 2)
      state.scalar[o.first + 1] = high;
  }
}

namespace {

/// A result and the condition code; the latter stays if it is absent.
struct Result {
  std::optional<APInt> value;
  std::optional<bool> scc;
};

/// Bitwise operations by name; "n1" and "n2" negate a source, "n", "nor", "nand", "xnor" the
/// result.
std::optional<APInt> bitwise(const std::string &op, const APInt &a, const APInt &b) {
  if (op == "and")
    return a & b;
  if (op == "or")
    return a | b;
  if (op == "xor")
    return a ^ b;
  if (op == "andn2")
    return a & ~b;
  if (op == "orn2")
    return a | ~b;
  if (op == "andn1")
    return ~a & b;
  if (op == "orn1")
    return ~a | b;
  if (op == "nand")
    return ~(a & b);
  if (op == "nor")
    return ~(a | b);
  if (op == "xnor")
    return ~(a ^ b);
  return {};
}

bool compare(const std::string &op, bool isSigned, const APInt &a, const APInt &b) {
  int o = a == b ? 0 : (isSigned ? a.slt(b) : a.ult(b)) ? -1 : 1;
  return op == "eq"   ? o == 0
         : op == "lg" ? o != 0
         : op == "lt" ? o < 0
         : op == "le" ? o <= 0
         : op == "gt" ? o > 0
                      : o >= 0;
}

/// Arithmetic of 32 bits.
Result arithmetic(const std::string &op, const APInt &a, const APInt &b, bool scc) {
  bool over = false;
  APInt carry(32, scc);
  if (op == "add_u32")
    return {a.uadd_ov(b, over), over};
  if (op == "sub_u32")
    return {a.usub_ov(b, over), over};
  if (op == "add_i32" || op == "addk_i32")
    return {a.sadd_ov(b, over), over};
  if (op == "sub_i32")
    return {a.ssub_ov(b, over), over};
  if (op == "addc_u32") {
    APInt sum = a.zext(64) + b.zext(64) + carry.zext(64);
    return {sum.trunc(32), sum.getActiveBits() > 32};
  }
  if (op == "subb_u32")
    return {a - b - carry, (a.zext(64) - b.zext(64) - carry.zext(64)).isNegative()};
  if (op == "mul_i32" || op == "mulk_i32")
    return {a * b, {}};
  if (op == "mul_hi_u32")
    return {(a.zext(64) * b.zext(64)).lshr(32).trunc(32), {}};
  if (op == "mul_hi_i32")
    return {(a.sext(64) * b.sext(64)).lshr(32).trunc(32), {}};
  if (op == "absdiff_i32") {
    APInt r = (a - b).abs();
    return {r, !r.isZero()};
  }
  if (op == "min_i32" || op == "max_i32") {
    bool first = op == "min_i32" ? a.slt(b) : a.sgt(b);
    return {first ? a : b, first};
  }
  if (op == "min_u32" || op == "max_u32") {
    bool first = op == "min_u32" ? a.ult(b) : a.ugt(b);
    return {first ? a : b, first};
  }
  for (unsigned n = 1; n <= 4; ++n)
    if (op == "lshl" + std::to_string(n) + "_add_u32") {
      APInt sum = a.zext(64).shl(n) + b.zext(64);
      return {sum.trunc(32), sum.getActiveBits() > 32};
    }
  return {};
}

Result shifts(const std::string &op, const APInt &a, const APInt &b) {
  unsigned bits = a.getBitWidth(), by = unsigned(b.getZExtValue() % bits);
  APInt r(bits, 0);
  if (op.starts_with("lshl_"))
    r = a.shl(by);
  else if (op.starts_with("lshr_"))
    r = a.lshr(by);
  else if (op.starts_with("ashr_"))
    r = a.ashr(by);
  else if (op.starts_with("bfe_")) {
    unsigned width = unsigned(b.getZExtValue() >> 16 & 127);
    APInt low = width >= bits ? APInt::getAllOnes(bits) : APInt::getLowBitsSet(bits, width);
    r = (op[4] == 'u' ? a.lshr(by) : a.ashr(by)) & low;
    if (op[4] == 'i' && width && width < bits)
      r = r.shl(bits - width).ashr(bits - width);
  } else
    return {};
  return {r, !r.isZero()};
}

/// Operations of one source; `bits` of the source.
Result unary(const std::string &op, const APInt &a, const APInt &old, unsigned outBits) {
  unsigned bits = a.getBitWidth();
  auto out = [&](uint64_t v) { return APInt(outBits, v, false, true); };
  auto nonZero = [](const APInt &r) { return Result{r, !r.isZero()}; };
  if (op.starts_with("mov_") || op.starts_with("movk_"))
    return {a, {}};
  if (op.starts_with("not_"))
    return nonZero(~a);
  if (op.starts_with("brev_"))
    return {a.reverseBits(), {}};
  if (op.starts_with("abs_"))
    return nonZero(a.abs());
  if (op.starts_with("bcnt"))
    return nonZero(out(op[4] == '1' ? a.popcount() : bits - a.popcount()));
  if (op.starts_with("ff0") || op.starts_with("ff1")) {
    APInt v = op[2] == '1' ? a : ~a;
    return {out(v.isZero() ? ~uint64_t(0) : v.countr_zero()), {}};
  }
  if (op == "flbit_i32" || op == "flbit_i32_i64") {
    unsigned n = a.getNumSignBits();
    return {out(n == bits ? ~uint64_t(0) : n), {}};
  }
  if (op.starts_with("flbit_"))
    return {out(a.isZero() ? ~uint64_t(0) : a.countl_zero()), {}};
  if (op == "sext_i32_i8")
    return {a.trunc(8).sext(32), {}};
  if (op == "sext_i32_i16")
    return {a.trunc(16).sext(32), {}};
  if (op.starts_with("bitset0") || op.starts_with("bitset1")) {
    APInt r = old;
    r.setBitVal(unsigned(a.getZExtValue() % outBits), op[6] == '1');
    return {r, {}};
  }
  if (op.starts_with("wqm_") || op.starts_with("quadmask_")) {
    APInt r(bits, 0);
    for (unsigned q = 0; q < bits / 4; ++q)
      if (!a.extractBits(4, 4 * q).isZero()) {
        if (op[0] == 'w')
          r.setBits(4 * q, 4 * q + 4);
        else
          r.setBit(q);
      }
    return nonZero(r);
  }
  if (op == "bitreplicate_b64_b32") {
    APInt r(64, 0);
    for (unsigned i = 0; i < 64; ++i)
      r.setBitVal(i, a[i / 2]);
    return {r, {}};
  }
  return {};
}

unsigned widthOf(const std::string &op) {
  return op.ends_with("b64") || op.ends_with("u64") || op.ends_with("i64") ? 64 : 32;
}

} // namespace

bool Machine::executeScalar(const Text &t) {
  if (!t.mnemonic.starts_with("s_"))
    return false;
  std::string op = t.mnemonic.substr(2);
  auto value = [&](unsigned i, unsigned bits) {
    const Operand &o = t.operands[i];
    if (o.kind == 'k')
      return APInt(bits, bits == 64 ? o.constant('q') : o.constant('u'), false, true);
    return APInt(bits, scalar(o), false, true);
  };
  auto immediate = [&](unsigned i) { // simm16
    return APInt(16, t.operands[i].constant('u'), false, true).sext(32);
  };
  auto finish = [&](const Result &r) {
    if (r.value)
      setScalar(t.operands[0], r.value->getZExtValue());
    if (r.scc)
      state.scc = *r.scc;
    return true;
  };
  unsigned bits = widthOf(op);
  // Without effect on the state.
  for (const char *nothing :
       {"nop", "waitcnt", "sleep", "setprio", "sendmsg", "barrier", "dcache_inv", "dcache_inv_vol",
        "dcache_wb", "dcache_wb_vol", "icache_inv", "incperflevel", "decperflevel", "ttracedata",
        "wakeup", "sethalt", "setkill"})
    if (op == nothing)
      return true;
  size_t under = op.find('_');
  std::string first = op.substr(0, under);
  if (op.find("_saveexec_") != std::string::npos || op.find("_wrexec_") != std::string::npos) {
    APInt source = value(1, 64), old(64, exec());
    APInt r = *bitwise(first, source, old);
    bool save = op.find("_saveexec_") != std::string::npos;
    setScalar(t.operands[0], save ? old.getZExtValue() : r.getZExtValue());
    state.exec[0] = uint32_t(r.getZExtValue());
    state.exec[1] = uint32_t(r.getZExtValue() >> 32);
    state.scc = !r.isZero();
    return true;
  }
  if (first == "cmp") {
    state.scc = compare(op.substr(4, 2), op[7] == 'i', value(0, bits), value(1, bits));
    return true;
  }
  if (first == "cmpk") {
    APInt k = op[8] == 'i' ? immediate(1) : APInt(32, t.operands[1].constant('u') & 0xffff);
    state.scc = compare(op.substr(5, 2), op[8] == 'i', value(0, 32), k);
    return true;
  }
  if (first == "bitcmp0" || first == "bitcmp1") {
    bool bit = value(0, bits)[unsigned(value(1, 32).getZExtValue() % bits)];
    state.scc = bit == (first == "bitcmp1");
    return true;
  }
  if (first == "cselect")
    return finish({value(state.scc ? 1 : 2, bits), {}});
  if (first == "cmov")
    return state.scc ? finish({value(1, bits), {}}) : true;
  if (first == "cmovk")
    return state.scc ? finish({immediate(1), {}}) : true;
  if (first == "movk")
    return finish({immediate(1), {}});
  if (op == "addk_i32" || op == "mulk_i32")
    return finish(arithmetic(op, value(0, 32), immediate(1), state.scc));
  if (first == "pack") { // The letters are the halves of the low and the high result.
    APInt low = value(1, 32).extractBits(16, op[5] == 'h' ? 16 : 0),
          high = value(2, 32).extractBits(16, op[6] == 'h' ? 16 : 0);
    return finish({high.zext(32).shl(16) | low.zext(32), {}});
  }
  if (first == "bfm") {
    APInt width = value(1, 32).urem(APInt(32, bits)), at = value(2, 32).urem(APInt(32, bits));
    return finish({APInt::getLowBitsSet(bits, unsigned(width.getZExtValue()))
                       .shl(unsigned(at.getZExtValue())),
                   {}});
  }
  if (first == "movrels" || first == "movreld") {
    Operand source = t.operands[1], d = t.operands[0];
    (first == "movrels" ? source : d).first += state.m0;
    setScalar(d, scalar(source));
    return true;
  }
  if (t.operands.size() == 3) {
    if (auto r = bitwise(first, value(1, bits), value(2, bits)))
      return finish({*r, !r->isZero()});
    if (Result r = shifts(op, value(1, bits), value(2, 32)); r.value)
      return finish(r);
    if (Result r = arithmetic(op, value(1, 32), value(2, 32), state.scc); r.value)
      return finish(r);
  }
  if (t.operands.size() == 2) {
    unsigned outBits =
        t.operands[0].count == 2 || t.operands[0].kind == 'c' || t.operands[0].kind == 'e' ? 64
                                                                                           : 32;
    // Of op_i32_b64 the source has 64 bits; of bitset the index has 32.
    bool index = first == "bitset0" || first == "bitset1" || op == "bitreplicate_b64_b32";
    Result r = unary(op, value(1, index ? 32 : bits), value(0, outBits), outBits);
    return r.value ? finish(r) : false;
  }
  return false;
}

bool Machine::execute(const std::string &line) {
  Text t(line);
  return executeScalarMemory(t) || executeScalar(t) || executeCompare(t) || executeExchange(t) ||
         executeConversion(t) || executeMatrix(t) || executeLds(t) || executeMemory(t) ||
         executeVector(t);
}

} // namespace moec::gfx950::test::reference
