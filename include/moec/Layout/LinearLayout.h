//===- LinearLayout.h - Which holder has which element -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A tile value has no place; a parallel machine gives it one. A LinearLayout says for every
// (register, lane, subgroup) which element of the tile it holds, as a linear map over bits. The
// same object drives code generation and the tests that enumerate every lane.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LAYOUT_LINEARLAYOUT_H
#define MOEC_LAYOUT_LINEARLAYOUT_H

#include "moec/Layout/BitMatrix.h"

#include <vector>

namespace moec {

/// A map from (register, lane, subgroup) to an element of a tile whose extents are powers of two.
///
/// Elements are numbered row-major, so that the number's bits are the bits of the coordinates, last
/// dimension lowest. Each input bit has a basis: the element that it alone selects; the element of
/// several set bits is the exclusive or of theirs. A zero basis means that both values of the bit
/// hold the same elements (the tile is replicated over it).
class LinearLayout {
public:
  /// The kinds of input bits, in the order in which they are concatenated (registers lowest).
  enum class Space { Register, Lane, Subgroup };

  LinearLayout() = default;
  /// `shape`: extents, powers of two. The three lists: one basis an input bit, lowest bit first.
  LinearLayout(std::vector<int64_t> shape, std::vector<uint64_t> registers,
               std::vector<uint64_t> lanes, std::vector<uint64_t> subgroups);

  const std::vector<int64_t> &getShape() const { return shape; }
  unsigned getRank() const { return shape.size(); }
  const std::vector<uint64_t> &getBases(Space space) const { return bases[unsigned(space)]; }
  unsigned getNumBits(Space space) const { return getBases(space).size(); }
  /// How many elements one lane holds, replicas included.
  unsigned getNumRegisters() const { return 1u << getNumBits(Space::Register); }
  /// How many bits number an element.
  unsigned getNumElementBits() const;
  /// The lowest bit of the coordinate of dimension `dim` within an element's number.
  unsigned getDimShift(unsigned dim) const;
  /// The bits of dimension `dim` within an element's number.
  uint64_t getDimMask(unsigned dim) const;

  /// The number of the element that this holder has.
  uint64_t getElement(unsigned reg, unsigned lane, unsigned subgroup) const;
  /// The coordinate along `dim` of element `element`.
  int64_t getCoordinate(uint64_t element, unsigned dim) const;
  /// The number of the element at these coordinates.
  uint64_t getElementAt(const std::vector<int64_t> &coordinates) const;

  /// The map as a matrix: inputs are register bits, then lane bits, then subgroup bits.
  BitMatrix getMatrix() const;

  /// The layout of the tile with dimension `dim` reduced to extent 1: what a broadcast along `dim`
  /// into this layout reads, and what a reduction from it leaves (replicated over the bits that ran
  /// along `dim`).
  LinearLayout collapse(unsigned dim) const;
  /// The layout of the same elements under another shape with the same number of elements.
  LinearLayout reshape(std::vector<int64_t> newShape) const;
  /// The layout of the transposed tile: dimension i of the result is `order[i]` of this.
  LinearLayout transpose(const std::vector<unsigned> &order) const;
  /// The layout of the tile whose elements are runs of `1 << bits` elements of the last dimension
  /// (a byte of two nibbles, say). Every lane must hold whole runs: getContiguousBits() >= bits.
  LinearLayout packLast(unsigned bits) const;
  /// The layout without the register bits that replicate: each lane keeps one copy.
  LinearLayout dropReplicatedRegisters() const;
  /// The number of low register bits whose bases are the lowest element bits, in order: a lane
  /// holds runs of `1 << bits` elements that are neighbours in the last dimension.
  unsigned getContiguousBits() const;

  /// For each holder in this layout, where the same element is in `source`: a matrix from this
  /// layout's input bits to those of `source`, which must cover the tile.
  BitMatrix getSourceOf(const LinearLayout &source) const;

  bool operator==(const LinearLayout &other) const = default;

private:
  std::vector<int64_t> shape;
  std::vector<uint64_t> bases[3];
};

/// How many extra passes an access to a banked memory takes. Lane bit i of a group that is served
/// together contributes `laneAddresses[i]` (a word's address, exclusive or) to the address of the
/// first of the `1 << accessBits` words that its lane moves; there are `1 << bankBits` banks. 0 =
/// free of conflicts: lanes that name the very same word do not conflict.
unsigned countBankConflicts(const std::vector<uint64_t> &laneAddresses, unsigned accessBits,
                            unsigned bankBits);

} // namespace moec

#endif // MOEC_LAYOUT_LINEARLAYOUT_H
