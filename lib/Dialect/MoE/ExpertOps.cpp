//===- ExpertOps.cpp - Rules of routing and experts -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How ids, choices, experts and weights go together.
//
//===----------------------------------------------------------------------===//

#include "VerifyUtils.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;

LogicalResult RouteOp::verify() {
  int64_t experts = getLogits().getType().getDimSize(1), topK = getTopK();
  int64_t groups = getGroups(), kept = getTopkGroups();
  if (groups < 1 || experts % groups != 0)
    return emitOpError() << experts << " experts do not divide into " << groups << " groups";
  if (kept < 1 || kept > groups)
    return emitOpError() << "keeps " << kept << " of " << groups << " groups";
  if (groups > 1 && experts / groups < 2)
    return emitOpError() << "groups of " << experts / groups
                         << " expert have no two best to score them by";
  int64_t candidates = experts / groups * kept;
  if (topK < 1 || topK > candidates)
    return emitOpError() << "chooses " << topK << " of " << candidates << " experts";
  if (failed(verifyEqual(*this, "width of ids", getIds().getType().getDimSize(1), "top_k", topK)))
    return failure();
  return verifyEqual(*this, "width of weights", getWeights().getType().getDimSize(1), "top_k",
                     topK);
}

LogicalResult RouteOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyWeight(*this, tables, getChoiceBiasAttr(), "choice bias",
                      {getLogits().getType().getDimSize(1)});
}

/// The first two dimensions, experts and inner width, of an op's gate weight; zeros where it names
/// none.
static std::pair<int64_t, int64_t> gateShape(Operation *op, SymbolTableCollection &tables,
                                             FlatSymbolRefAttr gate) {
  auto weight = lookupSymbol<WeightOp>(tables, op, gate);
  if (!weight || weight.getTensorType().getRank() != 3)
    return {0, 0};
  return {weight.getTensorType().getDimSize(0), weight.getTensorType().getDimSize(1)};
}

LogicalResult ExpertsOp::verify() {
  if (failed(verifyEqual(*this, "width of ids", getIds().getType().getDimSize(1),
                         "width of weights", getWeights().getType().getDimSize(1))))
    return failure();
  return mx::verifyRounding([&] { return emitOpError(); }, getHidden(), getRoundingAttr());
}

LogicalResult ExpertsOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t width = getInput().getType().getDimSize(1), out = getType().getDimSize(1);
  auto [experts, inner] = gateShape(*this, tables, getGateAttr());
  return failure(
      failed(verifyWeight(*this, tables, getGateAttr(), "gate", {experts, inner, width})) ||
      failed(verifyWeight(*this, tables, getUpAttr(), "up", {experts, inner, width})) ||
      failed(verifyWeight(*this, tables, getDownAttr(), "down", {experts, out, inner})) ||
      failed(verifyWeight(*this, tables, getGateBiasAttr(), "gate bias", {experts, inner})) ||
      failed(verifyWeight(*this, tables, getUpBiasAttr(), "up bias", {experts, inner})) ||
      failed(verifyWeight(*this, tables, getDownBiasAttr(), "down bias", {experts, out})));
}

LogicalResult SortByExpertOp::verify() {
  return verifyEqual(*this, "width of ids", getIds().getType().getDimSize(1), "top_k",
                     getType().getTopK());
}

LogicalResult ExpertUpOp::verify() {
  if (failed(verifyEqual(*this, "result choices", getType().getDimSize(1),
                         "choices of the expert blocks", getExpertBlocks().getType().getTopK())))
    return failure();
  return mx::verifyRounding([&] { return emitOpError(); }, getType(), getRoundingAttr());
}

LogicalResult ExpertUpOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t experts = getExpertBlocks().getType().getExperts(), inner = getType().getDimSize(2);
  int64_t width = getInput().getType().getDimSize(1);
  return failure(
      failed(verifyWeight(*this, tables, getGateAttr(), "gate", {experts, inner, width})) ||
      failed(verifyWeight(*this, tables, getUpAttr(), "up", {experts, inner, width})) ||
      failed(verifyWeight(*this, tables, getGateBiasAttr(), "gate bias", {experts, inner})) ||
      failed(verifyWeight(*this, tables, getUpBiasAttr(), "up bias", {experts, inner})));
}

LogicalResult ExpertDownOp::verify() {
  int64_t topK = getExpertBlocks().getType().getTopK();
  if (failed(verifyEqual(*this, "input choices", getInput().getType().getDimSize(1),
                         "choices of the expert blocks", topK)))
    return failure();
  return verifyEqual(*this, "result choices", getType().getDimSize(1),
                     "choices of the expert blocks", topK);
}

LogicalResult ExpertDownOp::verifySymbolUses(SymbolTableCollection &tables) {
  int64_t experts = getExpertBlocks().getType().getExperts(), out = getType().getDimSize(2);
  return failure(
      failed(verifyWeight(*this, tables, getDownAttr(), "down",
                          {experts, out, getInput().getType().getDimSize(2)})) ||
      failed(verifyWeight(*this, tables, getDownBiasAttr(), "down bias", {experts, out})));
}

LogicalResult WeightedSumOp::verify() {
  auto input = getInput().getType();
  if (failed(verifyEqual(*this, "input choices", input.getDimSize(1), "width of ids",
                         getIds().getType().getDimSize(1))) ||
      failed(verifyEqual(*this, "input choices", input.getDimSize(1), "width of weights",
                         getWeights().getType().getDimSize(1))))
    return failure();
  return verifyEqual(*this, "input width", input.getDimSize(2), "result width",
                     getType().getDimSize(1));
}
