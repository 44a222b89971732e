//===- Schedule.cpp - Block shapes ----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Those of all machines with lanes, with the columns that the machine's instructions take at once.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Schedule.h"

#include "moec/Target/LaneSchedules.h"
#include "targets/amdgpu/codegen/Packing.h"

using namespace mlir;
using namespace moec;

/// The columns of a weight that a product takes at once: whole units of its packing, 256 of those
/// that scaled instructions multiply (one unit of FP4, two of the others) and 64 of bf16 (two).
static int64_t getStepColumns(Type type, int64_t columns) {
  auto block = dyn_cast_or_null<mx::BlockType>(type);
  if (!block)
    return 64;
  if (block.hasPowerOfTwoScale())
    return 256;
  auto weight = RankedTensorType::get({1, columns}, block.getRowForm(columns));
  return amdgpu::choosePackedMap(weight).getLayout().getUnitColumns();
}

/// Whether both operands go to scaled instructions as they are.
static bool isScaled(const KernelShape &shape) {
  auto scaled = [](Type type) {
    auto block = dyn_cast_or_null<mx::BlockType>(type);
    return block && block.hasPowerOfTwoScale() && llvm::isPowerOf2_32(block.getElementBits());
  };
  return scaled(shape.activation) && scaled(shape.weight) &&
         (!shape.otherWeight || scaled(shape.otherWeight));
}

/// Whether the rows of a step lie within what a copy to LDS reaches.
static bool areRowsNear(const KernelShape &shape) {
  constexpr int64_t reach = int64_t(1) << 31;
  auto block = cast<mx::BlockType>(shape.activation);
  return shape.rows < reach / std::max<int64_t>(1, shape.k * block.getElementBits() / 8);
}

/// Loops whose activation goes to LDS by itself. Large blocks fill the registers with sums, one
/// wave a SIMD, so that each byte that comes from the second-level cache is multiplied by 256
/// others, and what is under way for the next step is enough. Small ones wait for their weights and
/// have the registers for more.
static tile::ScheduleAttr chooseStages(tile::ScheduleAttr schedule, const KernelShape &shape) {
  int64_t perMatrix = shape.rows / std::max<int64_t>(1, shape.matrices);
  if (perMatrix >= 96)
    schedule = schedule.with("BM", perMatrix >= 512 ? 256 : 128);
  if (perMatrix >= 512)
    schedule =
        schedule.with("BN", std::min<int64_t>(llvm::PowerOf2Ceil(shape.n), 256 / shape.operands));
  return schedule.with("stages", schedule.getInt("BM") <= 64 ? 4 : 2);
}

tile::ScheduleAttr amdgpu::chooseSchedule(MLIRContext *context, const KernelShape &shape,
                                          const Machine &machine) {
  tile::ScheduleAttr schedule = chooseLaneSchedule(
      context, shape, {machine.subgroups, /*selectionKeys=*/256, getStepColumns});
  bool isProduct =
      shape.family == moe::KernelFamily::Gemm || shape.family == moe::KernelFamily::GroupedGemm;
  return isProduct && isScaled(shape) && areRowsNear(shape) ? chooseStages(schedule, shape)
                                                            : schedule;
}

std::vector<tile::ScheduleAttr>
amdgpu::listCandidates(MLIRContext *context, const KernelShape &shape, const Machine &machine) {
  return listLaneCandidates(chooseSchedule(context, shape, machine), shape);
}
