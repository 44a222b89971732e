//===- Schedule.h - Block shapes, and what they cost ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_SCHEDULE_H
#define MOEC_TARGETS_NVPTX_CODEGEN_SCHEDULE_H

#include "moec/Target/Target.h"
#include "targets/nvptx/codegen/Machine.h"

namespace moec::nvptx {

/// Warps of a block, which every kernel may choose.
inline constexpr ScheduleKey subgroupsKey{"subgroups", ScheduleValue::Extent, blockWarps,
                                          "warps of a block"};

/// The schedule of a kernel of that shape; null for a family that is not known here.
tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context, const KernelShape &shape);

/// Schedules worth comparing for that shape, that of chooseSchedule first; none for a family that
/// is not known here.
std::vector<tile::ScheduleAttr> listCandidates(mlir::MLIRContext *context,
                                               const KernelShape &shape);

/// Microseconds of a launch by the roofline of the machine's peaks: nothing of it was measured.
double estimateTime(const KernelShape &shape, const KernelWork &work, const Machine &machine);

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_SCHEDULE_H
