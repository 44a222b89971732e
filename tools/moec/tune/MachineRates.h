//===- MachineRates.h - What this machine can do ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Measures the products by which a target describes its machine.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_TUNE_MACHINERATES_H
#define MOEC_TOOLS_MOEC_TUNE_MACHINERATES_H

#include "Tuner.h"

namespace moec {

/// What one probe gave.
struct MachineRate {
  MachineProbe probe;
  /// Bytes or multiply-adds a second.
  double rate = 0;
};

/// Runs each probe of the target (Target::probes) on the device that `options` names, as a kernel
/// that models get, and takes the best of several times. Fails for a target without probes and on a
/// machine that cannot run its code.
Expected<std::vector<MachineRate>> measureMachine(const Target &target, const TuneOptions &options,
                                                  mlir::MLIRContext &context);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_TUNE_MACHINERATES_H
