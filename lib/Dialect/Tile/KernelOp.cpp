//===- KernelOp.cpp - The kernel op ---------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Layout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace moec::tile;

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name, TypeRange arguments,
                     ArrayRef<AffineMap> grid, ScheduleAttr schedule) {
  state.addAttribute(getSymNameAttrName(state.name), builder.getStringAttr(name));
  state.addAttribute(getGridAttrName(state.name), builder.getAffineMapArrayAttr(grid));
  if (schedule)
    state.addAttribute(getScheduleAttrName(state.name), schedule);
  Block &body = state.addRegion()->emplaceBlock();
  for (Type type : arguments)
    body.addArgument(type, state.location);
  for (unsigned axis = 0; axis != 3; ++axis)
    body.addArgument(builder.getIndexType(), state.location);
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> arguments;
  if (parser.parseSymbolName(name, getSymNameAttrName(result.name), result.attributes) ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true))
    return failure();
  SmallVector<Attribute> grid;
  auto parseAxis = [&]() -> ParseResult {
    OpAsmParser::Argument id;
    AffineMapAttr map;
    if (parser.parseArgument(id) || parser.parseEqual() || parser.parseAttribute(map))
      return failure();
    id.type = parser.getBuilder().getIndexType();
    arguments.push_back(id);
    grid.push_back(map);
    return success();
  };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword("grid") ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseAxis))
    return failure();
  if (grid.size() != 3)
    return parser.emitError(loc) << "a grid has 3 axes, not " << grid.size();
  result.addAttribute(getGridAttrName(result.name), parser.getBuilder().getArrayAttr(grid));
  return failure(parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), arguments));
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(';
  llvm::interleaveComma(getKernelArguments(), printer,
                        [&](BlockArgument argument) { printer.printRegionArgument(argument); });
  printer << ") grid(";
  for (unsigned axis = 0; axis != 3; ++axis) {
    if (axis != 0)
      printer << ", ";
    printer.printOperand(getBlockId(axis));
    printer << " = " << getGrid()[axis];
  }
  printer << ')';
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(),
                                           {getSymNameAttrName(), getGridAttrName()});
  printer << ' ';
  printer.printRegion(getBodyRegion(), /*printEntryBlockArgs=*/false);
}

LogicalResult KernelOp::verify() {
  Block &body = getBodyRegion().front();
  if (body.getNumArguments() < 3)
    return emitOpError() << "has " << body.getNumArguments()
                         << " block arguments, the 3 block coordinates are missing";
  unsigned indices = 0;
  for (BlockArgument argument : getKernelArguments()) {
    if (argument.getType().isIndex())
      ++indices;
    else if (!isa<RefType>(argument.getType()))
      return emitOpError() << "argument " << argument.getArgNumber()
                           << " must be a ref or an index, not " << argument.getType();
  }
  for (unsigned axis = 0; axis != 3; ++axis)
    if (!getBlockId(axis).getType().isIndex())
      return emitOpError() << "block coordinate " << axis << " must be an index";
  if (getGrid().size() != 3)
    return emitOpError() << "a grid has 3 axes, not " << getGrid().size();
  for (auto [axis, attribute] : llvm::enumerate(getGrid())) {
    AffineMap map = cast<AffineMapAttr>(attribute).getValue();
    if (map.getNumDims() > indices || map.getNumSymbols() != 0 || map.getNumResults() == 0)
      return emitOpError() << "grid formula " << axis << " has " << map.getNumDims() << " dims and "
                           << map.getNumSymbols() << " symbols for " << indices
                           << " index arguments";
  }
  return success();
}

/// Whether every machine lowers the op: those functions that kernels have a use for.
static bool isFunction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CosOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp, math::CtPopOp, math::ErfOp,
             math::ExpOp, math::Exp2Op, math::FloorOp, math::FmaOp, math::LogOp, math::Log1pOp,
             math::Log2Op, math::RoundEvenOp, math::RsqrtOp, math::SinOp, math::SqrtOp,
             math::TanhOp, math::TruncOp>(op);
}

LogicalResult KernelOp::verifyRegions() {
  if (!isa<ReturnOp>(getBodyRegion().front().getTerminator()))
    return emitOpError("must end in tile.return");
  WalkResult walk = getBodyRegion().walk([&](Operation *op) {
    Dialect *dialect = op->getDialect();
    bool known = isa_and_nonnull<TileDialect, arith::ArithDialect>(dialect) || isFunction(op) ||
                 isa<scf::ForOp, scf::IfOp, scf::YieldOp>(op);
    if (!known || isa<KernelOp>(op)) {
      op->emitOpError("is not allowed in a tile.kernel");
      return WalkResult::interrupt();
    }
    for (Type type : op->getResultTypes()) {
      if (isa<TensorType>(type) && !isTileType(type)) {
        op->emitOpError() << "makes " << type << ", but a tile has a static shape";
        return WalkResult::interrupt();
      }
    }
    return WalkResult(verifyLayouts(op));
  });
  return failure(walk.wasInterrupted());
}

unsigned KernelOp::getNumWords() {
  unsigned words = 0;
  for (BlockArgument argument : getKernelArguments()) {
    auto ref = dyn_cast<RefType>(argument.getType());
    words += ref ? ref.getNumWords() : 1;
  }
  return words;
}

std::array<int64_t, 3> KernelOp::evaluateGrid(ArrayRef<int64_t> indices) {
  std::array<int64_t, 3> extents;
  Type indexType = IndexType::get(getContext());
  for (unsigned axis = 0; axis != 3; ++axis) {
    AffineMap map = cast<AffineMapAttr>(getGrid()[axis]).getValue();
    SmallVector<Attribute> operands, results;
    for (int64_t value : indices.take_front(map.getNumDims()))
      operands.push_back(IntegerAttr::get(indexType, value));
    extents[axis] = 0;
    if (failed(map.constantFold(operands, results)))
      continue;
    int64_t least = cast<IntegerAttr>(results.front()).getInt();
    for (Attribute result : results)
      least = std::min(least, cast<IntegerAttr>(result).getInt());
    extents[axis] = std::max<int64_t>(least, 0);
  }
  return extents;
}
