//===- NvptxTarget.cpp - The machines as the compiler sees them -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Packing maps, schedules and code generation behind the compiler's one interface to machines.
//
//===----------------------------------------------------------------------===//
#include "moec/Diagnostics/Diagnostics.h"
#include "moec/Simt/Formats.h"
#include "moec/Simt/Lowering.h"
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
  std::vector<std::string> features() const override { return {processor()}; }
  std::string codeFormat() const override { return "ptx"; }

  tile::PackedAttr packedMap(RankedTensorType weight) const override {
    return nvptx::choosePackedMap(weight, machine);
  }

  /// Numbers, and codes that become numbers; rows are numbers or codes that the machine made.
  bool multiplies(Type rows, Type weight) const override {
    auto isNumber = [](Type type) { return type.isF32() || type.isBF16() || type.isF16(); };
    auto made = dyn_cast<mx::BlockType>(rows), read = dyn_cast<mx::BlockType>(weight);
    return (made ? simt::canQuantize(made) : isNumber(rows)) &&
           (read ? simt::canDequantize(read) : isNumber(weight));
  }

  tile::ScheduleAttr chooseSchedule(MLIRContext *context, const KernelShape &shape) const override {
    return nvptx::chooseSchedule(context, shape);
  }
  std::vector<tile::ScheduleAttr> candidates(MLIRContext *context,
                                             const KernelShape &shape) const override {
    return nvptx::listCandidates(context, shape);
  }
  ArrayRef<ScheduleKey> scheduleKeys() const override { return nvptx::subgroupsKey; }
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

/// The file of one kernel: PTX with the zero byte that a driver wants behind it, then the cubin if
/// there is one.
static CodeObject makeObject(const simt::LoweredKernel &kernel, nvptx::KernelCode code,
                             const Target &target) {
  CodeObject object;
  object.file = kernel.name + "." + target.codeFormat();
  object.bytes = std::move(code.ptx);
  object.bytes.push_back('\0');
  CodeObject::Kernel entry = describeKernel(kernel);
  // Numbers of the register allocator are known where ptxas is.
  if (code.cubin) {
    object.bytes += code.cubin->bytes;
    entry.metrics.insert(entry.metrics.begin(), {{"registers", code.cubin->registers},
                                                 {"spill_bytes", code.cubin->spillBytes},
                                                 {"stack_bytes", code.cubin->stackBytes}});
  }
  entry.metrics.emplace_back("cubin_bytes", code.cubin ? code.cubin->bytes.size() : 0);
  if (code.cubin)
    entry.metrics.emplace_back("ptxas_ms", std::round(1000 * code.cubin->seconds));
  object.kernels.push_back(std::move(entry));
  return object;
}

Expected<std::vector<CodeObject>> NvptxTarget::generateCode(ModuleOp kernels,
                                                            const CodegenOptions &options) const {
  // Diagnostics become the sentence of the error.
  DiagnosticCollector said(kernels.getContext());
  // MLIR's polynomials build their constants with it.
  kernels.getContext()->loadDialect<vector::VectorDialect>();
  FailureOr<std::vector<simt::LoweredKernel>> lowered = simt::lowerKernels(kernels, hooks);
  if (failed(lowered))
    return Error::make("cannot lower the kernels for ", name(), ": ", said.error());
  auto fail = [&](Error error) {
    return Error::make("cannot generate code for ", name(), ": ", error.message());
  };
  std::vector<CodeObject> objects;
  if (options.emit != EmitKind::Object) {
    Expected<std::string> text = nvptx::emitText(kernels, machine, options.emit);
    if (!text)
      return fail(text.takeError());
    CodeObject object;
    object.file = getCodeFileName(options.emit, *this);
    object.bytes = std::move(*text);
    for (const simt::LoweredKernel &kernel : *lowered)
      object.kernels.push_back(describeKernel(kernel));
    objects.push_back(std::move(object));
    return objects;
  }
  std::vector<std::string> names;
  for (const simt::LoweredKernel &kernel : *lowered)
    names.push_back(kernel.name);
  auto codes = nvptx::emitKernels(kernels, machine, names, options.jobs);
  if (!codes)
    return fail(codes.takeError());
  for (auto [kernel, code] : llvm::zip(*lowered, *codes))
    objects.push_back(makeObject(kernel, std::move(code), *this));
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
