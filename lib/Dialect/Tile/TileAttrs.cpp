//===- TileAttrs.cpp - Packing maps and schedules -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Layout.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec::tile;

/// `[(dim, extent), (dim, extent, step), …]`, fastest first.
static FailureOr<SmallVector<PackedDigit>> parsePackedDigits(AsmParser &parser) {
  SmallVector<PackedDigit> digits;
  int64_t next[2] = {1, 1};
  auto parseDigit = [&]() -> ParseResult {
    unsigned dim;
    int64_t extent, step;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseLParen() || parser.parseInteger(dim) || parser.parseComma() ||
        parser.parseInteger(extent))
      return failure();
    if (dim > 1)
      return parser.emitError(loc) << "dim " << dim << " is neither 0 (row) nor 1 (column)";
    step = next[dim];
    if (succeeded(parser.parseOptionalComma()) && parser.parseInteger(step))
      return failure();
    next[dim] *= extent;
    digits.push_back({dim, extent, step});
    return parser.parseRParen();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseDigit))
    return failure();
  return digits;
}

static void printPackedDigits(AsmPrinter &printer, ArrayRef<PackedDigit> digits) {
  int64_t next[2] = {1, 1};
  printer << '[';
  llvm::interleaveComma(digits, printer, [&](const PackedDigit &digit) {
    printer << '(' << digit.dim << ", " << digit.extent;
    if (digit.step != next[digit.dim])
      printer << ", " << digit.step;
    printer << ')';
    next[digit.dim] *= digit.extent;
  });
  printer << ']';
}

/// The digits of each dim must count every place of the unit exactly once.
static LogicalResult verifyDigits(function_ref<InFlightDiagnostic()> emitError,
                                  ArrayRef<PackedDigit> digits) {
  for (unsigned dim : {0u, 1u}) {
    SmallVector<PackedDigit> own;
    for (const PackedDigit &digit : digits) {
      if (digit.extent < 1)
        return emitError() << "digit extent " << digit.extent << " is not positive";
      if (digit.dim == dim)
        own.push_back(digit);
    }
    llvm::sort(own, [](auto &a, auto &b) { return a.step < b.step; });
    int64_t expected = 1;
    for (const PackedDigit &digit : own) {
      if (digit.step != expected)
        return emitError() << "digits of dim " << dim << " are no permutation: step " << digit.step
                           << " where " << expected << " is needed";
      expected *= digit.extent;
    }
  }
  return success();
}

LogicalResult PackedAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<PackedDigit> elements, ArrayRef<PackedDigit> scales) {
  if (failed(verifyDigits(emitError, elements)))
    return failure();
  return verifyDigits(emitError, scales);
}

Attribute ScheduleAttr::parse(AsmParser &parser, Type) {
  NamedAttrList choices;
  MLIRContext *context = parser.getContext();
  auto parseChoice = [&]() -> ParseResult {
    StringRef name;
    SMLoc loc = parser.getCurrentLocation();
    Attribute value;
    if (parser.parseKeyword(&name))
      return failure();
    if (choices.get(name))
      return parser.emitError(loc) << "choice '" << name << "' is given twice";
    std::string key = name.str();
    int64_t integer;
    if (parser.parseEqual())
      return failure();
    OptionalParseResult isInteger = parser.parseOptionalInteger(integer);
    if (isInteger.has_value()) {
      if (failed(*isInteger))
        return failure();
      value = IntegerAttr::get(IntegerType::get(context, 64), integer);
    } else if (parser.parseAttribute(value)) {
      return failure();
    }
    choices.append(key, value);
    return success();
  };
  SMLoc loc = parser.getCurrentLocation();
  // MLIR's own list in angle brackets accepts what does not open one, after an error.
  if (parser.parseLess())
    return {};
  if (failed(parser.parseOptionalGreater()) &&
      (parser.parseCommaSeparatedList(parseChoice) || parser.parseGreater()))
    return {};
  return parser.getChecked<ScheduleAttr>(loc, context, choices.getDictionary(context));
}

void ScheduleAttr::print(AsmPrinter &printer) const {
  printer << '<';
  llvm::interleaveComma(getChoices(), printer, [&](NamedAttribute choice) {
    printer << choice.getName().getValue();
    if (auto integer = dyn_cast<IntegerAttr>(choice.getValue()))
      printer << " = " << integer.getInt();
    else if (auto text = dyn_cast<StringAttr>(choice.getValue()))
      printer << " = " << text;
  });
  printer << '>';
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   DictionaryAttr choices) {
  for (NamedAttribute choice : choices) {
    StringRef name = choice.getName();
    if (name == "order") {
      auto text = dyn_cast<StringAttr>(choice.getValue());
      bool valid = text && !text.empty() && text.size() <= 3;
      for (char axis : valid ? text.getValue() : StringRef())
        valid &= (axis == 'x' || axis == 'y' || axis == 'z') && text.getValue().count(axis) == 1;
      if (!valid)
        return emitError() << "order must list axes x, y, z once each, not " << choice.getValue();
    } else if (name == "source") {
      auto text = dyn_cast<StringAttr>(choice.getValue());
      if (!text || (text != "measured" && text != "predicted" && text != "default"))
        return emitError() << "source must be measured, predicted or default, not "
                           << choice.getValue();
    } else if (auto integer = dyn_cast<IntegerAttr>(choice.getValue())) {
      if (integer.getInt() < 1)
        return emitError() << "choice '" << name << "' is " << integer.getInt()
                           << ", must be positive";
    } else {
      return emitError() << "choice '" << name << "' must be a positive integer";
    }
  }
  return success();
}

int64_t ScheduleAttr::getInt(StringRef name, int64_t fallback) const {
  auto integer = getChoices().getAs<IntegerAttr>(name);
  return integer ? integer.getInt() : fallback;
}

std::array<unsigned, 3> ScheduleAttr::getOrder() const {
  std::string axes;
  if (auto text = getChoices().getAs<StringAttr>("order"))
    axes = text.str();
  for (char axis : StringRef("xyz"))
    if (axes.find(axis) == std::string::npos)
      axes += axis;
  return {unsigned(axes[0] - 'x'), unsigned(axes[1] - 'x'), unsigned(axes[2] - 'x')};
}

StringRef ScheduleAttr::getSource() const {
  auto text = getChoices().getAs<StringAttr>("source");
  return text ? text.getValue() : "default";
}

ScheduleAttr ScheduleAttr::with(StringRef name, Attribute value) const {
  NamedAttrList choices(getChoices());
  if (value)
    choices.set(name, value);
  else
    choices.erase(name);
  return get(getContext(), choices.getDictionary(getContext()));
}

ScheduleAttr ScheduleAttr::with(StringRef name, int64_t value) const {
  return with(name, Builder(getContext()).getI64IntegerAttr(value));
}

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Tile/TileAllAttrs.cpp.inc"

void TileDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "moec/Dialect/Tile/TileAllAttrs.cpp.inc"
      >();
}
