//===- AtomsTest.cpp - Fragments against the PTX ISA ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The formulas of the PTX ISA's chapters on mma and ldmatrix are stated here a second time, as
// arithmetic on %laneid and the number i of an element, and every element is compared with the bit
// tables that the code generator uses.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Atoms.h"

#include <gtest/gtest.h>
#include <set>

using namespace moec;
using namespace moec::nvptx;
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

/// Compares a layout with a formula of groupID, threadID_in_group and i, and checks that all
/// elements have exactly one holder.
template <typename Formula>
void expectFormula(const LinearLayout &layout, unsigned elements, Formula formula) {
  ASSERT_EQ(layout.getNumRegisters(), elements);
  ASSERT_EQ(layout.getNumBits(Space::Lane), 5u);
  std::set<uint64_t> seen;
  for (int64_t lane = 0; lane < 32; ++lane)
    for (int64_t i = 0; i < elements; ++i) {
      uint64_t element = layout.getElement(i, lane, 0);
      Place actual = {layout.getCoordinate(element, 0), layout.getCoordinate(element, 1)};
      EXPECT_EQ(actual, formula(lane >> 2, lane % 4, i)) << "element " << i << ", lane " << lane;
      EXPECT_TRUE(seen.insert(element).second);
    }
  EXPECT_EQ(seen.size(), size_t(1) << layout.getNumElementBits());
}

/// The last machine has all atoms.
const Atom &findAtom(Format format, unsigned k = 0) {
  llvm::ArrayRef<Atom> atoms = getMmaAtoms(machines[std::size(machines) - 1]);
  for (const Atom &atom : atoms)
    if (atom.takes(format) && (!k || atom.k == k))
      return atom;
  ADD_FAILURE() << "no such atom";
  return atoms.front();
}

const LinearLayout &getOperand(Side side, Format format) {
  return findAtom(format).getOperandLayout(side, format);
}

// m16n8k16 with .bf16: A has four registers of two elements, B two.
TEST(MmaAtoms, Bf16Operands) {
  expectFormula(getOperand(Side::First, Format::BF16), 8, [](int64_t group, int64_t t, int64_t i) {
    int64_t row = i < 2 || (i >= 4 && i < 6) ? group : group + 8;
    return Place{row, i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8};
  });
  // B is [k, n] in the ISA, and [n, k] here.
  expectFormula(getOperand(Side::Second, Format::BF16), 4, [](int64_t group, int64_t t, int64_t i) {
    return Place{group, i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8};
  });
}

// m16n8k32 with .s8.
TEST(MmaAtoms, Int8Operands) {
  expectFormula(getOperand(Side::First, Format::I8), 16, [](int64_t group, int64_t t, int64_t i) {
    int64_t row = i < 4 || (i >= 8 && i < 12) ? group : group + 8;
    return Place{row, i < 8 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16};
  });
  expectFormula(getOperand(Side::Second, Format::I8), 8, [](int64_t group, int64_t t, int64_t i) {
    return Place{group, i < 4 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16};
  });
}

// m16n8k8 with .tf32.
TEST(MmaAtoms, Tf32Operands) {
  expectFormula(getOperand(Side::First, Format::F32), 4, [](int64_t group, int64_t t, int64_t i) {
    return Place{i == 0 || i == 2 ? group : group + 8, i < 2 ? t : t + 4};
  });
  expectFormula(getOperand(Side::Second, Format::F32), 2, [](int64_t group, int64_t t, int64_t i) {
    return Place{group, i == 0 ? t : t + 4};
  });
}

// m16n8k64 with .e2m1: A has four registers of eight elements, B two.
TEST(MmaAtoms, Fp4Operands) {
  const Atom &atom = findAtom(Format::FP4, 64);
  expectFormula(atom.getOperandLayout(Side::First, Format::FP4), 32,
                [](int64_t group, int64_t t, int64_t i) {
                  int64_t row = i < 8 || (i >= 16 && i < 24) ? group : group + 8;
                  return Place{row, i < 16 ? t * 8 + (i & 7) : t * 8 + (i & 7) + 32};
                });
  expectFormula(atom.getOperandLayout(Side::Second, Format::FP4), 16,
                [](int64_t group, int64_t t, int64_t i) {
                  return Place{group, i < 8 ? t * 8 + (i & 7) : t * 8 + (i & 7) + 32};
                });
}

// m16n8k32 of kind::mxf8f6f4 has every format in bytes, which lie as .s8 does.
TEST(MmaAtoms, OperandsInBytes) {
  for (Format format : {Format::FP8, Format::BF8, Format::FP6, Format::BF6, Format::FP4}) {
    const Atom &atom = findAtom(format, 32);
    EXPECT_TRUE(atom.isScaled());
    EXPECT_EQ(atom.getOperandLayout(Side::First, format), getOperand(Side::First, Format::I8));
    EXPECT_EQ(atom.getOperandLayout(Side::Second, format), getOperand(Side::Second, Format::I8));
  }
}

// Of the threads 0 … 3 of a group, with thread-id 0 the first two have scales of A, of the rows
// groupID and groupID + 8, and with thread-id 0 the first has that of B's column groupID. With
// .scale_vec::2X a byte has the first block of K and the next one the second.
TEST(MmaAtoms, Scales) {
  for (unsigned k : {32u, 64u}) {
    const Atom &atom = findAtom(Format::FP4, k);
    const LinearLayout &rows = atom.getScaleLayout(Side::First),
                       &columns = atom.getScaleLayout(Side::Second);
    ASSERT_EQ(rows.getNumRegisters(), k / 32);
    ASSERT_EQ(columns.getNumRegisters(), k / 32);
    for (int64_t lane = 0; lane < 32; ++lane)
      for (unsigned block = 0; block < k / 32; ++block) {
        int64_t group = lane >> 2, t = lane % 4;
        if (t < 2)
          EXPECT_EQ(rows.getElement(block, lane, 0),
                    rows.getElementAt({t == 0 ? group : group + 8, block}));
        if (t == 0)
          EXPECT_EQ(columns.getElement(block, lane, 0), columns.getElementAt({group, block}));
      }
  }
}

TEST(MmaAtoms, OnlyTheLastMachineScales) {
  for (const Machine &machine : machines)
    for (const Atom &atom : getMmaAtoms(machine))
      EXPECT_TRUE(!atom.isScaled() || machine.name == "sm_120") << machine.name.str();
}

TEST(MmaAtoms, Results) {
  for (const Atom &atom : getMmaAtoms(machines[std::size(machines) - 1]))
    expectFormula(atom.result, 4, [](int64_t group, int64_t t, int64_t i) {
      return Place{i < 2 ? group : group + 8, t * 2 + (i & 1)};
    });
}

// Lanes 0 … 7 name the rows of the first matrix, 8 … 15 those of the second, and so on. Lane l
// receives elements 2 (l % 4) and the next of row l / 4; of column l / 4 if it is transposed.
TEST(MatrixReads, LanesNameRowsAndReceivePairs) {
  ASSERT_EQ(getMatrixReads().size(), 2u);
  for (const ReadAtom &atom : getMatrixReads()) {
    bool transposed = atom.name.contains("trans");
    EXPECT_EQ(atom.elementBits * atom.getNumElements(), atom.bytes * 8);
    for (int64_t lane = 0; lane < 32; ++lane)
      for (int64_t i = 0; i < 8; ++i) {
        EXPECT_EQ(atom.pieces.getElement(i, lane, 0), uint64_t(lane * 8 + i));
        int64_t matrix = i / 2, along = 2 * (lane % 4) + i % 2, across = lane / 4;
        int64_t row = transposed ? along : across, column = transposed ? across : along;
        EXPECT_EQ(atom.received.getElement(i, lane, 0), uint64_t((matrix * 8 + row) * 8 + column));
      }
  }
}

// 32 banks of four bytes serve a whole warp of dwords, and of wider accesses 128 bytes at a time.
TEST(Banks, GroupsTouch128Bytes) {
  for (SharedAccess access : {SharedAccess::Read, SharedAccess::Write})
    for (auto [bytes, lanes] : {std::pair(1u, 32u), {2, 32}, {4, 32}, {8, 16}, {12, 8}, {16, 8}}) {
      BankGroups groups = getBankGroups(access, bytes);
      EXPECT_EQ(1u << groups.span.size(), lanes) << bytes << " bytes";
      EXPECT_EQ(groups.bankBits, 5u);
    }
}

} // namespace
