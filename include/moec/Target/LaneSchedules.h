//===- LaneSchedules.h - Choices of machines with lanes ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What such machines choose alike; where one is better off with other numbers, its folder has them.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGET_LANESCHEDULES_H
#define MOEC_TARGET_LANESCHEDULES_H

#include "moec/Target/Target.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace moec {

/// The columns of a weight that a product takes at once, which has that element type, null if it is
/// no weight, and so many columns.
using StepColumns = llvm::function_ref<int64_t(mlir::Type type, int64_t columns)>;

/// What block shapes depend on.
struct LaneScheduleTraits {
  /// Subgroups of a block, the choice `subgroups`.
  int64_t subgroups;
  /// Keys that a selection looks at in a step.
  int64_t selectionKeys;
  StepColumns getStepColumns;
  /// Bytes of shared memory for a step of a weight as f32, which goes through it where no
  /// instruction takes its codes; 0 where no step is too large.
  int64_t sharedBytes = 0;
};

/// The schedule of a kernel of that shape; null for a family that is not known here.
tile::ScheduleAttr chooseLaneSchedule(mlir::MLIRContext *context, const KernelShape &shape,
                                      const LaneScheduleTraits &traits);

/// What a product whose loop is staged chooses for up to so many rows of a matrix.
struct StagedBlocks {
  int64_t rows;
  /// Rows of a block, 0 for those that there are, and its columns at most: of each right operand,
  /// or of all together.
  int64_t blockRows, blockColumns;
  /// Columns of K in a step; fewer where K is no whole number of these, down to those of the
  /// schedule, of which the last step may have a part.
  int64_t step;
  int64_t subgroups, stages;
  bool columnsOfAll = false;
  /// Of blocks of experts, the least that is computed as such; 0 where all are alike.
  int64_t shortRows = 0;
  /// Slices of a step's K that subgroups sum by themselves.
  int64_t split = 1;
  /// The least blocks of the grid with which this is chosen; with fewer, another one is.
  int64_t leastBlocks = 0;
};

/// A schedule of chooseLaneSchedule() with the blocks and the stages of the first of `choices` that
/// has enough rows and of which there are enough blocks; the schedule itself for what is no
/// product, where rows of a step are further apart than 2 GiB, which copies of staged loops do not
/// reach, where K has no two steps, and where rows end within dwords: what is copied once, before
/// the first step, may take `wholeBytes` of shared memory.
tile::ScheduleAttr chooseStages(tile::ScheduleAttr schedule, const KernelShape &shape,
                                llvm::ArrayRef<StagedBlocks> choices, int64_t wholeBytes);

/// Fails with a sentence if `schedule` asks for stages and the rows of a product are further apart
/// than that.
Error checkStages(const KernelShape &shape, tile::ScheduleAttr schedule);

/// What a block of a machine with lanes can have.
struct LaneLimits {
  /// What subgroups and blocks are called there.
  const char *subgroup, *block;
  /// Lanes of a subgroup, and subgroups of a block that says nothing else.
  int64_t lanes, subgroups;
  /// Registers of a lane, which subgroups beyond so many share (0: none do), and bytes of shared
  /// memory.
  int64_t registers, apart, sharedBytes;
};

/// Fails with a sentence if a block has more threads than it may, if a step of a product is longer
/// than K, filled up to a power of two and to what the weight takes at once, if its rows are more
/// than shared memory and registers hold, or its sums leave none of a lane's registers; and as
/// checkStages.
Error checkLanes(const KernelShape &shape, tile::ScheduleAttr schedule, StepColumns getStepColumns,
                 const LaneLimits &limits);

/// Schedules worth comparing beside one of chooseLaneSchedule(), that first; none for null. They
/// differ in block shapes that it has for some shape.
std::vector<tile::ScheduleAttr> listLaneCandidates(tile::ScheduleAttr chosen,
                                                   const KernelShape &shape);

/// The packing map of codes that are dequantised in no instruction's order, for so many lanes of a
/// subgroup. A lane has 32 numbers of its row, of 16, in one or more chunks of 16 bytes (of three
/// dwords, if the codes have six bits), and so few scales: those of the lanes follow each other.
tile::PackedAttr chooseDequantizedMap(mlir::MLIRContext *context, mx::BlockType block,
                                      int64_t lanes);

} // namespace moec

#endif // MOEC_TARGET_LANESCHEDULES_H
