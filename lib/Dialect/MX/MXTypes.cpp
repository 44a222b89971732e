//===- MXTypes.cpp - The block-scaled element type --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Syntax and rules of `!mx.block`.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MX/MX.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec::mx;

static ParseResult parseBlockShape(AsmParser &parser, SmallVector<int64_t> &block) {
  return parser.parseDimensionList(block, /*allowDynamic=*/false, /*withTrailingX=*/false);
}

static void printBlockShape(AsmPrinter &printer, ArrayRef<int64_t> block) {
  llvm::interleave(block, printer.getStream(), "x");
}

#define GET_TYPEDEF_CLASSES
#include "moec/Dialect/MX/MXTypes.cpp.inc"

void MXDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "moec/Dialect/MX/MXTypes.cpp.inc"
      >();
}

static bool isCodeType(Type type) {
  return isa<Float4E2M1FNType, Float6E2M3FNType, Float6E3M2FNType, Float8E4M3FNType,
             Float8E5M2Type>(type) ||
         type.isInteger(4) || type.isInteger(8);
}

LogicalResult BlockType::verify(function_ref<InFlightDiagnostic()> emitError, Type element,
                                Type scale, ArrayRef<int64_t> block, Type global) {
  if (!isCodeType(element))
    return emitError()
           << "element type " << element
           << " is no code type: f4E2M1FN, f6E2M3FN, f6E3M2FN, f8E4M3FN, f8E5M2, i4, i8";
  if (!isa<Float8E8M0FNUType, Float8E4M3FNType, BFloat16Type, Float32Type>(scale))
    return emitError() << "scale type " << scale << " is none of f8E8M0FNU, f8E4M3FN, bf16, f32";
  if (isa<IntegerType>(element) && !isa<BFloat16Type, Float32Type>(scale))
    return emitError() << "integer codes " << element << " need a bf16 or f32 scale, not " << scale;
  if (block.empty() || block.size() > 2)
    return emitError() << "a block has 1 or 2 dimensions, not " << block.size();
  for (int64_t extent : block)
    if (extent < 1)
      return emitError() << "block extent " << extent << " is not positive";
  if (global && !global.isF32())
    return emitError() << "global scale type " << global << " is not f32";
  return success();
}

BlockType BlockType::getMXFP4(MLIRContext *context) {
  return get(context, Float4E2M1FNType::get(context), Float8E8M0FNUType::get(context), {32},
             Type());
}

BlockType BlockType::getMXFP8(MLIRContext *context) {
  return get(context, Float8E4M3FNType::get(context), Float8E8M0FNUType::get(context), {32},
             Type());
}

BlockType BlockType::getInt8(MLIRContext *context) {
  return get(context, IntegerType::get(context, 8), Float32Type::get(context), {32}, Type());
}

BlockType BlockType::getInt4(MLIRContext *context) {
  return get(context, IntegerType::get(context, 4), BFloat16Type::get(context), {32}, Type());
}

StringRef BlockType::getFormatName() {
  MLIRContext *context = getContext();
  const std::pair<BlockType, StringRef> names[] = {{getMXFP4(context), "mxfp4"},
                                                   {getMXFP8(context), "mxfp8"},
                                                   {getInt8(context), "int8"},
                                                   {getInt4(context), "int4"}};
  for (auto [format, name] : names)
    if (*this == format)
      return name;
  return "";
}

BlockType moec::mx::getBlockElement(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    type = shaped.getElementType();
  return dyn_cast<BlockType>(type);
}
