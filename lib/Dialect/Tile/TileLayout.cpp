//===- TileLayout.cpp - Where tiles lie -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Layouts are written with coordinates, which people compare with a tile, and kept as the numbers
// of elements, with which layouts compute.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Layout.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::tile;

using EmitError = function_ref<InFlightDiagnostic()>;

static std::string printShape(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, "x");
  return text;
}

std::vector<int64_t> tile::getPaddedShape(ArrayRef<int64_t> shape) {
  std::vector<int64_t> padded;
  for (int64_t extent : shape)
    padded.push_back(llvm::PowerOf2Ceil(extent));
  return padded;
}

//===----------------------------------------------------------------------===//
// #tile.layout
//===----------------------------------------------------------------------===//

LayoutAttr LayoutAttr::get(MLIRContext *context, const LinearLayout &layout, LayoutAttr scales) {
  using Space = LinearLayout::Space;
  return get(context, layout.getShape(), layout.getBases(Space::Register),
             layout.getBases(Space::Lane), layout.getBases(Space::Subgroup), scales);
}

LinearLayout LayoutAttr::getLinear() const {
  return LinearLayout(getShape().vec(), getRegisters().vec(), getLanes().vec(),
                      getSubgroups().vec());
}

/// `[(0, 1), (0, 2)]`: elements of a tile of that shape by their coordinates.
static ParseResult parseBases(AsmParser &parser, ArrayRef<int64_t> shape,
                              SmallVectorImpl<uint64_t> &bases) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    SmallVector<int64_t> place;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren,
                                       [&] { return parser.parseInteger(place.emplace_back()); }))
      return failure();
    if (place.size() != shape.size())
      return parser.emitError(loc) << "has " << place.size() << " coordinates, the tile "
                                   << shape.size() << " dimensions";
    uint64_t element = 0;
    for (auto [coordinate, extent] : llvm::zip(place, shape)) {
      if (coordinate < 0 || coordinate >= extent)
        return parser.emitError(loc)
               << "coordinate " << coordinate << " is beyond the extent " << extent;
      element = element * extent + coordinate;
    }
    bases.push_back(element);
    return success();
  });
}

/// The body of a layout, from `<` to `>`.
static Attribute parseLayout(AsmParser &parser) {
  SmallVector<int64_t> shape;
  SmallVector<uint64_t> bases[3];
  LayoutAttr scales;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false, /*withTrailingX=*/false))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc place = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword) || parser.parseEqual())
      return {};
    if (keyword == "scales") {
      scales = dyn_cast_or_null<LayoutAttr>(parseLayout(parser));
      if (!scales)
        return {};
      continue;
    }
    unsigned space = llvm::StringSwitch<unsigned>(keyword)
                         .Case("register", 0)
                         .Case("lane", 1)
                         .Case("subgroup", 2)
                         .Default(3);
    if (space == 3) {
      parser.emitError(place) << "a layout has register, lane, subgroup and scales, no " << keyword;
      return {};
    }
    if (parseBases(parser, shape, bases[space]))
      return {};
  }
  if (parser.parseGreater())
    return {};
  // The attribute's own, as only TileAttrs.cpp sees how it is stored.
  auto emitError = [&] { return parser.emitError(loc); };
  return LayoutAttr::getChecked(EmitError(emitError), parser.getContext(), ArrayRef(shape),
                                ArrayRef(bases[0]), ArrayRef(bases[1]), ArrayRef(bases[2]), scales);
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) { return parseLayout(parser); }

void LayoutAttr::print(AsmPrinter &printer) const {
  LinearLayout layout = getLinear();
  printer << '<' << printShape(getShape());
  auto printBases = [&](StringRef name, ArrayRef<uint64_t> bases) {
    if (bases.empty())
      return;
    printer << ", " << name << " = [";
    llvm::interleaveComma(bases, printer, [&](uint64_t basis) {
      printer << '(';
      llvm::interleaveComma(llvm::seq<unsigned>(0, layout.getRank()), printer,
                            [&](unsigned dim) { printer << layout.getCoordinate(basis, dim); });
      printer << ')';
    });
    printer << ']';
  };
  printBases("register", getRegisters());
  printBases("lane", getLanes());
  printBases("subgroup", getSubgroups());
  if (getScales()) {
    printer << ", scales = ";
    getScales().print(printer);
  }
  printer << '>';
}

LogicalResult LayoutAttr::verify(EmitError emitError, ArrayRef<int64_t> shape,
                                 ArrayRef<uint64_t> registers, ArrayRef<uint64_t> lanes,
                                 ArrayRef<uint64_t> subgroups, LayoutAttr scales) {
  uint64_t elements = 1;
  for (int64_t extent : shape) {
    if (extent < 1 || !llvm::isPowerOf2_64(extent))
      return emitError() << "extent " << extent << " is no power of two";
    elements *= extent;
  }
  if (shape.empty())
    return emitError() << "a layout of a tile without dimensions";
  // Every element has a holder: the bases must span the bits of its number.
  std::vector<uint64_t> columns;
  for (ArrayRef<uint64_t> bases : {registers, lanes, subgroups})
    columns.insert(columns.end(), bases.begin(), bases.end());
  unsigned bits = llvm::Log2_64(elements);
  if (llvm::any_of(columns, [&](uint64_t basis) { return basis >= elements; }))
    return emitError() << "a basis is beyond the " << elements << " elements of "
                       << printShape(shape);
  if (unsigned held = BitMatrix(columns, bits).getRank(); held < bits)
    return emitError() << "holds " << (uint64_t(1) << held) << " of the " << elements
                       << " elements of " << printShape(shape);
  if (!scales)
    return success();
  if (scales.getScales())
    return emitError() << "scales have no scales";
  if (scales.getLanes().size() != lanes.size() || scales.getSubgroups().size() != subgroups.size())
    return emitError() << "numbers lie in " << (1u << lanes.size()) << " lanes of "
                       << (1u << subgroups.size()) << " subgroups, scales in "
                       << (1u << scales.getLanes().size()) << " of "
                       << (1u << scales.getSubgroups().size());
  return success();
}

LogicalResult LayoutAttr::verifyFor(EmitError emitError, RankedTensorType type) const {
  std::vector<int64_t> shape = getPaddedShape(type.getShape());
  if (getShape() != ArrayRef(shape))
    return emitError() << "a layout of " << printShape(getShape()) << " for " << type
                       << ", which takes " << printShape(shape);
  auto block = dyn_cast<mx::BlockType>(type.getElementType());
  if (!block) {
    if (getScales())
      return emitError() << "a layout of scales for " << type << ", which has none";
    return success();
  }
  shape.back() = llvm::PowerOf2Ceil(type.getShape().back() / block.getBlockSize());
  if (!getScales())
    return emitError() << "no layout for the scales of " << type;
  if (getScales().getShape() != ArrayRef(shape))
    return emitError() << "a layout of " << printShape(getScales().getShape())
                       << " for the scales of " << type << ", which take " << printShape(shape);
  return success();
}

//===----------------------------------------------------------------------===//
// #tile.product
//===----------------------------------------------------------------------===//

Attribute ProductAttr::parse(AsmParser &parser, Type) {
  std::string atom;
  SmallVector<int64_t> subgroups, tiles;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseString(&atom))
    return {};
  auto parseCounts = [&](StringRef name, SmallVectorImpl<int64_t> &counts) -> ParseResult {
    return failure(parser.parseKeyword(name) || parser.parseEqual() ||
                   parser.parseDimensionList(counts, /*allowDynamic=*/false,
                                             /*withTrailingX=*/false));
  };
  if (succeeded(parser.parseOptionalComma())) {
    if (parseCounts("subgroups", subgroups) ||
        (succeeded(parser.parseOptionalComma()) && parseCounts("tiles", tiles)))
      return {};
  }
  if (parser.parseGreater())
    return {};
  auto emitError = [&] { return parser.emitError(loc); };
  return ProductAttr::getChecked(EmitError(emitError), parser.getContext(), StringRef(atom),
                                 ArrayRef(subgroups), ArrayRef(tiles));
}

void ProductAttr::print(AsmPrinter &printer) const {
  printer << '<' << '"' << getAtom() << '"';
  if (!getSubgroups().empty())
    printer << ", subgroups = " << printShape(getSubgroups());
  if (!getTiles().empty())
    printer << ", tiles = " << printShape(getTiles());
  printer << '>';
}

LogicalResult ProductAttr::verify(EmitError emitError, StringRef, ArrayRef<int64_t> subgroups,
                                  ArrayRef<int64_t> tiles) {
  if (!subgroups.empty() && subgroups.size() != 2 && subgroups.size() != 3)
    return emitError()
           << "shares the result among " << printShape(subgroups)
           << " subgroups, not rows x columns, or rows x columns x slices of K, of them";
  if (!tiles.empty() && (tiles.size() != 3 || subgroups.empty()))
    return emitError() << "counts " << printShape(tiles)
                       << " tiles of a subgroup, not M x N x K of them behind its subgroups";
  for (ArrayRef<int64_t> counts : {subgroups, tiles})
    for (int64_t count : counts)
      if (count < 1 || !llvm::isPowerOf2_64(count))
        return emitError() << "count " << count << " is no power of two";
  return success();
}

//===----------------------------------------------------------------------===//
// What the IR says
//===----------------------------------------------------------------------===//

static bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

LayoutAttr tile::getLayout(Value tile) {
  auto result = dyn_cast<OpResult>(tile);
  if (auto argument = dyn_cast<BlockArgument>(tile)) {
    // Arguments of a loop but its counter are carried, and end as its results.
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (!loop || argument == loop.getInductionVar())
      return {};
    result = loop.getTiedLoopResult(argument);
  }
  Operation *op = result.getOwner();
  if (auto convert = dyn_cast<ConvertLayoutOp>(op))
    return convert.getLayout();
  auto layouts = op->getAttrOfType<ArrayAttr>(kLayoutsAttr);
  if (!layouts)
    return {};
  unsigned place = llvm::count_if(op->getResults().take_front(result.getResultNumber()), isTile);
  return place < layouts.size() ? dyn_cast<LayoutAttr>(layouts[place]) : LayoutAttr();
}

void tile::setLayouts(Operation *op, ArrayRef<LayoutAttr> layouts) {
  op->setAttr(kLayoutsAttr,
              Builder(op->getContext())
                  .getArrayAttr(SmallVector<Attribute>(layouts.begin(), layouts.end())));
}

ProductAttr tile::getProduct(Operation *product) {
  return product->getAttrOfType<ProductAttr>(kProductAttr);
}

LogicalResult tile::verifyLayouts(Operation *op) {
  if (Attribute product = op->getAttr(kProductAttr))
    if (!isa<ProductAttr>(product) || !isa<MmaOp, MmaScaledOp>(op))
      return op->emitOpError() << kProductAttr << " is the #tile.product of a product";
  Attribute attribute = op->getAttr(kLayoutsAttr);
  if (!attribute)
    return success();
  auto layouts = dyn_cast<ArrayAttr>(attribute);
  if (!layouts || isa<ConvertLayoutOp>(op))
    return op->emitOpError() << kLayoutsAttr << " is no list of layouts of its results";
  SmallVector<Value> tiles(llvm::make_filter_range(op->getResults(), isTile));
  if (layouts.size() != tiles.size())
    return op->emitOpError() << "has " << layouts.size() << " layouts for " << tiles.size()
                             << " tiles";
  for (auto [layout, tile] : llvm::zip(layouts, tiles)) {
    auto known = dyn_cast<LayoutAttr>(layout);
    if (!known)
      return op->emitOpError() << layout << " is no #tile.layout";
    if (failed(known.verifyFor([&] { return op->emitOpError() << "has "; },
                               cast<RankedTensorType>(tile.getType()))))
      return failure();
  }
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  return getLayout().verifyFor([&] { return emitOpError() << "has "; }, getType());
}

#define GET_OP_CLASSES
#include "moec/Dialect/Tile/TileLayoutOps.cpp.inc"
