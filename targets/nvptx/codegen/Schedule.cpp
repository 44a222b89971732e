//===- Schedule.cpp - Block shapes, and what they cost --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane has 255 registers, of which a product's sums may take some 64 and each operand's step as
// many. A time is the larger of what memory and matrix instructions take at the published rates.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Schedule.h"

#include "moec/Simt/Formats.h"
#include "moec/Simt/Geometry.h"
#include "moec/Target/LaneSchedules.h"
#include "targets/nvptx/codegen/Packing.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;
using simt::Format;

/// The columns of a weight that a product takes at once: whole units of its packing, which has as
/// many on all machines, at least 64.
static int64_t getStepColumns(Type type, int64_t columns) {
  auto block = dyn_cast_or_null<mx::BlockType>(type);
  if (!block)
    return 64;
  auto weight = RankedTensorType::get({1, columns}, block.getRowForm(columns));
  tile::PackedAttr packed = nvptx::choosePackedMap(weight, nvptx::machines[0]);
  int64_t scales = packed.getScaleLayout().getUnitColumns() * block.getBlockSize();
  return std::lcm(std::lcm(64, packed.getLayout().getUnitColumns()), scales);
}

static bool isInt8(const KernelShape &shape) {
  return simt::getOperandFormat(shape.activation) == Format::I8 &&
         simt::getOperandFormat(shape.weight) == Format::I8;
}

/// Whether the loop of a product can copy its rows: not where these become numbers first, nor where
/// the weight's packing is in no instruction's order.
static bool copiesRows(const KernelShape &shape, const nvptx::Machine &machine) {
  auto isCode = [](std::optional<Format> format) {
    return format == Format::FP4 || format == Format::FP8 || format == Format::BF8;
  };
  std::optional<Format> rows = simt::getOperandFormat(shape.activation),
                        weight = simt::getOperandFormat(shape.weight);
  if (rows == Format::BF16)
    return weight == Format::BF16 || isCode(weight);
  return isInt8(shape) || (machine.multipliesScaled && isCode(rows) && isCode(weight));
}

/// Blocks by reasoning alone, as nothing was measured. A warp has 32 rows and 32 columns at most:
/// each fragment of the rows serves two products, and the sums and the weights under way of two
/// that meet, as gate and up do, fit in registers. Few rows wait for their weights, and have them
/// in narrow blocks, of which there are many. Slots take 32 KiB at most, as all machines have.
static tile::ScheduleAttr chooseStages(tile::ScheduleAttr schedule, const KernelShape &shape,
                                       const nvptx::Machine &machine) {
  const int64_t bits = simt::getBits(*simt::getOperandFormat(shape.weight));
  // Columns of K: of scales that are bytes a lane copies four.
  auto rows = dyn_cast<mx::BlockType>(shape.activation);
  const int64_t step = rows && rows.hasPowerOfTwoScale() ? 4 * simt::scaleBlock
                       : bits == 16                      ? 32
                                                         : 64;
  // Bits of a column of the weight under way; fewer where scales or decoded numbers take registers.
  const int64_t most = bits == 16 ? 2048 : rows ? 1536 : 1024;
  const int64_t stages = std::clamp<int64_t>(most / (step * bits), 2, 4);
  const StagedBlocks choices[] = {{16, 0, 64, step, /*subgroups=*/2, stages},
                                  {512, 0, 64, step, 4, stages},
                                  {INT64_MAX, 0, 128, step, 8, stages}};
  return moec::chooseStages(schedule, shape, choices, simt::getWholeBytes(machine.sharedBytes));
}

tile::ScheduleAttr nvptx::chooseSchedule(MLIRContext *context, const KernelShape &shape,
                                         const Machine &machine) {
  // 128 keys of a selection's step and the best so far are in registers.
  tile::ScheduleAttr schedule =
      chooseLaneSchedule(context, shape, {blockWarps, 128, getStepColumns, machine.sharedBytes});
  bool copies = !shape.otherWeight && copiesRows(shape, machine);
  return copies ? ::chooseStages(schedule, shape, machine) : schedule;
}

Error nvptx::checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule,
                           const Machine &machine) {
  return checkLanes(shape, schedule, getStepColumns,
                    {"warp", "block", warpLanes, blockWarps, 255, 0, machine.sharedBytes});
}

/// A launch by itself, as gfx950's table has it: none of a card of this vendor is at hand.
static constexpr double kLaunchMicroseconds = 2;

/// How often the rate of bf16 a product of these operands has.
static double getRate(const KernelShape &shape) {
  // Three products of tf32, which has half the rate.
  auto isNarrow = [](Type type) {
    auto block = dyn_cast_or_null<mx::BlockType>(type);
    return !type || type.isBF16() || (block && block.hasPowerOfTwoScale());
  };
  double plain = isNarrow(shape.activation) && isNarrow(shape.weight) ? 1 : 1.0 / 6;
  return isInt8(shape) ? 2 : plain;
}

double nvptx::estimateTime(const KernelShape &shape, const KernelWork &work,
                           const Machine &machine) {
  double memory = (work.bytesRead() + work.bytesWritten) / machine.bytesPerMicrosecond;
  double matrix = work.multiplyAdds / (machine.multiplyAddsPerMicrosecond * getRate(shape));
  return kLaunchMicroseconds + std::max(memory, matrix);
}
