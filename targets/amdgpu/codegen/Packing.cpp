//===- Packing.cpp - How weights lie in memory ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The unit of FP4 is 16 rows by 256 columns: a lane has the columns 64g … 64g+63 of its row as two
// operands, and so the scales of the two blocks are neighbours, in the weight as in a row-major
// activation.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Packing.h"

#include "moec/Target/LaneSchedules.h"
#include "targets/amdgpu/codegen/Machine.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

using Digit = tile::PackedDigit;

/// For codes that a scaled instruction takes.
static tile::PackedAttr chooseScaledMap(MLIRContext *context, mx::BlockType block) {
  switch (block.getElementBits()) {
  // FP4 has 32 numbers in 16 bytes. A lane's second operand lies behind the first operands of all
  // lanes, and it is the neighbour along K of the lane's own first. Of scales a lane reads a dword:
  // two blocks of two tiles of 16 rows, which feed four instructions.
  case 4:
    return tile::PackedAttr::get(
        context, {Digit{1, 32, 1}, Digit{0, 16, 1}, Digit{1, 4, 64}, Digit{1, 2, 32}},
        {Digit{1, 2, 1}, Digit{0, 2, 16}, Digit{0, 16, 1}, Digit{1, 4, 2}});
  // An operand of FP6 is 24 bytes, two chunks of three dwords, of which a lane reads one at once.
  // Its unit has one operand a lane, so only the scales of two tiles of rows are neighbours.
  case 6:
    return tile::PackedAttr::get(
        context, {Digit{1, 16, 1}, Digit{0, 16, 1}, Digit{1, 4, 32}, Digit{1, 2, 16}},
        {Digit{0, 2, 16}, Digit{0, 16, 1}, Digit{1, 4, 1}});
  // FP8 has 16 numbers in 16 bytes, and an operand is two chunks of them, 64 apart: the last digit.
  default:
    return tile::PackedAttr::get(
        context, {Digit{1, 16, 1}, Digit{0, 16, 1}, Digit{1, 4, 16}, Digit{1, 2, 64}},
        {Digit{0, 2, 16}, Digit{0, 16, 1}, Digit{1, 4, 1}});
  }
}

/// For groups of int8. An instruction sums one block, of which a lane has eight numbers: its 16
/// bytes are those of two blocks. Scales are applied to sums, where a lane has four rows.
static tile::PackedAttr chooseGroupMap(MLIRContext *context) {
  return tile::PackedAttr::get(context,
                               {Digit{1, 8, 1}, Digit{1, 2, 32}, Digit{0, 16, 1}, Digit{1, 4, 8}},
                               {Digit{0, 16, 1}});
}

tile::PackedAttr amdgpu::choosePackedMap(RankedTensorType weight) {
  if (weight.getRank() < 2)
    return {};
  MLIRContext *context = weight.getContext();
  Type element = weight.getElementType();
  // Digits are read from the lowest: {dimension, extent, step}. The first is what a lane has in a
  // row, 16 bytes; rows of an atom follow, then the lanes above them. Dimension 1 is K.
  //
  // 8 numbers of K, 16 rows, 4 lanes further along K: one operand of 16x16x32, 1024 bytes, in the
  // order in which lanes read it.
  if (element.isBF16())
    return tile::PackedAttr::get(context, {Digit{1, 8, 1}, Digit{0, 16, 1}, Digit{1, 4, 8}}, {});
  auto block = dyn_cast<mx::BlockType>(element);
  if (!block || block.getBlock().size() != 1)
    return {};
  if (block.getBlockSize() == 32 && block.getStreams().size() == 2) {
    if (block.hasPowerOfTwoScale())
      return chooseScaledMap(context, block);
    if (block.getElement().isInteger(8) && block.getScale().isF32())
      return chooseGroupMap(context);
  }
  return chooseDequantizedMap(context, block, kGfx950.lanes);
}
