//===- Attend.h - One head of one token -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What attention and its bounds share.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_ATTEND_H
#define MOEC_LIB_REFERENCE_ATTEND_H

#include "Interpreter.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace moec::reference {

/// How attention finds the key and the value of a position in a cache row, for one head.
struct HeadRows {
  const float *rows;
  int64_t stride, keyOffset, keyWidth, valueOffset, valueWidth;
  std::optional<double> sink;

  const float *key(int64_t position) const { return rows + position * stride + keyOffset; }
  const float *value(int64_t position) const { return rows + position * stride + valueOffset; }
};

/// exp(score − highest score) of each position, and what to divide by: their sum and the sink's.
struct Softmax {
  std::vector<double> weights;
  double denominator;
};
Softmax softmaxOfScores(const float *query, const HeadRows &head, llvm::ArrayRef<int64_t> positions,
                        double scale);

/// A weight in the type in which it meets its value: f32 for none.
double roundProbability(double weight, std::optional<mlir::Type> type);

/// Calls `body` for each head of each token: with its row of [tokens · heads], in order, and the
/// positions that it sees.
void forEachHead(
    Interpreter &step, moe::AttentionOp op,
    llvm::function_ref<void(int64_t row, const HeadRows &head, llvm::ArrayRef<int64_t> positions)>
        body);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_ATTEND_H
