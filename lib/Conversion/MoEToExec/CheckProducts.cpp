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

/// A type as people name it.
static std::string describe(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto block = dyn_cast<mx::BlockType>(type);
  if (block && !block.getFormatName().empty())
    os << block.getFormatName();
  else
    os << type;
  return text;
}

/// What weights may be for rows of that type, of all that there are names for.
static std::string listWeights(const Target &target, Type rows) {
  MLIRContext *context = rows.getContext();
  SmallVector<std::string> names;
  for (Type weight : {Type(Float32Type::get(context)), Type(BFloat16Type::get(context)),
                      Type(Float16Type::get(context)), Type(mx::BlockType::getMXFP4(context)),
                      Type(mx::BlockType::getMXFP8(context)), Type(mx::BlockType::getInt8(context)),
                      Type(mx::BlockType::getInt4(context))})
    if (target.multiplies(rows, weight))
      names.push_back(describe(weight));
  return names.empty() ? "no weights" : "weights of " + llvm::join(names, ", ");
}

static LogicalResult check(moe::ProductOp product, const Target &target) {
  Type rows = getElementTypeOrSelf(product.getRowsOperand().get().getType());
  for (FlatSymbolRefAttr symbol : product.getMatrices()) {
    Type weight = moe::lookupWeight(product, symbol).getTensorType().getElementType();
    if (!target.multiplies(rows, weight))
      return product.emitOpError()
             << "multiplies rows of " << describe(rows) << " by '" << symbol.getValue()
             << "', weights of " << describe(weight) << ", which target " << target.name()
             << " does not have; by rows of " << describe(rows) << " it multiplies "
             << listWeights(target, rows);
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
