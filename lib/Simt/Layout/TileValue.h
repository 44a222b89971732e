//===- TileValue.h - A tile in the registers of a block ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What becomes of one SSA tile: a list of vectors in every lane, and the layout that says which
// elements they are.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_TILEVALUE_H
#define MOEC_LIB_SIMT_LAYOUT_TILEVALUE_H

#include "moec/Dialect/Tile/Layout.h"
#include "moec/Simt/Chunks.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <optional>

namespace moec::simt {

/// A tile of plain elements, spread over lanes. Extents that are not powers of two are padded; what
/// the padding holds is unspecified.
struct Distributed {
  /// Which element each (register, lane, subgroup) holds. One register is one element.
  LinearLayout layout;
  /// The type of one register.
  mlir::Type element;
  /// The registers in order, `width` of them in each vector (a scalar where the width is 1).
  llvm::SmallVector<mlir::Value> chunks;
  unsigned width = 1;

  unsigned getNumRegisters() const { return layout.getNumRegisters(); }
};

/// How the codes of a block-scaled tile share registers: a byte has two nibbles, three dwords have
/// 16 codes of six bits.
struct CodeRegister {
  explicit CodeRegister(mx::BlockType block);

  /// Codes in one register, as a power of two, and the register's bits.
  unsigned log2Codes, bits;
};

/// A tile. A block-scaled one is a tile for each stream of its format: codes, scales, zero points
/// (which lie as scales do) and the global scale, one register that all lanes have.
struct TileValue {
  Distributed data;
  std::optional<Distributed> scales = {}, zeros = {}, global = {};

  /// All of them that there are, in this order.
  llvm::SmallVector<Distributed *, 4> getParts();
};

/// Where a tile lies in shared memory: at `base`, its elements' numbers mapped by `address`.
struct SharedImage {
  /// The byte at which an element lies.
  uint64_t getOffset(uint64_t element) const { return address.apply(element) << log2Bytes; }

  BitMatrix address;
  unsigned log2Bytes;
  mlir::Value base;
};

/// The address of a register in shared memory: what the lane gives, with constant bits
/// exclusive-ored.
mlir::Value emitSharedPlace(mlir::ImplicitLocOpBuilder &builder, const SharedImage &image,
                            const LinearLayout &layout, mlir::Value lanePart, unsigned reg);

/// The layouts of a tile: of its numbers (not its bytes), and of its scales if it is block-scaled.
/// A #tile.layout, to compute with.
struct TileLayout {
  static TileLayout of(tile::LayoutAttr attribute);
  tile::LayoutAttr getAttr(mlir::MLIRContext *context) const;

  LinearLayout data;
  std::optional<LinearLayout> scales;

  bool operator==(const TileLayout &other) const = default;
};

using tile::getPaddedShape;

/// Whether every basis is one element bit or zero, and none occurs twice.
bool isPermutation(const LinearLayout &layout);

/// `width` registers from `first` on as one vector (a scalar where the width is 1).
mlir::Value extractRegisters(mlir::OpBuilder &builder, mlir::Location loc, const Distributed &tile,
                             unsigned first, unsigned width);
/// The same tile in chunks of another width, a power of two of at most all registers.
Distributed regroup(mlir::OpBuilder &builder, mlir::Location loc, const Distributed &tile,
                    unsigned width);
/// A tile made of single registers; `values[i]` is register i.
Distributed makeFromRegisters(LinearLayout layout, mlir::Type element,
                              llvm::ArrayRef<mlir::Value> values);

/// The register of `layout` that holds `element` in lane 0 of subgroup 0, if one does.
std::optional<unsigned> findRegister(const LinearLayout &layout, uint64_t element);

/// Appends the chunks of `tile`, as wide as those of `like`, so that both can take the same path.
void appendChunks(mlir::ImplicitLocOpBuilder &builder, TileValue tile, TileValue like,
                  llvm::SmallVectorImpl<mlir::Value> &chunks);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_TILEVALUE_H
