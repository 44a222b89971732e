//===- Types.cpp - Types that instructions name ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/decode/Types.h"

#include <iterator>

namespace moec::ptx {

static constexpr TypeFacts kTypes[] = {
    {"", 0, '-'},        {"pred", 1, 'p'},    {"b8", 8, 'b'},       {"b16", 16, 'b'},
    {"b32", 32, 'b'},    {"b64", 64, 'b'},    {"b128", 128, 'b'},   {"u8", 8, 'u'},
    {"u16", 16, 'u'},    {"u32", 32, 'u'},    {"u64", 64, 'u'},     {"s8", 8, 's'},
    {"s16", 16, 's'},    {"s32", 32, 's'},    {"s64", 64, 's'},     {"f16", 16, 'f'},
    {"f16x2", 32, 'f'},  {"bf16", 16, 'f'},   {"bf16x2", 32, 'f'},  {"tf32", 32, 'x'},
    {"f32", 32, 'f'},    {"f64", 64, 'f'},    {"e4m3", 8, 'x'},     {"e5m2", 8, 'x'},
    {"e2m3", 8, 'x'},    {"e3m2", 8, 'x'},    {"e2m1", 8, 'x'},     {"ue8m0", 8, 'x'},
    {"ue4m3", 8, 'x'},   {"e4m3x2", 16, 'x'}, {"e5m2x2", 16, 'x'},  {"e2m3x2", 16, 'x'},
    {"e3m2x2", 16, 'x'}, {"e2m1x2", 8, 'x'},  {"ue8m0x2", 16, 'x'}, {"f32x2", 64, '2'}};

const TypeFacts &facts(Ty type) { return kTypes[unsigned(type)]; }

std::optional<Ty> typeNamed(std::string_view name) {
  for (unsigned i = 1; i < std::size(kTypes); ++i)
    if (kTypes[i].name == name)
      return Ty(i);
  return std::nullopt;
}

} // namespace moec::ptx
