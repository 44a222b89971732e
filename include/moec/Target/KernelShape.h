//===- KernelShape.h - What schedules and costs depend on -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Two descriptions of a kernel that a machine is given: the shape, on which its schedule may depend
// (one kernel serves every step of a variant), and the work of one launch in one step, which the
// kernel's family counts and the machine turns into a time.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_KERNELSHAPE_H
#define MOEC_TARGET_KERNELSHAPE_H

#include "moec/Dialect/MoE/MoEEnums.h"

#include "mlir/IR/Attributes.h"
#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <variant>

namespace moec {

/// What a choice of a schedule may be.
enum class ScheduleValue {
  Extent, ///< a positive integer
  Switch, ///< 1, or not chosen
  Axes    ///< axes of the grid, each once: "yx"
};

/// A choice that a schedule may make.
struct ScheduleKey {
  llvm::StringLiteral name;
  ScheduleValue type;
  /// What readers take where a schedule does not say: a number, or of Axes a text.
  std::variant<int64_t, llvm::StringLiteral> fallback;
  /// For people.
  llvm::StringLiteral meaning;

  constexpr ScheduleKey(llvm::StringLiteral name, ScheduleValue type, int64_t fallback,
                        llvm::StringLiteral meaning)
      : name(name), type(type), fallback(fallback), meaning(meaning) {}
  constexpr ScheduleKey(llvm::StringLiteral name, llvm::StringLiteral axes,
                        llvm::StringLiteral meaning)
      : name(name), type(ScheduleValue::Axes), fallback(axes), meaning(meaning) {}

  /// Whether a schedule may say that for this choice.
  bool accepts(mlir::Attribute value) const;
  /// In words: "a positive integer".
  llvm::StringRef describeType() const;
};

/// What a schedule depends on. Numbers that a family lacks are 0.
struct KernelShape {
  moe::KernelFamily family = moe::KernelFamily::Row;
  /// Most tokens of one step in this variant.
  int64_t tokens = 0;
  /// Rows of the result: tokens, or (token, choice) pairs.
  int64_t rows = 0;
  /// Columns of the result and length of the reduction.
  int64_t n = 0;
  int64_t k = 0;
  /// Matrices in the weight: experts or heads; 1 for a dense one.
  int64_t matrices = 1;
  /// Right operands that share the left one: 2 for gate and up.
  int64_t operands = 1;
  /// Element types of the operands of the product.
  mlir::Type activation;
  mlir::Type weight;
  /// That of the second of two weights that share the rows, where it is another.
  mlir::Type otherWeight;

  bool operator==(const KernelShape &) const = default;
};

/// How large a step is. Costs depend on all of it.
struct StepSize {
  int64_t tokens = 1;
  /// Sequences of the step, each with as many tokens; logits are asked for one row of each.
  int64_t sequences = 1;
  /// Positions of each sequence, this step's tokens included.
  int64_t context = 1;

  /// A step as an engine makes it: up to `mostDecoding` tokens, each is the next one of a sequence;
  /// more are one sequence's prompt, or its end.
  static StepSize of(int64_t tokens, int64_t context) {
    return {tokens, tokens <= mostDecoding ? tokens : 1,
            context > tokens || tokens <= mostDecoding ? context : tokens};
  }
  static constexpr int64_t mostDecoding = 64;

  /// Keys that all tokens see together, when each sees at most `limit` (0: any number).
  double countKeys(int64_t limit = 0) const;
};

/// What one block of a launch does, as far as that is known before its kernel is built: by its
/// schedule, padding included. A block is the mean one of the launch.
struct BlockWork {
  /// Blocks of the grid that have work.
  double blocks = 0;
  /// Trips of a block's loop, one after the other; 1 without a loop.
  double trips = 1;
  /// Of all trips: bytes that it reads, multiply-adds of products of matrices, and numbers of
  /// weights that it multiplies by.
  double bytesRead = 0, multiplyAdds = 0, weights = 0;
  /// Of all trips: numbers that other operations make, each operation's counted; and sums, maxima
  /// or choices over a row that wait for each other.
  double numbers = 0, reductions = 0;
  /// Loads of a trip each of which needs the one before it.
  double dependentLoads = 1;
  /// Numbers that it holds from trip to trip, or at once.
  double held = 0;

  /// As many trips as there are steps of `step` numbers in `extent`.
  static double countTrips(double extent, double step) {
    return std::max(1.0, std::ceil(extent / step));
  }
};

/// What one launch has to do in one step, in bytes of memory and multiply-adds. Every byte counts
/// once, however often blocks read it.
struct KernelWork {
  double weightBytes = 0;
  /// Values of earlier launches.
  double activationBytes = 0;
  /// Rows of caches.
  double cacheBytes = 0;
  double bytesWritten = 0;
  double multiplyAdds = 0;
  BlockWork block;

  double bytesRead() const { return weightBytes + activationBytes + cacheBytes; }
};

} // namespace moec

#endif // MOEC_TARGET_KERNELSHAPE_H
