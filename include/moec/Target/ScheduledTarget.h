//===- ScheduledTarget.h - A machine with other schedules -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A machine whose schedules somebody else chooses: a tuning table, or who fills one.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_SCHEDULEDTARGET_H
#define MOEC_TARGET_SCHEDULEDTARGET_H

#include "moec/Target/Target.h"

namespace moec {

/// Another target in all but the schedules that `choose` gives. Costs stay that target's.
class ScheduledTarget : public Target {
public:
  /// A schedule, and the row of a tuning table that has it.
  struct Choice {
    tile::ScheduleAttr schedule;
    TunedRow row;
  };
  /// The choice for a shape; one without a schedule leaves it to the target.
  using Choose = std::function<Choice(const KernelShape &shape)>;

  /// `base` outlives this.
  ScheduledTarget(const Target &base, Choose choose) : base(base), choose(std::move(choose)) {}

  std::string name() const override { return base.name(); }
  std::string chip() const override { return base.chip(); }
  std::string processor() const override { return base.processor(); }
  std::vector<std::string> features() const override { return base.features(); }
  std::string codeFormat() const override { return base.codeFormat(); }
  int64_t longestBlock(mx::BlockType weight) const override { return base.longestBlock(weight); }
  tile::PackedAttr packedMap(mlir::RankedTensorType weight) const override {
    return base.packedMap(weight);
  }
  bool multiplies(mlir::Type rows, mlir::Type weight) const override {
    return base.multiplies(rows, weight);
  }
  tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                                    const KernelShape &shape) const override {
    tile::ScheduleAttr other = choose(shape).schedule;
    return other ? other : base.chooseSchedule(context, shape);
  }
  Error checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule) const override {
    return base.checkSchedule(shape, schedule);
  }
  llvm::ArrayRef<ScheduleKey> scheduleKeys() const override { return base.scheduleKeys(); }
  TunedRow tunedRow(const KernelShape &shape) const override { return choose(shape).row; }
  double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const override {
    return base.predictMicroseconds(shape, work);
  }
  std::vector<tile::ScheduleAttr> candidates(mlir::MLIRContext *context,
                                             const KernelShape &shape) const override {
    return base.candidates(context, shape);
  }
  const simt::Lanes *lanes() const override { return base.lanes(); }
  Expected<std::vector<CodeObject>> generateCode(mlir::ModuleOp kernels,
                                                 const CodegenOptions &options) const override {
    return base.generateCode(kernels, options);
  }

private:
  const Target &base;
  Choose choose;
};

} // namespace moec

#endif // MOEC_TARGET_SCHEDULEDTARGET_H
