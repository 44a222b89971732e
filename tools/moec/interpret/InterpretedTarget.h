//===- InterpretedTarget.h - Kernels that stay kernels ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A machine that leaves tile.kernels as they are: its code object is their text, which an
// interpreted device loads.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDTARGET_H
#define MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDTARGET_H

#include "moec/Target/ScheduledTarget.h"

namespace moec {

/// Another target, its schedules and packing maps, in all but the code.
class InterpretedTarget : public ScheduledTarget {
public:
  /// `base` outlives this.
  explicit InterpretedTarget(const Target &base)
      : ScheduledTarget(base, [&base](const KernelShape &shape) {
          return Choice{tile::ScheduleAttr(), base.tunedRow(shape)};
        }) {}

  std::string codeFormat() const override { return "mlir"; }
  /// One code object for all kernels, with the locations of their ops.
  Expected<std::vector<CodeObject>> generateCode(mlir::ModuleOp kernels,
                                                 const CodegenOptions &options) const override;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDTARGET_H
