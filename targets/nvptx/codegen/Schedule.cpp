//===- Schedule.cpp - Block shapes, and what they cost --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane has 255 registers, of which a product's sums may take some 64 and each operand's step as
// many. A time is the larger of what memory and matrix instructions take at the published rates.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Schedule.h"

#include "moec/Target/LaneSchedules.h"
#include "targets/nvptx/codegen/Packing.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;

/// The columns of a weight that a product takes at once: whole units of its packing, which has as
/// many on all machines, at least 64.
static int64_t getStepColumns(Type type, int64_t columns) {
  constexpr int64_t least = 64;
  auto block = dyn_cast_or_null<mx::BlockType>(type);
  if (!block)
    return least;
  auto weight = RankedTensorType::get({1, columns}, block.getRowForm(columns));
  tile::PackedAttr packed = nvptx::choosePackedMap(weight, nvptx::machines[0]);
  int64_t scales = packed.getScaleLayout().getUnitColumns() * block.getBlockSize();
  return std::lcm(std::lcm(least, packed.getLayout().getUnitColumns()), scales);
}

tile::ScheduleAttr nvptx::chooseSchedule(MLIRContext *context, const KernelShape &shape) {
  // The keys of a step and the best so far are in registers.
  return chooseLaneSchedule(context, shape, {blockWarps, /*selectionKeys=*/128, getStepColumns});
}

std::vector<tile::ScheduleAttr> nvptx::listCandidates(MLIRContext *context,
                                                      const KernelShape &shape) {
  return listLaneCandidates(chooseSchedule(context, shape), shape);
}

/// A launch by itself, as gfx950's table has it: none of a card of this vendor is at hand.
static constexpr double kLaunchMicroseconds = 2;

/// How often the rate of bf16 a product of these operands has.
static double getRate(const KernelShape &shape) {
  auto isInt8 = [](mx::BlockType block) {
    return block && block.getElement().isInteger(8) && block.getScale().isF32();
  };
  auto isNarrow = [](Type type, mx::BlockType block) {
    return !type || type.isBF16() || (block && block.hasPowerOfTwoScale());
  };
  auto rows = dyn_cast_or_null<mx::BlockType>(shape.activation);
  auto weight = dyn_cast_or_null<mx::BlockType>(shape.weight);
  if (isInt8(rows) && isInt8(weight))
    return 2;
  // Three products of tf32, which has half the rate.
  return isNarrow(shape.activation, rows) && isNarrow(shape.weight, weight) ? 1 : 1.0 / 6;
}

double nvptx::estimateTime(const KernelShape &shape, const KernelWork &work,
                           const Machine &machine) {
  double memory = (work.bytesRead() + work.bytesWritten) / machine.bytesPerMicrosecond;
  double matrix = work.multiplyAdds / (machine.multiplyAddsPerMicrosecond * getRate(shape));
  return kLaunchMicroseconds + std::max(memory, matrix);
}
