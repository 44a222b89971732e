//===- CpuTarget.h - x86-64 as a target -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The compiler's half of the CPU.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_CPUTARGET_H
#define MOEC_TARGETS_CPU_CODEGEN_CPUTARGET_H

#include "moec/Target/Target.h"
#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/codegen/products/Panels.h"

namespace moec::cpu {

class CpuTarget : public Target {
public:
  explicit CpuTarget(Machine machine) : machine(std::move(machine)) {}

  std::string name() const override { return "cpu"; }
  std::string chip() const override { return machine.getChip(); }
  std::string processor() const override { return machine.getName(); }
  std::vector<std::string> features() const override { return machine.getRequiredFlags(); }
  std::string codeFormat() const override { return "so"; }
  int64_t longestBlock(mx::BlockType weight) const override { return getLongestBlock(weight); }
  tile::PackedAttr packedMap(mlir::RankedTensorType weight) const override;
  /// Rows of floats or of codes that this machine makes, by weights of every format of codes.
  bool multiplies(mlir::Type rows, mlir::Type weight) const override;
  tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                                    const KernelShape &shape) const override;
  /// The order of the grid's axes, which the loops over blocks follow.
  llvm::ArrayRef<ScheduleKey> scheduleKeys() const override;
  double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const override;
  std::vector<tile::ScheduleAttr> candidates(mlir::MLIRContext *context,
                                             const KernelShape &shape) const override;
  /// Memory, and each atom that this machine takes.
  std::vector<MachineProbe> probes(mlir::MLIRContext *context) const override;
  std::string describe(const std::map<std::string, double> &rates) const override;
  /// One shared library with every kernel, the same bytes whatever `jobs` is.
  Expected<std::vector<CodeObject>> generateCode(mlir::ModuleOp kernels,
                                                 const CodegenOptions &options) const override;

private:
  Machine machine;
};

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_CPUTARGET_H
