//===- Artifact.cpp - Writing model.moec ----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A directory of standard parts, written beside its name and renamed.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Artifact.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Support/Checksums.h"
#include "moec/Support/DirectoryWriter.h"
#include "moec/Support/File.h"
#include "moec/Target/Print.h"
#include "moec/Translation/ExecToPlan.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace mlir;
using namespace moec;

static constexpr const char *planFile = "plan.fb";
static constexpr const char *weightFile = "weights-0.safetensors";

/// Files of the checkpoint that a user of the artifact needs, as far as there are any.
static constexpr const char *copiedFiles[] = {"tokenizer.json", "tokenizer_config.json",
                                              "generation_config.json", "chat_template.jinja"};

static tile::ScheduleAttr scheduleOf(exec::PlanOp plan, exec::LaunchOp launch) {
  auto kernel = plan.lookupSymbol<tile::KernelOp>(launch.getKernelAttr().getAttr());
  return kernel ? kernel.getScheduleAttr() : tile::ScheduleAttr();
}

void moec::addCodeObjects(ModuleOp module, const std::vector<CodeObject> &codeObjects) {
  exec::PlanOp plan = exec::getPlan(module);
  for (auto old : llvm::make_early_inc_range(plan.getBody().getOps<exec::CodeObjectOp>()))
    old.erase();
  // Behind the kernels that it has, before the functions.
  OpBuilder builder(*plan.getBody().getOps<exec::FuncOp>().begin());
  for (const CodeObject &object : codeObjects) {
    auto op = exec::CodeObjectOp::create(builder, plan.getLoc(), "kernels/" + object.file);
    OpBuilder entries = OpBuilder::atBlockEnd(&op.getBody().emplaceBlock());
    for (const CodeObject::Kernel &kernel : object.kernels) {
      SmallVector<Attribute> metrics;
      for (const auto &[name, value] : kernel.metrics)
        metrics.push_back(
            exec::MetricAttr::get(builder.getContext(), name, builder.getF64FloatAttr(value)));
      exec::EntryOp::create(entries, plan.getLoc(), kernel.name, kernel.symbol, kernel.scratchBytes,
                            kernel.blockThreads,
                            metrics.empty() ? ArrayAttr() : builder.getArrayAttr(metrics));
    }
  }
}

using Json = nlohmann::ordered_json;

/// A launch in the report, with its cost in the variant's largest step.
static Json describeLaunch(exec::PlanOp plan, exec::VariantOp variant, exec::LaunchOp launch) {
  tile::ScheduleAttr schedule = scheduleOf(plan, launch);
  Json entry = {{"op", launch.getLabel().str()}, {"kernel", launch.getKernel().str()}};
  entry["schedule"] = print(schedule);
  entry["source"] = schedule ? schedule.getSource().str() : "default";
  if (std::optional<exec::CostAttr> cost = launch.getCost())
    for (exec::EstimateAttr estimate : cost->getEstimates())
      if (estimate.getTokens() == int64_t(variant.getMaxTokens())) {
        entry["context"] = estimate.getContextLength();
        entry["predicted_microseconds"] = estimate.getMicroseconds().convertToDouble();
        entry["bytes_read"] = estimate.getRead();
        entry["bytes_written"] = estimate.getWritten();
        break;
      }
  return entry;
}

std::string moec::makeReport(ModuleOp module, const std::vector<CodeObject> &codeObjects) {
  Json report = {{"kernels", Json::array()}, {"functions", Json::array()}};
  for (const CodeObject &object : codeObjects)
    for (const CodeObject::Kernel &kernel : object.kernels) {
      Json entry = {
          {"name", kernel.name}, {"file", object.file}, {"scratch_bytes", kernel.scratchBytes}};
      for (const auto &[name, value] : kernel.metrics)
        entry[name] = value;
      report["kernels"].push_back(std::move(entry));
    }
  exec::PlanOp plan = exec::getPlan(module);
  for (auto function : plan.getBody().getOps<exec::FuncOp>()) {
    Json variants = Json::array();
    for (auto variant : function.getBody().getOps<exec::VariantOp>()) {
      Json launches = Json::array();
      for (auto launch : variant.getBody().getOps<exec::LaunchOp>())
        launches.push_back(describeLaunch(plan, variant, launch));
      variants.push_back({{"max_tokens", variant.getMaxTokens()},
                          {"arena_bytes", variant.getArenaBytes().value_or(0)},
                          {"launches", std::move(launches)}});
    }
    report["functions"].push_back(
        {{"name", function.getSymName().str()}, {"variants", std::move(variants)}});
  }
  return report.dump(1) + "\n";
}

std::string moec::describeSchedules(ModuleOp module) {
  exec::PlanOp plan = exec::getPlan(module);
  llvm::StringMap<unsigned> launches;
  plan.walk([&](exec::LaunchOp launch) { ++launches[launch.getKernel()]; });
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "kernel            launches  source     schedule\n";
  for (auto kernel : plan.getBody().getOps<tile::KernelOp>()) {
    tile::ScheduleAttr schedule = kernel.getScheduleAttr();
    os << llvm::left_justify(kernel.getSymName(), 16) << "  "
       << llvm::right_justify(std::to_string(launches.lookup(kernel.getSymName())), 8) << "  "
       << llvm::left_justify(schedule ? schedule.getSource() : "default", 9) << "  ";
    if (schedule)
      os << schedule;
    os << "\n";
  }
  return text;
}

size_t moec::countMeasuredSchedules(ModuleOp module) {
  exec::PlanOp plan = exec::getPlan(module);
  size_t count = 0;
  plan.walk([&](exec::LaunchOp launch) {
    tile::ScheduleAttr schedule = scheduleOf(plan, launch);
    count += schedule && schedule.getSource() == "measured";
  });
  return count;
}

std::vector<std::string> moec::findDefaultSchedules(ModuleOp module) {
  exec::PlanOp plan = exec::getPlan(module);
  std::vector<std::string> labels;
  plan.walk([&](exec::LaunchOp launch) {
    tile::ScheduleAttr schedule = scheduleOf(plan, launch);
    if (!schedule || schedule.getSource() == "default")
      labels.push_back(launch.getLabel().str());
  });
  return labels;
}

/// Where a copied file comes from: the first of the folders that has it; empty if none has.
static std::filesystem::path findCopied(const std::vector<std::string> &checkpoints,
                                        const char *name) {
  std::error_code failure;
  for (const std::string &folder : checkpoints)
    if (std::filesystem::exists(std::filesystem::path(folder) / name, failure))
      return std::filesystem::path(folder) / name;
  return {};
}

Error moec::checkCopiedFiles(const std::vector<std::string> &checkpoints) {
  for (const char *name : copiedFiles)
    if (std::filesystem::path source = findCopied(checkpoints, name); !source.empty())
      if (Expected<MappedFile> file = MappedFile::open(source.string()); !file)
        return file.takeError();
  return Error::success();
}

/// Copies the checkpoint's files that belong to a served model.
static Error copyCheckpointFiles(const std::vector<std::string> &checkpoints,
                                 const DirectoryWriter &folder) {
  for (const char *name : copiedFiles) {
    std::filesystem::path source = findCopied(checkpoints, name);
    if (source.empty())
      continue;
    std::error_code failure;
    std::filesystem::copy_file(source, std::filesystem::path(folder.path()) / name, failure);
    if (failure)
      return Error::make("'", source.string(), "' cannot be copied: ", failure.message());
  }
  return Error::success();
}

/// Packs the weights, or links those of another artifact and copies their hash.
static Error addWeights(const ArtifactContents &contents, const std::string &folder,
                        Checksums &sums) {
  std::string path = folder + "/" + weightFile;
  if (contents.weightsOf.empty()) {
    Expected<std::string> hash =
        packWeights(contents.module, path, *contents.weights, contents.progress);
    if (!hash)
      return hash.takeError();
    sums.addHash(weightFile, std::move(*hash));
    return Error::success();
  }
  std::string other = contents.weightsOf + "/" + weightFile;
  std::error_code failure;
  std::filesystem::create_hard_link(other, path, failure);
  if (failure)
    return Error::make("'", other, "' cannot be linked: ", failure.message());
  Expected<std::string> text = readFile(contents.weightsOf + "/" + Checksums::fileName);
  if (!text)
    return text.takeError();
  Expected<Checksums> known = Checksums::parse(*text);
  if (!known)
    return known.takeError();
  sums.addFrom(*known, weightFile);
  return Error::success();
}

/// Hashes every file that was written, but those that `sums` has.
static Error writeChecksums(DirectoryWriter &folder, Checksums sums) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder.path()))
    if (entry.is_regular_file())
      names.push_back(std::filesystem::relative(entry.path(), folder.path()).generic_string());
  llvm::sort(names);
  for (const std::string &name : names)
    if (!sums.entries().count(name))
      if (Error error = sums.addFile(folder.path(), name))
        return error;
  return folder.writeFile(Checksums::fileName, sums.text());
}

Error moec::writeArtifact(const std::string &path, const ArtifactContents &contents) {
  Expected<DirectoryWriter> folder = DirectoryWriter::create(path, planFile);
  if (!folder)
    return folder.takeError();
  for (const CodeObject &object : contents.codeObjects)
    if (Error error = folder->writeFile("kernels/" + object.file, object.bytes))
      return error;

  addCodeObjects(contents.module, contents.codeObjects);
  if (contents.weights)
    exec::getPlan(contents.module).setWeightFile(weightFile);
  Expected<std::string> plan = translateToPlan(contents.module);
  if (!plan)
    return plan.takeError();
  if (Error error = contents.checkPlan ? contents.checkPlan(*plan) : Error::success())
    return Error::make("the plan of '", path, "' could not be loaded: ", error.message());
  Checksums sums;
  if (contents.weights)
    if (Error error = addWeights(contents, folder->path(), sums))
      return error;
  for (auto [name, text] : {std::pair<const char *, const std::string &>{planFile, *plan},
                            {"model.mlir", contents.modelText}})
    if (Error error = folder->writeFile(name, text))
      return error;
  if (Error error =
          folder->writeFile("report.json", makeReport(contents.module, contents.codeObjects)))
    return error;
  if (Error error = copyCheckpointFiles(contents.checkpoints, *folder))
    return error;
  if (Error error = writeChecksums(*folder, std::move(sums)))
    return error;
  return folder->commit();
}
