//===- Atoms.cpp - Matrix instructions and reads, as data -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts are stated as the element bit that each register and lane bit selects. In all fragments
// two lane bits are a part of k or of the result's columns, and three are the row, or B's column.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Atoms.h"

#include "llvm/Support/MathExtras.h"

using namespace moec;
using namespace moec::simt;

/// An atom of 16 by 8. A register of the machine holds `held` neighbours of k; a lane has one for k
/// below half of the atom's and one above, and of the first operand both for two rows, 8 apart.
static Atom makeAtom(llvm::StringRef name, Format format, unsigned k, unsigned held) {
  std::vector<uint64_t> inRegister, rows, columns, lanes;
  for (unsigned bit = 1; bit < held; bit <<= 1)
    inRegister.push_back(bit);
  // Element bits: k lowest, then the row, or B's column.
  lanes = {held, 2 * held};
  for (unsigned bit = 1; bit < 8; bit <<= 1)
    lanes.push_back(uint64_t(bit) * k);
  rows = columns = inRegister;
  rows.insert(rows.end(), {uint64_t(8) * k, k / 2});
  columns.push_back(k / 2);
  return {
      name,
      16,
      8,
      k,
      {{format, LinearLayout({16, k}, rows, lanes, {}), LinearLayout({8, k}, columns, lanes, {})}},
      // Two neighbouring columns of two rows, 8 apart; element bits: the column lowest.
      LinearLayout({16, 8}, {1, 64}, {2, 4, 8, 16, 32}, {})};
}

llvm::ArrayRef<Atom> nvptx::getMmaAtoms() {
  static const Atom atoms[] = {
      makeAtom("llvm.nvvm.mma.m16n8k16.row.col.bf16", Format::BF16, 16, 2),
      makeAtom("llvm.nvvm.mma.m16n8k32.row.col.s8", Format::I8, 32, 4),
      makeAtom("llvm.nvvm.mma.m16n8k8.row.col.tf32", Format::F32, 8, 1),
  };
  return atoms;
}

llvm::ArrayRef<ReadAtom> nvptx::getMatrixReads() {
  static const LinearLayout pieces({32, 8}, {1, 2, 4}, {8, 16, 32, 64, 128}, {});
  static const ReadAtom atoms[] = {{"llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.trans.b16", 16, 16,
                                    pieces,
                                    LinearLayout({32, 8}, {8, 64, 128}, {16, 32, 1, 2, 4}, {})},
                                   {"llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16", 16, 16, pieces,
                                    LinearLayout({32, 8}, {1, 64, 128}, {2, 4, 8, 16, 32}, {})}};
  return atoms;
}

BankGroups nvptx::getBankGroups(SharedAccess, unsigned bytes) {
  // Reads and writes alike; three dwords go as four.
  BankGroups groups{{}, 5};
  for (unsigned lane = 1; lane * llvm::PowerOf2Ceil(std::max(bytes, 4u)) < 128; lane <<= 1)
    groups.span.push_back(lane);
  return groups;
}
