//===- LaneSchedules.h - Block shapes of machines with lanes ----*- C++ -*-===//
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

/// What block shapes depend on.
struct LaneScheduleTraits {
  /// Subgroups of a block, the choice `subgroups`.
  int64_t subgroups;
  /// Keys that a selection looks at in a step.
  int64_t selectionKeys;
  /// The columns of a weight that a product takes at once, which has that element type, null if it
  /// is no weight, and so many columns.
  llvm::function_ref<int64_t(mlir::Type type, int64_t columns)> getStepColumns;
};

/// The schedule of a kernel of that shape; null for a family that is not known here.
tile::ScheduleAttr chooseLaneSchedule(mlir::MLIRContext *context, const KernelShape &shape,
                                      const LaneScheduleTraits &traits);

/// Schedules worth comparing beside one of chooseLaneSchedule(), that first; none for null. They
/// differ in block shapes that it has for some shape.
std::vector<tile::ScheduleAttr> listLaneCandidates(tile::ScheduleAttr chosen,
                                                   const KernelShape &shape);

} // namespace moec

#endif // MOEC_TARGET_LANESCHEDULES_H
