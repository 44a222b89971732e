//===- ReductionPatterns.cpp - Simpler models -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ReductionPatterns.h"

#include "moec/Dialect/MoE/MoE.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Reducer/ReductionPatternInterface.h"

using namespace mlir;
using namespace moec;

namespace {
/// Replaces an op by its first operand of the result's type.
struct ForwardOperand : RewritePattern {
  explicit ForwardOperand(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<moe::MoEDialect>(op->getDialect()) || op->getNumResults() != 1 ||
        op->getNumRegions() != 0)
      return failure();
    for (Value operand : op->getOperands())
      if (operand.getType() == op->getResult(0).getType()) {
        rewriter.replaceOp(op, operand);
        return success();
      }
    return failure();
  }
};

/// Removes an attribute that an op can do without.
struct DropOptional : RewritePattern {
  explicit DropOptional(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/2, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<moe::LinearOp, moe::AttentionOp, moe::RouteOp, moe::ExpertsOp, moe::RopeOp>(op))
      return failure();
    for (StringRef name :
         {"bias", "sinks", "window", "choice_bias", "gate_bias", "up_bias", "down_bias", "scaling"})
      if (op->getInherentAttr(name).value_or(Attribute())) {
        rewriter.modifyOpInPlace(op, [&] { op->removeAttr(name); });
        return success();
      }
    return failure();
  }
};

/// Attends to all keys instead of selected ones.
template <typename Op> struct DropSelection : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!op.getSelected())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getSelectedMutable().clear(); });
    return success();
  }
};

/// Removes a declaration that nothing names.
template <typename Op> struct EraseUnnamed : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!SymbolTable::symbolKnownUseEmpty(op, op->getParentOp()))
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

/// Removes the writing of a cache that nothing reads.
struct EraseUnreadAppend : OpRewritePattern<moe::CacheAppendOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(moe::CacheAppendOp op, PatternRewriter &rewriter) const override {
    if (!op->use_empty())
      return failure();
    rewriter.eraseOp(op);
    return success();
  }
};

struct ReductionPatterns : DialectReductionPatternInterface {
  explicit ReductionPatterns(Dialect *dialect) : DialectReductionPatternInterface(dialect) {}

  void populateReductionPatterns(RewritePatternSet &patterns) const override {
    patterns.add<ForwardOperand, DropOptional, DropSelection<moe::AttentionOp>,
                 DropSelection<moe::MLAAttentionOp>, EraseUnnamed<moe::WeightOp>,
                 EraseUnnamed<moe::CacheOp>, EraseUnreadAppend>(patterns.getContext());
  }
};
} // namespace

void moec::registerReductionPatterns(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, moe::MoEDialect *dialect) {
    dialect->addInterfaces<ReductionPatterns>();
  });
}
