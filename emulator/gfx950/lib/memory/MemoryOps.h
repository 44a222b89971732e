//===- MemoryOps.h - Memory operations --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What an opcode of vector memory or LDS does, read off its name once at decoding.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_MEMORY_MEMORYOPS_H
#define MOEC_EMULATOR_GFX950_LIB_MEMORY_MEMORYOPS_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace moec::gfx950 {

/// Address spaces of vector memory instructions.
enum class Space : uint8_t { Global, Flat, Scratch, Buffer, Lds };

/// What an operation does.
enum class Action : uint8_t { Load, Store, Atomic, LoadToLds };

/// Functions of atomics.
enum class AtomicFunction : uint8_t {
  Swap,
  CompareSwap,
  Add,
  Sub,
  ReverseSub,
  SignedMin,
  UnsignedMin,
  SignedMax,
  UnsignedMax,
  And,
  Or,
  Xor,
  Inc,
  Dec,
  MaskOr,
  AddF32,
  MinF32,
  MaxF32,
  AddF64,
  MinF64,
  MaxF64,
  PkAddF16,
  PkAddBf16
};

/// One memory opcode.
struct MemoryOp {
  Space space = Space::Global;
  Action action = Action::Load;
  uint8_t bytes = 4;    ///< Bytes of one access of a lane.
  uint8_t accesses = 1; ///< 2 for ds_read2 and ds_write2.
  uint16_t stride = 1;  ///< Scale of the offsets of two accesses.
  bool signExtend = false;
  bool half = false;    ///< D16: 16 bits of the register.
  bool high = false;    ///< The high 16 bits.
  bool returns = false; ///< An atomic that returns the old value.
  bool addTid = false;  ///< Address = M0 + offset + 4·lane.
  AtomicFunction function = AtomicFunction::Swap;
  /// Registers of the result or the data.
  uint8_t dwords() const { return uint8_t((bytes + 3) / 4); }
};

/// Reads an opcode's base name (LLVM's without addressing and encoding suffixes); nothing if the
/// name is not one of a supported memory operation.
std::optional<MemoryOp> parseMemoryOp(std::string_view name);

/// The new value of a memory cell of 32 or 64 bits. `compare` is used by CompareSwap; MaskOr clears
/// its bits first.
uint64_t applyAtomic(AtomicFunction function, bool wide, uint64_t old, uint64_t data,
                     uint64_t compare);

/// Applies `function` to a cell of memory as one step; the old value. Workgroups of other host
/// threads may do so at the same time.
uint64_t atomicOnMemory(uint8_t *bytes, bool wide, AtomicFunction function, uint64_t data,
                        uint64_t compare);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_MEMORY_MEMORYOPS_H
