//===- Panels.h - How packed weights lie, by format -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A panel is `panelRows` rows of a weight (columns of the product) side by side: what all of them
// have for one k, or for one group of k, is contiguous. So one load gives a vector of columns
// whatever the format, and a stream through a panel never turns back. How codes of a type lie is
// said by the atoms that multiply them; scales, zero points and blocks are the format's record.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PANELS_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PANELS_H

#include "moec/Dialect/Tile/Tile.h"
#include "targets/cpu/codegen/products/Atoms.h"

namespace moec::cpu {

/// The longest blocks that rows of codes have: sums of so many products of int8 are exact as f32.
inline constexpr int64_t longestGroup = 256;

/// The longest blocks that panels of a format have. Integers are summed within a block that rows
/// have, too, of 32 mostly. Floats whose scale is no power of two are multiplied
/// as numbers: the fewer scales, the fewer bytes.
inline int64_t getLongestBlock(mx::BlockType weight) {
  BlockFormat format = weight.getFormat();
  if (format.code == CodeType::Int8 && !format.hasPowerOfTwoScale() && !format.hasZero)
    return longestGroup;
  return format.isInteger() || format.hasPowerOfTwoScale() ? 32 : 128;
}

/// What a panel holds: f32, bf16, or codes of a format with blocks of one row.
class PanelFormat {
public:
  /// f32.
  PanelFormat() = default;
  /// That of weights of an element type with so many columns (K) on a machine, as the atoms that
  /// multiply it there want it; nothing if there are no panels of it: blocks must hold whole groups
  /// of codes.
  static std::optional<PanelFormat> get(const Machine &machine, mlir::Type element,
                                        int64_t columns);
  /// That of a packed ref, if it is one.
  static std::optional<PanelFormat> get(const Machine &machine, tile::RefType ref);

  bool isBf16() const { return bf16; }
  bool isScaled() const { return block.has_value(); }
  const BlockFormat &getBlock() const { return *block; }
  /// A part of the names of functions.
  std::string getName() const;

  /// The atom by which a machine multiplies rows of that element by these, tiles of `height` of
  /// them: as codes, where both sides are integers in blocks of a length that sums can have; as
  /// bf16, where both sides are and the machine has products of pairs; else as numbers.
  const ProductAtom &getAtom(const Machine &machine, mlir::Type rows, int64_t height) const;
  /// What rows of that element are to a product by these.
  Rows getRows(mlir::Type rows) const;
  /// Whether rows of that element have several of these blocks in one of theirs, and sums of all of
  /// them: a folded product.
  bool areFolded(mlir::Type rows) const;
  /// Whether every number is exact in bf16.
  bool isExactInBf16() const;

  /// k of a group; the bytes of one row in it, and the groups that are read at once.
  unsigned getGroup() const { return packing->group; }
  unsigned getRowBytes() const;
  unsigned getGroupsPerRead() const { return std::max(1u, 4 / getGroup()); }

  /// The bits of one element of each array that a panel is read from: codes, and what the format
  /// has beside them for each block. A global scale, one for the matrix, comes last, without bits.
  llvm::SmallVector<unsigned, 4> getStreamBits() const;

  /// The arrays of a panel from number `column` of its rows on.
  llvm::SmallVector<mlir::Value> getStreamsAt(CodeBuilder &b, mlir::ValueRange streams,
                                              mlir::Value column) const;

  tile::PackedAttr getPackedMap(mlir::MLIRContext *context) const;

private:
  friend class PanelReader;

  /// Whether rows of codes can be multiplied by these as integers.
  bool hasIntegers() const;
  /// Whether rows of bf16 can be multiplied by these in steps of `pairStep` k.
  bool hasPairs() const;

  bool bf16 = false;
  std::optional<BlockFormat> block;
  const Packing *packing = &numbersByRow;
};

/// Reads one panel, a group of k at a time, `vectors` vectors of its rows.
class PanelReader {
public:
  /// `streams`: where the arrays of the panel start, at the first of these rows.
  PanelReader(CodeBuilder &b, const Machine &machine, const PanelFormat &format, unsigned vectors,
              llvm::ArrayRef<mlir::Value> streams);

  /// What the numbers of a block are multiplied by and what is taken off them first, f32 vectors.
  struct Block {
    llvm::SmallVector<mlir::Value> scales, zeros;
  };
  Block readBlock(mlir::Value block);

  /// The numbers of each k of the group at `pointer`, by k and vector.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> readGroup(mlir::Value pointer,
                                                              const Block &block);

  /// Goes over the `groups` groups of a block, as many in a step as one read gives, and carries
  /// values. `add` changes them for one k, of which it gets the numbers by vector and the place in
  /// a row of f32: so many behind `aColumn`, which is in the row at `a`.
  using AddNumbers =
      llvm::function_ref<void(llvm::SmallVectorImpl<mlir::Value> &carried,
                              llvm::ArrayRef<mlir::Value> numbers, mlir::Value aColumn, int64_t k)>;
  llvm::SmallVector<mlir::Value> loopGroups(mlir::Value block, int64_t groups, const Block &beside,
                                            mlir::Value a, llvm::ArrayRef<mlir::Value> carried,
                                            AddNumbers add);

private:
  CodeBuilder &b;
  const Machine &machine;
  PanelFormat format;
  unsigned lanes, vectors;
  llvm::SmallVector<mlir::Value> streams;
  mlir::Value global;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PANELS_H
