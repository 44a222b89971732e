//===- Inspect.cpp - The command inspect ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prints the plan as tables.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Artifact.h"
#include "moec/runtime/Commands.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/Table.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

using namespace moec;
using namespace moec::runtime;

namespace {
struct InspectOptions {
  std::string model;
  bool all = false, verify = false;
};
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
  std::printf("vocabulary   %u, end tokens %s\ncontext      %u tokens, pages of %u\n", plan.vocab(),
              eos.empty() ? "none" : eos.c_str(), plan.max_context(), plan.page_size());
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
  std::vector<std::string> titles = {"kernel", "code object", ">scratch", ">threads"};
  std::vector<std::string> names;
  for (const plan::Kernel *kernel : *plan.kernels())
    for (const plan::Metric *metric : metricsOf(*kernel))
      if (std::find(names.begin(), names.end(), metric->name()->str()) == names.end())
        names.push_back(metric->name()->str());
  for (const std::string &name : names)
    titles.push_back(">" + name);
  Table table(titles);
  for (const plan::Kernel *kernel : *plan.kernels()) {
    std::vector<std::string> row = {
        kernel->name()->str(), plan.code_objects()->Get(kernel->code_object())->file()->str(),
        formatBytes(kernel->scratch_bytes()), std::to_string(kernel->block_threads())};
    row.resize(titles.size(), "-");
    for (const plan::Metric *metric : metricsOf(*kernel)) {
      auto column = std::find(names.begin(), names.end(), metric->name()->str());
      row[4 + size_t(column - names.begin())] = strCat(metric->value());
    }
    table.add(row);
  }
  table.print();
}

static std::string gridText(const plan::Launch &launch) {
  std::string out = formatFormula(*launch.grid_x());
  for (const plan::Formula *extent : {launch.grid_y(), launch.grid_z()})
    if (extent)
      out += strCat(" x ", formatFormula(*extent));
  return out;
}

/// Launches that differ in nothing but the op they are for.
using LaunchKey = std::tuple<std::string, uint32_t, std::string, plan::ScheduleSource, std::string>;
struct LaunchSum {
  std::string op;
  size_t count = 0;
  double microseconds = 0;
  uint64_t read = 0, written = 0;
  std::vector<plan::Estimate> estimates = {};

  void add(const plan::Launch &launch);
};

void LaunchSum::add(const plan::Launch &launch) {
  ++count;
  microseconds += launch.predicted_microseconds();
  read += launch.bytes_read();
  written += launch.bytes_written();
  if (!launch.estimates())
    return;
  estimates.resize(std::max<size_t>(estimates.size(), launch.estimates()->size()));
  for (size_t i = 0; i < launch.estimates()->size(); ++i) {
    const plan::Estimate &one = *launch.estimates()->Get(i);
    estimates[i] = plan::Estimate(one.tokens(), estimates[i].microseconds() + one.microseconds(),
                                  estimates[i].bytes() + one.bytes());
  }
}

/// The expected time and bytes of each row at the token counts that the variant has estimates for,
/// and of all rows together.
static void printEstimates(const std::vector<LaunchSum> &sums) {
  if (sums.empty() || sums[0].estimates.empty())
    return;
  std::vector<std::string> titles = {"expected"};
  for (const plan::Estimate &estimate : sums[0].estimates)
    for (const char *unit : {"us", "bytes"})
      titles.push_back(strCat(">T=", estimate.tokens(), " ", unit));
  Table table(titles);
  auto addRow = [&](const std::string &name, const std::vector<plan::Estimate> &estimates) {
    std::vector<std::string> row = {name};
    for (const plan::Estimate &estimate : estimates) {
      row.push_back(formatFixed(estimate.microseconds(), 2));
      row.push_back(formatBytes(estimate.bytes()));
    }
    row.resize(titles.size(), "-");
    table.add(row);
  };
  std::vector<plan::Estimate> total = sums[0].estimates;
  for (size_t i = 0; i < sums.size(); ++i) {
    addRow(sums[i].op, sums[i].estimates);
    for (size_t t = 0; i && t < total.size() && t < sums[i].estimates.size(); ++t)
      total[t] = plan::Estimate(total[t].tokens(),
                                total[t].microseconds() + sums[i].estimates[t].microseconds(),
                                total[t].bytes() + sums[i].estimates[t].bytes());
  }
  addRow("all", total);
  table.print();
}

static void printVariant(const plan::Plan &plan, const plan::Variant &variant, bool all) {
  std::vector<std::pair<LaunchKey, LaunchSum>> rows;
  std::map<LaunchKey, size_t> places;
  double total = 0;
  for (const plan::Launch *launch : *variant.launches()) {
    LaunchKey key(text(launch->group()), launch->kernel(), text(launch->schedule()),
                  launch->schedule_source(), gridText(*launch));
    auto [place, fresh] = places.emplace(key, rows.size());
    if (fresh || all)
      rows.push_back({key, {text(launch->op())}});
    LaunchSum &sum = all ? rows.back().second : rows[place->second].second;
    sum.add(*launch);
    total += launch->predicted_microseconds();
  }
  std::printf("\nVariant for up to %u tokens: %u launches, %.1f us predicted, arena %s\n",
              variant.max_tokens(), variant.launches()->size(), total,
              formatBytes(variant.arena_bytes()).c_str());
  Table table({"op", ">times", "group", "kernel", "grid", "schedule", "source", ">us", ">read",
               ">written"});
  std::vector<LaunchSum> sums;
  for (const auto &[key, sum] : rows) {
    const auto &[group, kernel, schedule, source, grid] = key;
    table.add({sum.op, std::to_string(sum.count), group, plan.kernels()->Get(kernel)->name()->str(),
               grid, schedule, sourceName(source), formatFixed(sum.microseconds, 1),
               formatBytes(sum.read), formatBytes(sum.written)});
    sums.push_back(sum);
  }
  table.print();
  printEstimates(sums);
}

static void printCaches(const plan::Plan &plan) {
  std::printf("\nKV cache: %s for a page of %u tokens\n",
              formatBytes(Executor::pageBytes(plan)).c_str(), plan.page_size());
  Table table({"cache", "kind", "element", ">bytes per token"});
  for (const plan::Cache *cache : *plan.caches())
    table.add({cache->name()->str(), text(cache->kind()), text(cache->element()),
               std::to_string(cache->row_bytes())});
  table.print();
}

static void printWeights(const plan::Plan &plan) {
  uint64_t total = 0;
  Table table({"weight", "file", "tensor", ">offset", ">bytes", "description"});
  for (const plan::Weight *weight : *plan.weights()) {
    table.add({weight->name()->str(),
               plan.weight_files()->size() ? plan.weight_files()->Get(weight->file())->file()->str()
                                           : "(none)",
               weight->tensor()->str(), std::to_string(weight->offset()),
               std::to_string(weight->bytes()), text(weight->description())});
    total += weight->bytes();
  }
  std::printf("\nWeights (%u, %s)\n", plan.weights()->size(), formatBytes(total).c_str());
  table.print();
}

static Error inspect(const InspectOptions &options) {
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
  printHeader(**artifact);
  printKernels(plan);
  for (const plan::Variant *variant : *plan.variants())
    printVariant(plan, *variant, options.all);
  printCaches(plan);
  printWeights(plan);
  return Error::success();
}

void runtime::addInspectCommand(CommandLine &line) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App &command = line.add("inspect", "Print what is in a compiled model",
                               [options] { return inspect(*options); });
  command.add_option("model", options->model, "Folder of a compiled model")
      ->required()
      ->type_name("MODEL");
  command.add_flag("--all", options->all, "List every launch instead of adding up equal ones");
  command.add_flag("--verify", options->verify, "Hash every file, the weights too, and say so");
}
