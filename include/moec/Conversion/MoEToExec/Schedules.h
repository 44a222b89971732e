//===- Schedules.h - Where a kernel's schedule comes from -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one place that asks a target for schedules and costs, and that writes where a schedule came
// from.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOEXEC_SCHEDULES_H
#define MOEC_CONVERSION_MOETOEXEC_SCHEDULES_H

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Target/Target.h"

namespace moec {

/// The numbers of a group that its schedule depends on.
KernelShape getKernelShape(moe::GroupOp group, int64_t tokens);

/// Fails with a diagnostic at `place` where the machine can't have the kernel of that name, which a
/// group becomes by `schedule`, in steps of so many tokens.
mlir::LogicalResult checkSchedule(const Target &target, moe::GroupOp group, int64_t tokens,
                                  tile::ScheduleAttr schedule, mlir::Operation *place,
                                  llvm::StringRef name);

/// Schedules of one model's kernels for one machine.
class SchedulePlanner {
public:
  /// `target` outlives this; null for no machine: schedules are defaults and costs unknown.
  explicit SchedulePlanner(const Target *target) : target(target) {}

  /// The schedule of a group's kernel for steps of at most `tokens` tokens. Its `source` is
  /// `measured` where the target has a row of a table of measurements, `predicted` where it has one
  /// of a predicted table, which is named by `row`, or else knows the family, else `default`.
  /// Products over the same expert blocks agree on their height, so the sort, and what reads it,
  /// has the BM of the first of them. Fails with a diagnostic at the group when the target chooses
  /// a number that neither the family nor the target reads.
  mlir::FailureOr<tile::ScheduleAttr> choose(moe::GroupOp group, int64_t tokens) const;

  /// What the target expects of a launch in such a step, whose kernel has that schedule:
  /// microseconds and work. `rows` as in WorkRequest. Nothing without a target.
  struct Cost {
    double microseconds;
    KernelWork work;
  };
  std::optional<Cost> estimate(moe::GroupOp group, const StepSize &step, int64_t rows,
                               tile::ScheduleAttr schedule) const;

private:
  mlir::FailureOr<tile::ScheduleAttr> ask(moe::GroupOp group, int64_t tokens) const;

  const Target *target;
};

} // namespace moec

#endif // MOEC_CONVERSION_MOETOEXEC_SCHEDULES_H
