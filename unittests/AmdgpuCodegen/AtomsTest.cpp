//===- AtomsTest.cpp - Operand layouts against the manual -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The formulas of the CDNA4 manual are stated here a second time, as arithmetic on lane and
// register numbers, and every lane and register is compared with the bit tables that the code
// generator uses.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Atoms.h"

#include <gtest/gtest.h>
#include <set>

using namespace moec;
using namespace moec::amdgpu;
using namespace moec::simt;
using Space = LinearLayout::Space;

namespace {

struct Place {
  int64_t row, column;
  bool operator==(const Place &) const = default;
};

void PrintTo(const Place &place, std::ostream *os) {
  *os << "(" << place.row << ", " << place.column << ")";
}

/// Compares a layout with a formula on every (register, lane), and checks that all elements have
/// exactly one holder.
template <typename Formula>
void expectFormula(const LinearLayout &layout, unsigned registers, Formula formula) {
  ASSERT_EQ(layout.getNumRegisters(), registers);
  ASSERT_EQ(layout.getNumBits(Space::Lane), 6u);
  std::set<uint64_t> seen;
  for (unsigned lane = 0; lane < 64; ++lane)
    for (unsigned reg = 0; reg < registers; ++reg) {
      uint64_t element = layout.getElement(reg, lane, 0);
      Place actual = {layout.getCoordinate(element, 0), layout.getCoordinate(element, 1)};
      EXPECT_EQ(actual, formula(reg, lane)) << "register " << reg << ", lane " << lane;
      EXPECT_TRUE(seen.insert(element).second);
    }
  EXPECT_EQ(seen.size(), size_t(1) << layout.getNumElementBits());
}

const Atom &findAtom(Format format, unsigned rows) {
  for (const Atom &atom : getMfmaAtoms())
    if (atom.takes(format) && atom.rows == rows)
      return atom;
  ADD_FAILURE() << "no such atom";
  return getMfmaAtoms().front();
}

TEST(MfmaAtoms, Bf16Operands) {
  expectFormula(findAtom(Format::BF16, 16).getOperandLayout(Side::First, Format::BF16), 8,
                [](int64_t r, int64_t l) { return Place{l % 16, 8 * (l / 16) + r}; });
  expectFormula(findAtom(Format::BF16, 32).getOperandLayout(Side::First, Format::BF16), 8,
                [](int64_t r, int64_t l) { return Place{l % 32, 8 * (l / 32) + r}; });
}

TEST(MfmaAtoms, F32Operands) {
  expectFormula(findAtom(Format::F32, 16).getOperandLayout(Side::First, Format::F32), 1,
                [](int64_t, int64_t l) { return Place{l % 16, l / 16}; });
  expectFormula(findAtom(Format::F32, 32).getOperandLayout(Side::First, Format::F32), 1,
                [](int64_t, int64_t l) { return Place{l % 32, l / 32}; });
}

TEST(MfmaAtoms, Int8Operands) {
  expectFormula(findAtom(Format::I8, 16).getOperandLayout(Side::First, Format::I8), 8,
                [](int64_t r, int64_t l) { return Place{l % 16, 8 * (l / 16) + r}; });
}

TEST(MfmaAtoms, NarrowScaledOperandsAreContiguous) {
  for (Format format : {Format::FP6, Format::BF6, Format::FP4}) {
    expectFormula(findAtom(format, 16).getOperandLayout(Side::First, format), 32,
                  [](int64_t r, int64_t l) { return Place{l % 16, 32 * (l / 16) + r}; });
    expectFormula(findAtom(format, 32).getOperandLayout(Side::First, format), 32,
                  [](int64_t r, int64_t l) { return Place{l % 32, 32 * (l / 32) + r}; });
  }
}

TEST(MfmaAtoms, EightBitOperandsComeInTwoChunks) {
  for (Format format : {Format::FP8, Format::BF8}) {
    expectFormula(findAtom(format, 16).getOperandLayout(Side::First, format), 32,
                  [](int64_t r, int64_t l) {
                    return Place{l % 16, r < 16 ? 16 * (l / 16) + r : 64 + 16 * (l / 16) + r - 16};
                  });
    expectFormula(findAtom(format, 32).getOperandLayout(Side::First, format), 32,
                  [](int64_t r, int64_t l) {
                    return Place{l % 32, r < 16 ? 16 * (l / 32) + r : 32 + 16 * (l / 32) + r - 16};
                  });
  }
}

TEST(MfmaAtoms, Results) {
  for (Format format : {Format::F32, Format::BF16, Format::FP4}) {
    expectFormula(findAtom(format, 16).result, 4,
                  [](int64_t r, int64_t l) { return Place{4 * (l / 16) + r, l % 16}; });
    expectFormula(findAtom(format, 32).result, 16, [](int64_t r, int64_t l) {
      return Place{8 * (r / 4) + 4 * (l / 32) + r % 4, l % 32};
    });
  }
}

TEST(MfmaAtoms, Scales) {
  expectFormula(findAtom(Format::FP4, 16).getScaleLayout(Side::First), 1,
                [](int64_t, int64_t l) { return Place{l % 16, l / 16}; });
  expectFormula(findAtom(Format::FP4, 32).getScaleLayout(Side::First), 1,
                [](int64_t, int64_t l) { return Place{l % 32, l / 32}; });
}

// One instruction's operand is what one lane holds: 16 bytes of fp4, 32 of fp8, 16 of bf16.
TEST(MfmaAtoms, OperandBytes) {
  for (const Atom &atom : getMfmaAtoms())
    for (Format format : {Format::BF16, Format::I8, Format::FP8, Format::BF8, Format::FP6,
                          Format::BF6, Format::FP4}) {
      // A scaled atom takes every format that has a code, another one its own alone.
      if (atom.isScaled())
        EXPECT_EQ(atom.takes(format), getScaledCode(format).has_value());
      else
        EXPECT_EQ(atom.operands.size(), 1u);
      if (atom.takes(format)) {
        EXPECT_EQ(atom.getOperandLayout(Side::First, format),
                  atom.getOperandLayout(Side::Second, format));
        EXPECT_EQ(atom.getOperandLayout(Side::First, format).getNumRegisters() * 64,
                  atom.rows * atom.k);
      }
    }
}

TEST(MfmaAtoms, FormatCodes) {
  EXPECT_EQ(getScaledCode(Format::FP8), 0u);
  EXPECT_EQ(getScaledCode(Format::BF8), 1u);
  EXPECT_EQ(getScaledCode(Format::FP6), 2u);
  EXPECT_EQ(getScaledCode(Format::BF6), 3u);
  EXPECT_EQ(getScaledCode(Format::FP4), 4u);
}

// In a group of 16 lanes, lane l names elements of row l / (16 / elements).
TEST(TransposeAtoms, LanesNamePiecesAndReceiveColumns) {
  ASSERT_EQ(getTransposeAtoms().size(), 4u);
  for (const ReadAtom &atom : getTransposeAtoms()) {
    int64_t n = atom.getNumElements(), lanesPerRow = 16 / n;
    EXPECT_EQ(n * atom.elementBits, atom.bytes * 8u);
    expectFormula(atom.pieces, n, [&](int64_t r, int64_t l) {
      return Place{n * (l / 16) + l % 16 / lanesPerRow, l % 16 % lanesPerRow * n + r};
    });
    expectFormula(atom.received, n,
                  [&](int64_t r, int64_t l) { return Place{n * (l / 16) + r, l % 16}; });
  }
}

// An operand whose K is not contiguous: 32 keys of 16 columns in bf16, eight keys a lane.
TEST(TransposeAtoms, PiecesOfAnOperand) {
  const ReadAtom &atom = getTransposeAtoms().front();
  LinearLayout wanted({32, 16}, {16, 32, 64}, {1, 2, 4, 8, 128, 256}, {});
  std::optional<LinearLayout> pieces = atom.getPiecesOf(wanted);
  ASSERT_TRUE(pieces);
  for (int64_t lane = 0; lane < 64; ++lane)
    for (int64_t reg = 0; reg < 8; ++reg) {
      int64_t key = 8 * (lane / 16) + reg / 4 * 4 + lane % 16 / 4;
      int64_t column = lane % 4 * 4 + reg % 4;
      EXPECT_EQ(pieces->getElement(reg, lane, 0), uint64_t(key * 16 + column));
    }
  // Here lanes run over keys, so that no piece is part of a row.
  EXPECT_FALSE(atom.getPiecesOf(LinearLayout({32, 16}, {1, 2, 4}, {16, 32, 64, 128, 256, 8}, {})));
}

} // namespace
