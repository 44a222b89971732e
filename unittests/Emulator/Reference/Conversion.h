//===- Conversion.h - Conversions of small formats --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One narrowing or widening instruction, read off its mnemonic.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_CONVERSION_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_CONVERSION_H

#include "Numeric.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace moec::gfx950::test::reference {

/// Bit fields of a row of dwords.
uint32_t getBits(const uint32_t *words, unsigned at, unsigned count);
void setBits(uint32_t *words, unsigned at, unsigned count, uint32_t v);

/// What a conversion's name says.
struct SmallConversion {
  std::string name, fromName, toName;
  Format from{}, to{};
  unsigned count = 1; ///< Elements.
  bool scaled = false, stochastic = false, twoSources = false;
  unsigned parts = 1; ///< Places of the narrow side in its register.

  explicit SmallConversion(const std::string &name);
  /// Whether `name` is one of these.
  static bool known(const std::string &name);
  bool narrowing() const { return from.bits > to.bits; }
  unsigned sourceDwords() const { return (count * from.bits / (twoSources ? 2 : 1) + 31) / 32; }
  unsigned resultDwords() const { return (count * to.bits + 31) / 32; }
  /// One element through APFloat.
  uint32_t element(uint32_t source, uint32_t random, uint32_t scaleBits) const;
  /// All elements of a lane; what is not written of `out` stays.
  void convert(const uint32_t *in, uint32_t random, uint32_t scale, unsigned part,
               uint32_t *out) const;
};

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_CONVERSION_H
