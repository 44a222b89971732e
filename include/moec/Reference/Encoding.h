//===- Encoding.h - Tensors as kernels see them in memory -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Row-major arrays of every element type, from and to the reference's tensors. A block-scaled array
// is two buffers, codes and scales; codes narrower than a byte fill it from the low bits up.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_REFERENCE_ENCODING_H
#define MOEC_REFERENCE_ENCODING_H

#include "moec/Reference/Reference.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace moec::reference {

/// The buffers of an array; `scales` is empty unless the element type is block-scaled.
struct Encoded {
  std::vector<uint8_t> data, scales;
};

/// Bytes of the buffers of `count` elements.
Encoded makeFilled(int64_t count, mlir::Type element, uint8_t fill);

/// The numbers of a tensor, which `element` holds exactly, or its integers.
Encoded encode(const Tensor &tensor, mlir::Type element);

/// The inverse: values, and codes and scales of a block-scaled type; integers of i32. `shape` is
/// left empty.
Tensor decode(llvm::ArrayRef<uint8_t> data, llvm::ArrayRef<uint8_t> scales, mlir::Type element);

} // namespace moec::reference

#endif // MOEC_REFERENCE_ENCODING_H
