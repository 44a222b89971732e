//===- Salu.h - Scalar operations -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A scalar operation is a row of a table. Signature "result:sources", one letter each: u 32 bits,
// q 64 bits, - no result.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_SCALAR_SALU_H
#define MOEC_EMULATOR_GFX950_LIB_SCALAR_SALU_H

#include "moec/emulator/gfx950/Wave.h"

#include <span>

namespace moec::gfx950 {

/// Operands of one scalar operation.
struct SaluContext {
  SaluContext(Wave &wave, const Instruction &inst) : wave(wave), inst(inst), scc(wave.scc) {}
  Wave &wave;
  const Instruction &inst;
  uint64_t a = 0, b = 0; ///< Sources.
  uint64_t old = 0;      ///< The result register before.
  uint64_t d = 0;        ///< Result.
  bool scc;              ///< In and out.
  uint64_t poison = 0;   ///< Of the result; bitwise operations refine it.
  uint64_t poisonA = 0, poisonB = 0;
  /// simm16, sign-extended.
  int32_t simm() const { return int16_t(inst.imm); }
};

/// A row of a table of scalar operations.
struct SaluOp {
  const char *name;
  const char *signature;
  void (*run)(SaluContext &);
  bool writesScc = false, readsScc = false, readsOld = false;
  bool bitwise = false; ///< `run` computes `poison` itself.
};

std::span<const SaluOp> saluOps();
std::span<const SaluOp> saluControlOps();

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_SCALAR_SALU_H
