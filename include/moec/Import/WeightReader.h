//===- WeightReader.h - The numbers of weights ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a moe.weight stands for: tensors of a checkpoint, stacked and seen through a view, or random
// numbers. The reference and the weight packer read through this, so they cannot disagree.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_IMPORT_WEIGHTREADER_H
#define MOEC_IMPORT_WEIGHTREADER_H

#include "moec/Checkpoint/StoredTensors.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace moec {

/// Some rows of one of a weight's matrices.
struct MatrixRows {
  int64_t matrix, first, count;
};

/// Reads weights by matrices or rows of them. A weight's matrices are its last two dimensions,
/// counted row-major over the leading ones; a vector is one matrix of one row.
class WeightReader {
public:
  /// Opens what the module names: its checkpoint, relative to `baseFolder`, or its random seed.
  /// Null without an error when the module has no weights.
  static Expected<std::unique_ptr<WeightReader>> open(mlir::ModuleOp module,
                                                      const std::string &baseFolder);

  /// Reads matrix `index`: rows · columns numbers, as they are stored, exact in f32, or what stored
  /// codes are worth. Not yet rounded to the weight's element type. Fails when the checkpoint lacks
  /// what the weight was declared for.
  Error readMatrix(moe::WeightOp weight, int64_t index, llvm::MutableArrayRef<float> values) const;

  /// The same for some rows.
  Error readRows(moe::WeightOp weight, MatrixRows part, llvm::MutableArrayRef<float> values) const;

  /// The stored bytes of rows that the checkpoint has in one piece, as numbers of the weight's
  /// type; none where it has them in another way. They live as long as this object.
  Expected<std::span<const std::byte>> findRows(moe::WeightOp weight, MatrixRows part) const;

  /// Rows of a weight of a block-scaled type: the checkpoint's own codes and scales where it has
  /// that format, else its numbers, quantised by the weight's rounding. The rows are whole blocks,
  /// and a whole matrix where it has a scale of its own.
  Expected<StoredMatrix> readCodes(moe::WeightOp weight, MatrixRows part) const;

  /// Matrix `index` as the weight's type holds it: rounded to the type, or the numbers of codes.
  Error readRounded(moe::WeightOp weight, int64_t index, llvm::MutableArrayRef<float> values) const;

  /// The checkpoint's folder; empty for random weights.
  const std::string &folder() const { return checkpointFolder; }

private:
  WeightReader() = default;

  struct Found;
  Error findTensor(moe::WeightOp weight, int64_t number, Found &found) const;
  Error readNumbers(const StoredTensor &tensor, int64_t begin,
                    llvm::MutableArrayRef<float> values) const;
  Error readStored(moe::WeightOp weight, int64_t begin, llvm::MutableArrayRef<float> values,
                   Found &found) const;
  Error readViewed(moe::WeightOp weight, MatrixRows part,
                   llvm::MutableArrayRef<float> values) const;
  Expected<std::optional<StoredMatrix>> copyRows(moe::WeightOp weight, MatrixRows part) const;

  std::optional<StoredTensors> checkpoint;
  std::string checkpointFolder;
  uint64_t seed = 0;
  /// Of random weights: the tensors that norms multiply by, so that they are about 1.
  std::set<std::string, std::less<>> normSources;
};

} // namespace moec

#endif // MOEC_IMPORT_WEIGHTREADER_H
