//===- NvptxTarget.cpp - The machines as the compiler sees them -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Packing maps, schedules and code generation behind the compiler's one interface to machines.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Formats.h"
#include "moec/Simt/Lowering.h"
#include "moec/Target/LaneSchedules.h"
#include "moec/Target/Target.h"
#include "targets/nvptx/codegen/Emit.h"
#include "targets/nvptx/codegen/NvptxLanes.h"
#include "targets/nvptx/codegen/Packing.h"
#include "targets/nvptx/codegen/Schedule.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;
using namespace moec;

namespace {
class NvptxTarget : public Target {
public:
  explicit NvptxTarget(const nvptx::Machine &machine) : machine(machine), hooks(machine) {}

  std::string name() const override { return machine.name.str(); }
  std::string chip() const override { return machine.name.str(); }
  std::string processor() const override { return machine.processor.str(); }
  std::vector<std::string> features() const override {
    return {(machine.shipsGeneric ? nvptx::machines[0] : machine).processor.str()};
  }
  std::string codeFormat() const override { return "ptx"; }

  tile::PackedAttr packedMap(RankedTensorType weight) const override {
    return nvptx::choosePackedMap(weight, machine);
  }

  bool multiplies(Type rows, Type weight) const override { return simt::canMultiply(rows, weight); }

  tile::ScheduleAttr chooseSchedule(MLIRContext *context, const KernelShape &shape) const override {
    return nvptx::chooseSchedule(context, shape, machine);
  }
  Error checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule) const override {
    return nvptx::checkSchedule(shape, schedule, machine);
  }
  std::vector<tile::ScheduleAttr> candidates(MLIRContext *context,
                                             const KernelShape &shape) const override {
    return listLaneCandidates(chooseSchedule(context, shape), shape);
  }
  ArrayRef<ScheduleKey> scheduleKeys() const override { return nvptx::scheduleKeys; }
  double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const override {
    return nvptx::estimateTime(shape, work, machine);
  }

  const simt::Lanes *lanes() const override { return &hooks; }

  Expected<std::vector<CodeObject>> generateCode(ModuleOp kernels,
                                                 const CodegenOptions &options) const override;

private:
  const nvptx::Machine &machine;
  nvptx::NvptxLanes hooks;
};
} // namespace

/// What the artifact has of a kernel, without its code.
static CodeObject::Kernel describeKernel(const simt::LoweredKernel &kernel) {
  CodeObject::Kernel entry;
  entry.name = entry.symbol = kernel.name;
  entry.blockThreads = kernel.metrics.threads;
  entry.scratchBytes = kernel.metrics.sharedBytes;
  entry.metrics = {{"shared_bytes", kernel.metrics.sharedBytes},
                   {"matrix_ops", kernel.metrics.matrixOps},
                   {"layout_conversions", kernel.metrics.conversions},
                   {"bank_conflicts", kernel.metrics.bankConflicts}};
  return entry;
}

/// The file of one kernel: PTX with the zero byte that a driver wants behind it, the same of the
/// machine that runs everywhere unless it is null, then the cubin if there is one.
static CodeObject makeObject(const simt::LoweredKernel &kernel, nvptx::KernelCode code,
                             const nvptx::KernelCode *generic, const Target &target) {
  CodeObject object;
  object.file = kernel.name + "." + target.codeFormat();
  object.bytes = std::move(code.ptx) + '\0';
  CodeObject::Kernel entry = describeKernel(kernel);
  if (generic)
    object.bytes += generic->ptx + '\0';
  // Numbers of the register allocator are known where ptxas is.
  if (code.cubin) {
    object.bytes += code.cubin->bytes;
    entry.metrics.insert(entry.metrics.begin(), {{"registers", code.cubin->registers},
                                                 {"spill_bytes", code.cubin->spillBytes},
                                                 {"stack_bytes", code.cubin->stackBytes}});
  }
  if (generic)
    entry.metrics.emplace_back("generic_bytes", generic->ptx.size());
  entry.metrics.emplace_back("cubin_bytes", code.cubin ? code.cubin->bytes.size() : 0);
  if (code.cubin)
    entry.metrics.emplace_back("ptxas_ms", std::round(1000 * code.cubin->seconds));
  object.kernels.push_back(std::move(entry));
  return object;
}

/// The same kernels for the machine that runs everywhere. A launch has one shape, so threads are as
/// many, and shared memory is what either takes.
static Expected<std::vector<nvptx::KernelCode>> makeGeneric(ModuleOp kernels,
                                                            std::vector<simt::LoweredKernel> &own) {
  const nvptx::Machine &machine = nvptx::machines[0];
  auto lowered = simt::lowerKernels(kernels, nvptx::NvptxLanes(machine), machine.name);
  if (!lowered)
    return lowered.takeError();
  for (auto [kernel, other] : llvm::zip_equal(own, *lowered)) {
    assert(kernel.metrics.threads == other.metrics.threads && "both have the schedule's warps");
    kernel.metrics.sharedBytes = std::max(kernel.metrics.sharedBytes, other.metrics.sharedBytes);
  }
  return nvptx::emitKernels(kernels, machine, *lowered);
}

Expected<std::vector<CodeObject>> NvptxTarget::generateCode(ModuleOp kernels,
                                                            const CodegenOptions &options) const {
  // MLIR's polynomials build their constants with it.
  kernels.getContext()->loadDialect<vector::VectorDialect>();
  const bool isText = options.emit != EmitKind::Object;
  OwningOpRef<ModuleOp> copy = machine.shipsGeneric && !isText ? kernels.clone() : ModuleOp();
  auto lowered = simt::lowerKernels(kernels, hooks, machine.name);
  if (!lowered)
    return lowered.takeError();
  auto fail = [&](Error error) {
    return Error::make("cannot generate code for ", name(), ": ", error.message());
  };
  std::vector<CodeObject> objects;
  if (isText) {
    Expected<std::string> text = nvptx::emitText(kernels, machine, options.emit);
    if (!text)
      return fail(text.takeError());
    CodeObject &object = objects.emplace_back();
    object.file = getCodeFileName(options.emit, *this);
    object.bytes = std::move(*text);
    for (const simt::LoweredKernel &kernel : *lowered)
      object.kernels.push_back(describeKernel(kernel));
    return objects;
  }
  Expected<std::vector<nvptx::KernelCode>> generic = std::vector<nvptx::KernelCode>();
  if (copy)
    generic = makeGeneric(*copy, *lowered);
  if (!generic)
    return fail(generic.takeError());
  auto codes = nvptx::emitKernels(kernels, machine, *lowered);
  if (!codes)
    return fail(codes.takeError());
  if (Error error = nvptx::assembleKernels(*codes, machine, options.jobs))
    return fail(std::move(error));
  for (auto [number, kernel] : llvm::enumerate(*lowered))
    objects.push_back(makeObject(kernel, std::move((*codes)[number]),
                                 copy ? &(*generic)[number] : nullptr, *this));
  return objects;
}

namespace moec {
/// Adds the machines of this folder.
void registerNvptxTarget(TargetRegistry &registry) {
  for (const nvptx::Machine &machine : nvptx::machines)
    registry.add(machine.name.str(),
                 [&machine](const std::string &chip) -> Expected<std::unique_ptr<Target>> {
                   if (!chip.empty() && chip != "native" && chip != machine.name)
                     return Error::make("the target ", machine.name.str(), " has no chip called '",
                                        chip, "'");
                   return std::unique_ptr<Target>(new NvptxTarget(machine));
                 });
}
} // namespace moec
