//===- Types.h - Types that instructions name -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_DECODE_TYPES_H
#define MOEC_EMULATOR_PTX_LIB_DECODE_TYPES_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace moec::ptx {

enum class Ty : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F64,
  E4M3,
  E5M2,
  E2M3,
  E3M2,
  E2M1,
  UE8M0,
  UE4M3,
  E4M3x2,
  E5M2x2,
  E2M3x2,
  E3M2x2,
  E2M1x2,
  UE8M0x2,
  F32x2
};

struct TypeFacts {
  std::string_view name; ///< As a modifier, without its dot.
  uint8_t bits;          ///< Of the register that holds it.
  char kind;             ///< b, u, s, f (f16 and wider), p, x (narrow numbers), 2 (pair)
};

/// What a type is.
const TypeFacts &facts(Ty type);
/// The type with this name.
std::optional<Ty> typeNamed(std::string_view name);

inline unsigned bitsOf(Ty type) { return facts(type).bits; }
inline bool isSigned(Ty type) { return facts(type).kind == 's'; }
inline bool isInteger(Ty type) { return facts(type).kind == 's' || facts(type).kind == 'u'; }
inline bool isFloat(Ty type) { return facts(type).kind == 'f'; }

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_DECODE_TYPES_H
