//===- Atom.cpp - Instructions of whole subgroups, as data ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What follows from the layouts of an instruction, whatever machine it is of.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Atom.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

unsigned simt::getBits(Format format) {
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

bool Atom::takes(Format format) const {
  return llvm::any_of(operands, [&](const Operands &each) { return each.format == format; });
}

const LinearLayout &Atom::getOperandLayout(Side side, Format format) const {
  auto found = llvm::find_if(operands, [&](const Operands &each) { return each.format == format; });
  assert(found != operands.end() && "the atom takes the format");
  return side == Side::First ? found->first : found->second;
}

const LinearLayout &Atom::getScaleLayout(Side side) const {
  return side == Side::First ? scales->first : scales->second;
}

std::optional<LinearLayout> ReadAtom::getPiecesOf(const LinearLayout &wanted) const {
  // The instruction moves elements between lanes, always in the same way: `source` maps what a lane
  // names, (register, lane), to the holder that receives it. Pieces and what is received tell it
  // for a tile of their own, but it holds for any: a lane has to name the element that `wanted` has
  // at the receiver. Registers beyond those of a piece are further reads, each by itself.
  const unsigned inPiece = pieces.getNumBits(Space::Register);
  const unsigned laneBits = pieces.getNumBits(Space::Lane);
  if (wanted.getNumBits(Space::Register) < inPiece || wanted.getNumBits(Space::Lane) != laneBits)
    return std::nullopt;
  BitMatrix source = pieces.getSourceOf(received);
  std::vector<uint64_t> registers, lanes;
  for (unsigned i = 0; i < inPiece + laneBits; ++i) {
    uint64_t holder = source.getColumn(i);
    uint64_t element = wanted.getElement(holder & (getNumElements() - 1), holder >> inPiece, 0);
    // A piece is one access, so its elements are neighbours in the tile.
    if (i < inPiece && element != uint64_t(1) << i)
      return std::nullopt;
    (i < inPiece ? registers : lanes).push_back(element);
  }
  const std::vector<uint64_t> &all = wanted.getBases(Space::Register);
  registers.insert(registers.end(), all.begin() + inPiece, all.end());
  return LinearLayout(wanted.getShape(), registers, lanes, wanted.getBases(Space::Subgroup));
}
