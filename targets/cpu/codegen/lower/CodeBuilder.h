//===- CodeBuilder.h - Short names for the ops of lowered code --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The lowering writes hundreds of small expressions; this builder keeps them legible. Addresses are
// LLVM pointers, sizes and indices are of type index, vectors are builtin.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_CODEBUILDER_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_CODEBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moec::cpu {

/// Streams cross pages, where the processor's own prefetching ends.
inline constexpr int64_t prefetchDistance = 4096;

/// Builds scalar and vector code. Constants are folded where that keeps the IR small.
class CodeBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  using Value = mlir::Value;
  using Type = mlir::Type;

  // Types.
  mlir::LLVM::LLVMPointerType ptrType() { return mlir::LLVM::LLVMPointerType::get(getContext()); }
  mlir::VectorType vec(Type element, int64_t lanes) {
    return mlir::VectorType::get({lanes}, element);
  }

  // Constants.
  Value index(int64_t value);
  Value i32(int64_t value) { return integer(getI32Type(), value); }
  Value i64(int64_t value) { return integer(getI64Type(), value); }
  Value f32(double value) { return real(getF32Type(), value); }
  /// An integer or float of a scalar or vector type.
  Value integer(Type type, int64_t value);
  Value real(Type type, double value);
  Value zero(Type type);
  /// A vector of the given integers.
  Value integers(Type element, llvm::ArrayRef<int64_t> values);
  Value reals(llvm::ArrayRef<float> values);

  // Arithmetic on index and integers; adding 0 and multiplying by 1 vanish.
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value mul(Value a, int64_t b) { return mul(a, integer(a.getType(), b)); }
  Value add(Value a, int64_t b) { return b == 0 ? a : add(a, integer(a.getType(), b)); }
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  /// Quotient and remainder of numbers that are not negative, by a constant.
  Value div(Value a, int64_t b);
  Value rem(Value a, int64_t b);
  Value andi(Value a, int64_t b) {
    return mlir::arith::AndIOp::create(*this, a, integer(a.getType(), b));
  }
  Value ori(Value a, Value b) { return mlir::arith::OrIOp::create(*this, a, b); }
  Value xori(Value a, Value b) { return mlir::arith::XOrIOp::create(*this, a, b); }
  Value shl(Value a, int64_t b) {
    return mlir::arith::ShLIOp::create(*this, a, integer(a.getType(), b));
  }
  Value shr(Value a, int64_t b) {
    return mlir::arith::ShRUIOp::create(*this, a, integer(a.getType(), b));
  }
  Value sar(Value a, int64_t b) {
    return mlir::arith::ShRSIOp::create(*this, a, integer(a.getType(), b));
  }
  Value select(Value condition, Value a, Value b) {
    return mlir::arith::SelectOp::create(*this, condition, a, b);
  }
  Value cmp(mlir::arith::CmpIPredicate predicate, Value a, Value b) {
    return mlir::arith::CmpIOp::create(*this, predicate, a, b);
  }
  Value cmpf(mlir::arith::CmpFPredicate predicate, Value a, Value b) {
    return mlir::arith::CmpFOp::create(*this, predicate, a, b);
  }
  Value slt(Value a, Value b) { return cmp(mlir::arith::CmpIPredicate::slt, a, b); }
  Value sge(Value a, Value b) { return cmp(mlir::arith::CmpIPredicate::sge, a, b); }
  Value eq(Value a, Value b) { return cmp(mlir::arith::CmpIPredicate::eq, a, b); }

  // Floats.
  Value fadd(Value a, Value b) { return mlir::arith::AddFOp::create(*this, a, b); }
  Value fsub(Value a, Value b) { return mlir::arith::SubFOp::create(*this, a, b); }
  Value fmul(Value a, Value b) { return mlir::arith::MulFOp::create(*this, a, b); }
  Value fdiv(Value a, Value b) { return mlir::arith::DivFOp::create(*this, a, b); }
  Value fma(Value a, Value b, Value c) { return mlir::math::FmaOp::create(*this, a, b, c); }

  // Conversions.
  /// To index from an integer, or the other way.
  Value castTo(Value a, Type type);
  /// The same bits; a vector may get another number of lanes.
  Value bitcast(Value a, Type type);
  Value zext(Value a, Type type) {
    return a.getType() == type ? a : mlir::arith::ExtUIOp::create(*this, type, a).getResult();
  }
  Value sext(Value a, Type type) {
    return a.getType() == type ? a : mlir::arith::ExtSIOp::create(*this, type, a).getResult();
  }
  Value trunc(Value a, Type type) {
    return a.getType() == type ? a : mlir::arith::TruncIOp::create(*this, type, a).getResult();
  }

  // Vectors.
  Value splat(Value scalar, int64_t lanes) {
    return mlir::vector::BroadcastOp::create(*this, vec(scalar.getType(), lanes), scalar);
  }
  Value extract(Value vector, int64_t lane) {
    return mlir::vector::ExtractOp::create(*this, vector, llvm::ArrayRef<int64_t>{lane});
  }
  Value insert(Value scalar, Value vector, int64_t lane) {
    return mlir::vector::InsertOp::create(*this, scalar, vector, llvm::ArrayRef<int64_t>{lane});
  }
  Value shuffle(Value a, Value b, llvm::ArrayRef<int64_t> mask) {
    return mlir::vector::ShuffleOp::create(*this, a, b, mask);
  }
  /// Lanes first, first + 1, ….
  Value lanesOf(Value vector, int64_t first, int64_t count);
  /// 0, 1, 2, … as i32.
  Value steps(int64_t lanes);

  // Memory. Offsets are in bytes or in elements of `element`.
  Value offset(Value pointer, Type element, Value elements);
  Value offset(Value pointer, int64_t bytes);
  /// Number of the element at a point of a dense row-major tile.
  Value linearize(llvm::ArrayRef<Value> at, llvm::ArrayRef<int64_t> shape);
  Value load(Type type, Value pointer);
  void store(Value value, Value pointer);
  void copy(Value to, Value from, Value bytes);

  /// Asks for `bytes` bytes that will be read soon, in the second-level cache: requests for the
  /// first wait for its few fill buffers, and evict what the loop works on.
  void prefetch(Value pointer, int64_t bytes);
  /// The same for a stream: asks for what lies further on than the processor looks ahead.
  void prefetchStream(Value pointer, int64_t bytes) {
    prefetch(offset(pointer, prefetchDistance), bytes);
  }

  /// A named target intrinsic.
  Value intrinsic(llvm::StringRef name, Type result, mlir::ValueRange operands);
  void intrinsic(llvm::StringRef name, mlir::ValueRange operands);

  // Control. The callbacks see the builder's insertion point inside the new region.
  /// for (i = from; i < to; i += step). A loop that runs once by its constants is no loop.
  void loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body);
  /// The same with carried values.
  llvm::SmallVector<Value>
  loop(Value from, Value to, int64_t step, mlir::ValueRange init,
       llvm::function_ref<llvm::SmallVector<Value>(Value, mlir::ValueRange)> body);
  /// The points of a shape, each dimension up to its bound where there is one; one point of no
  /// dimensions.
  void nest(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<Value> bounds,
            llvm::function_ref<void(llvm::ArrayRef<Value> at)> body);
  void ifThen(Value condition, llvm::function_ref<void()> body);
  void ifElse(Value condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise);
};

/// The value of an index or integer constant.
std::optional<int64_t> getConstant(mlir::Value value);

/// Bytes of one element in memory; i1 takes a byte, index eight.
unsigned getElementBytes(mlir::Type element);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_CODEBUILDER_H
