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

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::mx;

/// Extents, then (`, global = ` type)? (`, zero = ` type)?
static ParseResult parseBlockLayout(AsmParser &parser, SmallVector<int64_t> &block, Type &global,
                                    Type &zero) {
  if (parser.parseDimensionList(block, /*allowDynamic=*/false, /*withTrailingX=*/false))
    return failure();
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc place = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return failure();
    Type *type = keyword == "global" ? &global : keyword == "zero" ? &zero : nullptr;
    if (!type || *type)
      return parser.emitError(place, "expected 'global' or 'zero', each once");
    if (parser.parseEqual() || parser.parseType(*type))
      return failure();
  }
  return success();
}

static void printBlockLayout(AsmPrinter &printer, ArrayRef<int64_t> block, Type global, Type zero) {
  llvm::interleave(block, printer.getStream(), "x");
  if (global)
    printer << ", global = " << global;
  if (zero)
    printer << ", zero = " << zero;
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
                                Type scale, ArrayRef<int64_t> block, Type global, Type zero) {
  if (!isCodeType(element))
    return emitError()
           << "element type " << element
           << " is no code type: f4E2M1FN, f6E2M3FN, f6E3M2FN, f8E4M3FN, f8E5M2, i4, i8";
  if (!isa<Float8E8M0FNUType, Float8E4M3FNType, BFloat16Type, Float16Type, Float32Type>(scale))
    return emitError() << "scale type " << scale
                       << " is none of f8E8M0FNU, f8E4M3FN, bf16, f16, f32";
  if (isa<IntegerType>(element) && !isa<BFloat16Type, Float16Type, Float32Type>(scale))
    return emitError() << "integer codes " << element << " need a bf16, f16 or f32 scale, not "
                       << scale;
  if (block.empty() || block.size() > 2)
    return emitError() << "a block has 1 or 2 dimensions, not " << block.size();
  for (int64_t extent : block)
    if (extent < 1)
      return emitError() << "block extent " << extent << " is not positive";
  if (global && !global.isF32())
    return emitError() << "global scale type " << global << " is not f32";
  if (zero && (!zero.isInteger(8) || !isa<IntegerType>(element)))
    return emitError() << "zero points are i8, of integer codes; not " << zero << " of " << element;
  return success();
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

static Type getCodeType(MLIRContext *context, CodeType code) {
  switch (code) {
  case CodeType::E2M1:
    return Float4E2M1FNType::get(context);
  case CodeType::E2M3:
    return Float6E2M3FNType::get(context);
  case CodeType::E3M2:
    return Float6E3M2FNType::get(context);
  case CodeType::E4M3:
    return Float8E4M3FNType::get(context);
  case CodeType::E5M2:
    return Float8E5M2Type::get(context);
  case CodeType::Int4:
    return IntegerType::get(context, 4);
  case CodeType::Int8:
    return IntegerType::get(context, 8);
  }
  llvm_unreachable("every code type is handled");
}

static Type getScaleType(MLIRContext *context, ScaleType scale) {
  switch (scale) {
  case ScaleType::E8M0:
    return Float8E8M0FNUType::get(context);
  case ScaleType::E4M3:
    return Float8E4M3FNType::get(context);
  case ScaleType::BF16:
    return BFloat16Type::get(context);
  case ScaleType::F16:
    return Float16Type::get(context);
  case ScaleType::F32:
    return Float32Type::get(context);
  }
  llvm_unreachable("every scale type is handled");
}

/// The kind whose type that is.
template <typename Kind>
static Kind findKind(Type type, std::initializer_list<Kind> kinds,
                     Type (*getType)(MLIRContext *, Kind)) {
  return *llvm::find_if(kinds, [&](Kind kind) { return getType(type.getContext(), kind) == type; });
}

BlockType BlockType::get(MLIRContext *context, const BlockFormat &format) {
  SmallVector<int64_t> block;
  if (format.blockRows != 1)
    block.push_back(format.blockRows);
  block.push_back(format.blockColumns);
  return get(context, getCodeType(context, format.code), getScaleType(context, format.scale), block,
             format.hasGlobal ? Type(Float32Type::get(context)) : Type(),
             format.hasZero ? Type(IntegerType::get(context, 8)) : Type());
}

BlockType BlockType::getNamed(MLIRContext *context, StringRef name) {
  const NamedFormat *named = findFormat(name);
  return named ? get(context, named->format) : BlockType();
}

BlockFormat BlockType::getFormat() {
  auto code = findKind(getElement(),
                       {CodeType::E2M1, CodeType::E2M3, CodeType::E3M2, CodeType::E4M3,
                        CodeType::E5M2, CodeType::Int4, CodeType::Int8},
                       getCodeType);
  auto scale =
      findKind(getScale(),
               {ScaleType::E8M0, ScaleType::E4M3, ScaleType::BF16, ScaleType::F16, ScaleType::F32},
               getScaleType);
  int64_t rows = getBlock().size() > 1 ? getBlock().front() : 1;
  return {code, scale, rows, getBlock().back(), bool(getGlobal()), bool(getZero())};
}

BlockType BlockType::getSingleRows() {
  BlockFormat format = getFormat();
  format.blockRows = 1;
  return get(getContext(), format);
}

BlockType BlockType::getRowForm(int64_t columns, int64_t most) {
  BlockFormat format = getFormat();
  format.blockRows = 1;
  format.blockColumns = std::gcd(std::gcd(format.blockColumns, columns), most);
  return get(getContext(), format);
}

StringRef BlockType::getFormatName() { return formatName(getFormat()); }

SmallVector<BlockStream, 4> BlockType::getStreams() {
  SmallVector<BlockStream, 4> streams{BlockStream::Codes, BlockStream::Scales};
  if (getZero())
    streams.push_back(BlockStream::Zeros);
  if (getGlobal())
    streams.push_back(BlockStream::Global);
  return streams;
}

std::string moec::mx::describe(Type type) {
  auto block = dyn_cast<BlockType>(type);
  if (block && !block.getFormatName().empty())
    return block.getFormatName().str();
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

BlockType moec::mx::getBlockElement(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    type = shaped.getElementType();
  return dyn_cast<BlockType>(type);
}
