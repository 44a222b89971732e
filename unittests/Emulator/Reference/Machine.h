//===- Machine.h - A scalar interpreter of gfx950 assembly ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Says what each instruction does, one lane and one element at a time, from its assembly text. It
// shares nothing with the emulator: no decoder, no tables, no number formats (those are LLVM's
// APFloat). Tests run both and compare the whole state.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_MACHINE_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_MACHINE_H

#include "Text.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moec::gfx950::test::reference {

struct Access;

constexpr unsigned kVgprs = 128, kAgprs = 64, kLdsRows = 32, kScratchRows = 16, kSgprs = 64;
/// Memory that the instruction may touch.
constexpr unsigned kMemoryBytes = 16384;

/// The state that a test loads and reads back, in the order of its buffers: rows of 64 lanes.
struct Image {
  uint32_t vector[kVgprs + kAgprs][64]; ///< VGPRs, then AGPRs.
  uint32_t lds[kLdsRows][64];           ///< 8 KiB, flat.
  uint32_t scratch[kScratchRows][64];   ///< Dword r of each lane.
  uint32_t scalar[kSgprs];
  uint32_t vcc[2], exec[2], m0, scc, mode, padding[57];
};

/// How the result in a register compares: floats may be any NaN, and transcendental results may
/// differ by units in the last place.
struct Loose {
  char type = 'u'; ///< u bits, f, h, d, P two f16, b a bf16, B two bf16.
  double ulps = 0;
  double absolute = 0; ///< Largest difference (f only).
};

/// One wave's state with its memory.
class Machine {
public:
  Image state;
  std::vector<uint8_t> memory;
  uint64_t memoryAddress = 0; ///< Device address of memory[0].
  /// Vector registers whose comparison is loose; lanes of a register that are not compared.
  std::map<unsigned, Loose> loose;
  std::map<unsigned, uint64_t> ignored;
  /// Places of memory and of LDS in which a float atomic left a number, whose NaN may be any: the
  /// type, as in Loose, by the first byte.
  std::map<unsigned, char> looseMemory, looseLds;
  /// Magnitude of a matrix product's terms, by register and lane, which bounds its error.
  std::map<std::pair<unsigned, unsigned>, double> magnitude;

  /// Executes one instruction. False if there is no statement about it.
  bool execute(const std::string &text);

  uint64_t exec() const { return state.exec[0] | uint64_t(state.exec[1]) << 32; }
  bool active(unsigned lane) const { return exec() >> lane & 1; }
  /// A scalar register by name: sN, vcc, exec, m0; one or two dwords.
  uint64_t scalar(const Operand &o) const;
  void setScalar(const Operand &o, uint64_t value);
  uint32_t &vector(const Operand &o, unsigned dword, unsigned lane) {
    return state.vector[(o.kind == 'a' ? kVgprs : 0) + o.first + dword][lane];
  }
  unsigned row(const Operand &o) const { return (o.kind == 'a' ? kVgprs : 0) + o.first; }

  /// Families. Each answers false for instructions that it does not know.
  bool executeVector(const Text &t);
  bool executeCompare(const Text &t);
  bool executeConversion(const Text &t);
  bool executeExchange(const Text &t);
  bool executeMatrix(const Text &t);
  bool executeScalar(const Text &t);
  bool executeScalarMemory(const Text &t);
  bool executeMemory(const Text &t);
  bool executeLds(const Text &t);

private:
  /// A lane's address under a buffer's descriptor; false if it is out of range.
  bool bufferAddress(const Text &t, const Access &a, unsigned first, unsigned lane,
                     uint64_t &address) const;
};

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_MACHINE_H
