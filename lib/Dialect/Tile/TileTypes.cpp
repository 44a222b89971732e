//===- TileTypes.cpp - References to memory -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec::tile;

Type RefType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type elementType;
  PackedAttr packed;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/true, /*withTrailingX=*/true) ||
      parser.parseType(elementType))
    return {};
  if (succeeded(parser.parseOptionalComma()) && parser.parseAttribute(packed))
    return {};
  if (parser.parseGreater())
    return {};
  return parser.getChecked<RefType>(loc, parser.getContext(), shape, elementType, packed);
}

void RefType::print(AsmPrinter &printer) const {
  printer << '<';
  printer.printDimensionList(getShape());
  printer << 'x' << getElementType();
  if (getPacked())
    printer << ", " << getPacked();
  printer << '>';
}

LogicalResult RefType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape,
                              Type elementType, PackedAttr packed) {
  auto block = dyn_cast<mx::BlockType>(elementType);
  if (!block && !elementType.isIntOrFloat())
    return emitError() << "ref element must be an integer, a float or an !mx.block, not "
                       << elementType;
  if (shape.empty())
    return emitError() << "a ref has at least one dimension";
  for (auto [index, extent] : llvm::enumerate(shape)) {
    if (ShapedType::isDynamic(extent) ? index != 0 : extent < 1)
      return emitError() << "dimension " << index << " of a ref must be "
                         << (ShapedType::isDynamic(extent) ? "static" : "positive");
  }
  if (block && block.getBlock().size() != 1)
    return emitError() << "a ref's blocks lie along its last dimension";
  if (block && shape.back() % block.getBlockSize() != 0)
    return emitError() << "last extent " << shape.back() << " is no multiple of the block, "
                       << block.getBlockSize();
  if (packed && shape.size() < 2)
    return emitError() << "a packed ref has at least two dimensions";
  if (packed && bool(block) != !packed.getScales().empty())
    return emitError() << (block ? "a packed block-scaled ref needs a map of its scales"
                                 : "only a block-scaled ref has a map of scales");
  return success();
}

moec::mx::BlockType RefType::getBlock() const { return dyn_cast<mx::BlockType>(getElementType()); }

unsigned RefType::getNumWords() const {
  mx::BlockType block = getBlock();
  return block ? block.getStreams().size() : 1;
}

unsigned RefType::getElementBits() const {
  if (mx::BlockType block = getBlock())
    return block.getElementBits();
  unsigned bits = getElementType().getIntOrFloatBitWidth();
  return bits == 1 ? 8 : bits;
}

/// Extents of the matrix in the last two dimensions.
static std::pair<int64_t, int64_t> getMatrix(RefType type) {
  ArrayRef<int64_t> shape = type.getShape();
  return {shape.size() < 2 ? 1 : shape[shape.size() - 2], shape.back()};
}

int64_t RefType::getMatrixElements() const {
  auto [rows, columns] = getMatrix(*this);
  return getPacked() ? getPacked().getLayout().getSize(rows, columns) : rows * columns;
}

int64_t RefType::getMatrixScales() const {
  auto [rows, columns] = getMatrix(*this);
  columns /= getBlock().getBlockSize();
  return getPacked() ? getPacked().getScaleLayout().getSize(rows, columns) : rows * columns;
}

#define GET_TYPEDEF_CLASSES
#include "moec/Dialect/Tile/TileTypes.cpp.inc"

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "moec/Dialect/Tile/TileTypes.cpp.inc"
      >();
}
