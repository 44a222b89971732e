//===- Signature.cpp - What a group's kernel is passed --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See Signature.h for the rule; this file is the rule.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToTile/Signature.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace moec;

AffineMap moec::getMaxBlocks(MLIRContext *context, int64_t topK, int64_t experts,
                             int64_t blockRows) {
  AffineExpr pairs = getAffineDimExpr(0, context) * topK;
  AffineExpr full = (pairs + experts * (blockRows - 1)).floorDiv(blockRows);
  return AffineMap::get(1, 0, {pairs, full}, context);
}

bool moec::isMatrixOperand(Operation *reader, FlatSymbolRefAttr weight) {
  auto product = dyn_cast<moe::ProductOp>(reader);
  return product && llvm::is_contained(product.getMatrices(), weight);
}

static tile::RefType rowsOf(moe::KVType type) {
  return tile::RefType::get({ShapedType::kDynamic, type.getKind().getWidth()}, type.getElement());
}

/// Whether the group reads a cache or appends to one.
static bool touchesCache(moe::GroupOp group) {
  return llvm::any_of(group.getInputs().getTypes(), llvm::IsaPred<moe::KVType>) ||
         !group.getBody().front().getOps<moe::CacheAppendOp>().empty();
}

static bool usesState(moe::GroupOp group) {
  return !group.getBody().front().getOps<moe::StateUserOp>().empty();
}

tile::RefType moec::getStateRef(RankedTensorType type) {
  return tile::RefType::get({ShapedType::kDynamic, type.getNumElements()}, type.getElementType());
}

KernelSignature::KernelSignature(moe::GroupOp group, WeightType weightType) {
  using Kind = KernelArgument::Kind;
  MLIRContext *context = group.getContext();
  Type i32 = IntegerType::get(context, 32);
  Type indices = tile::RefType::get({ShapedType::kDynamic}, i32);
  bool hasBatch = false;

  auto addTensorOrBlocks = [&](Kind kind, unsigned number, Type type) {
    if (auto tensor = dyn_cast<RankedTensorType>(type))
      arguments.push_back(
          {kind, number, 0, {}, tile::RefType::get(tensor.getShape(), tensor.getElementType())});
    else if (isa<moe::ExpertBlocksType>(type))
      for (unsigned part = 0; part < numExpertBlocksArrays; ++part)
        arguments.push_back({kind, number, part, {}, indices});
  };

  for (auto [number, type] : llvm::enumerate(group.getInputs().getTypes())) {
    addTensorOrBlocks(Kind::Input, number, type);
    if (auto kv = dyn_cast<moe::KVType>(type))
      arguments.push_back({Kind::Input, unsigned(number), 0, {}, rowsOf(kv)});
    if (isa<moe::BatchType>(type) && !std::exchange(hasBatch, true))
      for (unsigned number = 0; number < numStepInputs; ++number) {
        ArrayPools pools = stepInputs[number].pools;
        if (isOfBatch(StepInput(number)) &&
            (pools == ArrayPools::None || (pools == ArrayPools::Pages && touchesCache(group)) ||
             (pools == ArrayPools::Slots && usesState(group))))
          arguments.push_back({Kind::Step, number, 0, {}, indices});
      }
  }

  for (Operation &op : group.getBody().front())
    for (FlatSymbolRefAttr symbol : moe::getWeightRefs(&op))
      if (llvm::none_of(arguments, [&](const KernelArgument &argument) {
            return argument.kind == Kind::Weight && argument.symbol == symbol;
          }))
        arguments.push_back({Kind::Weight, 0, 0, symbol, weightType(&op, symbol), &op});

  for (auto append : group.getBody().front().getOps<moe::CacheAppendOp>())
    arguments.push_back({Kind::Cache, 0, 0, append.getCacheAttr(), rowsOf(append.getType())});

  for (auto user : group.getBody().front().getOps<moe::StateUserOp>()) {
    FlatSymbolRefAttr symbol = user.getStateAttr();
    auto state = moe::lookupSymbol<moe::StateOp>(user, symbol);
    arguments.push_back({Kind::State, 0, 0, symbol, getStateRef(state.getTensorType())});
  }

  for (auto [number, type] : llvm::enumerate(group.getOutputs().getTypes()))
    addTensorOrBlocks(Kind::Output, number, type);

  for (unsigned dim = 0; dim < numKernelDims; ++dim)
    arguments.push_back({Kind::Dim, dim, 0, {}, IndexType::get(context)});
}

SmallVector<Type> KernelSignature::getTypes() const {
  return llvm::map_to_vector(arguments,
                             [](const KernelArgument &argument) { return argument.type; });
}

unsigned KernelSignature::find(KernelArgument::Kind kind, unsigned index, unsigned part,
                               FlatSymbolRefAttr symbol) const {
  auto found = llvm::find_if(arguments, [&](const KernelArgument &argument) {
    return argument.kind == kind && argument.index == index && argument.part == part &&
           argument.symbol == symbol;
  });
  assert(found != arguments.end() && "the group's kernel has no such argument");
  return found - arguments.begin();
}

unsigned KernelSignature::getInput(unsigned operand, unsigned part) const {
  return find(KernelArgument::Kind::Input, operand, part, {});
}
unsigned KernelSignature::getOutput(unsigned result, unsigned part) const {
  return find(KernelArgument::Kind::Output, result, part, {});
}
unsigned KernelSignature::getWeight(FlatSymbolRefAttr symbol) const {
  return find(KernelArgument::Kind::Weight, 0, 0, symbol);
}
unsigned KernelSignature::getCache(FlatSymbolRefAttr symbol) const {
  return find(KernelArgument::Kind::Cache, 0, 0, symbol);
}
unsigned KernelSignature::getState(FlatSymbolRefAttr symbol) const {
  return find(KernelArgument::Kind::State, 0, 0, symbol);
}
unsigned KernelSignature::getStep(StepInput input) const {
  return find(KernelArgument::Kind::Step, unsigned(input), 0, {});
}
unsigned KernelSignature::getDim(KernelDim dim) const {
  return find(KernelArgument::Kind::Dim, unsigned(dim), 0, {});
}
