//===- ScratchPlan.h - Where tiles are in scratch ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Scratch is a stack that exists at compile time: every tile has a fixed offset in the worker's
// memory, and closing a scope frees what a loop's body or a branch has taken. So its size is known,
// the deepest that the stack gets, and does not depend on how often loops run.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_SCRATCHPLAN_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_SCRATCHPLAN_H

#include "targets/cpu/codegen/lower/Access.h"
#include "targets/cpu/codegen/lower/CodeBuilder.h"

namespace moec::cpu {

class ScratchPlan {
public:
  explicit ScratchPlan(CodeBuilder &b) : b(b) {}

  /// Plans the memory from `pointer` on, of which the first `reserved` bytes are taken.
  void start(mlir::Value pointer, uint64_t reserved);
  /// The bytes that a worker needs.
  uint64_t getBytes() const { return bytes; }

  /// Room for so many bytes, from a cache line of 64 bytes on; and for a tile.
  mlir::Value allocateBytes(uint64_t bytes);
  Buffer allocate(mlir::RankedTensorType type);
  /// What was taken behind `top` is free again.
  uint64_t getTop() const { return top; }
  void release(uint64_t top) { this->top = top; }

  /// Where a tile is; null if it is not in scratch.
  const Buffer *find(mlir::Value tile) const;
  bool contains(mlir::Value tile) const { return buffers.contains(tile); }
  void set(mlir::Value tile, Buffer buffer);

  /// From now on the result of an op goes to `buffer`, until it is unwanted again: to that of the
  /// enclosing loop's next iteration, if that is all it is for.
  void want(mlir::Value result, Buffer buffer) { destinations[result] = buffer; }
  void unwant(mlir::Value result) { destinations.erase(result); }
  bool isWanted(mlir::Value result) const { return destinations.contains(result); }
  /// Where the result of an op that materialises goes: where it is wanted, else a new buffer. The
  /// second leaves it to the caller to say that the tile is there.
  Buffer getDestination(mlir::Value result);
  Buffer chooseDestination(mlir::Value result);

  /// Pointers into scratch are values of the region that was emitted, so the tiles they belong to
  /// are forgotten with it; their bytes are free for what follows.
  struct Scope {
    size_t buffers;
    uint64_t top;
  };
  Scope open() const { return {trail.size(), top}; }
  void close(Scope scope);

private:
  CodeBuilder &b;
  mlir::Value pointer;
  uint64_t top = 0, bytes = 0;
  llvm::DenseMap<mlir::Value, Buffer> buffers, destinations;
  /// What undoes the entries of the scope being emitted.
  llvm::SmallVector<mlir::Value> trail;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_SCRATCHPLAN_H
