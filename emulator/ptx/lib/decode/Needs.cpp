//===- Needs.cpp - What instructions need of a target ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// From the PTX ISA's notes on targets, as far as it is emulated and newer than sm_80, which every
// text here is for at least.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/decode/Decoder.h"

#include <algorithm>
#include <charconv>

namespace moec::ptx {

namespace {
/// The least number of a target, and whether only architecture-specific ones (sm_90a) will do.
struct Need {
  unsigned least = 0;
  bool specific = false;
};

/// A modifier that needs something with some opcodes.
struct Row {
  std::string_view base;     ///< Empty: any.
  std::string_view modifier; ///< Empty: any. A "*" stands for whatever follows.
  Need need;
};
constexpr Row kRows[] = {{"mma", "e4m3", {89}},
                         {"mma", "e5m2", {89}},
                         {"mma", "kind::*", {120, true}},
                         {"add", "bf16*", {90}},
                         {"sub", "bf16*", {90}},
                         {"mul", "bf16*", {90}},
                         {"ex2", "bf16*", {90}},
                         {"tanh", "bf16*", {90}},
                         {"setp", "bf16", {90}},
                         {"atom", "bf16*", {90}},
                         {"red", "bf16*", {90}},
                         {"cvt", "e4m3x2", {89}},
                         {"cvt", "e5m2x2", {89}},
                         {"cvt", "e2m3x2", {100, true}},
                         {"cvt", "e3m2x2", {100, true}},
                         {"cvt", "e2m1x2", {100, true}},
                         {"cvt", "ue8m0x2", {100, true}},
                         {"", "f32x2", {100}},
                         {"elect", "", {90}},
                         {"stmatrix", "", {90}},
                         {"griddepcontrol", "", {90}},
                         {"", "cluster", {90}},
                         {"", "shared::cluster", {90}},
                         {"fence", "async*", {90}},
                         {"ld", "v8", {100}},
                         {"st", "v8", {100}}};

bool matches(std::string_view pattern, std::string_view word) {
  return pattern.ends_with('*') ? word.starts_with(pattern.substr(0, pattern.size() - 1))
                                : word == pattern;
}

Need needOf(std::string_view base, const std::vector<std::string_view> &modifiers) {
  Need need;
  auto has = [&](std::string_view word) {
    return std::find(modifiers.begin(), modifiers.end(), word) != modifiers.end();
  };
  auto atLeast = [&](Need other) {
    need = {std::max(need.least, other.least), need.specific || other.specific};
  };
  for (const Row &row : kRows)
    if (row.base.empty() || row.base == base)
      if (row.modifier.empty() || std::any_of(modifiers.begin(), modifiers.end(), [&](auto word) {
            return matches(row.modifier, word);
          }))
        atLeast(row.need);
  const bool isHalf = has("bf16") || has("f16");
  if (base == "cvt" && has("bf16") && !has("f32"))
    atLeast({90});
  if (base == "cvt" && has("tf32") && !has("rna"))
    atLeast({90});
  // Sums of f32 and numbers of 16 bits.
  if ((base == "add" || base == "sub" || base == "fma") && has("f32") && isHalf)
    atLeast({100});
  if ((base == "ld" || base == "st") && has("v4") &&
      (has("b64") || has("u64") || has("s64") || has("f64")))
    atLeast({100});
  return need;
}
} // namespace

void Decoder::checkTarget() {
  const Need need = needOf(base, modifiers);
  std::string_view target = module.target;
  unsigned number = 0;
  if (!need.least || !target.starts_with("sm_"))
    return;
  auto [suffix, error] = std::from_chars(target.data() + 3, target.data() + target.size(), number);
  const bool isSpecific = suffix != target.data() + target.size();
  if (error == std::errc() && number >= need.least && (isSpecific || !need.specific))
    return;
  fail("'", opcode(), "' needs sm_", need.least, need.specific ? "a" : "", ", and the text is for ",
       target);
}

} // namespace moec::ptx
