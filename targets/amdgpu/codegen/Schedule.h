//===- Schedule.h - Block shapes and what they should cost -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A first cost model: block shapes by rule, time by the roofline.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_SCHEDULE_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_SCHEDULE_H

#include "moec/Target/Target.h"
#include "targets/amdgpu/codegen/Machine.h"

namespace moec::amdgpu {

/// The schedule of a kernel of that shape, with the roofline's time and bytes.
ScheduleChoice chooseSchedule(mlir::MLIRContext *context, const KernelShape &shape,
                              const Machine &machine);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_SCHEDULE_H
