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
static Atom makeAtom(llvm::StringRef name, std::vector<Format> formats, unsigned k, unsigned held) {
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
  // Two neighbouring columns of two rows, 8 apart; element bits: the column lowest.
  Atom atom{name, 16, 8, k, {}, LinearLayout({16, 8}, {1, 64}, {2, 4, 8, 16, 32}, {})};
  for (Format format : formats)
    atom.operands.push_back(
        {format, LinearLayout({16, k}, rows, lanes, {}), LinearLayout({8, k}, columns, lanes, {})});
  return atom;
}

/// The same with scales: bytes of a dword, one a block of K. Of four lanes the first has those of a
/// row and the second those of the row 8 below; those of a column are in the first. The others have
/// the same, as selectors of threads are always 0.
static Atom makeScaledAtom(llvm::StringRef name, std::vector<Format> formats, unsigned k,
                           unsigned held) {
  Atom atom = makeAtom(name, std::move(formats), k, held);
  const uint64_t row = k / scaleBlock; // Blocks of a row are the lowest element bits.
  const std::vector<uint64_t> blocks = row == 1 ? std::vector<uint64_t>{} : std::vector{row / 2};
  atom.scales = {
      LinearLayout({16, k / scaleBlock}, blocks, {8 * row, 0, row, 2 * row, 4 * row}, {}),
      LinearLayout({8, k / scaleBlock}, blocks, {0, 0, row, 2 * row, 4 * row}, {})};
  return atom;
}

llvm::ArrayRef<Atom> nvptx::getMmaAtoms(const Machine &machine) {
  // Scaled ones last. Their intrinsics have the types behind these names.
  static const Atom atoms[] = {
      makeAtom("llvm.nvvm.mma.m16n8k16.row.col.bf16", {Format::BF16}, 16, 2),
      makeAtom("llvm.nvvm.mma.m16n8k32.row.col.s8", {Format::I8}, 32, 4),
      makeAtom("llvm.nvvm.mma.m16n8k8.row.col.tf32", {Format::F32}, 8, 1),
      makeScaledAtom("llvm.nvvm.mma.block.scale.m16n8k64.row.col.mxf4.scale.2x", {Format::FP4}, 64,
                     8),
      makeScaledAtom("llvm.nvvm.mma.block.scale.m16n8k32.row.col.mxf8f6f4.scale.1x",
                     {Format::FP8, Format::BF8, Format::FP6, Format::BF6, Format::FP4}, 32, 4),
  };
  return llvm::ArrayRef(atoms).take_while(
      [&](const Atom &atom) { return machine.multipliesScaled || !atom.isScaled(); });
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
