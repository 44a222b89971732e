//===- ExecAttrs.cpp - Facts of the host plan -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Exec/Exec.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::exec;

#include "moec/Dialect/Exec/ExecEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Exec/ExecAttrs.cpp.inc"

void ExecDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "moec/Dialect/Exec/ExecAttrs.cpp.inc"
      >();
}

LogicalResult RuleAttr::verify(function_ref<InFlightDiagnostic()> emitError, Allocation allocation,
                               int64_t pageSize, int64_t window) {
  bool hasPages = allocation != Allocation::Slots, hasWindow = allocation == Allocation::Window;
  if (hasPages ? pageSize < 1 : pageSize != 0)
    return emitError() << "page_size is " << pageSize << ", but a rule of "
                       << stringifyAllocation(allocation)
                       << (hasPages ? " needs at least 1" : " has none");
  if (hasWindow ? window < 1 : window != 0)
    return emitError() << "window is " << window << ", but a rule of "
                       << stringifyAllocation(allocation)
                       << (hasWindow ? " needs at least 1" : " has none");
  return success();
}

LogicalResult InterfaceArrayAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                         StringRef name, tile::RefType type, AffineMap rows,
                                         RuleAttr) {
  if (name.empty())
    return emitError() << "an array of a function has no name";
  if (type.getRank() < 1 || !ShapedType::isDynamic(type.getDim(0)))
    return emitError() << "array '" << name << "' is " << type << ", whose leading extent is fixed";
  if (rows.getNumDims() != 3 || rows.getNumSymbols() != 1 || rows.getNumResults() != 1)
    return emitError() << "array '" << name << "' has rows over " << rows.getNumDims()
                       << " dims and " << rows.getNumSymbols()
                       << " symbols, expected one formula over (T, S, R)[P]";
  return success();
}

LogicalResult LimitsAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t maxTokens,
                                 int64_t maxSequences, int64_t maxContext) {
  for (auto [name, value] : {std::pair("max_tokens", maxTokens),
                             {"max_sequences", maxSequences},
                             {"max_context", maxContext}})
    if (value < 1)
      return emitError() << name << " is " << value << ", expected at least 1";
  if (maxSequences > maxTokens)
    return emitError() << "max_sequences is " << maxSequences << ", more than the " << maxTokens
                       << " tokens of a step";
  return success();
}

Attribute EstimateAttr::parse(AsmParser &parser, Type) {
  int64_t tokens = 0, context = 0, read = 0, written = 0;
  double microseconds = 0;
  if (parser.parseLess() || parser.parseKeyword("tokens") || parser.parseEqual() ||
      parser.parseInteger(tokens) || parser.parseComma() || parser.parseKeyword("context") ||
      parser.parseEqual() || parser.parseInteger(context) || parser.parseComma() ||
      parser.parseKeyword("microseconds") || parser.parseEqual() ||
      parser.parseFloat(microseconds) || parser.parseComma() || parser.parseKeyword("read") ||
      parser.parseEqual() || parser.parseInteger(read) || parser.parseComma() ||
      parser.parseKeyword("written") || parser.parseEqual() || parser.parseInteger(written) ||
      parser.parseGreater())
    return {};
  return EstimateAttr::get(parser.getContext(), tokens, context, llvm::APFloat(microseconds), read,
                           written);
}

void EstimateAttr::print(AsmPrinter &printer) const {
  printer << "<tokens = " << getTokens() << ", context = " << getContextLength()
          << ", microseconds = ";
  printer.printFloat(getMicroseconds());
  printer << ", read = " << getRead() << ", written = " << getWritten() << ">";
}
