//===- LinearLayout.cpp - Which holder has which element ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Everything is a rearrangement of the bases; the algebra is BitMatrix's.
//
//===----------------------------------------------------------------------===//
#include "moec/Layout/LinearLayout.h"

#include <bit>
#include <cassert>

using namespace moec;

static unsigned log2Exact(int64_t extent) {
  assert(extent > 0 && std::has_single_bit(uint64_t(extent)) && "extents are powers of two");
  return std::countr_zero(uint64_t(extent));
}

// A basis vector is the number of an element: the one that a holder has whose number has that
// single bit set. Holder 0 has element 0, and the holder with bits i and j the element basis i ^
// basis j. What is not linear in this sense, such as an extent that is no power of two, no layout
// expresses; such tiles are padded.
LinearLayout::LinearLayout(std::vector<int64_t> shape, std::vector<uint64_t> registers,
                           std::vector<uint64_t> lanes, std::vector<uint64_t> subgroups)
    : shape(std::move(shape)), bases{std::move(registers), std::move(lanes), std::move(subgroups)} {
}

unsigned LinearLayout::getNumElementBits() const {
  unsigned bits = 0;
  for (int64_t extent : shape)
    bits += log2Exact(extent);
  return bits;
}

// Row-major with extents that are powers of two: a number is the coordinates' bits side by side, so
// that a coordinate is a field of it and needs no division.
unsigned LinearLayout::getDimShift(unsigned dim) const {
  unsigned shift = 0;
  for (unsigned i = dim + 1; i < shape.size(); ++i)
    shift += log2Exact(shape[i]);
  return shift;
}

uint64_t LinearLayout::getDimMask(unsigned dim) const {
  return uint64_t(shape[dim] - 1) << getDimShift(dim);
}

uint64_t LinearLayout::getElement(unsigned reg, unsigned lane, unsigned subgroup) const {
  // The matrix times the vector of all input bits, space by space.
  uint64_t element = 0;
  const unsigned inputs[] = {reg, lane, subgroup};
  for (unsigned space = 0; space < 3; ++space)
    for (unsigned i = 0; i < bases[space].size(); ++i)
      if (inputs[space] >> i & 1)
        element ^= bases[space][i];
  return element;
}

int64_t LinearLayout::getCoordinate(uint64_t element, unsigned dim) const {
  return (element & getDimMask(dim)) >> getDimShift(dim);
}

uint64_t LinearLayout::getElementAt(const std::vector<int64_t> &coordinates) const {
  uint64_t element = 0;
  for (unsigned dim = 0; dim < shape.size(); ++dim)
    element |= uint64_t(coordinates[dim]) << getDimShift(dim);
  return element;
}

// Registers are the lowest inputs, since they are what one lane sees as a vector; lanes follow,
// then waves.
BitMatrix LinearLayout::getMatrix() const {
  std::vector<uint64_t> columns;
  for (const std::vector<uint64_t> &space : bases)
    columns.insert(columns.end(), space.begin(), space.end());
  return BitMatrix(std::move(columns), getNumElementBits());
}

/// Rewrites every basis by `fn`, a linear map of elements, which so holds for every holder.
template <typename Fn> static void mapBases(std::vector<uint64_t> (&bases)[3], Fn fn) {
  for (std::vector<uint64_t> &space : bases)
    for (uint64_t &basis : space)
      basis = fn(basis);
}

LinearLayout LinearLayout::collapse(unsigned dim) const {
  LinearLayout result = *this;
  // Cuts the field of `dim` out of the number and closes the gap. Bits that ran along `dim` get a
  // zero basis: their holders now have copies of one element.
  unsigned shift = getDimShift(dim), width = log2Exact(shape[dim]);
  uint64_t low = (uint64_t(1) << shift) - 1;
  mapBases(result.bases,
           [&](uint64_t basis) { return (basis & low) | (basis >> (shift + width) << shift); });
  result.shape[dim] = 1;
  return result;
}

LinearLayout LinearLayout::reshape(std::vector<int64_t> newShape) const {
  LinearLayout result = *this;
  result.shape = std::move(newShape);
  assert(result.getNumElementBits() == getNumElementBits() && "a reshape keeps the elements");
  return result;
}

LinearLayout LinearLayout::transpose(const std::vector<unsigned> &order) const {
  LinearLayout result = *this;
  for (unsigned i = 0; i < order.size(); ++i)
    result.shape[i] = shape[order[i]];
  // Fields change places; the shifts of `result` are those of its new shape.
  mapBases(result.bases, [&](uint64_t basis) {
    uint64_t moved = 0;
    for (unsigned i = 0; i < order.size(); ++i)
      moved |= uint64_t(getCoordinate(basis, order[i])) << result.getDimShift(i);
    return moved;
  });
  return result;
}

LinearLayout LinearLayout::packLast(unsigned bits) const {
  assert(getContiguousBits() >= bits && "each lane must hold whole runs");
  LinearLayout result = *this;
  // The low register bits count within a run, which becomes one element. By the contract no other
  // basis has low bits, so that the shift loses none.
  auto &registers = result.bases[unsigned(Space::Register)];
  registers.erase(registers.begin(), registers.begin() + bits);
  mapBases(result.bases, [&](uint64_t basis) { return basis >> bits; });
  result.shape.back() >>= bits;
  return result;
}

LinearLayout LinearLayout::dropReplicatedRegisters() const {
  LinearLayout result = *this;
  auto &registers = result.bases[unsigned(Space::Register)];
  registers.clear();
  // A register bit replicates if its basis is a sum of those before it, not only if it is zero: it
  // is kept where the bases so far stay independent.
  for (uint64_t basis : getBases(Space::Register)) {
    registers.push_back(basis);
    if (!BitMatrix(registers, getNumElementBits()).isInjective())
      registers.pop_back();
  }
  return result;
}

unsigned LinearLayout::getContiguousBits() const {
  // A run may not pass the end of a row: the next row's first element is its neighbour by number,
  // but not in a matrix that has a stride.
  const std::vector<uint64_t> &registers = getBases(Space::Register);
  unsigned bits = 0, limit = shape.empty() ? 0 : log2Exact(shape.back());
  while (bits < registers.size() && bits < limit && registers[bits] == uint64_t(1) << bits)
    ++bits;
  uint64_t low = (uint64_t(1) << bits) - 1;
  // A higher input bit that touches the low element bits would scatter the run.
  for (unsigned space = 0; space < 3; ++space)
    for (unsigned i = space == 0 ? bits : 0; i < bases[space].size(); ++i)
      while (bases[space][i] & low)
        low >>= 1;
  return std::popcount(low);
}

// Where is what I need? Both layouts map holders to elements, S for the source and T for this one,
// and a matrix X with S X = T answers it for all holders at once: a division by S from the left. S
// has a right inverse R with S R = 1 if the source has every element, and X = R T is a solution,
// since S R T = T. If the source has copies, R chooses among them, always the same.
BitMatrix LinearLayout::getSourceOf(const LinearLayout &source) const {
  std::optional<BitMatrix> inverse = source.getMatrix().getRightInverse();
  assert(inverse && "the source must hold every element");
  return inverse->compose(getMatrix());
}

unsigned moec::countBankConflicts(const std::vector<uint64_t> &laneAddresses, unsigned accessBits,
                                  unsigned bankBits) {
  // Word addresses are linear in the lane bits, so conflicts need no enumeration of lanes. Lanes
  // hit one bank in classes of equal size, and so do lanes that want one word of it: powers of two,
  // of which the logarithms are dimensions of kernels, columns minus rank. An access takes a pass
  // for each different word of a bank, the quotient of the two sizes, and one of these is not
  // extra.
  //
  // The bits below `accessBits` number the words within a lane's own access, which lie in different
  // banks.
  std::vector<uint64_t> banks;
  uint64_t mask = (uint64_t(1) << bankBits) - 1;
  for (uint64_t address : laneAddresses)
    banks.push_back((address & mask) >> accessBits);
  // Lanes of one bank: the kernel of the bank map. Those of one word among them: that of the
  // address.
  unsigned sameBank = laneAddresses.size() - BitMatrix(banks, 64).getRank();
  unsigned sameWord = laneAddresses.size() - BitMatrix(laneAddresses, 64).getRank();
  return (1u << (sameBank - sameWord)) - 1;
}
