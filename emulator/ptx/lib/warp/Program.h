//===- Program.h - A kernel's decoded code ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_WARP_PROGRAM_H
#define MOEC_EMULATOR_PTX_LIB_WARP_PROGRAM_H

#include "moec/emulator/ptx/Instruction.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace moec::ptx {

/// A row with the same bits in all lanes.
struct ConstantRow {
  Slot slot;
  uint8_t bytes = 4; ///< Of a lane; 0: a predicate, whose `value` is a mask.
  uint64_t value = 0;
};

/// What a special register holds.
enum class Special : uint8_t {
  ThreadX,
  ThreadY,
  ThreadZ,
  BlockX,
  BlockY,
  BlockZ,
  BlockSizeX,
  BlockSizeY,
  BlockSizeZ,
  GridSizeX,
  GridSizeY,
  GridSizeZ,
  Lane,
  WarpNumber,
  WarpCount,
  LanesEqual,
  LanesLess,
  LanesLessEqual,
  LanesGreater,
  LanesGreaterEqual,
  DynamicShared,
  TotalShared,
  Zero ///< What a kernel alone on the machine has: %smid, %gridid, ranks in clusters.
};

/// A row that a special register is read from.
struct SpecialRow {
  Slot slot;
  Special special = Special::Lane;
};

/// The code of one kernel.
class Program {
public:
  std::vector<Instruction> code; ///< The last one ends the lanes that get there.
  uint32_t fileBytes = 0;        ///< Of a warp's registers.
  std::vector<uint64_t> poison;  ///< Of each slot when a warp starts: constants have none.
  std::vector<ConstantRow> constants;
  std::vector<SpecialRow> specials;
  std::vector<std::unique_ptr<Slot[]>> lists;
  std::vector<std::vector<uint32_t>> targets; ///< Of brx.idx.
};

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_WARP_PROGRAM_H
