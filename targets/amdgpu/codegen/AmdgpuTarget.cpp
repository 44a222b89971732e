//===- AmdgpuTarget.cpp - The machine as the compiler sees it -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Packing maps, schedules and code generation behind the compiler's one interface to machines.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Formats.h"
#include "moec/Simt/Lowering.h"
#include "moec/Target/Target.h"
#include "targets/amdgpu/codegen/CodeObjectMetrics.h"
#include "targets/amdgpu/codegen/Cost.h"
#include "targets/amdgpu/codegen/Emit.h"
#include "targets/amdgpu/codegen/Gfx950Lanes.h"
#include "targets/amdgpu/codegen/Packing.h"
#include "targets/amdgpu/codegen/Schedule.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace moec;

/// A kernel's numbers for people: what the lowering counted, and what is in the code object.
static std::vector<std::pair<std::string, double>>
collectMetrics(const simt::KernelMetrics &lowering, const amdgpu::CodeObjectMetrics &finished) {
  return {{"vgprs", finished.vgprs},
          {"agprs", finished.agprs},
          {"sgprs", finished.sgprs},
          {"spills", finished.spills},
          {"lds_bytes", lowering.sharedBytes},
          {"scratch_bytes", finished.scratchBytes},
          {"mfmas_per_iteration", finished.mfmasPerIteration},
          {"matrix_ops", lowering.matrixOps},
          {"layout_conversions", lowering.conversions},
          {"bank_conflicts", lowering.bankConflicts}};
}

namespace {
class AmdgpuTarget : public Target {
public:
  AmdgpuTarget(const amdgpu::Machine &machine, cost::TimeConstants constants)
      : machine(machine), gfx950(machine), constants(std::move(constants)) {}

  std::string name() const override { return machine.chip.str(); }
  std::string chip() const override { return machine.chip.str(); }
  std::string processor() const override { return machine.chip.str(); }
  std::vector<std::string> features() const override { return {machine.chip.str()}; }
  std::string codeFormat() const override { return "hsaco"; }

  tile::PackedAttr packedMap(RankedTensorType weight) const override {
    return amdgpu::choosePackedMap(weight);
  }

  bool multiplies(Type rows, Type weight) const override { return simt::canMultiply(rows, weight); }

  tile::ScheduleAttr chooseSchedule(MLIRContext *context, const KernelShape &shape) const override {
    return amdgpu::chooseSchedule(context, shape, machine);
  }
  Error checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule) const override {
    return amdgpu::checkSchedule(shape, schedule, machine);
  }
  std::vector<tile::ScheduleAttr> candidates(MLIRContext *context,
                                             const KernelShape &shape) const override {
    return amdgpu::listCandidates(context, shape, machine);
  }
  ArrayRef<ScheduleKey> scheduleKeys() const override { return amdgpu::scheduleKeys; }
  double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const override {
    return cost::predictTime(constants, amdgpu::estimateLaunch(shape, work, machine)).total;
  }

  const simt::Lanes *lanes() const override { return &gfx950; }

  Expected<std::vector<CodeObject>> generateCode(ModuleOp kernels,
                                                 const CodegenOptions &options) const override {
    kernels.getContext()->loadDialect<ROCDL::ROCDLDialect>();
    auto lowered = simt::lowerKernels(kernels, gfx950, machine.chip);
    if (!lowered)
      return lowered.takeError();
    CodeObject object;
    object.file = getCodeFileName(options.emit, *this);
    Expected<std::string> bytes = amdgpu::emitModule(kernels, machine, options.emit);
    if (!bytes)
      return Error::make("cannot generate code for ", machine.chip.str(), ": ",
                         bytes.takeError().message());
    object.bytes = std::move(*bytes);
    // Only a linked code object has the numbers of the register allocator; text and objects are for
    // people to look at.
    std::map<std::string, amdgpu::CodeObjectMetrics> finished;
    if (options.emit == EmitKind::Object) {
      auto read = amdgpu::readMetrics(object.bytes, machine.chip.str());
      if (!read)
        return read.takeError();
      finished = std::move(*read);
    }
    for (const simt::LoweredKernel &kernel : *lowered) {
      CodeObject::Kernel entry;
      entry.name = entry.symbol = kernel.name;
      entry.blockThreads = kernel.metrics.threads;
      entry.metrics = collectMetrics(kernel.metrics, finished[kernel.name]);
      object.kernels.push_back(std::move(entry));
    }
    // All kernels are in one code object, so that a device loads one file.
    std::vector<CodeObject> objects;
    objects.push_back(std::move(object));
    return objects;
  }

private:
  const amdgpu::Machine &machine;
  amdgpu::Gfx950Lanes gfx950;
  cost::TimeConstants constants;
};
} // namespace

namespace moec {
/// Adds the machines of this folder.
void registerAmdgpuTarget(TargetRegistry &registry) {
  registry.add(
      amdgpu::kGfx950.chip.str(), [](const std::string &chip) -> Expected<std::unique_ptr<Target>> {
        if (!chip.empty() && chip != "native" && chip != amdgpu::kGfx950.chip)
          return Error::make("the target gfx950 has no chip called '", chip, "'");
        const std::string name = amdgpu::kGfx950.chip.str();
        auto constants = cost::TimeConstants::parse(cost::machineConstants(name), name);
        if (!constants)
          return constants.takeError();
        return std::unique_ptr<Target>(new AmdgpuTarget(amdgpu::kGfx950, std::move(*constants)));
      });
}
} // namespace moec
