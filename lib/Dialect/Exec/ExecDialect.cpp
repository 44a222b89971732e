//===- ExecDialect.cpp - The host plan ------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registration, the module's attribute, and sizes of arrays.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Exec/Exec.h"

#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/Tile/Tile.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::exec;

#include "moec/Dialect/Exec/ExecDialect.cpp.inc"

namespace {
/// Long facts that many launches share get a name of their own.
struct ExecAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Attribute attribute, raw_ostream &os) const override {
    if (!isa<CostAttr>(attribute))
      return AliasResult::NoAlias;
    os << "cost";
    return AliasResult::FinalAlias;
  }
};
} // namespace

void ExecDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "moec/Dialect/Exec/ExecOps.cpp.inc"
      >();
  addInterfaces<ExecAsmInterface>();
}

LogicalResult ExecDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (!isa<ModuleOp>(op))
    return op->emitOpError() << "attribute " << name << " belongs on a module";
  if (name != getLimitsAttrName())
    return op->emitOpError() << "unknown attribute " << name;
  if (!isa<LimitsAttr>(attribute.getValue()))
    return op->emitOpError() << name << " is " << attribute.getValue() << ", not a #exec.limits";
  return success();
}

PlanOp exec::getPlan(ModuleOp module) {
  auto plans = module.getOps<PlanOp>();
  return plans.empty() ? PlanOp() : *plans.begin();
}

LimitsAttr exec::getLimits(ModuleOp module) {
  return module->getAttrOfType<LimitsAttr>(ExecDialect::getLimitsAttrName());
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

/// The streams of `matrices` matrices, each of so many elements and blocks.
static SmallVector<ArrayStream, 4> listStreams(const std::string &name, tile::RefType type,
                                               int64_t matrices, int64_t matrixElements,
                                               int64_t matrixBlocks) {
  uint64_t elements =
      llvm::divideCeil(matrices * matrixElements * int64_t(type.getElementBits()), 8);
  mx::BlockType block = type.getBlock();
  if (!block)
    return {{name, elements}};
  uint64_t blocks = matrices * matrixBlocks;
  SmallVector<ArrayStream, 4> streams;
  for (mx::BlockStream stream : block.getStreams())
    switch (stream) {
    case mx::BlockStream::Codes:
      streams.push_back({name, elements});
      break;
    case mx::BlockStream::Scales:
      streams.push_back({name + ".scales", blocks * block.getScaleBits() / 8});
      break;
    case mx::BlockStream::Zeros:
      streams.push_back({name + ".zeros", blocks});
      break;
    case mx::BlockStream::Global:
      streams.push_back({name + ".global", uint64_t(matrices) * sizeof(float)});
      break;
    }
  return streams;
}

SmallVector<ArrayStream, 4> exec::getStreams(WeightOp weight) {
  tile::RefType type = weight.getType();
  int64_t matrices = 1;
  for (int64_t size : type.getShape().drop_back(std::min<size_t>(2, type.getRank())))
    matrices *= size;
  return listStreams(weight.getSymName().str(), type, matrices, type.getMatrixElements(),
                     type.getBlock() ? type.getMatrixScales() : 0);
}

SmallVector<ArrayStream, 4> exec::getStreams(StateOp state) {
  tile::RefType type = state.getType();
  int64_t width = type.getShape().back();
  return listStreams(state.getSymName().str(), type, /*matrices=*/1, width,
                     type.getBlock() ? width / type.getBlock().getBlockSize() : 0);
}
