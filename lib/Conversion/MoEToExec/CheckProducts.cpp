//===- CheckProducts.cpp - Products that a machine does not have ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Asked once formats are chosen, where an op still says which weight is meant.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/Target/TargetResolver.h"

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
    if (target.multiplies(rows, block.getRowForm(columns)))
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
      read = block.getRowForm(columns);
    if (!target.multiplies(rows, read))
      return product.emitOpError()
             << "multiplies rows of " << mx::describe(rows) << " by '" << symbol.getValue()
             << "', weights of " << mx::describe(weight) << ", which target " << target.name()
             << " does not have; by rows of " << mx::describe(rows) << " it multiplies "
             << listWeights(target, rows, columns);
  }
  return success();
}

namespace {
struct CheckProductsPass : moec::impl::CheckProductsBase<CheckProductsPass> {
  void runOnOperation() override {
    FailureOr<const Target *> target = findTarget(getOperation());
    if (failed(target))
      return signalPassFailure();
    if (*target)
      getOperation().walk([&](moe::ProductOp product) {
        if (succeeded(check(product, **target)))
          return WalkResult::advance();
        signalPassFailure();
        return WalkResult::interrupt();
      });
    markAllAnalysesPreserved();
  }
};
} // namespace
