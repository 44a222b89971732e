//===- WeightPacker.h - Weights in the form kernels read --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Writes the artifact's weight file: every exec.weight of the plan, converted, quantised and
// permuted. A few matrices, or pieces of large ones, are in memory at a time, and the file is not
// read again.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_COMPILER_WEIGHTPACKER_H
#define MOEC_COMPILER_WEIGHTPACKER_H

#include "moec/Import/WeightReader.h"
#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>

namespace moec {

/// Called now and then with the bytes written so far and the bytes there will be.
using PackProgress = std::function<void(uint64_t done, uint64_t total)>;

/// Writes the file of all weights of the module's plan: the streams of each, in the order of their
/// declarations. The result is its SHA-256. Nothing is left behind on failure.
Expected<std::string> packWeights(mlir::ModuleOp module, const std::string &path,
                                  const WeightReader &weights, const PackProgress &progress);

} // namespace moec

#endif // MOEC_COMPILER_WEIGHTPACKER_H
