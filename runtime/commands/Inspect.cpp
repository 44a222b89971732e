//===- Inspect.cpp - The command inspect ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prints the plan as tables.
//
//===----------------------------------------------------------------------===//

#include "Estimates.h"
#include "moec/runtime/Artifact.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/StateMemory.h"
#include "moec/runtime/commands/Commands.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

using namespace moec;
using namespace moec::runtime;

namespace {
struct InspectOptions {
  std::string model;
  bool all = false, verify = false;
  /// For launches whose time depends on it; 0 takes defaultContext, or the plan's if less.
  uint32_t context = 0;
};
constexpr uint32_t defaultContext = 1024;
} // namespace

static std::string text(const flatbuffers::String *string) { return string ? string->str() : "-"; }

static const char *sourceName(plan::ScheduleSource source) {
  switch (source) {
  case plan::ScheduleSource::Default:
    return "default";
  case plan::ScheduleSource::Predicted:
    return "predicted";
  case plan::ScheduleSource::Measured:
    return "measured";
  }
  return "unknown";
}

static void printHeader(const Artifact &artifact) {
  const plan::Plan &plan = artifact.plan();
  std::string eos, features;
  if (plan.eos_ids())
    for (int32_t id : *plan.eos_ids())
      eos += strCat(eos.empty() ? "" : ", ", id);
  if (plan.features())
    for (const flatbuffers::String *feature : *plan.features())
      features += strCat(features.empty() ? "" : " ", feature->str());
  std::printf("model        %s\ntarget       %s (%s)\nfeatures     %s\n",
              text(plan.model()).c_str(), plan.target()->c_str(), text(plan.processor()).c_str(),
              features.c_str());
  std::printf("vocabulary   %u, end tokens %s\ncontext      %u tokens\n", plan.vocab(),
              eos.empty() ? "none" : eos.c_str(), plan.max_context());
  std::printf("step         at most %u tokens, %s sequences\n", plan.max_tokens(),
              plan.max_sequences() ? std::to_string(plan.max_sequences()).c_str() : "as many");
  std::printf("workspace    %s\n", formatBytes(Executor::workspaceBytes(plan)).c_str());
}

static std::vector<const plan::Metric *> metricsOf(const plan::Kernel &kernel) {
  if (!kernel.metrics())
    return {};
  return {kernel.metrics()->begin(), kernel.metrics()->end()};
}

/// Kernels with their numbers. A target's metrics are columns, in the order of the first kernel.
static void printKernels(const plan::Plan &plan) {
  std::printf("\nKernels (%u)\n", plan.kernels()->size());
  std::vector<std::string> titles = {"kernel", "family", "code object", ">scratch", ">threads"};
  std::vector<std::string> names;
  size_t before = titles.size();
  for (const plan::Kernel *kernel : *plan.kernels())
    for (const plan::Metric *metric : metricsOf(*kernel))
      if (std::find(names.begin(), names.end(), metric->name()->str()) == names.end())
        names.push_back(metric->name()->str());
  for (const std::string &name : names)
    titles.push_back(">" + name);
  Table table(titles);
  for (const plan::Kernel *kernel : *plan.kernels()) {
    std::vector<std::string> row = {kernel->name()->str(), text(kernel->family()),
                                    plan.code_objects()->Get(kernel->code_object())->file()->str(),
                                    formatBytes(kernel->scratch_bytes()),
                                    std::to_string(kernel->block_threads())};
    row.resize(titles.size(), "-");
    for (const plan::Metric *metric : metricsOf(*kernel)) {
      auto column = std::find(names.begin(), names.end(), metric->name()->str());
      row[before + size_t(column - names.begin())] = strCat(metric->value());
    }
    table.add(row);
  }
  table.print();
}

/// Pages, windows and slots, and the states in them.
static void printStates(const plan::Plan &plan) {
  std::printf("\nPools (%u)\n", plan.pools()->size());
  Table pools({">pool", "allocation", ">page size", ">window", ">bytes of a page or slot"});
  auto number = [](uint32_t value) { return value ? std::to_string(value) : "-"; };
  for (uint32_t i = 0; i < plan.pools()->size(); ++i) {
    const plan::Pool &pool = *plan.pools()->Get(i);
    pools.add({std::to_string(i), plan::EnumNameAllocation(pool.allocation()),
               number(pool.page_size()), number(pool.window()),
               std::to_string(unitBytes(plan, i))});
  }
  pools.print();
  std::printf("\nStates (%u)\n", plan.states()->size());
  Table states({"state", ">pool", ">bytes of a row or slot", "description"});
  for (const plan::State *state : *plan.states())
    states.add({state->name()->str(), std::to_string(state->pool()), std::to_string(state->bytes()),
                text(state->description())});
  states.print();
}

/// What a function takes and gives.
static void printInterface(const plan::Function &function) {
  std::printf("\nFunction %s\n", function.name()->c_str());
  Table table({"array", "is", "element", ">width", "rows", ">pool"});
  auto add = [&](const plan::Array &array, const char *kind) {
    table.add({array.name()->str(), kind, elementName(array.element()),
               std::to_string(array.width()), formatFormula(*array.extent()),
               array.pool() < 0 ? "-" : std::to_string(array.pool())});
  };
  for (const plan::Array *array : *function.inputs())
    add(*array, "input");
  for (const plan::Array *array : *function.outputs())
    add(*array, "output");
  table.print();
}

namespace {
/// The steps of a variant that differ in nothing but the op they are for.
struct StepSum {
  std::string op;
  /// Family, kernel, grid, schedule and its source.
  std::vector<std::string> cells;
  size_t count = 0;
  std::vector<const plan::Launch *> launches = {};

  LaunchEstimate at(uint64_t tokens, uint64_t context) const {
    LaunchEstimate sum;
    for (const plan::Launch *launch : launches)
      sum += estimateFor(*launch, tokens, context);
    return sum;
  }
};

/// Prints the variants of one function.
class VariantPrinter {
public:
  VariantPrinter(const plan::Plan &plan, const plan::Function &function,
                 const InspectOptions &options)
      : plan(plan), function(function), options(options) {}
  void print(const plan::Variant &variant) const;

private:
  StepSum describe(const plan::Variant &variant, const plan::Step &step) const;
  std::string nameOf(const plan::Variant &variant, const plan::Arg &arg) const;
  void printEstimates(const std::vector<StepSum> &sums) const;

  const plan::Plan &plan;
  const plan::Function &function;
  const InspectOptions &options;
};
} // namespace

std::string VariantPrinter::nameOf(const plan::Variant &variant, const plan::Arg &arg) const {
  switch (arg.kind()) {
  case plan::ArgKind::Buffer:
    return variant.buffers()->Get(arg.index())->name()->str();
  case plan::ArgKind::State:
    return plan.states()->Get(arg.index())->name()->str();
  case plan::ArgKind::Input:
    return function.inputs()->Get(arg.index())->name()->str();
  case plan::ArgKind::Output:
    return function.outputs()->Get(arg.index())->name()->str();
  default:
    return "-";
  }
}

static const char *kindName(plan::ArgKind kind) {
  static constexpr const char *names[] = {"buffer", "weight", "state", "input", "output", "number"};
  return names[size_t(kind)];
}

StepSum VariantPrinter::describe(const plan::Variant &variant, const plan::Step &step) const {
  if (const plan::Copy *copy = step.action_as_Copy())
    return {
        strCat(nameOf(variant, *copy->source()), " to ", nameOf(variant, *copy->destination())),
        {"copy",
         strCat(kindName(copy->source()->kind()), " to ", kindName(copy->destination()->kind())),
         strCat(formatFormula(*copy->bytes()), " bytes"), "-", "-"}};
  const plan::Launch &launch = *step.action_as_Launch();
  const plan::Kernel &kernel = *plan.kernels()->Get(launch.kernel());
  std::string schedule = formatSchedule(launch);
  return {text(launch.op()),
          {text(kernel.family()), kernel.name()->str(), formatGrid(launch),
           schedule.empty() ? "-" : schedule, sourceName(launch.schedule_source())}};
}

/// The expected time and bytes of each row at the token counts that the variant has estimates for,
/// and of all rows together.
void VariantPrinter::printEstimates(const std::vector<StepSum> &sums) const {
  std::set<uint32_t> tokens;
  for (const StepSum &sum : sums)
    for (const plan::Launch *launch : sum.launches)
      if (launch->estimates())
        for (const plan::Estimate *estimate : *launch->estimates())
          tokens.insert(estimate->tokens());
  if (tokens.empty())
    return;
  std::vector<std::string> titles = {"expected"};
  for (uint32_t count : tokens)
    for (const char *unit : {"us", "bytes"})
      titles.push_back(strCat(">T=", count, " ", unit));
  Table table(titles);
  auto addRow = [&](const StepSum &sum) {
    std::vector<std::string> row = {sum.op};
    for (uint32_t count : tokens) {
      LaunchEstimate estimate = sum.at(count, options.context);
      row.push_back(formatFixed(estimate.microseconds, 2));
      row.push_back(formatBytes(uint64_t(estimate.bytes())));
    }
    table.add(row);
  };
  StepSum total{"all", {}};
  for (const StepSum &sum : sums) {
    total.launches.insert(total.launches.end(), sum.launches.begin(), sum.launches.end());
    if (!sum.launches.empty())
      addRow(sum);
  }
  addRow(total);
  table.print();
}

void VariantPrinter::print(const plan::Variant &variant) const {
  std::vector<StepSum> sums;
  std::map<std::vector<std::string>, size_t> places;
  double total = 0;
  size_t launches = 0;
  for (auto [index, step] : stepsOf(variant)) {
    StepSum next = describe(variant, step);
    auto [place, isFirst] = places.emplace(next.cells, sums.size());
    if (isFirst || options.all)
      sums.push_back(std::move(next));
    StepSum &sum = options.all ? sums.back() : sums[place->second];
    ++sum.count;
    if (const plan::Launch *launch = step.action_as_Launch()) {
      sum.launches.push_back(launch);
      total += estimateFor(*launch, variant.max_tokens(), options.context).microseconds;
      ++launches;
    }
  }
  std::printf(
      "\nVariant for up to %u tokens: %zu launches, %zu copies, %.1f us predicted, arena %s\n",
      variant.max_tokens(), launches, variant.steps()->size() - launches, total,
      formatBytes(variant.arena_bytes()).c_str());
  Table table({"op", ">times", "family", "kernel", "grid", "schedule", "source", ">us", ">read",
               ">written"});
  for (const StepSum &sum : sums) {
    LaunchEstimate estimate = sum.at(variant.max_tokens(), options.context);
    std::vector<std::string> row = {sum.op, std::to_string(sum.count)};
    row.insert(row.end(), sum.cells.begin(), sum.cells.end());
    row.push_back(formatFixed(estimate.microseconds, 1));
    row.push_back(formatBytes(uint64_t(estimate.bytesRead)));
    row.push_back(formatBytes(uint64_t(estimate.bytesWritten)));
    table.add(std::move(row));
  }
  table.print();
  printEstimates(sums);
}

static void printWeights(const plan::Plan &plan) {
  uint64_t total = 0;
  Table table({"weight", "file", "tensor", ">bytes", "description"});
  for (const plan::Weight *weight : *plan.weights()) {
    table.add({weight->name()->str(),
               plan.weight_files()->size() ? plan.weight_files()->Get(weight->file())->file()->str()
                                           : "(none)",
               weight->tensor()->str(), std::to_string(weight->bytes()),
               text(weight->description())});
    total += weight->bytes();
  }
  std::printf("\nWeights (%u, %s)\n", plan.weights()->size(), formatBytes(total).c_str());
  table.print();
}

static Error inspect(InspectOptions options) {
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(options.model);
  if (!artifact)
    return artifact.takeError();
  if (options.verify) {
    if (Error error = (*artifact)->verifyAll())
      return error;
    std::printf("'%s': every file has the hash that it was written with\n", options.model.c_str());
    return Error::success();
  }
  const plan::Plan &plan = (*artifact)->plan();
  if (options.context > plan.max_context())
    return Error::make("--context is ", options.context, " but the model was compiled for at most ",
                       plan.max_context());
  if (options.context == 0)
    options.context = std::min(defaultContext, plan.max_context());
  printHeader(**artifact);
  printKernels(plan);
  for (const plan::Function *function : *plan.functions()) {
    printInterface(*function);
    for (const plan::Variant *variant : *function->variants())
      VariantPrinter(plan, *function, options).print(*variant);
  }
  printStates(plan);
  printWeights(plan);
  return Error::success();
}

void runtime::addInspectCommand(CommandLine &line, InspectExtension extension) {
  auto options = std::make_shared<InspectOptions>();
  std::string alternative = extension.alternative;
  auto action = [options, intercept = extension.intercept] {
    Expected<bool> taken =
        intercept ? intercept(options->model, options->all) : Expected<bool>(false);
    if (!taken || *taken)
      return taken.takeError();
    return inspect(*options);
  };
  CLI::App &command =
      line.add("inspect", "Print what is in a compiled model" + alternative, std::move(action));
  command.add_option("model", options->model, "Folder of a compiled model" + alternative)
      ->required()
      ->type_name("MODEL");
  command.add_flag("--all", options->all, "List every step instead of adding up equal ones");
  command
      .add_option("--context", options->context,
                  "Tokens of the longest sequence, for times that depend on it; 0 takes 1024, or "
                  "the model's context if less")
      ->capture_default_str();
  command.add_flag("--verify", options->verify, "Hash every file, the weights too, and say so");
  if (extension.addOptions)
    extension.addOptions(command);
}
