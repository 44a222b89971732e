//===- Cost.h - What launches should cost ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_COST_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_COST_H

#include "moec/CostModel/Time.h"
#include "moec/Target/KernelShape.h"
#include "targets/amdgpu/codegen/Machine.h"

namespace moec::amdgpu {

/// What the formula of times takes, estimated from a family's counts: matrix cycles by the
/// operands' formats, issue slots by what is computed and loaded, groups on a unit by what they
/// hold.
cost::LaunchWork estimateLaunch(const KernelShape &shape, const KernelWork &work,
                                const Machine &machine);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_COST_H
