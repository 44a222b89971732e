//===- Schedule.h - Block shapes --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Block shapes by rule; what they cost is in Cost.h.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_SCHEDULE_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_SCHEDULE_H

#include "moec/Target/Target.h"
#include "targets/amdgpu/codegen/Machine.h"

namespace moec::amdgpu {

/// What every kernel may choose.
inline constexpr ScheduleKey scheduleKeys[] = {
    {"subgroups", ScheduleValue::Extent, kGfx950.subgroups, "waves of a workgroup"},
    {"stages", ScheduleValue::Extent, 0,
     "steps of a product's loop that are under way, this one included, at most all; what all waves "
     "read goes to "
     "LDS without passing registers, for which the rows of a step lie within 2 GiB"},
    {"bands", ScheduleValue::Extent, 0,
     "blocks of rows, one below the other, whose columns all run on the units of one XCD (0: "
     "workgroups compute the block of their number)"}};

/// The schedule of a kernel of that shape; null for a family that is not known here.
tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context, const KernelShape &shape,
                                  const Machine &machine);

/// Fails with a sentence if no kernel of that shape can be made by `schedule`: where copies don't
/// reach its rows, or its sums take all registers.
Error checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule, const Machine &machine);

/// Schedules worth comparing for that shape, that of chooseSchedule first; none for a family that
/// is not known here. They differ in block shapes that chooseSchedule has for some shape.
std::vector<tile::ScheduleAttr> listCandidates(mlir::MLIRContext *context, const KernelShape &shape,
                                               const Machine &machine);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_SCHEDULE_H
