//===- Packing.cpp - How weights lie in memory ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane's first operand is two rows, 8 apart, of some numbers of K: neighbours, and others further
// along K, which may be any others as long as both operands agree. So memory has them next to each
// other: two neighbours, both rows, two more neighbours, and more of K until 16 bytes are full.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Packing.h"

#include "moec/Target/LaneSchedules.h"

using namespace mlir;
using namespace moec;
using namespace moec::nvptx;

using Digit = tile::PackedDigit;

// Digits are read from the lowest: {dimension, extent, step}. Dimension 1 is K.

/// Two rows of a lane, and those of the eight groups of lanes.
static constexpr Digit kLaneRows{0, 2, 8}, kGroupRows{0, 8, 1};

/// The digits of numbers of so many bits that become bf16 in registers, or are: those of a lane,
/// four lanes further along K, and the groups.
static SmallVector<Digit> getDigits(unsigned bits) {
  // An instruction takes eight numbers of a lane, four of a row; 16 bytes have those of several.
  int64_t perRow = 128 / bits / 2;
  SmallVector<Digit> digits = {Digit{1, 2, 1}, kLaneRows, Digit{1, 2, 2}};
  if (perRow > 4)
    digits.push_back({1, perRow / 4, 4});
  digits.append({Digit{1, 4, perRow}, kGroupRows});
  return digits;
}

/// The digits of codes that a scaled instruction takes: as many neighbours as a register has, both
/// rows, and those of FP4 half an instruction further, of FP8 four lanes'. Where they become bf16,
/// a lane's registers are read in another order.
static SmallVector<Digit> getScaledDigits(unsigned bits) {
  const int64_t held = 32 / bits;
  return {Digit{1, held, 1}, kLaneRows, Digit{1, 2, bits == 4 ? 32 : 4}, Digit{1, 4, 8},
          kGroupRows};
}

tile::PackedAttr nvptx::choosePackedMap(RankedTensorType weight, const Machine &machine) {
  if (weight.getRank() < 2)
    return {};
  MLIRContext *context = weight.getContext();
  Type element = weight.getElementType();
  if (element.isBF16())
    return tile::PackedAttr::get(context, getDigits(16), {});
  auto block = dyn_cast<mx::BlockType>(element);
  if (!block || block.getBlock().size() != 1)
    return {};
  if (block.getBlockSize() == 32 && block.getStreams().size() == 2) {
    // An instruction sums a group of int8, of which a lane has four neighbours below the middle of
    // each of its rows and four above. Scales lie as the result's rows.
    if (block.getElement().isInteger(8) && block.getScale().isF32())
      return tile::PackedAttr::get(
          context, {Digit{1, 4, 1}, kLaneRows, Digit{1, 2, 16}, Digit{1, 4, 4}, kGroupRows},
          {kLaneRows, kGroupRows});
    // The lanes of FP4 reach two blocks along K, those of FP8 one. A scaled instruction has those
    // of a row next to each other.
    unsigned bits = block.getElementBits();
    const bool scaled = machine.multipliesScaled;
    SmallVector<Digit> codes = scaled ? getScaledDigits(bits) : getDigits(bits),
                       scales = {kLaneRows};
    if (bits == 4)
      scales.insert(scaled ? scales.begin() : scales.end(), Digit{1, 2, 1});
    scales.push_back(kGroupRows);
    if (block.hasPowerOfTwoScale() && (bits == 4 || bits == 8))
      return tile::PackedAttr::get(context, codes, scales);
  }
  // Codes that become f32, and those of six bits, are in no instruction's order.
  return chooseDequantizedMap(context, block, warpLanes);
}
