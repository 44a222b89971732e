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

#include "llvm/ADT/StringRef.h"

#include <cassert>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moec::cpu {

/// Sets of instructions beyond AVX2, FMA, F16C and BMI2 that code is written for, as bits; a set
/// has the bits of those that it takes for granted.
enum class Isa : unsigned {
  AVX2 = 0,
  /// Masks of lanes of any width, 32 registers of 512 bits, permutations of all of a register
  /// (AVX-512 F, BW, VL, DQ).
  AVX512 = 1,
  VNNI = 2 | AVX512, ///< Instruction::AddFoursOfBytes
  VBMI = 4 | AVX512, ///< Instruction::LookUp128Bytes
  AVXVNNI = 32,      ///< Instruction::AddFoursOfBytes in registers of 256 bits
  /// Products of bf16 in pairs of k, by one or both of the following. Weights lie for them.
  Pairs = 64 | AVX512,
  BF16 = 128 | Pairs, ///< Instruction::AddPairsOfBf16
  /// Tiles, and products of bf16 in them (AMX). Machines that have them have vectors for bytes and
  /// for lookups, too.
  AMX = 8 | VNNI | VBMI | Pairs,
  AMXInt8 = 16 | AMX ///< and products of int8 in them
};

/// What kernels ask for that LLVM's IR has no operation for.
enum class Instruction {
  LookUp8,         ///< f32 by the low three bits of each lane
  LookUp16,        ///< f32 by the low four bits of each lane
  LookUp32,        ///< f32 in two registers, by the low five bits of each lane
  LookUp16Bytes,   ///< bytes within 128 bits, by the low four bits of each
  LookUp128Bytes,  ///< bytes in two registers, by the low seven bits of each
  AddPairsOfBytes, ///< unsigned by signed, two products added in 16 bits with saturation
  AddPairsOfWords, ///< signed, two products added in 32 bits
  AddFoursOfBytes, ///< unsigned by signed, four products added to 32 bits
  AddPairsOfBf16,  ///< added to f32: multiply-adds of the odd one, then of the even one, each
                   ///< rounded to nearest even; denormals are zeros on the way in and out
  ShiftLanes,      ///< i32 to the left, each by its own count; by 32 and more to 0
  // Of no vectors.
  ReadMode, ///< MXCSR to a word of memory
  SetMode,  ///< and from one
  ConfigureTiles,
  ReleaseTiles,
  LoadTile,
  StoreTile,
  ClearTile,
  MultiplyTiles,      ///< bf16, in the order of `pairStep`
  MultiplyTilesOfInt8 ///< signed, four products of each lane added to 32 bits
};

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
  /// Bits of a vector register.
  unsigned vectorBits = 256;
  /// Bits of the narrowest lanes that loads and stores can leave out.
  unsigned maskedBits = 32;

  /// Cores, and bytes of a core's data caches of the first and second level: as they are read of
  /// `native`, else one core with usual ones.
  unsigned cores = 1;
  uint64_t firstLevelBytes = 32 << 10, secondLevelBytes = 1 << 20;

  /// What all cores together read from memory, in bytes, and multiply by an atom, by its name, in a
  /// second; 0 and absent where nobody has measured it. And the file that says so.
  double bytesPerSecond = 0;
  std::map<std::string, double> multiplyAddsPerSecond;
  std::string description;

  bool has(Isa isa) const { return (isas & unsigned(isa)) == unsigned(isa); }
  /// The intrinsic of an instruction, on vectors of so many bits if on any; empty if there is none.
  llvm::StringRef findIntrinsic(Instruction instruction, unsigned bits) const;
  /// That of one that there is, on whole vectors.
  llvm::StringRef getIntrinsic(Instruction instruction) const {
    llvm::StringRef name = findIntrinsic(instruction, vectorBits);
    assert(!name.empty() && "an atom without its instruction");
    return name;
  }

  /// Lanes of a vector of 32-bit elements.
  unsigned getLanes() const { return vectorBits / 32; }

  /// What a device must have, in LLVM's names: all that generated code may use.
  std::vector<std::string> getRequiredFlags() const;

  /// `native` (or nothing), `x86-64-v3`, `x86-64-v4`, or a processor that LLVM knows; it needs at
  /// least AVX2 and FMA. After commas may follow `+feature`, `-feature`, `tune=PROCESSOR`,
  /// `cores=N` and, in bytes, `l1d=N` and `l2=N`. What `native` has is what the processor and the
  /// operating system say. Or the path of a description, which ends with `.json`.
  static Expected<Machine> get(const std::string &chip);

  /// What get() makes the same machine of anywhere: its description, or the text.
  std::string getChip() const { return description.empty() ? getText() : description; }
  /// Without what was measured.
  std::string getText() const;
  /// The same for people: of the features only those that products are chosen by.
  std::string getName() const;

private:
  static Expected<Machine> readDescription(const std::string &path);

  unsigned isas = 0;
};

/// Rows (of N) of one panel of a packed weight, on every chip: what the register blocks of the
/// narrow and of the wide vectors both divide.
inline constexpr unsigned panelRows = 32;

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_MACHINE_H
