//===- TileInterpreter.h - Executes tile.kernels on the host ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A few plain lines an op, and slow: what a kernel means, apart from any machine. Every access is
// checked, and memory that nobody wrote may not be read.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_TILEINTERPRETER_H
#define MOEC_UNITTESTS_MOETOTILE_TILEINTERPRETER_H

#include "moec/Dialect/Tile/Tile.h"

#include "llvm/ADT/DenseMap.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace moec::test {

/// Numbers of any type, each held exactly in a double. A scalar has no extents.
struct TileValue {
  std::vector<int64_t> shape;
  std::vector<double> data;
};

/// An array of a kernel: its numbers in row-major order, empty where nothing was written yet.
using Array = std::vector<std::optional<double>>;

/// What a launch passes for one argument: an array (with the extent of its first dimension given by
/// its size) or an index.
using Argument = std::variant<Array *, int64_t>;

/// Nearest value of the element type, ties to even.
double roundTo(double value, mlir::Type element);

/// Runs the kernel's blocks `begin` … `end` (x fastest). Throws std::runtime_error with a sentence
/// at an access that is out of bounds or reads what nobody wrote, or at an op that it does not
/// know.
void runKernel(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments, uint64_t begin,
               uint64_t end);

/// How many blocks the kernel's grid has for these arguments.
uint64_t countBlocks(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments);

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_TILEINTERPRETER_H
