//===- Schedule.h - Block shapes, and what they cost ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_SCHEDULE_H
#define MOEC_TARGETS_NVPTX_CODEGEN_SCHEDULE_H

#include "moec/Target/Target.h"
#include "targets/nvptx/codegen/Machine.h"

namespace moec::nvptx {

/// What every kernel may choose.
inline constexpr ScheduleKey scheduleKeys[] = {
    {"subgroups", ScheduleValue::Extent, blockWarps, "warps of a block"},
    {"stages", ScheduleValue::Extent, 0,
     "steps of a product's loop that are under way, this one included, at most all; what all warps "
     "read goes to shared memory by cp.async, for which the rows of a step lie within 2 GiB"}};

/// The schedule of a kernel of that shape; null for a family that is not known here.
tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context, const KernelShape &shape,
                                  const Machine &machine);

/// Fails with a sentence if no kernel of that shape can be made by `schedule`.
Error checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule, const Machine &machine);

/// Microseconds of a launch by the roofline of the machine's peaks: nothing of it was measured.
double estimateTime(const KernelShape &shape, const KernelWork &work, const Machine &machine);

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_SCHEDULE_H
