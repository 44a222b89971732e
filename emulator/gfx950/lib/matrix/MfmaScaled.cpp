//===- MfmaScaled.cpp - Scaled matrix operations ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_mfma_f32_*_f8f6f4 and v_mfma_scale_f32_*_f8f6f4: every pair of fp8, bf8, fp6, bf6 and fp4, with
// one scale for each 32 elements along K. Elements are widened to f32 through tables; a block of 32
// is summed in f32, where products of 4- and 6-bit elements are exact, and the scaled blocks in
// f64.
//
//===----------------------------------------------------------------------===//

#include "Mfma.h"

#include "emulator/gfx950/lib/wave/Execute.h"
#include "moec/emulator/gfx950/Numbers.h"

#include <array>

namespace moec::gfx950 {

namespace {

using E = Element;
constexpr MfmaOp kOps[] = {
    {"V_MFMA_F32_16X16X128_F8F6F4", 16, 128, 1, E::Fp8, E::Fp8, false, 4, true},
    {"V_MFMA_F32_32X32X64_F8F6F4", 32, 64, 1, E::Fp8, E::Fp8, false, 8, true},
    {"V_MFMA_SCALE_F32_16X16X128_F8F6F4", 16, 128, 1, E::Fp8, E::Fp8, false, 4, true},
    {"V_MFMA_SCALE_F32_32X32X64_F8F6F4", 32, 64, 1, E::Fp8, E::Fp8, false, 8, true},
};

/// Formats in the order of cbsz and blgp.
constexpr MiniFormat kFormats[5] = {kFp8, kBf8, kFp6, kBf6, kFp4};

/// Values of all codes of the five formats.
struct Tables {
  std::array<std::array<float, 256>, 5> value;
  std::array<std::array<float, 2>, 256> pairs; ///< Two fp4 of a byte.
  Tables() {
    for (unsigned f = 0; f < 5; ++f)
      for (unsigned code = 0; code < 256; ++code)
        value[f][code] = decodeMini(kFormats[f], code & ((1u << kFormats[f].bits()) - 1));
    for (unsigned byte = 0; byte < 256; ++byte)
      pairs[byte] = {value[4][byte & 15], value[4][byte >> 4]};
  }
};
const Tables &tables() {
  static const Tables t;
  return t;
}

constexpr unsigned kBlock = 32;

/// Eight floats of a host vector register.
typedef float Float8 __attribute__((vector_size(32)));

/// The operand's elements of one lane in K order of its registers.
void widenLane(unsigned format, const uint32_t *registers, unsigned lane, float *out) {
  const Tables &t = tables();
  if (format == 4) {
    for (unsigned r = 0; r < 4; ++r)
      for (unsigned b = 0; b < 4; ++b) {
        const auto &pair = t.pairs[registers[r * kLanes + lane] >> (8 * b) & 0xff];
        out[8 * r + 2 * b] = pair[0], out[8 * r + 2 * b + 1] = pair[1];
      }
    return;
  }
  if (format < 2) {
    for (unsigned i = 0; i < kBlock; ++i)
      out[i] = t.value[format][registers[i / 4 * kLanes + lane] >> (8 * (i % 4)) & 0xff];
    return;
  }
  for (unsigned i = 0; i < kBlock; ++i) {
    unsigned at = 6 * i, reg = at / 32, shift = at % 32;
    uint64_t pair = registers[reg * kLanes + lane];
    if (shift > 26)
      pair |= uint64_t(registers[(reg + 1) * kLanes + lane]) << 32;
    out[i] = t.value[format][pair >> shift & 63];
  }
}

/// The K index of element `i` of a lane in group `g`: contiguous for 4 and 6 bits; fp8 and bf8 come
/// in two runs of 16.
unsigned kIndex(unsigned format, unsigned k, unsigned g, unsigned i) {
  if (format >= 2)
    return kBlock * g + i;
  return i < 16 ? 16 * g + i : k / 2 + 16 * g + (i - 16);
}

/// The scale factor that a lane holds.
double scaleFactor(const Wave &w, const Operand &o, unsigned lane) {
  uint32_t byte;
  if (o.isVector()) {
    unsigned which = ((o.mods & kOpSel) ? 1 : 0) + ((o.mods & kOpSelHi) ? 2 : 0);
    byte = w.vector[o.reg][lane] >> (8 * which) & 0xff;
  } else {
    byte = uint32_t(readScalar(w, o, 1).value) >> 23 &
           0xff; // A scalar's scale is taken from bits 30 to 23.
  }
  return scaleOf(byte << 23);
}

template <unsigned kSize> void multiply(Wave &w, const Instruction &inst, const MfmaOp &op) {
  constexpr unsigned kK = kSize == 16 ? 128 : 64, kGroups = kLanes / kSize, kBlocks = kK / kBlock;
  unsigned formatA = inst.imm, formatB = inst.imm2;
  alignas(64) float a[kSize][kK], b[kK][kSize];
  alignas(64) double scaleA[kSize][kBlocks], scaleB[kBlocks][kSize], sums[kSize][kSize];
  bool scaled = !inst.scale[0].isNone();
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    unsigned row = lane % kSize, g = lane / kSize;
    float elements[kBlock];
    widenLane(formatA, w.vector[inst.src[0].reg], lane, elements);
    for (unsigned i = 0; i < kBlock; ++i)
      a[row][kIndex(formatA, kK, g, i)] = elements[i];
    widenLane(formatB, w.vector[inst.src[1].reg], lane, elements);
    for (unsigned i = 0; i < kBlock; ++i)
      b[kIndex(formatB, kK, g, i)][row] = elements[i];
    scaleA[row][g] = scaled ? scaleFactor(w, inst.scale[0], lane) : 1.0;
    scaleB[g][row] = scaled ? scaleFactor(w, inst.scale[1], lane) : 1.0;
  }
  static_assert(kGroups == kBlocks);
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned r = 0; r < kSize * kSize / kLanes; ++r) {
      unsigned row = kSize == 16 ? 4 * (lane / 16) + r : 8 * (r / 4) + 4 * (lane / 32) + r % 4;
      sums[row][lane % kSize] = double(std::bit_cast<float>(matrixAddend(w, inst.src[2], r, lane)));
    }
  constexpr unsigned kRows = 4, kVectors = kSize / 8; // Rows and columns that are summed at a time.
  for (unsigned row = 0; row < kSize; row += kRows)
    for (unsigned block = 0; block < kBlocks; ++block)
      for (unsigned half = 0; half < kVectors; half += 2) {
        Float8 sum[kRows][2] = {};
        for (unsigned k = block * kBlock; k < (block + 1) * kBlock; ++k) {
          const Float8 *columns = reinterpret_cast<const Float8 *>(b[k]) + half;
          for (unsigned i = 0; i < kRows; ++i)
            for (unsigned v = 0; v < 2; ++v)
              sum[i][v] =
                  __builtin_elementwise_fma(Float8{} + a[row + i][k], columns[v], sum[i][v]);
        }
        for (unsigned i = 0; i < kRows; ++i)
          for (unsigned column = 0; column < 16; ++column)
            sums[row + i][half * 8 + column] +=
                double(sum[i][column / 8][column % 8]) *
                (scaleA[row + i][block] * scaleB[block][half * 8 + column]);
      }
  for (unsigned r = 0; r < kSize * kSize / kLanes; ++r) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      unsigned row = kSize == 16 ? 4 * (lane / 16) + r : 8 * (r / 4) + 4 * (lane / 32) + r % 4;
      w.vector[inst.dst.reg + r][lane] = std::bit_cast<uint32_t>(float(sums[row][lane % kSize]));
    }
  }
  w.counters.mfmaFlops += 2ull * kSize * kSize * op.k;
}

} // namespace

std::span<const MfmaOp> scaledMfmaOps() { return kOps; }

void executeScaledMfma(Wave &w, const Instruction &inst) {
  const MfmaOp &op = *static_cast<const MfmaOp *>(inst.op);
  spreadMatrixPoison(w, inst, op);
  if (op.size == 16)
    multiply<16>(w, inst, op);
  else
    multiply<32>(w, inst, op);
}

} // namespace moec::gfx950
