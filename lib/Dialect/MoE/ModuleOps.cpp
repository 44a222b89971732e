//===- ModuleOps.cpp - Rules of weights and groups ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Weights, embedding, and the syntax of groups.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

//===----------------------------------------------------------------------===//
// WeightOp
//===----------------------------------------------------------------------===//

void WeightOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     RankedTensorType type, StringRef source) {
  state.getOrAddProperties<Properties>().sym_name = builder.getStringAttr(name);
  state.getOrAddProperties<Properties>().type = TypeAttr::get(type);
  state.getOrAddProperties<Properties>().source = builder.getStringAttr(source);
}

SmallVector<int64_t> WeightOp::getStoredShape() {
  if (std::optional<WeightViewAttr> view = getView())
    return SmallVector<int64_t>(view->getShape());
  return SmallVector<int64_t>(getTensorType().getShape());
}

int64_t WeightOp::getSourceCount() { return isStacked() ? getStoredShape().front() : 1; }

std::string WeightOp::getSourceName(int64_t index) {
  auto [before, after] = getSource().split("{e}");
  if (!isStacked())
    return before.str();
  return (before + Twine(index) + after).str();
}

LogicalResult WeightOp::verify() {
  if (getSource().empty())
    return emitOpError() << "names no tensor";
  if (isStacked() && getStoredShape().empty())
    return emitOpError() << "stacks tensors in a type without dimensions";
  if (std::optional<WeightViewAttr> view = getView()) {
    SmallVector<int64_t> shape = view->getResultShape();
    if (ArrayRef(shape) != getTensorType().getShape()) {
      InFlightDiagnostic diag = emitOpError() << "view gives shape ";
      llvm::interleave(shape, diag, "x");
      return diag << ", but the type is " << getTensorType();
    }
  }
  // Without a rule the checkpoint has the codes.
  return getRoundingAttr()
             ? mx::verifyRounding([&] { return emitOpError(); }, getTensorType(), getRoundingAttr())
             : success();
}

//===----------------------------------------------------------------------===//
// EmbedOp
//===----------------------------------------------------------------------===//

LogicalResult EmbedOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto weight = lookupSymbol<WeightOp>(tables, *this, getWeightAttr());
  ArrayRef<int64_t> shape = weight ? weight.getTensorType().getShape() : ArrayRef<int64_t>();
  int64_t vocabulary = shape.empty() ? 0 : shape.front();
  return verifyWeight(*this, tables, getWeightAttr(), "weight",
                      {vocabulary, getType().getDimSize(1)});
}

//===----------------------------------------------------------------------===//
// GroupOp
//===----------------------------------------------------------------------===//

ParseResult GroupOp::parse(OpAsmParser &parser, OperationState &result) {
  MLIRContext *context = parser.getContext();
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<KernelFamily> family = symbolizeKernelFamily(keyword);
  if (!family)
    return parser.emitError(loc) << "unknown kernel family '" << keyword << "'";
  result.getOrAddProperties<Properties>().family = KernelFamilyAttr::get(context, *family);
  if (succeeded(parser.parseOptionalKeyword("id"))) {
    int64_t id = 0;
    if (parser.parseInteger(id))
      return failure();
    result.getOrAddProperties<Properties>().id = parser.getBuilder().getI64IntegerAttr(id);
  }
  std::string name;
  if (succeeded(parser.parseOptionalString(&name)))
    result.getOrAddProperties<Properties>().name = StringAttr::get(context, name);

  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  auto parseInput = [&]() -> ParseResult {
    return failure(parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) ||
                   parser.parseColonType(arguments.back().type));
  };
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseInput) ||
      parser.parseOptionalArrowTypeList(result.types) ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  for (auto [operand, argument] : llvm::zip_equal(operands, arguments))
    if (parser.resolveOperand(operand, argument.type, result.operands))
      return failure();
  Region *body = result.addRegion();
  if (parser.parseRegion(*body, arguments))
    return failure();
  ensureTerminator(*body, parser.getBuilder(), result.location);
  return success();
}

void GroupOp::print(OpAsmPrinter &printer) {
  printer << ' ' << stringifyKernelFamily(getFamily());
  if (std::optional<int64_t> id = getId())
    printer << " id " << *id;
  if (StringAttr name = getNameAttr())
    printer << ' ' << name;
  printer << '(';
  llvm::interleaveComma(llvm::zip(getBody().getArguments(), getInputs()), printer, [&](auto pair) {
    auto [argument, input] = pair;
    printer << argument << " = " << input << " : " << input.getType();
  });
  printer << ')';
  printer.printOptionalArrowTypeList(getResultTypes());
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getFamilyAttrName(), getIdAttrName(), getNameAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false,
                      /*printBlockTerminators=*/getNumResults() != 0);
}

LogicalResult GroupOp::verify() {
  TypeRange arguments = getBody().getArgumentTypes();
  if (failed(verifyEqual(*this, "number of body arguments", arguments.size(), "number of inputs",
                         getInputs().size())))
    return failure();
  for (auto [index, argument, input] : llvm::enumerate(arguments, getInputs().getTypes()))
    if (argument != input)
      return emitOpError() << "body argument " << index << " is " << argument << ", its input "
                           << input;
  return success();
}

LogicalResult GroupOp::verifyRegions() {
  if (failed(verifyEqual(*this, "number of yielded values", getYields().size(), "number of results",
                         getNumResults())))
    return failure();
  for (auto [index, yielded, result] : llvm::enumerate(getYields().getTypes(), getResultTypes()))
    if (yielded != result)
      return emitOpError() << "yields " << yielded << " as result " << index << ", which is "
                           << result;
  return success();
}
