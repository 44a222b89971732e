//===- ScheduledTarget.cpp - A machine with other schedules ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Replaces the schedule of a choice and nothing else of it.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/ScheduledTarget.h"

using namespace moec;

ScheduleChoice ScheduledTarget::chooseSchedule(mlir::MLIRContext *context,
                                               const KernelShape &shape) const {
  ScheduleChoice choice = base.chooseSchedule(context, shape);
  if (tile::ScheduleAttr other = choose(context, shape))
    choice.schedule = other;
  return choice;
}
