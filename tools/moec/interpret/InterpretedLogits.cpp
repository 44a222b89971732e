//===- InterpretedLogits.cpp - Logits of interpreted kernels --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An artifact whose code is its kernels, on a device that interprets them: plan, packed weights,
// scheduler and executor are those of any other machine.
//
//===----------------------------------------------------------------------===//

#include "InterpretedLogits.h"

#include "InterpretedDevice.h"
#include "InterpretedTarget.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Dialect/Exec/Exec.h"
#include "moec/Support/DirectoryWriter.h"
#include "moec/Target/TargetResolver.h"

#include <chrono>
#include <filesystem>
#include <iostream>

using namespace mlir;
using namespace moec;
using namespace moec::runtime;

namespace {
/// Says every few seconds which launch is computed.
class LaunchProgress {
public:
  void begin(const plan::Launch &launch) {
    ++number;
    if (Clock::now() - said < std::chrono::seconds(2))
      return;
    said = Clock::now();
    std::cerr << strCat("launch     ", number, ": ",
                        launch.op() ? launch.op()->string_view() : "unnamed", "\n");
  }

private:
  using Clock = std::chrono::steady_clock;
  size_t number = 0;
  Clock::time_point said = Clock::now();
};
} // namespace

/// Tells the device before each launch how large its arguments are. The artifact's folder lives as
/// long as the engine that it is for.
static LaunchInspector makeInspector(InterpretedDevice &device,
                                     std::shared_ptr<DirectoryWriter> folder) {
  return [&device, folder, progress = LaunchProgress()](
             const Executor &executor, const plan::Launch &launch) mutable -> Error {
    progress.begin(launch);
    return device.expect(executor, launch);
  };
}

/// The machine that a module is planned for; null where it has no kernels yet.
static TargetAttr findMachine(ModuleOp module) {
  exec::PlanOp plan = exec::getPlan(module);
  return plan && !plan.getBody().getOps<tile::KernelOp>().empty() ? getTargetAttr(module)
                                                                  : TargetAttr();
}

/// Compiles up to kernels, and writes the artifact into `folder`.
static Error compileKernels(CompileOptions &options, const std::string &folder,
                            const TargetRegistry &targets) {
  std::unique_ptr<MLIRContext> context = createContext(&targets);
  Expected<OwningOpRef<ModuleOp>> module = loadModel(*context, options);
  if (!module)
    return module.takeError();
  TargetAttr machine = findMachine(**module);
  if (machine) {
    options.startFrom = stageName(Stage::Tile);
    options.target = machine.getName().str();
    options.chip = machine.getChip().str();
  }
  Expected<std::unique_ptr<Target>> base = targets.create(options.target, options.chip);
  if (!base)
    return base.takeError();
  InterpretedTarget target(**base);
  if (machine)
    getTargetResolver(context.get())->provide(machine, target);
  options.output = folder;
  std::ostream silent(nullptr);
  return compileFor(target, options, *context, silent, std::cerr);
}

Expected<std::unique_ptr<LogitsProvider>>
moec::makeInterpretedLogits(CompileOptions options, const EvalArguments &arguments,
                            const TargetRegistry &targets) {
  Expected<EngineOptions> engineOptions = runtime::engineOptions(arguments);
  if (!engineOptions)
    return engineOptions.takeError();
  Expected<DirectoryWriter> folder =
      DirectoryWriter::create(std::filesystem::temp_directory_path() / "moec-eval", "");
  if (!folder)
    return folder.takeError();
  std::string path = strCat(folder->path(), "/model.moec");
  if (Error error = compileKernels(options, path, targets))
    return error;
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(path);
  if (!artifact)
    return artifact.takeError();
  auto device = std::make_unique<InterpretedDevice>();
  InterpretedDevice &interpreter = *device;
  Expected<std::unique_ptr<Engine>> engine =
      Engine::create(std::move(*artifact), std::move(device), *engineOptions);
  if (!engine)
    return engine.takeError();
  (*engine)->inspect(
      makeInspector(interpreter, std::make_shared<DirectoryWriter>(std::move(*folder))));
  return makeEngineLogits(std::move(*engine));
}
