//===- Elements.h - Single elements of stored tensors -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Tensors may lie at any byte of a file.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_ELEMENTS_H
#define MOEC_LIB_CHECKPOINT_ELEMENTS_H

#include "moec/Formats/BlockFormat.h"
#include "moec/Support/SafeTensors.h"

#include <cstring>
#include <optional>

namespace moec::checkpoint {

/// Element `index` of bytes that hold elements of type T.
template <typename T> T elementAt(std::span<const std::byte> data, uint64_t index) {
  T value;
  std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
  return value;
}

/// The type that a scale of a stored type has; none for other types.
inline std::optional<ScaleType> scaleTypeOf(DType type) {
  switch (type) {
  case DType::U8:
  case DType::F8E8M0:
    return ScaleType::E8M0;
  case DType::F8E4M3:
    return ScaleType::E4M3;
  case DType::BF16:
    return ScaleType::BF16;
  case DType::F16:
    return ScaleType::F16;
  case DType::F32:
    return ScaleType::F32;
  default:
    return std::nullopt;
  }
}

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_ELEMENTS_H
