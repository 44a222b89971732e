//===- Functions.cpp - Functions on instructions that there are -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// There is ex2.approx, with a relative error of 2^-22.5 (PTX ISA), and nothing like it for
// logarithms near one, which are MLIR's polynomials.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/NvptxLanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"

using namespace mlir;
using namespace moec;

namespace {
/// e^x = 2^n · 2^r, where n + r is x / ln 2 with the bits that a single product would lose.
struct ExpPattern : OpRewritePattern<math::ExpOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpOp op, PatternRewriter &rewriter) const override {
    if (!op.getType().isF32())
      return rewriter.notifyMatchFailure(op, "is no f32");
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    Type f32 = builder.getF32Type(), word = builder.getI32Type();
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(builder, builder.getFloatAttr(f32, value));
    };
    auto integer = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
    };
    // Beyond these limits the result is zero or infinite; NaN passes.
    Value x = arith::MaximumFOp::create(builder, op.getOperand(), number(-150));
    x = arith::MinimumFOp::create(builder, x, number(150));
    constexpr double log2e = 0x1.715476p+0, restOfLog2e = 0x1.4ae0cp-26;
    Value high = arith::MulFOp::create(builder, x, number(log2e));
    Value negated = arith::NegFOp::create(builder, high);
    Value low = math::FmaOp::create(builder, x, number(log2e), negated);
    low = math::FmaOp::create(builder, x, number(restOfLog2e), low);
    Value whole = math::RoundEvenOp::create(builder, high);
    Value rest = arith::AddFOp::create(builder, arith::SubFOp::create(builder, high, whole), low);
    Value result = nvptx::callIntrinsic(builder, f32, "llvm.nvvm.ex2.approx.f32", rest);
    // 2^n in two factors, since n may be twice what an exponent holds.
    Value n = arith::FPToSIOp::create(builder, word, whole);
    Value half = arith::ShRSIOp::create(builder, n, integer(1));
    for (Value exponent : {half, Value(arith::SubIOp::create(builder, n, half))}) {
      Value field = arith::AddIOp::create(builder, exponent, integer(127));
      Value power = arith::BitcastOp::create(builder, f32,
                                             arith::ShLIOp::create(builder, field, integer(23)));
      result = arith::MulFOp::create(builder, result, power);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};
} // namespace

void nvptx::NvptxLanes::addFunctionPatterns(RewritePatternSet &patterns) const {
  simt::addScalarizing<math::ExpOp, math::LogOp, math::Log1pOp, math::Log2Op, math::SinOp,
                       math::CosOp, math::TanhOp, math::ErfOp>(patterns);
  patterns.add<ExpPattern>(patterns.getContext());
  populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
    return llvm::is_contained({"math.log", "math.log2", "math.sin", "math.cos", "math.tanh"}, name);
  });
}
