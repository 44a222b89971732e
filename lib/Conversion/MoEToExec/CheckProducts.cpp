//===- CheckProducts.cpp - Products and caches that a machine does not have ===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Asked once formats are chosen, where an op still says which weight is meant.
//
//===----------------------------------------------------------------------===//

#include "RowForm.h"

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/Target/TargetResolver.h"

#include "llvm/ADT/TypeSwitch.h"

namespace moec {
#define GEN_PASS_DEF_CHECKPRODUCTS
#include "moec/Conversion/MoEToExec/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

/// What weights of `columns` may be for rows of that type, of all that there are names for.
static std::string listWeights(const Target &target, Type rows, int64_t columns) {
  MLIRContext *context = rows.getContext();
  SmallVector<std::string> names;
  for (Type weight : {Type(Float32Type::get(context)), Type(BFloat16Type::get(context)),
                      Type(Float16Type::get(context))})
    if (target.multiplies(rows, weight))
      names.push_back(mx::describe(weight));
  for (const NamedFormat &named : namedFormats()) {
    auto block = mx::BlockType::get(context, fitted(named.format, /*rows=*/1, columns));
    if (target.multiplies(rows, getRowForm(target, block, columns)))
      names.push_back(std::string(named.name));
  }
  return names.empty() ? "no weights" : "weights of " + llvm::join(names, ", ");
}

static LogicalResult check(moe::ProductOp product, const Target &target) {
  Type rows = getElementTypeOrSelf(product.getRowsOperand().get().getType());
  for (FlatSymbolRefAttr symbol : product.getMatrices()) {
    RankedTensorType type = moe::lookupWeight(product, symbol).getTensorType();
    Type weight = type.getElementType(), read = weight;
    int64_t columns = type.getShape().back();
    if (auto block = dyn_cast<mx::BlockType>(weight))
      read = getRowForm(target, block, columns);
    if (!target.multiplies(rows, read))
      return product.emitOpError()
             << "multiplies rows of " << mx::describe(rows) << " by '" << symbol.getValue()
             << "', weights of " << mx::describe(weight) << ", which target " << target.name()
             << " does not have; by rows of " << mx::describe(rows) << " it multiplies "
             << listWeights(target, rows, columns);
  }
  return success();
}

/// Whether a machine writes and reads rows of that format: as rows that it quantises, and as codes
/// that become numbers.
static bool hasCache(const Target &target, mx::BlockType block) {
  Type number = Float32Type::get(block.getContext());
  return target.multiplies(block, number) && target.multiplies(number, block);
}

static LogicalResult check(moe::CacheAppendOp append, const Target &target) {
  moe::KVType type = append.getType();
  auto block = dyn_cast<mx::BlockType>(type.getElement());
  if (!block || hasCache(target, block))
    return success();
  std::string names = "f32, bf16, f16";
  for (const NamedFormat &named : namedFormats()) {
    auto known = mx::BlockType::get(append.getContext(), fitted(named.format, 1, 1));
    if (hasCache(target, known.getRowForm(type.getKind().getVectorWidth())))
      names += ", " + std::string(named.name);
  }
  return append.emitOpError() << "writes a cache of " << mx::describe(block) << ", which target "
                              << target.name() << " does not have; its caches are of " << names;
}

namespace {
struct CheckProductsPass : moec::impl::CheckProductsBase<CheckProductsPass> {
  void runOnOperation() override {
    FailureOr<const Target *> target = findTarget(getOperation());
    if (failed(target))
      return signalPassFailure();
    if (*target)
      getOperation().walk([&](Operation *op) {
        LogicalResult known = TypeSwitch<Operation *, LogicalResult>(op)
                                  .Case<moe::ProductOp, moe::CacheAppendOp>(
                                      [&](auto typed) { return check(typed, **target); })
                                  .Default([](Operation *) { return success(); });
        if (succeeded(known))
          return WalkResult::advance();
        signalPassFailure();
        return WalkResult::interrupt();
      });
    markAllAnalysesPreserved();
  }
};
} // namespace
