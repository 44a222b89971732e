//===- Stages.cpp - The stages of a compilation ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which passes make a stage, and running them.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Stages.h"

#include "moec/Conversion/ExecToTile/ExecToTile.h"
#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Dialect/Exec/Passes.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace moec;

static const std::pair<Stage, const char *> stages[] = {
    {Stage::Import, "import"},     {Stage::Fuse, "fuse"},
    {Stage::Quantize, "quantize"}, {Stage::Specialise, "specialise"},
    {Stage::Pack, "pack"},         {Stage::Plan, "plan"},
    {Stage::Tile, "tile"},         {Stage::Target, "target"},
    {Stage::Object, "object"}};

const char *moec::stageName(Stage stage) { return stages[unsigned(stage)].second; }

const std::vector<std::string> &moec::stageNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (auto [stage, name] : stages)
      result.push_back(name);
    return result;
  }();
  return names;
}

Stage moec::stageFromName(const std::string &name) {
  for (auto [stage, candidate] : stages)
    if (name == candidate)
      return stage;
  llvm_unreachable("the name is one of stageNames()");
}

std::vector<int64_t> moec::variantTokens(int64_t maxTokens) {
  std::vector<int64_t> tokens;
  for (int64_t count : {8, 64, 512, 4096})
    if (count < maxTokens)
      tokens.push_back(count);
  tokens.push_back(maxTokens);
  return tokens;
}

/// The format of a role in a list like `experts=mxfp4,default=int8`; empty if the role is not in
/// it.
static std::string formatOf(llvm::StringRef list, llvm::StringRef role) {
  for (llvm::StringRef entry : llvm::split(list, ','))
    if (auto [name, format] = entry.split('='); name == role)
      return format.str();
  return "";
}

static bool choosesFormats(const CompileOptions &options) {
  return !options.quantize.empty() || !options.quantizeActivations.empty();
}

/// Fails on an entry of a list by role that formatOf would pass over.
static Error checkRoles(const char *option, llvm::StringRef list) {
  for (llvm::StringRef entry : llvm::split(list, ',')) {
    auto [name, format] = entry.split('=');
    if (!entry.empty() && ((name != "experts" && name != "default") || format.empty()))
      return Error::make(option, ": '", entry.str(), "' is not experts=FORMAT or default=FORMAT");
  }
  return Error::success();
}

static void addFusePasses(OpPassManager &passes, const CompileOptions &options) {
  moe::MoESetActivationTypeOptions types;
  types.type = options.activations;
  types.kv = options.kvCache;
  if (!options.target.empty()) {
    MoecSetTargetOptions machine;
    machine.target = options.target;
    machine.chip = options.chip;
    machine.tuning = options.tuning;
    passes.addPass(createMoecSetTarget(machine));
  }
  passes.addPass(moe::createMoEHoistSelectRows());
  passes.addPass(moe::createMoEAbsorbMLA());
  passes.addPass(moe::createMoESetActivationType(types));
  // Formats are chosen before groups are made: what rounds an activation joins the group that makes
  // it.
  if (!choosesFormats(options))
    passes.addPass(moe::createMoEFuseGroups());
}

static void addQuantizePasses(OpPassManager &passes, const CompileOptions &options) {
  if (choosesFormats(options)) {
    moe::MoEQuantizeWeightsOptions formats;
    formats.experts = formatOf(options.quantize, "experts");
    formats.dense = formatOf(options.quantize, "default");
    formats.expertActivations = formatOf(options.quantizeActivations, "experts");
    formats.denseActivations = formatOf(options.quantizeActivations, "default");
    formats.rounding = options.rounding;
    passes.addPass(moe::createMoEQuantizeWeights(formats));
    passes.addPass(moe::createMoEFuseGroups());
  }
  passes.addPass(createCheckProducts());
}

void moec::buildStagePipeline(OpPassManager &passes, Stage stage, const CompileOptions &options) {
  switch (stage) {
  case Stage::Import:
    return;
  case Stage::Fuse:
    return addFusePasses(passes, options);
  case Stage::Quantize:
    return addQuantizePasses(passes, options);
  case Stage::Specialise: {
    SpecialiseTokensOptions variants;
    for (int64_t count : variantTokens(options.maxTokens))
      variants.tokens.push_back(count);
    variants.maxSequences = options.maxSequences;
    variants.maxContext = options.maxContext;
    passes.addPass(createSpecialiseTokens(variants));
    return;
  }
  case Stage::Pack:
    passes.addPass(createPackWeights());
    return;
  case Stage::Plan:
    passes.addPass(createMoEToExec({options.pageSize}));
    passes.addPass(exec::createExecPlanMemory());
    return;
  case Stage::Tile: {
    passes.addPass(createExecBuildKernels());
    // The model beside the plan stays as it is.
    OpPassManager &plan = passes.nest<exec::PlanOp>();
    plan.addPass(createCanonicalizerPass());
    plan.addPass(createCSEPass());
    return;
  }
  case Stage::Target:
  case Stage::Object:
    return;
  }
}

std::string moec::describePipelines(const CompileOptions &options) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (auto [stage, name] : stages) {
    OpPassManager passes(ModuleOp::getOperationName());
    buildStagePipeline(passes, stage, options);
    os << name << ":";
    if (!passes.empty())
      passes.printAsTextualPipeline(os << " ");
    os << "\n";
  }
  return text;
}

Error moec::runStages(ModuleOp module, const CompileOptions &options, Stage first, Stage last,
                      llvm::function_ref<Error(Stage)> after,
                      const DiagnosticCollector::Warn &warn) {
  if (Error error = checkRoles("--quantize", options.quantize))
    return error;
  if (Error error = checkRoles("--quantize-activations", options.quantizeActivations))
    return error;
  for (auto [stage, name] : stages) {
    if (stage < first || stage == Stage::Import)
      continue;
    if (stage > last || stage > Stage::Tile)
      break;
    PassManager passes(module.getContext());
    buildStagePipeline(passes, stage, options);
    DiagnosticCollector said(module.getContext(), warn);
    if (failed(passes.run(module)))
      return Error::make("stage ", name, ": ", said.error());
    if (Error error = after(stage))
      return error;
  }
  return Error::success();
}
