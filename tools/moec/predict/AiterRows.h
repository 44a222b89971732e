//===- AiterRows.h - Shapes for another library's tuner ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// aiter picks its fused MoE kernels from tables of measured shapes; a model's shapes in that form
// tell whether it has been tuned for them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_AITERROWS_H
#define MOEC_TOOLS_MOEC_PREDICT_AITERROWS_H

#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

#include <span>
#include <string>

namespace moec {

/// Rows of aiter's untuned_fmoe.csv.
struct AiterRows {
  std::string csv;
  size_t rows = 0, missing = 0;
};

/// The fused experts of a model in steps of so many tokens. With the text of a table that aiter was
/// tuned with, a column `_tag` says of each row `tuned` or `missing`; `name` is for messages. Fails
/// where aiter has no name for a format or an activation, or a model has no experts.
Expected<AiterRows> makeAiterRows(mlir::ModuleOp module, std::span<const int64_t> tokens,
                                  const std::string &table, const std::string &name);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_AITERROWS_H
