//===- Memory.h - Values as kernels see them in memory ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arrays of every element type, from and to the numbers of the reference.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_MEMORY_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_MEMORY_H

#include "moec/Dialect/Tile/Tile.h"
#include "moec/Reference/Reference.h"

#include <cstdlib>
#include <memory>
#include <vector>

namespace moec::test {

/// Bytes at an address that kernels may be passed.
class Bytes {
public:
  Bytes() = default;
  explicit Bytes(size_t size, uint8_t fill = 0);
  static Bytes of(const std::vector<uint8_t> &bytes);

  uint8_t *data() const { return memory.get(); }
  size_t size() const { return length; }
  /// Whether nobody wrote behind the end.
  bool isTailIntact() const;
  bool operator==(const Bytes &other) const;

private:
  struct Free {
    void operator()(uint8_t *pointer) const { std::free(pointer); }
  };
  std::unique_ptr<uint8_t, Free> memory;
  size_t length = 0;
};

/// An array: one buffer, or codes and scales.
struct Memory {
  Bytes data, scales;

  /// `count` elements that nobody wrote yet.
  static Memory unwritten(int64_t count, mlir::Type element);
  /// The numbers of a tensor, which its element type holds exactly, or its integers.
  static Memory of(const reference::Tensor &tensor, mlir::Type element);
  static Memory of(const std::vector<int32_t> &integers);
  /// A weight whose matrices are reordered as the ref's map says.
  static Memory of(const reference::Tensor &tensor, tile::RefType type);

  /// The numbers or integers; of floats that were not written, a NaN.
  std::vector<float> read(mlir::Type element) const;
  bool isIntact() const { return data.isTailIntact() && scales.isTailIntact(); }
  bool operator==(const Memory &other) const = default;
};

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_MEMORY_H
