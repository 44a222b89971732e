//===- Machine.h - The machine of a pass ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Given by who builds a pipeline, stated by options, or found by the module.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_PASSES_MACHINE_H
#define MOEC_LIB_SIMT_PASSES_MACHINE_H

#include "moec/Simt/Passes.h"

namespace moec::simt {

/// `given` unless it is null, else the machine that the module is for. Emits a diagnostic.
mlir::FailureOr<const Lanes *> findMachine(mlir::ModuleOp module, const Lanes *given);

/// A machine of so many lanes and subgroups with one atom, of `extents` rows, columns and k, or
/// without one. Without conflicts between banks, as nothing is lowered for it.
class StatedMachine {
public:
  /// Emits a diagnostic where the numbers make no machine: they are powers of two, and an operand
  /// and the result of the atom have an element for each lane.
  static mlir::FailureOr<std::unique_ptr<StatedMachine>> create(mlir::ModuleOp module,
                                                                unsigned lanes, unsigned subgroups,
                                                                llvm::ArrayRef<unsigned> extents);
  Geometry getGeometry() const;

private:
  unsigned lanes, subgroups;
  std::string name;
  std::vector<Atom> atoms;
};

/// The passes for one machine, which outlives them; that of the module is not looked at.
std::unique_ptr<mlir::Pass> createExpandProducts(const Lanes &machine);
std::unique_ptr<mlir::Pass> createAssignLayouts(const Lanes &machine);
std::unique_ptr<mlir::Pass> createExpandFunctions(const Lanes &machine);
/// Appends to `lowered` what became of each kernel.
std::unique_ptr<mlir::Pass> createLowerKernels(const Lanes &machine,
                                               std::vector<LoweredKernel> &lowered);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_PASSES_MACHINE_H
