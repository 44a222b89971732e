//===- Interpreter.h - The meaning of the waist, executed -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs a tile.kernel on arrays of the host: a few plain lines an op, and slow. What a kernel means,
// apart from any machine. Every access is checked, and memory that nobody wrote is not read where
// the caller keeps count of that.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_INTERPRETER_INTERPRETER_H
#define MOEC_INTERPRETER_INTERPRETER_H

#include "moec/Dialect/Tile/Tile.h"
#include "moec/Support/Error.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <variant>

namespace moec::interpreter {

/// What a launch passes for a ref: the bytes that a machine would have there, row-major or in the
/// order of the ref's map, little-endian. They belong to the caller.
struct HostArray {
  /// The elements; codes of a block-scaled ref. The extent of a dynamic dimension follows from the
  /// size.
  llvm::MutableArrayRef<uint8_t> data;
  /// The scales of a block-scaled ref; else empty.
  llvm::MutableArrayRef<uint8_t> scales = {};
  /// A byte for each byte of `data` and of `scales`: 0 where nobody wrote yet, which is not read.
  /// Stores set it. Empty: all of it may be read.
  llvm::MutableArrayRef<uint8_t> written = {}, writtenScales = {};
  /// The zero points and the global scales of a ref whose format has them; only read.
  llvm::MutableArrayRef<uint8_t> zeros = {}, global = {};

  /// The bytes of one stream, with their marks.
  void set(mx::BlockStream stream, llvm::MutableArrayRef<uint8_t> bytes,
           llvm::MutableArrayRef<uint8_t> marks);
};

/// What a launch passes for one argument of the kernel: an array for a ref, a number for an index.
using Argument = std::variant<HostArray, int64_t>;

/// How many blocks the kernel's grid has in each dimension. Fails unless `arguments` are what the
/// kernel takes.
Expected<std::array<int64_t, 3>> evaluateGrid(tile::KernelOp kernel,
                                              llvm::ArrayRef<Argument> arguments);

/// Runs blocks `begin` to `end` − 1 of the kernel's grid, counted with x fastest. Fails with the
/// place and the name of the op at an access that is out of bounds or breaks a rule of the op, at a
/// read of what nobody wrote, and at an op that the interpreter has no meaning for; what the blocks
/// stored until then stays.
Error runBlocks(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments, uint64_t begin,
                uint64_t end);

/// Runs the whole grid.
Error runKernel(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments);

/// Whether the interpreter has a meaning for ops of that name.
bool hasMeaning(llvm::StringRef name);

} // namespace moec::interpreter

#endif // MOEC_INTERPRETER_INTERPRETER_H
