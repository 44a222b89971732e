//===- DType.h - Element types of stored tensors ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The element types that safetensors files spell.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_DTYPE_H
#define MOEC_SUPPORT_DTYPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace moec {

/// The element type of a stored tensor.
enum class DType : uint8_t {
  Bool,
  U8,
  I8,
  F8E4M3,
  F8E5M2,
  F8E8M0,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  I64,
  U64,
  F64,
  Unknown ///< a type that this library does not know; such a tensor is only bytes
};

/// The size of one element in bytes; 1 for Unknown.
unsigned dtypeSize(DType dtype);

/// The name as safetensors spells it, for example "BF16" or "F8_E4M3".
std::string_view dtypeName(DType dtype);

/// The inverse of dtypeName.
std::optional<DType> dtypeFromName(std::string_view name);

} // namespace moec

#endif // MOEC_SUPPORT_DTYPE_H
