//===- MoETypes.cpp - Types of the model dialect --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Syntax and rules of the dialect's types.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec::moe;

#define GET_TYPEDEF_CLASSES
#include "moec/Dialect/MoE/MoETypes.cpp.inc"

void MoEDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "moec/Dialect/MoE/MoETypes.cpp.inc"
      >();
}

bool moec::moe::detail::isTokenTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() > 0 && tensor.isDynamicDim(0) &&
         tensor.getNumDynamicDims() == 1;
}

LogicalResult ExpertBlocksType::verify(function_ref<InFlightDiagnostic()> emitError,
                                       int64_t experts, int64_t topK) {
  if (experts < 1 || topK < 1)
    return emitError() << "expert blocks have at least one expert and one choice a token, not "
                       << experts << " and " << topK;
  return success();
}

LogicalResult KVType::verify(function_ref<InFlightDiagnostic()> emitError, CacheKind kind,
                             Type element) {
  if (!kind)
    return emitError() << "a cache needs a kind";
  if (!isa<Float32Type, BFloat16Type, Float16Type, moec::mx::BlockType>(element))
    return emitError() << "cache element type " << element
                       << " is none of f32, bf16, f16, !mx.block";
  auto block = dyn_cast<moec::mx::BlockType>(element);
  if (!block)
    return success();
  if (block.getBlock().size() > 1 || block.getGlobal() || block.getZero())
    return emitError() << "a cache has codes and the scales of blocks of a row, but " << element
                       << " has more";
  int64_t width = kind.getVectorWidth();
  if (width % block.getBlockSize() != 0)
    return emitError()
           << "blocks of " << block.getBlockSize()
           << " do not divide the vectors of a cache row, which have a common divisor of " << width;
  return success();
}
