//===- Dumps.cpp - Modules between stages, as files -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which stage left a module is read off its parts: nothing in a file says it.
//
//===----------------------------------------------------------------------===//

#include "Dumps.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Dialect/Exec/Exec.h"
#include "moec/Support/File.h"
#include "moec/Target/TargetResolver.h"

#include <filesystem>

using namespace mlir;
using namespace moec;

namespace fs = std::filesystem;

Expected<std::pair<Stage, Stage>> moec::stageRange(const CompileOptions &options) {
  Stage from = options.startFrom.empty() ? Stage::Import : stageFromName(options.startFrom);
  Stage last = options.stopAfter.empty() ? Stage::Object : stageFromName(options.stopAfter);
  if (!options.startFrom.empty() && fs::path(options.input).extension() != ".mlir")
    return Error::make("--start-from goes on from a file of --dump-stages, and '", options.input,
                       "' is no .mlir");
  // The last dump is whole but for the code, which is generated again.
  if (!options.startFrom.empty() && last <= from && from != Stage::Object)
    return Error::make("--stop-after ", stageName(last), " is not behind --start-from ",
                       stageName(from));
  if (last == Stage::Object && options.output.empty())
    return Error::make("compile needs -o FOLDER for the artifact, or -o FILE with --emit");
  return std::pair(from, last);
}

/// Whether a module is as `stage` leaves it. A stage that would show in parts which the module
/// lacks, such as kernels where nothing is launched, counts as there.
static bool isBehind(ModuleOp module, Stage stage) {
  exec::PlanOp plan = exec::getPlan(module);
  if (stage <= Stage::Quantize)
    return !plan && (stage == Stage::Import) != bool(getTargetAttr(module));
  if (!plan || plan.getBody().getOps<exec::FuncOp>().empty())
    return false;
  bool hasSteps = false, hasWeights = !plan.getBody().getOps<exec::WeightOp>().empty();
  plan.walk([&](exec::VariantOp variant) { hasSteps |= !variant.getBody().front().empty(); });
  if (stage <= Stage::Pack)
    return !hasSteps && hasWeights == (stage == Stage::Pack);
  bool hasGroups = !plan.getBody().getOps<exec::KernelOp>().empty();
  bool hasKernels = !plan.getBody().getOps<tile::KernelOp>().empty();
  bool hasCode = !plan.getBody().getOps<exec::CodeObjectOp>().empty();
  return hasSteps && hasCode == (stage == Stage::Object) &&
         !(stage == Stage::Plan ? hasKernels : hasGroups);
}

Error moec::checkStage(ModuleOp module, const CompileOptions &options) {
  if (options.startFrom.empty() || isBehind(module, stageFromName(options.startFrom)))
    return Error::success();
  for (const std::string &name : stageNames())
    if (isBehind(module, stageFromName(name)))
      return Error::make("--start-from is ", options.startFrom, " but '", options.input,
                         "' is as stage ", name, " leaves it; say --start-from ", name);
  return Error::make("--start-from is ", options.startFrom, " but '", options.input,
                     "' is as no stage leaves a module");
}

Error moec::writeStage(const CompileOptions &options, Stage stage, ModuleOp module) {
  if (options.dumpStages.empty())
    return Error::success();
  std::error_code failure;
  fs::create_directories(options.dumpStages, failure);
  std::string name =
      strCat(options.dumpStages, "/", unsigned(stage), "-", stageName(stage), ".mlir");
  return writeFileAtomic(name, printModule(module, modelFolder(options), options.dumpStages,
                                           /*withLocations=*/true));
}

std::string moec::printModel(ModuleOp module, const CompileOptions &options) {
  OwningOpRef<ModuleOp> model = cast<ModuleOp>(module->clone());
  if (exec::PlanOp plan = exec::getPlan(*model))
    plan.erase();
  // Which table was taken is in the schedules; an artifact stands alone.
  if (TargetAttr target = getTargetAttr(module))
    setTargetAttr(*model, TargetAttr::get(module.getContext(), target.getName(), target.getChip(),
                                          StringAttr()));
  return printModule(*model, modelFolder(options), options.output);
}
