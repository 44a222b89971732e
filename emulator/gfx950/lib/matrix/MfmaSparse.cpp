//===- MfmaSparse.cpp - Sparse matrix operations ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_smfmac_f32_16x16x128_*: of each four neighbours along K, A holds two, and two bits for each say
// which. A lane holds 16 elements of a row of A, which stand for 32 of K, and 32 of a column of B.
//
// A's K is contiguous by group of 16 lanes, while B's comes in two runs of 16, half of K apart, as
// that of dense 8-bit products: so one-hot probes on the machine have it, which others published
// ("GFX950 SMFMAC Sparse Trick Notes", for fp8 by fp8). That a lane's register of indices belongs
// to its own elements of A is AMD's layout of gfx942's shapes (amd_matrix_instruction_calculator),
// and inferred for these.
//
//===----------------------------------------------------------------------===//

#include "Mfma.h"

#include "emulator/gfx950/lib/wave/Execute.h"
#include "moec/emulator/gfx950/Numbers.h"

namespace moec::gfx950 {

namespace {

using E = Element;
constexpr MfmaOp kOps[] = {
    {"V_SMFMAC_F32_16X16X128_FP8_FP8", 16, 128, 1, E::Fp8, E::Fp8, false, 4, true},
    {"V_SMFMAC_F32_16X16X128_FP8_BF8", 16, 128, 1, E::Fp8, E::Bf8, false, 4, true},
    {"V_SMFMAC_F32_16X16X128_BF8_FP8", 16, 128, 1, E::Bf8, E::Fp8, false, 4, true},
    {"V_SMFMAC_F32_16X16X128_BF8_BF8", 16, 128, 1, E::Bf8, E::Bf8, false, 4, true},
};

constexpr unsigned kSize = 16, kK = 128, kStored = kK / 2, kRun = 16;

double elementOf(Element e, const uint32_t *registers, unsigned lane, unsigned index) {
  uint32_t bits = registers[index / 4 * kLanes + lane] >> (8 * (index % 4)) & 0xff;
  return double(decodeMini(e == E::Fp8 ? kFp8 : kBf8, bits));
}

} // namespace

std::span<const MfmaOp> sparseMfmaOps() { return kOps; }

void executeSparseMfma(Wave &w, const Instruction &inst) {
  const MfmaOp &op = *static_cast<const MfmaOp *>(inst.op);
  if (inst.imm)
    return w.fail(-1, "cbsz and abid choose a set of indices, of which a register holds one only "
                      "here: what they do is not emulated");
  const uint32_t *a = w.vector[inst.src[0].reg], *b = w.vector[inst.src[1].reg];
  double stored[kSize][kStored], columns[kSize][kK];
  unsigned place[kSize][kStored]; // Along K.
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    unsigned row = lane % kSize, group = lane / kSize;
    uint32_t indices = w.vector[inst.src[3].reg][lane];
    for (unsigned i = 0; i < kRun; ++i) {
      unsigned at = kRun * group + i;
      stored[row][at] = elementOf(op.a, a, lane, i);
      place[row][at] = at / 2 * 4 + (indices >> (2 * i) & 3);
    }
    for (unsigned i = 0; i < 2 * kRun; ++i)
      columns[row][i / kRun * kStored + kRun * group + i % kRun] = elementOf(op.b, b, lane, i);
  }
  uint32_t out[4][kLanes];
  for (unsigned r = 0; r < 4; ++r)
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned row = 4 * (lane / kSize) + r;
      double sum = double(std::bit_cast<float>(matrixAddend(w, inst.src[2], r, lane)));
      for (unsigned i = 0; i < kStored; ++i)
        sum += stored[row][i] * columns[lane % kSize][place[row][i]];
      out[r][lane] = std::bit_cast<uint32_t>(float(sum));
    }
  spreadMatrixPoison(w, inst, op);
  for (unsigned r = 0; r < 4; ++r)
    std::memcpy(w.vector[inst.dst.reg + r], out[r], sizeof(VectorRow));
  w.counters.mfmaFlops += 2ull * kSize * kSize * kStored;
}

} // namespace moec::gfx950
