//===- Mfma.cpp - Matrix operations -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Matrix products with one element type for each operand. Sums are exact in f64 up to its precision
// and are rounded once to f32; the machine's order of accumulation is not specified.
//
//===----------------------------------------------------------------------===//

#include "Mfma.h"

#include "emulator/gfx950/lib/wave/Execute.h"
#include "moec/emulator/gfx950/Numbers.h"

namespace moec::gfx950 {

namespace {

using E = Element;
constexpr MfmaOp kOps[] = {
    {"V_MFMA_F32_32X32X1F32", 32, 1, 2, E::F32, E::F32, false, 16, false},
    {"V_MFMA_F32_16X16X1F32", 16, 1, 4, E::F32, E::F32, false, 8, false},
    {"V_MFMA_F32_4X4X1F32", 4, 1, 16, E::F32, E::F32, false, 2, false},
    {"V_MFMA_F32_32X32X2F32", 32, 2, 1, E::F32, E::F32, false, 16, false},
    {"V_MFMA_F32_16X16X4F32", 16, 4, 1, E::F32, E::F32, false, 8, false},
    {"V_MFMA_F32_32X32X4F16", 32, 4, 2, E::F16, E::F16, false, 16, true},
    {"V_MFMA_F32_16X16X4F16", 16, 4, 4, E::F16, E::F16, false, 8, true},
    {"V_MFMA_F32_4X4X4F16", 4, 4, 16, E::F16, E::F16, false, 2, true},
    {"V_MFMA_F32_32X32X8F16", 32, 8, 1, E::F16, E::F16, false, 8, true},
    {"V_MFMA_F32_16X16X16F16", 16, 16, 1, E::F16, E::F16, false, 4, true},
    {"V_MFMA_F32_32X32X16_F16", 32, 16, 1, E::F16, E::F16, false, 8, true},
    {"V_MFMA_F32_16X16X32_F16", 16, 32, 1, E::F16, E::F16, false, 4, true},
    {"V_MFMA_F32_32X32X4BF16_1K", 32, 4, 2, E::Bf16, E::Bf16, false, 16, true},
    {"V_MFMA_F32_16X16X4BF16_1K", 16, 4, 4, E::Bf16, E::Bf16, false, 8, true},
    {"V_MFMA_F32_4X4X4BF16_1K", 4, 4, 16, E::Bf16, E::Bf16, false, 2, true},
    {"V_MFMA_F32_32X32X8BF16_1K", 32, 8, 1, E::Bf16, E::Bf16, false, 8, true},
    {"V_MFMA_F32_16X16X16BF16_1K", 16, 16, 1, E::Bf16, E::Bf16, false, 4, true},
    {"V_MFMA_F32_32X32X16_BF16", 32, 16, 1, E::Bf16, E::Bf16, false, 8, true},
    {"V_MFMA_F32_16X16X32_BF16", 16, 32, 1, E::Bf16, E::Bf16, false, 4, true},
    {"V_MFMA_F32_16X16X32_FP8_FP8", 16, 32, 1, E::Fp8, E::Fp8, false, 4, true},
    {"V_MFMA_F32_16X16X32_FP8_BF8", 16, 32, 1, E::Fp8, E::Bf8, false, 4, true},
    {"V_MFMA_F32_16X16X32_BF8_FP8", 16, 32, 1, E::Bf8, E::Fp8, false, 4, true},
    {"V_MFMA_F32_16X16X32_BF8_BF8", 16, 32, 1, E::Bf8, E::Bf8, false, 4, true},
    {"V_MFMA_F32_32X32X16_FP8_FP8", 32, 16, 1, E::Fp8, E::Fp8, false, 8, true},
    {"V_MFMA_F32_32X32X16_FP8_BF8", 32, 16, 1, E::Fp8, E::Bf8, false, 8, true},
    {"V_MFMA_F32_32X32X16_BF8_FP8", 32, 16, 1, E::Bf8, E::Fp8, false, 8, true},
    {"V_MFMA_F32_32X32X16_BF8_BF8", 32, 16, 1, E::Bf8, E::Bf8, false, 8, true},
    {"V_MFMA_I32_32X32X4I8", 32, 4, 2, E::Fp8, E::Fp8, true, 16, true},
    {"V_MFMA_I32_16X16X4I8", 16, 4, 4, E::Fp8, E::Fp8, true, 8, true},
    {"V_MFMA_I32_4X4X4I8", 4, 4, 16, E::Fp8, E::Fp8, true, 2, true},
    {"V_MFMA_I32_32X32X16I8", 32, 16, 1, E::Fp8, E::Fp8, true, 8, true},
    {"V_MFMA_I32_16X16X32I8", 16, 32, 1, E::Fp8, E::Fp8, true, 4, true},
    {"V_MFMA_I32_32X32X32_I8", 32, 32, 1, E::Fp8, E::Fp8, true, 8, true},
    {"V_MFMA_I32_16X16X64_I8", 16, 64, 1, E::Fp8, E::Fp8, true, 4, true},
};

/// Four doubles of a host vector register.
typedef double Double4 __attribute__((vector_size(32)));

constexpr unsigned kMaxK = 64, kMaxSize = 32;

double elementValue(Element e, bool integer, const uint32_t *registers, unsigned lane,
                    unsigned index) {
  if (e == E::F32)
    return double(std::bit_cast<float>(registers[index * kLanes + lane]));
  if (e == E::F16 || e == E::Bf16) {
    uint32_t bits = registers[index / 2 * kLanes + lane] >> (16 * (index % 2)) & 0xffff;
    return double(e == E::F16 ? f16ToFloat(uint16_t(bits)) : bf16ToFloat(bits));
  }
  uint32_t bits = registers[index / 4 * kLanes + lane] >> (8 * (index % 4)) & 0xff;
  return integer ? double(int8_t(bits)) : double(decodeMini(e == E::Fp8 ? kFp8 : kBf8, bits));
}

/// One operand as block × row × k; every lane holds consecutive elements along K.
void gather(const MfmaOp &op, Element e, const uint32_t *registers, double *out) {
  unsigned groups = kLanes / op.size / op.blocks; // Lanes that share a row of one block.
  unsigned perLane = op.k / groups;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    unsigned row = lane % op.size, rest = lane / op.size;
    unsigned block = op.blocks > 1 ? rest : 0, group = op.blocks > 1 ? 0 : rest;
    for (unsigned j = 0; j < perLane; ++j)
      out[(block * op.size + row) * op.k + group * perLane + j] =
          elementValue(e, op.integer, registers, lane, j);
  }
}

/// Where result register `r` of a lane belongs.
struct Cell {
  unsigned block, row, column;
};
Cell cellOf(const MfmaOp &op, unsigned r, unsigned lane) {
  if (op.size == 4)
    return {lane / 4, r, lane % 4};
  if (op.size == 16)
    return {r / 4, 4 * (lane / 16) + r % 4, lane % 16};
  unsigned in = r % 16;
  return {r / 16, 8 * (in / 4) + 4 * (lane / 32) + in % 4, lane % 32};
}

} // namespace

std::span<const MfmaOp> mfmaOps() { return kOps; }

/// Lanes in which a matrix operand holds poison; of a scale only the byte that is used counts.
static uint64_t poisonedLanes(const Wave &w, const Operand &o, bool scale) {
  if (o.isScalar())
    return readScalar(w, o, 1).poison ? ~0ull : 0;
  if (!o.isVector())
    return 0;
  if (scale)
    return w.vectorPoison[o.reg].byte[((o.mods & kOpSel) ? 1 : 0) + ((o.mods & kOpSelHi) ? 2 : 0)];
  uint64_t lanes = 0;
  for (unsigned i = 0; i < o.dwords; ++i)
    lanes |= w.vectorPoison[o.reg + i].any();
  return lanes;
}

void spreadMatrixPoison(Wave &w, const Instruction &inst, const MfmaOp &op) {
  const unsigned registers = op.size * op.size * op.blocks / kLanes;
  const Operand &c = inst.src[2];
  uint64_t a = poisonedLanes(w, inst.src[0], false) | poisonedLanes(w, inst.src[3], false) |
               poisonedLanes(w, inst.scale[0], true);
  uint64_t b = poisonedLanes(w, inst.src[1], false) | poisonedLanes(w, inst.scale[1], true);
  if (!(a | b | poisonedLanes(w, c, false))) [[likely]] {
    for (unsigned r = 0; r < registers; ++r)
      w.vectorPoison[inst.dst.reg + r] = {};
    return;
  }
  // Rows of A and columns of B by block, as the lanes hold them.
  uint32_t rows[kLanes / 4] = {}, columns[kLanes / 4] = {};
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    unsigned block = op.blocks > 1 ? lane / op.size : 0;
    rows[block] |= uint32_t(a >> lane & 1) << lane % op.size;
    columns[block] |= uint32_t(b >> lane & 1) << lane % op.size;
  }
  uint64_t lanes[kMaxSize] = {};
  for (unsigned r = 0; r < registers; ++r) {
    if (c.isVector())
      lanes[r] = w.vectorPoison[c.reg + r].any();
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      Cell cell = cellOf(op, r, lane);
      lanes[r] |= uint64_t((rows[cell.block] >> cell.row | columns[cell.block] >> cell.column) & 1)
                  << lane;
    }
  }
  for (unsigned r = 0; r < registers; ++r)
    w.vectorPoison[inst.dst.reg + r] = {{lanes[r], lanes[r], lanes[r], lanes[r]}};
}

uint32_t matrixAddend(const Wave &w, const Operand &c, unsigned r, unsigned lane) {
  return c.isVector() ? w.vector[c.reg + r][lane] : uint32_t(c.value);
}

void executeMfma(Wave &w, const Instruction &inst) {
  const MfmaOp &op = *static_cast<const MfmaOp *>(inst.op);
  if (inst.imm || inst.imm2)
    return w.fail(
        -1, "the broadcast controls cbsz, abid and blgp of this instruction are not emulated");
  unsigned cells = op.size * op.size * op.blocks, registers = cells / kLanes;
  double a[kMaxSize * kMaxK], b[kMaxSize * kMaxK];
  gather(op, op.a, w.vector[inst.src[0].reg], a);
  gather(op, op.b, w.vector[inst.src[1].reg], b);
  uint32_t out[kMaxSize][kLanes];
  for (unsigned r = 0; r < registers; ++r)
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      Cell cell = cellOf(op, r, lane);
      const double *x = a + (cell.block * op.size + cell.row) * op.k,
                   *y = b + (cell.block * op.size + cell.column) * op.k;
      uint32_t c = matrixAddend(w, inst.src[2], r, lane);
      double sum = op.integer ? double(int32_t(c)) : double(std::bit_cast<float>(c));
      Double4 partial = {};
      unsigned k = 0;
      for (; k + 4 <= op.k; k += 4) {
        Double4 u, v;
        std::memcpy(&u, x + k, sizeof u);
        std::memcpy(&v, y + k, sizeof v);
        partial += u * v;
      }
      for (; k < op.k; ++k)
        sum += x[k] * y[k];
      sum += (partial[0] + partial[1]) + (partial[2] + partial[3]);
      out[r][lane] = op.integer ? uint32_t(int64_t(sum)) : std::bit_cast<uint32_t>(float(sum));
    }
  spreadMatrixPoison(w, inst, op);
  for (unsigned r = 0; r < registers; ++r)
    std::memcpy(w.vector[inst.dst.reg + r], out[r], sizeof(VectorRow));
  w.counters.mfmaFlops += 2ull * cells * op.k;
}

} // namespace moec::gfx950
