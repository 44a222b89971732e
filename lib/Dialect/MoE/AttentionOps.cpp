//===- AttentionOps.cpp - Rules of caches and attention -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How queries, results and weights of attention go with the kind of the cache.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

using namespace mlir;
using namespace moec::moe;

static LogicalResult wrongKind(Operation *op, KVType type, StringRef needed) {
  return op->emitOpError() << "reads a " << type.getKind().getKindName() << " cache, but needs "
                           << needed;
}

/// Blocks are powers of two, as tiles of keys are that hold whole blocks or lie within one.
static LogicalResult verifyBlock(Operation *op, int64_t block) {
  if (block > 0 && llvm::isPowerOf2_64(uint64_t(block)))
    return success();
  return op->emitOpError() << "block of " << block << " keys is not a power of two";
}

LogicalResult CacheAppendOp::verify() {
  auto parts = getType().getKind().getParts();
  if (failed(verifyEqual(*this, "number of values", getValues().size(), "parts of a cache row",
                         parts.size())))
    return failure();
  for (auto [index, part, type] : llvm::enumerate(parts, getValues().getTypes()))
    if (cast<RankedTensorType>(type).getShape().drop_front() != ArrayRef(part)) {
      InFlightDiagnostic diag = emitOpError() << "value " << index << " is " << type
                                              << ", but that part of a cache row is ";
      llvm::interleave(part, diag, "x");
      return diag;
    }
  return success();
}

LogicalResult CacheAppendOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto cache = lookupSymbol<CacheOp>(tables, *this, getCacheAttr());
  if (!cache)
    return emitOpError() << getCacheAttr() << " is no moe.cache of this module";
  if (cache.getCacheType() == getType())
    return success();
  InFlightDiagnostic diag = emitOpError() << "result is " << getType() << ", but the cache is "
                                          << cache.getCacheType();
  diag.attachNote(cache.getLoc()) << "declared here";
  return diag;
}

LogicalResult AttentionOp::verify() {
  auto query = getQuery().getType();
  int64_t heads = query.getDimSize(1), keyDim, valueDim;
  CacheKind kind = getKv().getType().getKind();
  if (auto keyValue = dyn_cast<KeyValueAttr>(kind)) {
    if (keyValue.getHeads() < 1 || heads % keyValue.getHeads() != 0)
      return emitOpError() << heads << " query heads do not divide by " << keyValue.getHeads()
                           << " key/value heads";
    keyDim = keyValue.getKeyDim();
    valueDim = keyValue.getValueDim();
  } else if (auto latent = dyn_cast<LatentAttr>(kind)) {
    keyDim = latent.getRank() + latent.getRopeDim();
    valueDim = latent.getRank();
  } else {
    return wrongKind(*this, getKv().getType(), "key_value or latent");
  }
  if (failed(verifyEqual(*this, "query width", query.getDimSize(2), "key width", keyDim)) ||
      failed(verifyEqual(*this, "result heads", getType().getDimSize(1), "query heads", heads)) ||
      failed(verifyEqual(*this, "result width", getType().getDimSize(2), "value width", valueDim)))
    return failure();
  if (getWindow() && *getWindow() < 1)
    return emitOpError() << "window " << *getWindow() << " is not positive";
  if (getBlock() && !getSelected())
    return emitOpError() << "has blocks of " << *getBlock() << " keys, but selects none";
  return getBlock() ? verifyBlock(*this, *getBlock()) : success();
}

LogicalResult AttentionOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyWeight(*this, tables, getSinksAttr(), "sinks", {getQuery().getType().getDimSize(1)});
}

LogicalResult MLAAttentionOp::verify() {
  if (!isa<LatentAttr>(getKv().getType().getKind()))
    return wrongKind(*this, getKv().getType(), "latent");
  if (getNopeDim() < 0)
    return emitOpError() << "query width " << getQuery().getType().getDimSize(2)
                         << " is less than the cache's rope_dim " << getRopeDim();
  return verifyEqual(*this, "result heads", getType().getDimSize(1), "query heads", getHeads());
}

LogicalResult MLAAttentionOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyWeight(*this, tables, getKvBAttr(), "kv_b",
                      {getHeads() * (getNopeDim() + getValueDim()), getRank()});
}

LogicalResult IndexSelectOp::verify() {
  auto kind = dyn_cast<IndexKeyAttr>(getKeys().getType().getKind());
  if (!kind)
    return wrongKind(*this, getKeys().getType(), "index_key");
  auto query = getQuery().getType();
  if (failed(verifyEqual(*this, "query width", query.getDimSize(2), "key width", kind.getDim())) ||
      failed(verifyEqual(*this, "number of head weights", getWeights().getType().getDimSize(1),
                         "query heads", query.getDimSize(1))) ||
      failed(
          verifyEqual(*this, "result width", getType().getDimSize(1), "top_k", int64_t(getTopK()))))
    return failure();
  if (!(getScale().convertToDouble() > 0))
    return emitOpError() << "scale " << getScale().convertToDouble() << " is not positive";
  return success();
}

LogicalResult BlockSelectOp::verify() {
  auto kind = dyn_cast<IndexKeyAttr>(getKeys().getType().getKind());
  if (!kind)
    return wrongKind(*this, getKeys().getType(), "index_key");
  int64_t topK = getTopK(), local = getLocal();
  if (failed(verifyBlock(*this, getBlock())) ||
      failed(verifyEqual(*this, "query width", getQuery().getType().getDimSize(2), "key width",
                         kind.getDim())) ||
      failed(verifyEqual(*this, "result width", getType().getDimSize(1), "top_k", topK)))
    return failure();
  if (local < 0 || local > topK)
    return emitOpError() << "local blocks " << local << " are not 0 to top_k " << topK;
  return success();
}
