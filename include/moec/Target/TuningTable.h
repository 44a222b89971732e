//===- TuningTable.h - Schedules that were measured -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What `moec tune` writes and `moec compile --tuning` reads: for the shapes of kernels that ran on
// a machine, or were predicted for it, the fastest of the target's candidate schedules. A JSON
// file.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_TUNINGTABLE_H
#define MOEC_TARGET_TUNINGTABLE_H

#include "moec/Support/Error.h"
#include "moec/Target/ScheduledTarget.h"

#include <string>
#include <vector>

namespace moec {

/// What was measured for one shape.
struct TuningRow {
  KernelShape shape;
  /// One of the target's candidates for the shape.
  tile::ScheduleAttr schedule;
  /// What a launch took on average: with that schedule, and with the one that is predicted.
  double microseconds = 0, predictedMicroseconds = 0;
};

/// Measured schedules of one machine. Rows count from 1.
struct TuningTable {
  static constexpr int64_t currentVersion = 3;

  /// The target and its processor, as an artifact names them.
  std::string target, processor;
  /// What was measured on, for people: a processor and threads.
  std::string device;
  /// Whether no machine was there: times are predictions, and so are the schedules.
  bool predicted = false;
  std::vector<TuningRow> rows;

  /// Reads a table for `target`. Fails with a sentence that names the file and what is wrong in
  /// it: another machine's table, or a row that is none.
  static Expected<TuningTable> read(const std::string &path, const Target &target,
                                    mlir::MLIRContext &context);
  /// The same for the text of a table; `name` is what messages call it.
  static Expected<TuningTable> parse(const std::string &text, const std::string &name,
                                     const Target &target, mlir::MLIRContext &context);
  /// The text of the file.
  std::string text() const;

  /// The number of the row for a shape, or 0.
  size_t find(const KernelShape &shape) const;
};

/// `base` with the schedules of a table where it has a row, each of which says in which row it is
/// and whether it was measured or the table is predicted. Both outlive the result.
ScheduledTarget withTuning(const Target &base, const TuningTable &table);

} // namespace moec

#endif // MOEC_TARGET_TUNINGTABLE_H
