//===- CpuTarget.cpp - x86-64 as a target ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Kernels are dealt to LLVM modules of a fixed size, which any number of threads compiles: the
// bytes do not depend on how many there are.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/CpuTarget.h"
#include "moec/CodeGen/Linker.h"
#include "moec/Diagnostics/Diagnostics.h"
#include "targets/cpu/codegen/Emit.h"
#include "targets/cpu/codegen/lower/Lower.h"
#include "targets/cpu/codegen/lower/Vectors.h"
#include "targets/cpu/codegen/products/kernels/MicroKernels.h"

#include "llvm/IR/LLVMContext.h"

#include <atomic>
#include <thread>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

tile::PackedAttr CpuTarget::packedMap(RankedTensorType weight) const {
  // Vectors (norms, biases) are read by rows as they are.
  if (weight.getRank() < 2)
    return {};
  std::optional<PanelFormat> format =
      PanelFormat::get(machine, weight.getElementType(), weight.getShape().back());
  return format ? format->getPackedMap(weight.getContext()) : tile::PackedAttr();
}

bool CpuTarget::multiplies(Type rows, Type weight) const {
  auto isFloat = [](Type type) { return type.isF32() || type.isBF16() || type.isF16(); };
  auto made = dyn_cast<mx::BlockType>(rows), read = dyn_cast<mx::BlockType>(weight);
  return (made ? canQuantizeTo(made.getFormat()) : isFloat(rows)) &&
         (read ? read.getFormat().blockRows == 1 : isFloat(weight));
}

/// Kernels that share register blocks and are compiled together.
static constexpr size_t kernelsPerModule = 24;

namespace {
/// One module of kernels.
struct Part {
  SmallVector<tile::KernelOp> kernels;
  SmallVector<LoweredKernel> lowered;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
  Expected<std::string> result = Error::make("not compiled");
};
} // namespace

/// Takes the kernels of a part to LLVM IR.
static Error lowerPart(Part &part, const Machine &machine) {
  DiagnosticCollector said(part.kernels.front().getContext());
  OwningOpRef<ModuleOp> module = lowerKernels(part.kernels, machine, part.lowered);
  if (!module || failed(convertToLLVM(*module)))
    return Error::make("cannot lower the kernels for ", machine.getName(), ": ", said.error());
  auto translated = translateModule(*module, part.context, machine);
  if (!translated)
    return translated.takeError();
  part.module = std::move(*translated);
  return Error::success();
}

/// Takes each part from LLVM IR to its result, on `jobs` threads at most.
static void compileParts(ArrayRef<std::unique_ptr<Part>> parts, const Machine &machine,
                         const CodegenOptions &options) {
  // Each part has an LLVM context of its own, so threads share nothing but the number of the next
  // part.
  std::atomic<size_t> next = 0;
  auto compile = [&] {
    for (size_t number; (number = next++) < parts.size();)
      parts[number]->result = emitModule(*parts[number]->module, machine, options.emit);
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min<size_t>(options.jobs, parts.size()); ++i)
    threads.emplace_back(compile);
  compile();
  for (std::thread &thread : threads)
    thread.join();
}

Expected<std::vector<CodeObject>> CpuTarget::generateCode(ModuleOp kernels,
                                                          const CodegenOptions &options) const {
  SmallVector<tile::KernelOp> all(kernels.getOps<tile::KernelOp>());
  if (all.empty())
    return std::vector<CodeObject>();
  // People want it in one piece.
  size_t perPart = options.emit == EmitKind::Object ? kernelsPerModule : all.size();
  std::vector<std::unique_ptr<Part>> parts;
  for (auto [number, kernel] : llvm::enumerate(all)) {
    if (number % perPart == 0)
      parts.push_back(std::make_unique<Part>());
    parts.back()->kernels.push_back(kernel);
  }

  for (auto &part : parts)
    if (Error error = lowerPart(*part, machine))
      return error;
  compileParts(parts, machine, options);

  CodeObject object;
  std::vector<std::string> objects;
  for (auto &part : parts) {
    if (!part->result)
      return part->result.takeError();
    objects.push_back(std::move(*part->result));
    for (auto [kernel, lowered] : llvm::zip(part->kernels, part->lowered)) {
      CodeObject::Kernel entry;
      entry.name = entry.symbol = kernel.getSymName().str();
      entry.scratchBytes = lowered.scratchBytes;
      for (auto [instruction, products] : lowered.instructions)
        entry.metrics.push_back({instruction.str(), products});
      object.kernels.push_back(std::move(entry));
    }
  }
  object.file = getCodeFileName(options.emit, *this);
  if (options.emit != EmitKind::Object) {
    object.bytes = std::move(objects.front());
  } else {
    Expected<std::string> linked =
        linkSharedObject(objects, getCodeFileName(EmitKind::Object, *this), /*setName=*/true);
    if (!linked)
      return linked.takeError();
    object.bytes = std::move(*linked);
  }
  std::vector<CodeObject> result;
  result.push_back(std::move(object));
  return result;
}

namespace moec {
void registerCpuTarget(TargetRegistry &registry) {
  registry.add("cpu", [](const std::string &chip) -> Expected<std::unique_ptr<Target>> {
    Expected<Machine> machine = Machine::get(chip);
    if (!machine)
      return machine.takeError();
    return std::make_unique<CpuTarget>(std::move(*machine));
  });
}
} // namespace moec
