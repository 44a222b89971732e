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

BitMatrix LinearLayout::getMatrix() const {
  std::vector<uint64_t> columns;
  for (const std::vector<uint64_t> &space : bases)
    columns.insert(columns.end(), space.begin(), space.end());
  return BitMatrix(std::move(columns), getNumElementBits());
}

/// Rewrites every basis by `fn`.
template <typename Fn> static void mapBases(std::vector<uint64_t> (&bases)[3], Fn fn) {
  for (std::vector<uint64_t> &space : bases)
    for (uint64_t &basis : space)
      basis = fn(basis);
}

LinearLayout LinearLayout::collapse(unsigned dim) const {
  LinearLayout result = *this;
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
  for (uint64_t basis : getBases(Space::Register)) {
    registers.push_back(basis);
    if (!BitMatrix(registers, getNumElementBits()).isInjective())
      registers.pop_back();
  }
  return result;
}

unsigned LinearLayout::getContiguousBits() const {
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

BitMatrix LinearLayout::getSourceOf(const LinearLayout &source) const {
  std::optional<BitMatrix> inverse = source.getMatrix().getRightInverse();
  assert(inverse && "the source must hold every element");
  return inverse->compose(getMatrix());
}

unsigned moec::countBankConflicts(const std::vector<uint64_t> &laneAddresses, unsigned accessBits,
                                  unsigned bankBits) {
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
