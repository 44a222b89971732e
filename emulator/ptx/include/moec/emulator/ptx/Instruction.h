//===- Instruction.h - Decoded instructions ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The compact form of one instruction. Names are resolved once; executing an instruction follows
// one function pointer and reads plain fields.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_INSTRUCTION_H
#define MOEC_EMULATOR_PTX_INSTRUCTION_H

#include "moec/emulator/core/SharedMemory.h"

#include <cstdint>

namespace moec::ptx {

class Warp;
struct Instruction;
using Executor = void (*)(Warp &, const Instruction &);

/// A register of a warp: a row of one number for each lane, or of a predicate a mask of lanes.
/// Constants and special registers are rows too, which are filled before a warp starts.
struct Slot {
  uint32_t offset = 0; ///< In bytes, in the warp's file.
  uint32_t index = 0;  ///< Of its poison.
};

/// Spaces that an address may be of.
enum class Space : uint8_t { Generic, Global, Shared, Const, Local, Param };

/// What the lanes that execute an instruction have to be.
enum class Gather : uint8_t {
  Free,    ///< Any.
  Members, ///< Those that its mask of lanes names, as far as they live.
  Warp,    ///< All that the warp began with.
  Full     ///< All 32.
};

/// One decoded instruction.
struct Instruction {
  Executor execute = nullptr;
  const Slot *list = nullptr; ///< Results, then sources, where there are more than the following.
  Slot dst, src[4];
  Slot guard;
  Slot members;        ///< Of Gather::Members.
  uint64_t imm = 0;    ///< An address's offset, a table, … as the family says.
  uint32_t line = 0;   ///< Of the PTX text, from 1.
  uint32_t order = 0;  ///< Of its block: of parted lanes those with the least go first.
  int32_t target = -1; ///< A branch's.
  uint32_t extra = 0;
  Gather gather = Gather::Free;
  bool leader = false; ///< Lanes that parted may meet here.
  bool guarded = false, guardNegated = false;
  uint8_t dsts = 0, srcs = 0; ///< In `list`.
  uint8_t bytes = 0;          ///< Of an element in memory.
  uint8_t count = 1;          ///< Elements of a lane.
  uint8_t registerBytes = 0;  ///< Of an element's register.
  uint8_t addressBytes = 8;   ///< Of the register with the address.
  Space space = Space::Generic;
  emulator::AccessKind kind = emulator::AccessKind::Read;
  bool isSigned = false;
  uint8_t mode = 0; ///< As the family says.
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_INSTRUCTION_H
