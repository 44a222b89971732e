//===- MatrixMoves.cpp - ldmatrix, stmatrix, movmatrix --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Matrices of 8 × 8 elements of 16 bits. Lane 8 · j + r has the address of row r of matrix j. Lane
// l holds elements 2 · (l % 4) and the next one of row l / 4, or with .trans of column l / 4.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/matrix/Families.h"
#include "emulator/ptx/lib/memory/Access.h"
#include "emulator/ptx/lib/warp/Block.h"

#include <cstring>

namespace moec::ptx {

using emulator::AccessKind;

namespace {
constexpr unsigned kSide = 8, kRowBytes = 16;

/// Row and column of the elements that a lane has in halves of its register.
struct Place {
  unsigned row, column;
};
Place placeOf(unsigned lane, unsigned half, bool transposed) {
  unsigned across = 2 * (lane % 4) + half, along = lane / 4;
  return transposed ? Place{across, along} : Place{along, across};
}

/// Enters who gets or gives the elements of a row: with .trans two by two bytes, else four.
bool checkRow(Warp &w, unsigned row, bool transposed, uint32_t at, AccessKind kind) {
  for (unsigned column = 0; column < kSide; column += transposed ? 1 : 2) {
    unsigned lane = transposed ? 4 * column + row / 2 : 4 * row + column / 2;
    if (!checkLanes(w, int(lane), at + 2 * column, transposed ? 2 : 4, kind))
      return false;
  }
  return true;
}

/// The row's place in shared memory; false after a fault.
bool rowAddress(Warp &w, const Instruction &inst, const Addresses &addresses, unsigned lane,
                AccessKind kind, uint32_t &at) {
  uint64_t address = addresses.at[lane];
  if (inst.space == Space::Generic && resolveSpace(address) != Space::Shared) {
    w.fail(int(lane), "a row of a matrix is not in shared memory");
    return false;
  }
  if (!checkShared(w, int(lane), address, kRowBytes, kind) ||
      !checkRow(w, lane % kSide, inst.mode, uint32_t(address), kind))
    return false;
  at = uint32_t(address);
  return true;
}

/// Addresses of the lanes that have to have one.
bool readRows(Warp &w, const Instruction &inst, Addresses &addresses) {
  const unsigned lanes = kSide * inst.count;
  const uint32_t all = w.mask;
  w.mask = lanes == kLanes ? ~0u : (1u << lanes) - 1;
  bool good = readAddresses(w, inst.src[0], inst.addressBytes, inst.imm, addresses);
  w.mask = all;
  return good;
}

void loadMatrices(Warp &w, const Instruction &inst) {
  Addresses addresses;
  if (!readRows(w, inst, addresses))
    return;
  emulator::SharedMemory &shared = w.block->shared;
  uint16_t matrix[4][kSide][kSide];
  uint32_t poison[4][kSide];
  for (unsigned j = 0; j < inst.count; ++j)
    for (unsigned r = 0; r < kSide; ++r) {
      uint32_t at;
      if (!rowAddress(w, inst, addresses, kSide * j + r, AccessKind::Read, at))
        return;
      std::memcpy(matrix[j][r], shared.data() + at, kRowBytes);
      poison[j][r] = shared.poison(at, kRowBytes);
    }
  for (unsigned j = 0; j < inst.count; ++j) {
    uint32_t *out = w.row<uint32_t>(inst.list[j]);
    uint64_t bad[kLanes] = {};
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      uint32_t word = 0;
      for (unsigned half = 0; half < 2; ++half) {
        Place p = placeOf(lane, half, inst.mode);
        word |= uint32_t(matrix[j][p.row][p.column]) << 16 * half;
        for (unsigned byte = 0; byte < 2; ++byte)
          if (poison[j][p.row] >> (2 * p.column + byte) & 1)
            bad[lane] |= 255u << (16 * half + 8 * byte);
      }
      out[lane] = word;
    }
    w.setPoisonBits(inst.list[j], 4, bad);
  }
  w.counters.sharedReadBytes += kSide * kRowBytes * inst.count;
}

void storeMatrices(Warp &w, const Instruction &inst) {
  Addresses addresses;
  if (!readRows(w, inst, addresses))
    return;
  emulator::SharedMemory &shared = w.block->shared;
  for (unsigned j = 0; j < inst.count; ++j) {
    const uint32_t *in = w.row<uint32_t>(inst.list[j]);
    uint32_t rows[kSide];
    for (unsigned r = 0; r < kSide; ++r)
      if (!rowAddress(w, inst, addresses, kSide * j + r, AccessKind::Write, rows[r]))
        return;
    for (unsigned lane = 0; lane < kLanes; ++lane)
      for (unsigned half = 0; half < 2; ++half) {
        Place p = placeOf(lane, half, inst.mode);
        uint16_t value = uint16_t(in[lane] >> 16 * half);
        uint32_t at = rows[p.row] + 2 * p.column;
        std::memcpy(shared.data() + at, &value, 2);
        const uint64_t bad = w.poisonBits(inst.list[j], 4, lane) >> 16 * half;
        shared.setPoison(at, 1, bad & 255);
        shared.setPoison(at + 1, 1, bad >> 8 & 255);
      }
  }
  w.counters.sharedWriteBytes += kSide * kRowBytes * inst.count;
}

void transposeMatrix(Warp &w, const Instruction &inst) {
  const uint32_t *in = w.row<uint32_t>(inst.src[0]);
  uint32_t words[kLanes] = {};
  uint64_t bad[kLanes] = {};
  for (unsigned lane = 0; lane < kLanes; ++lane)
    for (unsigned half = 0; half < 2; ++half) {
      Place p = placeOf(lane, half, true);
      unsigned other = 4 * p.row + p.column / 2, side = p.column % 2;
      words[lane] |= (in[other] >> 16 * side & 0xffff) << 16 * half;
      bad[lane] |= (w.poisonBits(inst.src[0], 4, other) >> 16 * side & 0xffff) << 16 * half;
    }
  std::memcpy(w.row<uint32_t>(inst.dst), words, sizeof words);
  w.setPoisonBits(inst.dst, 4, bad);
}

void decodeMoves(Decoder &d) {
  const bool isLoad = d.base == "ldmatrix";
  if (!d.take("sync") || !d.take("aligned") || !d.take("m8n8"))
    return d.refuse();
  unsigned count = d.take("x1") ? 1 : d.take("x2") ? 2 : d.take("x4") ? 4 : 0;
  d.inst.mode = d.take("trans");
  bool shared = d.take("shared") || d.take("shared::cta");
  if (!count || d.takeType() != Ty::B16)
    return d.refuse();
  if (!d.wantOperands(2))
    return;
  d.address(d.operand(isLoad ? 1 : 0), shared ? Space::Shared : Space::Generic);
  const SyntaxOperand &registers = d.operand(isLoad ? 0 : 1);
  if (registers.form != Form::Vector || registers.parts.size() != count)
    return d.fail("'", d.opcode(), "' takes ", count, " registers in braces");
  std::vector<Slot> slots;
  for (const SyntaxOperand &part : registers.parts)
    slots.push_back(isLoad ? d.dst(part, Ty::B32) : d.src(part, Ty::B32));
  d.setList(slots, {});
  d.inst.count = uint8_t(count);
  d.inst.gather = Gather::Full;
  d.emit(isLoad ? &loadMatrices : &storeMatrices);
}

void decodeTranspose(Decoder &d) {
  if (!d.take("sync") || !d.take("aligned") || !d.take("m8n8") || !d.take("trans") ||
      d.takeType() != Ty::B16)
    return d.refuse();
  if (!d.wantOperands(2))
    return;
  d.inst.src[0] = d.src(1, Ty::B32);
  d.inst.dst = d.dst(0, Ty::B32);
  d.inst.gather = Gather::Full;
  d.emit(&transposeMatrix);
}
} // namespace

void addMatrixMoves(FamilyTable &table) {
  table["ldmatrix"] = table["stmatrix"] = &decodeMoves;
  table["movmatrix"] = &decodeTranspose;
}

} // namespace moec::ptx
