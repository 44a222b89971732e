//===- TileMatrixOps.cpp - Products, formats, reductions ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/CodeProducts.h"
#include "moec/Dialect/Tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moec;
using namespace moec::tile;

Value tile::toPlain(OpBuilder &b, Value tile) {
  auto type = cast<RankedTensorType>(tile.getType());
  Type element = type.getElementType();
  if (element.isF32() || element.isBF16())
    return tile;
  if (auto block = dyn_cast<mx::BlockType>(element)) {
    // A short code times a power of two keeps all its bits in bf16.
    bool isShort = block.hasPowerOfTwoScale() && block.getElementBits() <= 8;
    Type number = isShort ? Type(b.getBF16Type()) : Type(b.getF32Type());
    return DequantizeOp::create(b, tile.getLoc(), type.clone(number), tile);
  }
  return arith::ExtFOp::create(b, tile.getLoc(), type.clone(b.getF32Type()), tile);
}

void tile::expandScaledProduct(MmaScaledOp op) {
  OpBuilder b(op);
  Value product = MmaOp::create(b, op.getLoc(), op.getType(), toPlain(b, op.getA()),
                                toPlain(b, op.getB()), op.getAcc(), OperandOrder::NK);
  op.replaceAllUsesWith(product);
  op.erase();
}

bool tile::areFolded(mx::BlockType rows, mx::BlockType weight) {
  int64_t length = rows.getBlockSize(), part = weight.getBlockSize();
  return rows.getBlock().size() == 1 && weight.getBlock().size() == 1 &&
         rows.getElement().isInteger(8) && isa<Float4E2M1FNType>(weight.getElement()) &&
         weight.hasPowerOfTwoScale() && length != part && length % part == 0;
}

bool tile::canMultiplyCodes(mx::BlockType rows, mx::BlockType weight) {
  return rows.getBlock() == weight.getBlock() || areFolded(rows, weight);
}

/// Extents agree: a [M, K], b [N, K] or [K, N], acc [M, N] of f32, or [S * M, N] for S slices of K.
static LogicalResult verifyProduct(Operation *op, RankedTensorType a, RankedTensorType b,
                                   RankedTensorType acc, bool kn) {
  if (a.getRank() != 2 || b.getRank() != 2 || acc.getRank() != 2)
    return op->emitOpError() << "takes matrices, not " << a << ", " << b << ", " << acc;
  if (!acc.getElementType().isF32())
    return op->emitOpError() << "accumulates in f32, not " << acc.getElementType();
  int64_t bK = b.getDimSize(kn ? 0 : 1), bN = b.getDimSize(kn ? 1 : 0);
  if (a.getDimSize(1) != bK)
    return op->emitOpError() << "left operand has K = " << a.getDimSize(1) << ", right operand "
                             << bK;
  if (acc.getDimSize(0) % a.getDimSize(0) != 0 || acc.getDimSize(1) != bN)
    return op->emitOpError() << "accumulator is " << acc.getDimSize(0) << "x" << acc.getDimSize(1)
                             << ", the product " << a.getDimSize(0) << "x" << bN;
  if (int64_t slices = acc.getDimSize(0) / a.getDimSize(0); bK % slices != 0)
    return op->emitOpError() << "accumulator has room for the products of " << slices
                             << " slices of K, which is " << bK << " and has no so many equal ones";
  return success();
}

LogicalResult MmaOp::verify() {
  for (Value operand : {getA(), getB()}) {
    Type element = cast<RankedTensorType>(operand.getType()).getElementType();
    if (!element.isF32() && !element.isBF16())
      return emitOpError() << "operands are f32 or bf16, not " << element;
  }
  return verifyProduct(*this, getA().getType(), getB().getType(), getAcc().getType(),
                       getOrder() == OperandOrder::KN);
}

LogicalResult MmaScaledOp::verify() {
  auto a = dyn_cast<mx::BlockType>(getA().getType().getElementType());
  auto b = dyn_cast<mx::BlockType>(getB().getType().getElementType());
  if (!a || !b)
    return emitOpError() << "operands are block-scaled, not " << getA().getType() << " and "
                         << getB().getType();
  if (a.getBlockSize() != b.getBlockSize() && !areFolded(a, b))
    return emitOpError() << "left operand has blocks of " << a.getBlockSize()
                         << ", right operand of " << b.getBlockSize();
  if (failed(verifyProduct(*this, getA().getType(), getB().getType(), getAcc().getType(),
                           /*kn=*/false)))
    return failure();
  int64_t slices = getAcc().getType().getDimSize(0) / getA().getType().getDimSize(0);
  if (int64_t slice = getA().getType().getDimSize(1) / slices; slice % a.getBlockSize() != 0)
    return emitOpError() << "a slice of K is " << slice << ", no multiple of the block, "
                         << a.getBlockSize();
  return success();
}

/// `quantized` is block-scaled, `plain` a float tile of the same shape, whole blocks long.
static LogicalResult verifyConversion(Operation *op, RankedTensorType quantized,
                                      RankedTensorType plain) {
  auto block = dyn_cast<mx::BlockType>(quantized.getElementType());
  if (!block)
    return op->emitOpError() << quantized << " is not block-scaled";
  if (!isa<FloatType>(plain.getElementType()))
    return op->emitOpError() << plain << " is not a tile of floats";
  if (quantized.getShape() != plain.getShape())
    return op->emitOpError() << "shapes differ: " << quantized << " and " << plain;
  if (quantized.getShape().back() % block.getBlockSize() != 0)
    return op->emitOpError() << "last extent of " << quantized << " is no multiple of the block, "
                             << block.getBlockSize();
  return success();
}

LogicalResult QuantizeOp::verify() {
  if (failed(verifyConversion(*this, getResult().getType(), getInput().getType())))
    return failure();
  return mx::verifyRounding([&] { return emitOpError(); }, getResult().getType(),
                            getRoundingAttr());
}

LogicalResult DequantizeOp::verify() {
  return verifyConversion(*this, getInput().getType(), getResult().getType());
}

LogicalResult ReduceOp::verify() {
  RankedTensorType input = getInput().getType(), result = getResult().getType();
  int64_t dim = getDim();
  if (dim < 0 || dim >= input.getRank())
    return emitOpError() << "dim " << dim << " is out of bounds for rank " << input.getRank();
  SmallVector<int64_t> shape(input.getShape());
  shape[dim] = 1;
  Type element = input.getElementType();
  if (!element.isF32() && !element.isF64() && !element.isInteger(32) && !element.isInteger(64))
    return emitOpError() << "reduces f32, f64, i32 or i64, not " << element;
  if (result != input.clone(shape))
    return emitOpError() << "result is " << result << ", must be " << input.clone(shape);
  return success();
}
