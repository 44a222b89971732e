//===- Atoms.cpp - Matrix and transposing instructions, as data -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts are stated as the element bit that each register and lane bit selects.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/layout/Atoms.h"

#include "llvm/Support/ErrorHandling.h"

using namespace moec;
using namespace moec::amdgpu;
using Space = LinearLayout::Space;

unsigned amdgpu::getBits(Format format) {
  switch (format) {
  case Format::F32:
    return 32;
  case Format::BF16:
    return 16;
  case Format::I8:
  case Format::FP8:
  case Format::BF8:
    return 8;
  case Format::FP6:
  case Format::BF6:
    return 6;
  case Format::FP4:
    return 4;
  }
  llvm_unreachable("all formats are listed");
}

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

// A scaled instruction says the format of each operand in a field of its own and takes any of five;
// an unscaled one is made for one format.
bool MfmaAtom::takes(Format other) const {
  return scaled ? getScaledCode(other).has_value() : other == format;
}

LinearLayout MfmaAtom::getOperandLayout(Format format) const {
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
  if (!scaled && getBits(format) == 32)
    return LinearLayout(shape, {}, rows == 16 ? rowBits({1, 2}) : rowBits({1}), {});
  // bf16 and int8: eight neighbours of k a lane, 16 or 8 bytes.
  if (!scaled)
    return LinearLayout(shape, {1, 2, 4}, rows == 16 ? rowBits({8, 16}) : rowBits({8}), {});
  // Eight-bit formats come in two chunks of 16, half of k apart; the narrower in one of 32.
  if (getBits(format) == 8)
    return LinearLayout(shape, {1, 2, 4, 8, k / 2}, rows == 16 ? rowBits({16, 32}) : rowBits({16}),
                        {});
  return LinearLayout(shape, {1, 2, 4, 8, 16}, rows == 16 ? rowBits({32, 64}) : rowBits({32}), {});
}

LinearLayout MfmaAtom::getResultLayout() const {
  // A lane has 4 neighbouring rows of one column, and for 32 rows four such groups that are 8
  // apart.
  // Element bits: the column lowest. Lanes run over columns first.
  if (rows == 16)
    return LinearLayout({16, 16}, {16, 32}, {1, 2, 4, 8, 64, 128}, {});
  return LinearLayout({32, 32}, {32, 64, 256, 512}, {1, 2, 4, 8, 16, 128}, {});
}

// A scale belongs to 32 elements of k of one row. Where eight-bit operands interleave k, scales
// don't: lane l gives the byte of row l % 16 and block l / 16 whatever the format.
LinearLayout MfmaAtom::getScaleLayout() const {
  if (rows == 16)
    return LinearLayout({16, 4}, {}, {4, 8, 16, 32, 1, 2}, {});
  return LinearLayout({32, 2}, {}, {2, 4, 8, 16, 32, 1}, {});
}

llvm::ArrayRef<MfmaAtom> amdgpu::getMfmaAtoms() {
  // The first that fits is taken. Those of 16 rows waste least where a tile has few rows, and give
  // the accumulator smaller pieces to share among waves.
  static const MfmaAtom atoms[] = {
      {false, Format::BF16, 16, 32, "rocdl.mfma.f32.16x16x32.bf16"},
      {true, Format::FP4, 16, 128, "rocdl.mfma.scale.f32.16x16x128.f8f6f4"},
      {false, Format::I8, 16, 32, "rocdl.mfma.i32.16x16x32.i8"},
      {false, Format::F32, 16, 4, "rocdl.mfma.f32.16x16x4f32"},
      {false, Format::BF16, 32, 16, "rocdl.mfma.f32.32x32x16.bf16"},
      {true, Format::FP4, 32, 64, "rocdl.mfma.scale.f32.32x32x64.f8f6f4"},
      {false, Format::F32, 32, 2, "rocdl.mfma.f32.32x32x2f32"},
  };
  return atoms;
}

const MfmaAtom *amdgpu::findMfmaAtom(Format format, bool scaled) {
  for (const MfmaAtom &atom : getMfmaAtoms())
    if (atom.scaled == scaled && atom.takes(format))
      return &atom;
  return nullptr;
}

LinearLayout TransposeAtom::getPieces() const {
  // Element bits: the column lowest. A lane's registers run along the row, then lanes do.
  std::vector<uint64_t> registers, lanes;
  // Four groups of 16 lanes, each with as many rows of 16 elements as a lane receives elements.
  const uint64_t end = 4 * getElements() * 16;
  for (uint64_t bit = 1; bit < end; bit <<= 1)
    (bit < getElements() ? registers : lanes).push_back(bit);
  return LinearLayout({4 * int64_t(getElements()), 16}, registers, lanes, {});
}

LinearLayout TransposeAtom::getColumns() const {
  // The transposed picture: the column is the lane within its group, the row is the register, and
  // what is above selects the group.
  std::vector<uint64_t> registers, lanes;
  const uint64_t rows = 16, groups = rows * getElements(), end = 4 * groups;
  for (uint64_t bit = 1; bit < end; bit <<= 1)
    (bit >= rows && bit < groups ? registers : lanes).push_back(bit);
  return LinearLayout({4 * int64_t(getElements()), 16}, registers, lanes, {});
}

std::optional<LinearLayout> TransposeAtom::getPiecesOf(const LinearLayout &wanted) const {
  // The instruction moves elements between lanes, always in the same way: `source` maps what a lane
  // names, (register, lane), to the holder that receives it. Pieces and columns tell it for a tile
  // of their own, but it holds for any: a lane has to name the element that `wanted` has at the
  // receiver. Registers beyond those of a piece are further reads, each by itself.
  const LinearLayout pieces = getPieces();
  const unsigned inPiece = pieces.getNumBits(Space::Register);
  const unsigned laneBits = pieces.getNumBits(Space::Lane);
  if (wanted.getNumBits(Space::Register) < inPiece || wanted.getNumBits(Space::Lane) != laneBits)
    return std::nullopt;
  BitMatrix source = pieces.getSourceOf(getColumns());
  std::vector<uint64_t> registers, lanes;
  for (unsigned i = 0; i < inPiece + laneBits; ++i) {
    uint64_t holder = source.getColumn(i);
    uint64_t element = wanted.getElement(holder & (getElements() - 1), holder >> inPiece, 0);
    // A piece is one access, so its elements are neighbours in the tile.
    if (i < inPiece && element != uint64_t(1) << i)
      return std::nullopt;
    (i < inPiece ? registers : lanes).push_back(element);
  }
  const std::vector<uint64_t> &all = wanted.getBases(Space::Register);
  registers.insert(registers.end(), all.begin() + inPiece, all.end());
  return LinearLayout(wanted.getShape(), registers, lanes, wanted.getBases(Space::Subgroup));
}

llvm::ArrayRef<TransposeAtom> amdgpu::getTransposeAtoms() {
  static const TransposeAtom atoms[] = {{16, 8, "rocdl.ds.read.tr16.b64"},
                                        {8, 8, "rocdl.ds.read.tr8.b64"},
                                        {6, 12, "rocdl.ds.read.tr6.b96"},
                                        {4, 8, "rocdl.ds.read.tr4.b64"}};
  return atoms;
}
