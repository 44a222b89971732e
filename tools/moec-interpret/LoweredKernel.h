//===- LoweredKernel.h - A kernel as code of a machine ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECINTERPRET_LOWEREDKERNEL_H
#define MOEC_TOOLS_MOECINTERPRET_LOWEREDKERNEL_H

#include "KernelData.h"

#include "moec/Target/Target.h"

namespace moec {

/// Where a kernel shall run.
struct LoweredOptions {
  /// A target and its chip; the kind of device that runs its code, empty for the first of them.
  std::string target, chip, device;
};

/// Lowers the kernel for the target and runs it there on `data`, which afterwards is what is in the
/// device's memory.
Error runLowered(tile::KernelOp kernel, const LoweredOptions &options,
                 const TargetRegistry &targets, KernelData &data);

} // namespace moec

#endif // MOEC_TOOLS_MOECINTERPRET_LOWEREDKERNEL_H
