//===- Atoms.cpp - Matrix and transposing instructions, as data -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts are stated as the element bit that each register and lane bit selects.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Atoms.h"

#include "llvm/Support/ErrorHandling.h"

using namespace moec;
using namespace moec::simt;

std::optional<unsigned> amdgpu::getScaledCode(Format format) {
  switch (format) {
  case Format::F32:
  case Format::BF16:
  case Format::I8:
    return std::nullopt;
  case Format::FP8:
    return 0;
  case Format::BF8:
    return 1;
  case Format::FP6:
    return 2;
  case Format::BF6:
    return 3;
  case Format::FP4:
    return 4;
  }
  llvm_unreachable("all formats are listed");
}

/// (register, lane) → [rows, k], for either operand.
static LinearLayout getOperandLayout(Format format, unsigned rows, unsigned k) {
  // What the tables say, for 16 rows: lane l has row l % 16, and l / 16, two bits, is a part of k.
  // The lane's registers, each one element here, are the rest of k.
  // Element bits: k lowest, then the row. A register bit or the lane bits above the row select k
  // bits.
  const uint64_t row = k;
  auto rowBits = [&](std::vector<uint64_t> above) {
    std::vector<uint64_t> lanes;
    for (uint64_t bit = row; bit < row * rows; bit <<= 1)
      lanes.push_back(bit);
    lanes.insert(lanes.end(), above.begin(), above.end());
    return lanes;
  };
  const std::vector<int64_t> shape = {rows, k};
  // f32: one register a lane, and k is in the lane bits alone.
  if (format == Format::F32)
    return LinearLayout(shape, {}, rows == 16 ? rowBits({1, 2}) : rowBits({1}), {});
  // bf16 and int8: eight neighbours of k a lane, 16 or 8 bytes.
  if (!amdgpu::getScaledCode(format))
    return LinearLayout(shape, {1, 2, 4}, rows == 16 ? rowBits({8, 16}) : rowBits({8}), {});
  // Eight-bit formats come in two chunks of 16, half of k apart; the narrower in one of 32.
  if (getBits(format) == 8)
    return LinearLayout(shape, {1, 2, 4, 8, k / 2}, rows == 16 ? rowBits({16, 32}) : rowBits({16}),
                        {});
  return LinearLayout(shape, {1, 2, 4, 8, 16}, rows == 16 ? rowBits({32, 64}) : rowBits({32}), {});
}

/// (register, lane) → [rows, rows] of D; the first dimension is the first operand's.
static LinearLayout getResultLayout(unsigned rows) {
  // A lane has 4 neighbouring rows of one column, and for 32 rows four such groups that are 8
  // apart.
  // Element bits: the column lowest. Lanes run over columns first.
  if (rows == 16)
    return LinearLayout({16, 16}, {16, 32}, {1, 2, 4, 8, 64, 128}, {});
  return LinearLayout({32, 32}, {32, 64, 256, 512}, {1, 2, 4, 8, 16, 128}, {});
}

/// (lane) → [rows, k / 32]: the scale byte that each lane supplies.
static LinearLayout getScaleLayout(unsigned rows) {
  // A scale belongs to 32 elements of k of one row. Where eight-bit operands interleave k, scales
  // don't: lane l gives the byte of row l % 16 and block l / 16 whatever the format.
  if (rows == 16)
    return LinearLayout({16, 4}, {}, {4, 8, 16, 32, 1, 2}, {});
  return LinearLayout({32, 2}, {}, {2, 4, 8, 16, 32, 1}, {});
}

static Atom makeAtom(llvm::StringRef name, std::vector<Format> formats, unsigned rows, unsigned k) {
  Atom atom{name, rows, rows, k, {}, getResultLayout(rows)};
  for (Format format : formats) {
    LinearLayout operand = getOperandLayout(format, rows, k);
    atom.operands.push_back({format, operand, operand});
  }
  // A scaled instruction says the format of each operand in a field of its own.
  if (amdgpu::getScaledCode(formats.front()))
    atom.scales = {getScaleLayout(rows), getScaleLayout(rows)};
  return atom;
}

llvm::ArrayRef<Atom> amdgpu::getMfmaAtoms() {
  const std::vector<Format> scaled = {Format::FP4, Format::FP6, Format::BF6, Format::FP8,
                                      Format::BF8};
  // The first that fits is taken. Those of 16 rows waste least where a tile has few rows, and give
  // the accumulator smaller pieces to share among waves.
  static const Atom atoms[] = {
      makeAtom("rocdl.mfma.f32.16x16x32.bf16", {Format::BF16}, 16, 32),
      makeAtom("rocdl.mfma.scale.f32.16x16x128.f8f6f4", scaled, 16, 128),
      makeAtom("rocdl.mfma.i32.16x16x32.i8", {Format::I8}, 16, 32),
      makeAtom("rocdl.mfma.f32.16x16x4f32", {Format::F32}, 16, 4),
      makeAtom("rocdl.mfma.f32.32x32x16.bf16", {Format::BF16}, 32, 16),
      makeAtom("rocdl.mfma.scale.f32.32x32x64.f8f6f4", scaled, 32, 64),
      makeAtom("rocdl.mfma.f32.32x32x2f32", {Format::F32}, 32, 2),
  };
  return atoms;
}

/// Both sides of a read of four groups of 16 lanes, over [rows of all groups, 16].
static ReadAtom makeTransposeAtom(llvm::StringRef name, unsigned elementBits, unsigned bytes) {
  // Each group has as many rows of 16 elements as a lane receives elements. Element bits: the
  // column lowest.
  const uint64_t elements = bytes * 8 / elementBits, rows = 16, groups = rows * elements;
  const std::vector<int64_t> shape = {4 * int64_t(elements), 16};
  std::vector<uint64_t> pieces[2], columns[2];
  for (uint64_t bit = 1; bit < 4 * groups; bit <<= 1) {
    // A lane names what runs along the row, then lanes do.
    pieces[bit < elements ? 0 : 1].push_back(bit);
    // The transposed picture: the column is the lane within its group, the row is the register, and
    // what is above selects the group.
    columns[bit >= rows && bit < groups ? 0 : 1].push_back(bit);
  }
  return {name, elementBits, bytes, LinearLayout(shape, pieces[0], pieces[1], {}),
          LinearLayout(shape, columns[0], columns[1], {})};
}

llvm::ArrayRef<ReadAtom> amdgpu::getTransposeAtoms() {
  static const ReadAtom atoms[] = {makeTransposeAtom("rocdl.ds.read.tr16.b64", 16, 8),
                                   makeTransposeAtom("rocdl.ds.read.tr8.b64", 8, 8),
                                   makeTransposeAtom("rocdl.ds.read.tr6.b96", 6, 12),
                                   makeTransposeAtom("rocdl.ds.read.tr4.b64", 4, 8)};
  return atoms;
}
