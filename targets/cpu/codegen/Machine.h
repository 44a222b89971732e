//===- Machine.h - Facts about one x86-64 chip ------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// What the lowering and the cost model ask about a chip. Which instructions it has is said by
// features alone; everything else about them is LLVM's to know.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_MACHINE_H
#define MOEC_TARGETS_CPU_CODEGEN_MACHINE_H

#include "moec/Support/Error.h"

#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace moec::cpu {

/// One chip.
struct Machine {
  /// The platform whose objects and shared libraries are made.
  static constexpr const char *triple = "x86_64-unknown-linux-gnu";

  /// LLVM's names of a processor with such instructions, and of the features that this one has
  /// beside its or lacks ("+avx512vnni,-movbe").
  std::string processor;
  std::string features;
  /// LLVM's name of the processor whose times of instructions code is put in order by; empty for
  /// `processor`. It says nothing about what the chip has.
  std::string tuning;
  /// Bits of a vector register, and how many there are.
  unsigned vectorBits = 256;
  unsigned registers = 16;
  /// Masked accesses of 8 and 16-bit elements, wide permutations (AVX-512 F, BW, VL, DQ).
  bool avx512 = false;
  /// Dot products of bytes into 32-bit lanes.
  bool vnni = false;
  /// Lookups of bytes in two registers (AVX-512 VBMI).
  bool vbmi = false;

  /// Lanes of a vector of 32-bit elements.
  unsigned getLanes() const { return vectorBits / 32; }
  /// Rows of the register blocks of a matrix product, greatest first. Blocks of these heights cover
  /// any number of rows; all sum along K in the same order.
  llvm::SmallVector<unsigned> getBlockRows() const;
  /// Vectors of a panel of `panel` columns that such a block of `rows` takes at a time.
  unsigned getBlockVectors(unsigned rows, unsigned panel) const;
  /// The same for products of codes, which need two accumulators for each sum, in a tile of `most`
  /// rows.
  llvm::SmallVector<unsigned> getScaledBlockRows(int64_t most) const;
  unsigned getScaledVectors(unsigned rows, unsigned panel) const;

  /// What a device must have, in LLVM's names: all that generated code may use.
  std::vector<std::string> getRequiredFlags() const;

  /// `native` (or nothing), `x86-64-v3`, `x86-64-v4`, or a processor that LLVM knows; it needs at
  /// least AVX2 and FMA. After commas may follow `+feature`, `-feature` and `tune=PROCESSOR`. The
  /// features of `native` are what the processor and the operating system say.
  static Expected<Machine> get(const std::string &chip);

  /// What get() makes the same machine of anywhere.
  std::string getChip() const;
  /// The same for people: of the features only those that products are chosen by.
  std::string getName() const;
};

/// Rows (of N) of one panel of a packed weight, on every chip: what the register blocks of the
/// narrow and of the wide vectors both divide.
inline constexpr unsigned panelRows = 32;

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_MACHINE_H
