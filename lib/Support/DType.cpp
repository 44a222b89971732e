//===- DType.cpp - Element types of stored tensors --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One table of names and sizes.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/DType.h"

using namespace moec;

namespace {
struct Row {
  std::string_view name;
  unsigned size;
};
} // namespace

/// In the order of the enumeration.
static constexpr Row rows[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
    {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
    {"F32", 4},  {"I64", 8}, {"U64", 8}, {"F64", 8},     {"", 1},
};

unsigned moec::dtypeSize(DType dtype) { return rows[static_cast<unsigned>(dtype)].size; }

std::string_view moec::dtypeName(DType dtype) { return rows[static_cast<unsigned>(dtype)].name; }

std::optional<DType> moec::dtypeFromName(std::string_view name) {
  for (unsigned i = 0; i < unsigned(DType::Unknown); ++i)
    if (rows[i].name == name)
      return static_cast<DType>(i);
  return std::nullopt;
}
