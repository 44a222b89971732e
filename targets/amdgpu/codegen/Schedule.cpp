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

tile::ScheduleAttr amdgpu::chooseSchedule(MLIRContext *context, const KernelShape &shape,
                                          const Machine &machine) {
  return chooseLaneSchedule(context, shape,
                            {machine.subgroups, /*selectionKeys=*/256, getStepColumns});
}

std::vector<tile::ScheduleAttr>
amdgpu::listCandidates(MLIRContext *context, const KernelShape &shape, const Machine &machine) {
  return listLaneCandidates(chooseSchedule(context, shape, machine), shape);
}
