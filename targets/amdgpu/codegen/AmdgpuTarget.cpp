//===- AmdgpuTarget.cpp - The machine as the compiler sees it -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Packing maps, schedules and code generation behind the compiler's one interface to machines.
//
//===----------------------------------------------------------------------===//
#include "moec/Target/Target.h"
#include "targets/amdgpu/codegen/Emit.h"
#include "targets/amdgpu/codegen/Packing.h"
#include "targets/amdgpu/codegen/Pipeline.h"
#include "targets/amdgpu/codegen/Schedule.h"

using namespace mlir;
using namespace moec;

namespace {
class AmdgpuTarget : public Target {
public:
  explicit AmdgpuTarget(const amdgpu::Machine &machine) : machine(machine) {}

  std::string name() const override { return machine.chip.str(); }
  std::string processor() const override { return machine.chip.str(); }
  std::vector<std::string> features() const override { return {machine.chip.str()}; }

  tile::PackedAttr packedMap(RankedTensorType weight) const override {
    return amdgpu::choosePackedMap(weight);
  }

  ScheduleChoice chooseSchedule(MLIRContext *context, const KernelShape &shape) const override {
    return amdgpu::chooseSchedule(context, shape, machine);
  }

  Expected<std::vector<CodeObject>> generateCode(ModuleOp kernels,
                                                 const CodegenOptions &options) const override {
    // Diagnostics become the sentence of the error.
    std::string message;
    ScopedDiagnosticHandler handler(kernels.getContext(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && message.empty())
        message = diagnostic.str();
      return success(diagnostic.getSeverity() == DiagnosticSeverity::Error);
    });
    FailureOr<std::vector<amdgpu::LoweredKernel>> lowered = amdgpu::lowerKernels(kernels, machine);
    if (failed(lowered))
      return Error::make("cannot lower the kernels for ", machine.chip.str(), ": ", message);
    amdgpu::EmitOptions emit;
    emit.chip = machine.chip.str();
    CodeObject object;
    amdgpu::EmitKind kind = amdgpu::EmitKind::HSACO;
    object.file = "kernels.hsaco";
    if (options.emit == EmitKind::LLVM) {
      kind = amdgpu::EmitKind::LLVM;
      object.file = "kernels.ll";
    } else if (options.emit == EmitKind::Assembly) {
      kind = amdgpu::EmitKind::Asm;
      object.file = "kernels.s";
    }
    FailureOr<std::string> bytes = amdgpu::emitModule(kernels, emit, kind);
    if (failed(bytes))
      return Error::make("cannot generate code for ", machine.chip.str(), ": ", message);
    object.bytes = std::move(*bytes);
    for (const amdgpu::LoweredKernel &kernel : *lowered) {
      CodeObject::Kernel entry;
      entry.name = entry.symbol = kernel.name;
      entry.blockThreads = kernel.metrics.threads;
      entry.metrics = {{"lds_bytes", kernel.metrics.ldsBytes},
                       {"layout_conversions", kernel.metrics.conversions},
                       {"bank_conflicts", kernel.metrics.bankConflicts},
                       {"matrix_ops", kernel.metrics.matrixOps}};
      object.kernels.push_back(std::move(entry));
    }
    std::vector<CodeObject> objects;
    objects.push_back(std::move(object));
    return objects;
  }

private:
  const amdgpu::Machine &machine;
};
} // namespace

namespace moec {
/// Adds the machines of this folder.
void registerAmdgpuTarget(TargetRegistry &registry) {
  registry.add(amdgpu::kGfx950.chip.str(),
               [](const std::string &chip) -> Expected<std::unique_ptr<Target>> {
                 if (!chip.empty() && chip != "native" && chip != amdgpu::kGfx950.chip)
                   return Error::make("the target gfx950 has no chip called '", chip, "'");
                 return std::unique_ptr<Target>(new AmdgpuTarget(amdgpu::kGfx950));
               });
}
} // namespace moec
