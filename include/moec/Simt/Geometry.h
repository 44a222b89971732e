//===- Geometry.h - What the layouts of a machine follow from ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The data of a machine, without anything that emits code.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_GEOMETRY_H
#define MOEC_SIMT_GEOMETRY_H

#include "moec/Simt/Atom.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/MathExtras.h"

namespace moec::simt {

/// Whether an access brings data from shared memory or there.
enum class SharedAccess { Read, Write };

/// The lanes that shared memory serves at once: only these can conflict.
struct BankGroups {
  /// Numbers of lanes that span the first group by exclusive or; the other groups are its cosets.
  std::vector<unsigned> span;
  /// The banks, of four bytes each, that a group meets, as a power of two.
  unsigned bankBits;
};

/// How many of so many bytes of shared memory a tile may take that a loop copies once, before its
/// first step: the slots of its stages have the rest.
constexpr unsigned getWholeBytes(unsigned sharedBytes) { return sharedBytes / 2; }

/// One machine.
struct Geometry {
  /// Lanes of a subgroup, and subgroups of a block where a schedule does not say: powers of two.
  unsigned lanes, subgroups;
  /// Bytes of shared memory that a block may have, and its banks of four bytes.
  unsigned sharedBytes, sharedBanks;
  /// Matrix instructions, preferred ones first, and reads that move elements between lanes.
  llvm::ArrayRef<Atom> atoms;
  llvm::ArrayRef<ReadAtom> readAtoms;
  /// The lanes that meet at the banks when each accesses so many bytes, at most 16.
  BankGroups (*getBankGroups)(SharedAccess access, unsigned bytes);
  /// Bytes that a lane can copy from global to shared memory at once, and without a register: most
  /// first. None if there are no such copies.
  llvm::ArrayRef<unsigned> copyBytes = {};
  /// Second-level caches, to which blocks go in turn by their numbers.
  unsigned caches = 1;
  /// Bits of a lane's number across which two registers can be swapped (Lanes::emitSwap).
  unsigned swaps = 0;

  /// How many bits number the lanes of a subgroup, and the banks.
  unsigned getLaneBits() const { return llvm::Log2_32(lanes); }
  unsigned getBankBits() const { return llvm::Log2_32(sharedBanks); }
};

} // namespace moec::simt

#endif // MOEC_SIMT_GEOMETRY_H
