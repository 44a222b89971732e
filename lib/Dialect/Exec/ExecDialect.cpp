//===- ExecDialect.cpp - The host plan's operations -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Verifiers check what the runtime will rely on: a launch matches its kernel's signature, formulas
// range over the step's dims, variants are in order.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Exec/Exec.h"

#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/Tile/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::exec;

#include "moec/Dialect/Exec/ExecDialect.cpp.inc"
#include "moec/Dialect/Exec/ExecEnums.cpp.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/Exec/ExecOps.cpp.inc"

void ExecDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "moec/Dialect/Exec/ExecOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static constexpr int64_t bufferAlignment = 64;

/// Matrices that the leading dimensions of a reference count, its dynamic extent being `extent`.
static int64_t countMatrices(tile::RefType type, int64_t extent) {
  int64_t count = 1;
  for (int64_t size : type.getShape().drop_back(std::min<size_t>(2, type.getRank())))
    count *= ShapedType::isDynamic(size) ? extent : size;
  return count;
}

/// Elements (or scales, if `scales`) that a reference takes in memory, padding included.
static int64_t countStored(tile::RefType type, int64_t extent, bool scales) {
  ArrayRef<int64_t> shape = type.getShape();
  tile::RefType fixed = type;
  if (shape.size() <= 2 && ShapedType::isDynamic(shape.front())) {
    SmallVector<int64_t> sized(shape);
    sized.front() = extent;
    fixed = tile::RefType::get(sized, type.getElementType(), type.getPacked());
  }
  int64_t matrix = scales ? fixed.getMatrixScales() : fixed.getMatrixElements();
  return countMatrices(type, extent) * matrix;
}

FailureOr<int64_t> exec::refBytes(Type type, int64_t extent) {
  auto ref = dyn_cast<tile::RefType>(type);
  if (!ref)
    return failure();
  if (mx::BlockType block = ref.getBlock())
    return scalesOffset(type, extent) +
           countStored(ref, extent, /*scales=*/true) * block.getScaleBits() / 8;
  return llvm::divideCeil(countStored(ref, extent, false) * ref.getElementBits(), 8);
}

int64_t exec::scalesOffset(Type type, int64_t extent) {
  auto ref = dyn_cast<tile::RefType>(type);
  if (!ref || !ref.getBlock())
    return 0;
  int64_t bits = countStored(ref, extent, /*scales=*/false) * ref.getElementBits();
  return llvm::alignTo(llvm::divideCeil(bits, 8), bufferAlignment);
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult verifyFormula(Operation *op, AffineMap map) {
  if (map.getNumDims() != numStepDims || map.getNumSymbols() != 0)
    return op->emitOpError("formula ranges over ")
           << map.getNumDims() << " dims and " << map.getNumSymbols()
           << " symbols, expected the 4 dims (T, S, R, P)";
  if (map.getNumResults() < 1)
    return op->emitOpError("formula has no result");
  return success();
}

LogicalResult ScalarOp::verify() { return verifyFormula(*this, getFormula()); }

LogicalResult WeightOp::verify() {
  auto type = dyn_cast<tile::RefType>(getType());
  if (!type || llvm::any_of(type.getShape(), ShapedType::isDynamic))
    return emitOpError("type must be a `!tile.ref` of static extents, got ") << getType();
  return success();
}

LogicalResult CacheOp::verify() {
  auto type = dyn_cast<tile::RefType>(getType());
  if (!type || type.getShape().size() != 2 || !ShapedType::isDynamic(type.getDim(0)))
    return emitOpError("type must be a reference to rows, `!tile.ref<?xWIDTHxELEMENT>`, got ")
           << getType();
  return success();
}

LogicalResult AllocOp::verify() {
  if (!isa<tile::RefType>(getType()))
    return emitOpError("result must be a `!tile.ref`, got ") << getType();
  if (auto extent = getExtent())
    return verifyFormula(*this, *extent);
  return success();
}

void AllocOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }

LogicalResult VariantOp::verify() {
  if (getMaxTokens() < 1)
    return emitOpError("max_tokens is ") << getMaxTokens() << ", expected at least 1";
  for (Operation &op : getBody().front())
    if (!isa<WeightRefOp, CacheRefOp, InputOp, AllocOp, ScalarOp, LaunchOp>(op))
      return op.emitOpError("is not a plan op and cannot stand in a variant");
  auto previous = dyn_cast_or_null<VariantOp>(getOperation()->getPrevNode());
  if (previous && previous.getMaxTokens() >= getMaxTokens())
    return emitOpError("max_tokens is ") << getMaxTokens() << ", but the variant before has "
                                         << previous.getMaxTokens() << "; variants ascend";
  return success();
}

LogicalResult LaunchOp::verify() {
  uint64_t references =
      llvm::count_if(getArgs().getTypes(), [](Type type) { return isa<tile::RefType>(type); });
  if (getNumOutputs() > references)
    return emitOpError("writes ") << getNumOutputs() << " of its " << references
                                  << " memory operands";
  return success();
}

template <typename Decl>
static LogicalResult verifyReference(Operation *op, FlatSymbolRefAttr symbol, Type type,
                                     SymbolTableCollection &symbols) {
  auto decl = symbols.lookupNearestSymbolFrom<Decl>(op, symbol);
  if (!decl)
    return op->emitOpError("refers to ") << symbol << ", which is not declared";
  if (decl.getType() != type) {
    auto diag = op->emitOpError("has type ")
                << type << " but " << symbol << " is declared as " << decl.getType();
    diag.attachNote(decl.getLoc()) << "declared here";
    return diag;
  }
  return success();
}

LogicalResult WeightRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyReference<WeightOp>(*this, getWeightAttr(), getType(), symbols);
}

LogicalResult CacheRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyReference<CacheOp>(*this, getCacheAttr(), getType(), symbols);
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *kernel = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("launches ") << getKernelAttr() << ", which is not declared";
  auto tileKernel = dyn_cast<tile::KernelOp>(kernel);
  if (!tileKernel)
    return isa<KernelOp>(kernel) ? success()
                                 : LogicalResult(emitOpError("launches ")
                                                 << getKernelAttr() << ", which is not a kernel");
  SmallVector<Type> inputs =
      llvm::map_to_vector(tileKernel.getKernelArguments(), [](Value v) { return v.getType(); });
  if (inputs.size() != getArgs().size())
    return emitOpError("passes ") << getArgs().size() << " arguments, but " << getKernelAttr()
                                  << " takes " << inputs.size();
  for (auto [index, pair] : llvm::enumerate(llvm::zip(inputs, getArgs().getTypes())))
    if (std::get<0>(pair) != std::get<1>(pair))
      return emitOpError("argument ") << index << " is " << std::get<1>(pair) << ", but "
                                      << getKernelAttr() << " takes " << std::get<0>(pair);
  return success();
}
