//===- Mma.cpp - Products of matrices in registers ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Products are exact and are added in the order of K, rounded to f32 each; block-scaled products
// are added up in their block first. A card's order is its own: LaunchOptions::perturb.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/matrix/Mma.h"

#include "emulator/ptx/lib/decode/Decoder.h"
#include "emulator/ptx/lib/matrix/Families.h"
#include "emulator/ptx/lib/warp/Block.h"
#include "moec/emulator/core/Numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace moec::ptx {

namespace {
/// The operands as matrices; of poison rows of A, columns of B, and places of C.
template <typename T> struct Operands {
  alignas(64) T a[kRows][kMostK];
  alignas(64) T b[kMostK][kColumns];
  alignas(64) T c[kRows][kColumns];
  uint32_t poisonRows = 0, poisonColumns = 0;
  uint8_t poisonPlaces[kRows] = {};
};

const emulator::MiniFormat &formatOf(Ty type) {
  switch (type) {
  case Ty::E5M2:
    return emulator::kBf8;
  case Ty::E2M3:
    return emulator::kFp6;
  case Ty::E3M2:
    return emulator::kBf6;
  case Ty::E2M1:
    return emulator::kFp4;
  default:
    return emulator::kFp8;
  }
}

/// Numbers of a format by their codes; an FP4 in a byte has two bits of padding on both sides.
std::array<float, 256> makeCodes(Ty type, bool padded) {
  std::array<float, 256> codes{};
  const emulator::MiniFormat &format = formatOf(type);
  for (unsigned code = 0; code < 256; ++code) {
    unsigned bits = type == Ty::E2M1 && padded ? code >> 2 : code;
    codes[code] = emulator::decodeMini(format, bits & ((1u << format.bits()) - 1));
  }
  return codes;
}

const std::array<float, 256> &codesOf(Ty type, bool padded) {
  static const std::array<float, 256> e4m3 = makeCodes(Ty::E4M3, true);
  static const std::array<float, 256> e5m2 = makeCodes(Ty::E5M2, true);
  static const std::array<float, 256> e2m3 = makeCodes(Ty::E2M3, true);
  static const std::array<float, 256> e3m2 = makeCodes(Ty::E3M2, true);
  static const std::array<float, 256> e2m1 = makeCodes(Ty::E2M1, true);
  static const std::array<float, 256> packed = makeCodes(Ty::E2M1, false);
  switch (type) {
  case Ty::E5M2:
    return e5m2;
  case Ty::E2M3:
    return e2m3;
  case Ty::E3M2:
    return e3m2;
  case Ty::E2M1:
    return padded ? e2m1 : packed;
  default:
    return e4m3;
  }
}

/// The elements of a register.
void unpack(Ty type, bool padded, uint32_t word, unsigned elements, float *out) {
  switch (type) {
  case Ty::TF32: // The last 13 bits don't count.
    out[0] = std::bit_cast<float>(word & ~0x1fffu);
    return;
  case Ty::BF16:
    out[0] = std::bit_cast<float>(word << 16), out[1] = std::bit_cast<float>(word & 0xffff0000u);
    return;
  case Ty::F16:
    out[0] = emulator::f16ToFloat(uint16_t(word)),
    out[1] = emulator::f16ToFloat(uint16_t(word >> 16));
    return;
  default:
    break;
  }
  const std::array<float, 256> &codes = codesOf(type, padded);
  const unsigned bits = 32 / elements;
  for (unsigned i = 0; i < elements; ++i)
    out[i] = codes[word >> (bits * i) & ((1u << bits) - 1)];
}
void unpack(Ty type, bool, uint32_t word, unsigned, int32_t *out) {
  for (unsigned i = 0; i < 4; ++i)
    out[i] = type == Ty::S8 ? int32_t(int8_t(word >> 8 * i)) : int32_t(uint8_t(word >> 8 * i));
}

template <typename T>
void readOperands(const Warp &w, const Instruction &inst, const MmaForm &form, Operands<T> &o) {
  const Slot *slots = inst.list + inst.dsts;
  const unsigned e = form.elements, countA = form.registersA(), countB = form.registersB();
  for (unsigned j = 0; j < countA; ++j, ++slots) {
    const uint32_t *row = w.row<uint32_t>(*slots);
    const uint32_t poison = w.poisonLanes(*slots);
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned m = lane / 4 + 8 * (j & 1), k = e * (lane % 4) + 4 * e * (j >> 1);
      unpack(form.a, form.padded, row[lane], e, &o.a[m][k]);
      o.poisonRows |= (poison >> lane & 1) << m;
    }
  }
  for (unsigned j = 0; j < countB; ++j, ++slots) {
    const uint32_t *row = w.row<uint32_t>(*slots);
    const uint32_t poison = w.poisonLanes(*slots);
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned n = lane / 4, k = e * (lane % 4) + 4 * e * j;
      T numbers[8];
      unpack(form.b, form.padded, row[lane], e, numbers);
      for (unsigned i = 0; i < e; ++i)
        o.b[k + i][n] = numbers[i];
      o.poisonColumns |= (poison >> lane & 1) << n;
    }
  }
  for (unsigned j = 0; j < 4; ++j, ++slots) {
    const T *row = w.row<T>(*slots);
    const uint32_t poison = w.poisonLanes(*slots);
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned m = lane / 4 + 8 * (j >> 1), n = 2 * (lane % 4) + (j & 1);
      o.c[m][n] = row[lane];
      o.poisonPlaces[m] |= uint8_t((poison >> lane & 1) << n);
    }
  }
}

template <typename T> void writeResult(Warp &w, const Instruction &inst, const Operands<T> &o) {
  for (unsigned j = 0; j < 4; ++j) {
    T *row = w.row<T>(inst.list[j]);
    uint32_t poison = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned m = lane / 4 + 8 * (j >> 1), n = 2 * (lane % 4) + (j & 1);
      row[lane] = o.c[m][n];
      uint32_t bad = (o.poisonRows >> m | o.poisonColumns >> n | o.poisonPlaces[m] >> n) & 1;
      poison |= bad << lane;
    }
    w.setPoison(inst.list[j], poison);
  }
}

/// C += A · B over [from, to) of K.
void multiply(Operands<float> &o, unsigned from, unsigned to, float (&sums)[kRows][kColumns]) {
  for (unsigned m = 0; m < kRows; ++m) {
    float sum[kColumns];
    std::copy(sums[m], sums[m] + kColumns, sum);
    for (unsigned k = from; k < to; ++k)
      for (unsigned n = 0; n < kColumns; ++n)
        sum[n] = __builtin_fmaf(o.a[m][k], o.b[k][n], sum[n]);
    std::copy(sum, sum + kColumns, sums[m]);
  }
}

void multiplyScaled(Operands<float> &o, const MmaForm &form, const MmaScales &scales) {
  const unsigned block = form.k / form.scaleVector;
  for (unsigned i = 0; i < form.scaleVector; ++i) {
    float sums[kRows][kColumns] = {};
    multiply(o, i * block, (i + 1) * block, sums);
    for (unsigned m = 0; m < kRows; ++m)
      for (unsigned n = 0; n < kColumns; ++n)
        o.c[m][n] = float(o.c[m][n] + sums[m][n] * (scales.a[m][i] * scales.b[n][i]));
  }
}

void multiplyPerturbed(Operands<float> &o, const MmaForm &form, const MmaScales *scales,
                       uint64_t seed) {
  const unsigned block = scales ? form.k / form.scaleVector : form.k;
  for (unsigned m = 0; m < kRows; ++m)
    for (unsigned n = 0; n < kColumns; ++n) {
      double products[kMostK];
      for (unsigned k = 0; k < form.k; ++k) {
        products[k] = double(o.a[m][k]) * o.b[k][n];
        if (scales)
          products[k] *= scales->a[m][k / block] * scales->b[n][k / block];
      }
      o.c[m][n] = perturbedSum(o.c[m][n], products, form.k, seed);
    }
}

MmaForm formOf(const Instruction &inst);

void multiplyFloats(Warp &w, const Instruction &inst) {
  const MmaForm form = formOf(inst);
  Operands<float> o;
  readOperands(w, inst, form, o);
  const auto &seed = w.block->context.options.perturb;
  if (form.scaleVector) {
    MmaScales scales;
    if (!readScales(w, inst, form, scales))
      return;
    o.poisonRows |= scales.poisonRows, o.poisonColumns |= scales.poisonColumns;
    seed ? multiplyPerturbed(o, form, &scales, *seed) : multiplyScaled(o, form, scales);
  } else if (seed) {
    multiplyPerturbed(o, form, nullptr, *seed);
  } else {
    multiply(o, 0, form.k, o.c);
  }
  writeResult(w, inst, o);
  ++w.counters.products;
  w.counters.productFlops += 2 * kRows * kColumns * form.k;
}

void multiplyIntegers(Warp &w, const Instruction &inst) {
  const MmaForm form = formOf(inst);
  Operands<int32_t> o;
  readOperands(w, inst, form, o);
  for (unsigned m = 0; m < kRows; ++m)
    for (unsigned n = 0; n < kColumns; ++n) {
      int64_t sum = o.c[m][n];
      for (unsigned k = 0; k < form.k; ++k)
        sum += o.a[m][k] * o.b[k][n];
      if (form.saturates)
        sum = std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX);
      o.c[m][n] = int32_t(uint32_t(sum));
    }
  writeResult(w, inst, o);
  ++w.counters.products;
  w.counters.productFlops += 2 * kRows * kColumns * form.k;
}

/// A form in an instruction's fields.
void keep(Instruction &inst, const MmaForm &f) {
  inst.imm = uint64_t(f.a) | uint64_t(f.b) << 8 | uint64_t(f.k) << 16 | uint64_t(f.elements) << 24 |
             uint64_t(f.scaleVector) << 32 | uint64_t(f.scale) << 40 | uint64_t(f.padded) << 48 |
             uint64_t(f.integer) << 49 | uint64_t(f.saturates) << 50;
}
MmaForm formOf(const Instruction &inst) {
  MmaForm f;
  f.a = Ty(inst.imm & 255), f.b = Ty(inst.imm >> 8 & 255);
  f.k = uint8_t(inst.imm >> 16), f.elements = uint8_t(inst.imm >> 24);
  f.scaleVector = uint8_t(inst.imm >> 32), f.scale = Ty(inst.imm >> 40 & 255);
  f.padded = inst.imm >> 48 & 1, f.integer = inst.imm >> 49 & 1, f.saturates = inst.imm >> 50 & 1;
  return f;
}
} // namespace

float perturbedSum(float c, const double *products, unsigned k, uint64_t seed) {
  const unsigned step = 4u << seed % 3;
  const bool backwards = seed / 3 % 2;
  float sum = c;
  for (unsigned begin = 0; begin < k; begin += step) {
    unsigned count = std::min(step, k - begin);
    const double *part = products + (backwards ? k - begin - count : begin);
    double largest = std::abs(sum);
    for (unsigned i = 0; i < count; ++i)
      largest = std::max(largest, std::abs(part[i]));
    bool special = !(largest <= 0x1p200);
    for (unsigned i = 0; i < count; ++i)
      special |= part[i] != part[i];
    if (special || sum != sum) {
      for (unsigned i = 0; i < count; ++i)
        sum = float(sum + part[i]);
      continue;
    }
    if (largest == 0)
      continue;
    double unit = std::ldexp(1.0, std::ilogb(largest) - 23);
    double whole = std::trunc(sum / unit);
    for (unsigned i = 0; i < count; ++i)
      whole += std::trunc(part[i] / unit);
    sum = float(whole * unit);
  }
  return sum;
}

namespace {
/// Whether the types, the kind and K go together, and how they lie.
bool complete(MmaForm &f, std::string_view kind) {
  auto isNarrow = [](Ty type) { return type >= Ty::E4M3 && type <= Ty::E2M1; };
  auto hasK = [&](std::initializer_list<unsigned> list) {
    return std::find(list.begin(), list.end(), unsigned(f.k)) != list.end();
  };
  if (kind == "kind::mxf4" || kind == "kind::mxf4nvf4") {
    f.elements = 8;
    if (f.scaleVector == 0 && kind == "kind::mxf4")
      f.scaleVector = 2;
    bool fits = f.scale == Ty::UE8M0
                    ? f.scaleVector == 2 || (kind == "kind::mxf4nvf4" && f.scaleVector == 4)
                    : f.scale == Ty::UE4M3 && kind == "kind::mxf4nvf4" && f.scaleVector == 4;
    return f.a == Ty::E2M1 && f.b == Ty::E2M1 && f.k == 64 && fits;
  }
  if (kind == "kind::mxf8f6f4" || kind == "kind::f8f6f4") {
    bool scaled = kind == "kind::mxf8f6f4";
    f.elements = 4, f.padded = true;
    if (scaled && f.scaleVector == 0)
      f.scaleVector = 1;
    bool fits = scaled ? f.scaleVector == 1 && f.scale == Ty::UE8M0 : f.scaleVector == 0;
    return isNarrow(f.a) && isNarrow(f.b) && f.k == 32 && fits;
  }
  if (!kind.empty() || f.scaleVector)
    return false;
  auto isByte = [](Ty type) { return type == Ty::S8 || type == Ty::U8; };
  if (f.integer) {
    f.elements = 4;
    return isByte(f.a) && isByte(f.b) && hasK({16, 32});
  }
  if (f.a == Ty::TF32 || f.a == Ty::BF16 || f.a == Ty::F16) {
    f.elements = f.a == Ty::TF32 ? 1 : 2;
    return f.a == f.b && (f.a == Ty::TF32 ? hasK({4, 8}) : hasK({8, 16}));
  }
  f.elements = 4, f.padded = true;
  auto isFp8 = [](Ty type) { return type == Ty::E4M3 || type == Ty::E5M2; };
  return isFp8(f.a) && isFp8(f.b) && hasK({16, 32});
}

std::optional<uint8_t> takeShape(Decoder &d) {
  for (unsigned k : {4, 8, 16, 32, 64})
    if (d.take(strCat("m16n8k", k)))
      return uint8_t(k);
  return std::nullopt;
}

void appendParts(Decoder &d, const SyntaxOperand &operand, size_t count, Ty type, bool isResult,
                 std::vector<Slot> &slots) {
  std::vector<SyntaxOperand> parts =
      operand.form == Form::Vector ? operand.parts : std::vector<SyntaxOperand>{operand};
  if (parts.size() != count)
    return d.fail("'", d.opcode(), "' has ", parts.size(), " registers where ", count, " belong");
  for (const SyntaxOperand &part : parts)
    slots.push_back(isResult ? d.dst(part, type) : d.src(part, type));
}

void decodeMma(Decoder &d) {
  MmaForm f;
  if (!d.take("sync") || !d.take("aligned"))
    return d.refuse();
  std::optional<uint8_t> k = takeShape(d);
  if (!k || !d.take("row") || !d.take("col"))
    return d.refuse();
  f.k = *k;
  f.saturates = d.take("satfinite");
  std::string_view kind;
  for (std::string_view each : {"kind::mxf4", "kind::mxf4nvf4", "kind::mxf8f6f4", "kind::f8f6f4"})
    if (d.take(each))
      kind = each;
  bool scaled = d.take("block_scale");
  for (unsigned vector : {1, 2, 4})
    if (d.take(strCat("scale_vec::", vector, "X")))
      f.scaleVector = uint8_t(vector);
  Ty result = d.takeType();
  f.a = d.takeType(), f.b = d.takeType();
  Ty sum = d.takeType();
  if (scaled)
    f.scale = d.takeType();
  if (d.failed())
    return;
  f.integer = result == Ty::S32;
  bool known = result == sum && (f.integer || result == Ty::F32) && complete(f, kind) &&
               scaled == (f.scaleVector != 0) && (f.integer || !f.saturates);
  if (!known)
    return d.refuse();
  if (!d.wantOperands(scaled ? 8 : 4))
    return;
  std::vector<Slot> dsts, srcs;
  appendParts(d, d.operand(0), 4, result, true, dsts);
  // Registers of numbers do not hold elements, not even those of tf32.
  appendParts(d, d.operand(1), f.registersA(), Ty::U32, false, srcs);
  appendParts(d, d.operand(2), f.registersB(), Ty::U32, false, srcs);
  appendParts(d, d.operand(3), 4, result, false, srcs);
  if (scaled) {
    for (unsigned i : {4, 6})
      appendParts(d, d.operand(i), 1, Ty::B32, false, srcs);
    for (unsigned i : {5, 7})
      appendParts(d, d.operand(i), 2, Ty::U16, false, srcs);
  }
  if (d.failed())
    return;
  d.setList(dsts, srcs);
  keep(d.inst, f);
  d.inst.gather = Gather::Full;
  d.emit(f.integer ? &multiplyIntegers : &multiplyFloats);
}
} // namespace

void addMatrix(FamilyTable &table) {
  table["mma"] = &decodeMma;
  addMatrixMoves(table);
}

} // namespace moec::ptx
