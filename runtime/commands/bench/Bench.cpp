//===- Bench.cpp - The command bench ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prefill is timed until every prompt has its first token, decoding from there on; the scheduler
// keeps the two apart. Of several repetitions the median counts.
//
//===----------------------------------------------------------------------===//

#include "../ModelOptions.h"
#include "Drafts.h"
#include "Profile.h"
#include "moec/Support/File.h"
#include "moec/runtime/commands/Table.h"
#include "moec/runtime/commands/Workload.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sched.h>

using namespace moec;
using namespace moec::runtime;

namespace {
struct BenchOptions {
  EvalArguments model;
  uint32_t promptTokens = 512, generateTokens = 128, repetitions = 3;
  std::vector<uint32_t> batches = {1};
  std::vector<unsigned> threads = {0};
  std::string json;
  bool profile = false;
  std::optional<double> accept; ///< the chance of each draft, in place of the drafter's own
};

/// A row of the table.
struct Measured {
  Rates rates;
  std::optional<DraftRates> drafts;
};
} // namespace

/// Processors that this process may run on.
static unsigned availableProcessors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? unsigned(CPU_COUNT(&set)) : 1;
}

namespace {
/// The medians of some runs.
class MedianRates {
public:
  Error run(Engine &engine, const Workload &work) {
    Expected<Rates> rates = runOnce(engine, work);
    if (!rates)
      return rates.takeError();
    prefill.push_back(rates->prefill);
    decode.push_back(rates->decode);
    return Error::success();
  }
  Rates median() {
    std::sort(prefill.begin(), prefill.end());
    std::sort(decode.begin(), decode.end());
    return {prefill[prefill.size() / 2], decode[decode.size() / 2]};
  }

private:
  std::vector<double> prefill, decode;
};
} // namespace

/// With drafts and without, in turns: a machine's rates change in minutes.
static Expected<Measured> measureDrafts(Engine &engine, const Workload &work,
                                        const BenchOptions &options) {
  Speculation &speculation = *engine.speculation();
  if (options.accept)
    if (Error error = forceAcceptance(engine, work, *options.accept))
      return error;
  DraftStats before = speculation.stats();
  MedianRates plain, with;
  for (uint32_t i = 0; i < options.repetitions; ++i)
    for (bool hasDrafts : {false, true}) {
      speculation.draftAtMost(hasDrafts ? DraftOptions::limit : 0);
      if (Error error = (hasDrafts ? with : plain).run(engine, work))
        return error;
    }
  DraftStats stats = speculation.stats();
  stats.accepted -= before.accepted;
  uint64_t tokens = uint64_t(options.repetitions) * work.batch * (work.generateTokens - 1);
  Rates rates = with.median();
  return Measured{rates, compareDrafts(rates.decode, plain.median().decode, stats, tokens,
                                       options.model.drafts)};
}

/// Opens an engine for one row of the table and measures.
static Expected<Measured> measure(const BenchOptions &options, uint32_t batch, unsigned threads) {
  EvalArguments arguments = options.model;
  arguments.threads = threads;
  Workload work{options.promptTokens, options.generateTokens, batch};
  Expected<std::unique_ptr<Engine>> engine = openEngineFor(work, arguments);
  if (!engine)
    return engine.takeError();

  Workload warmUp = work;
  warmUp.promptTokens = std::min(work.promptTokens, 16u);
  warmUp.generateTokens = std::min(work.generateTokens, 2u);
  Expected<Rates> first = runOnce(**engine, warmUp);
  if (!first)
    return first.takeError();
  Measured measured;
  if ((*engine)->speculation()) {
    Expected<Measured> both = measureDrafts(**engine, work, options);
    if (!both)
      return both.takeError();
    measured = *both;
  } else {
    MedianRates rates;
    for (uint32_t i = 0; i < options.repetitions; ++i)
      if (Error error = rates.run(**engine, work))
        return error;
    measured.rates = rates.median();
  }
  if (options.profile) {
    // Apart from the measurement, since each launch waits for the one before.
    Profile profile;
    (*engine)->observe([&](const plan::Launch &launch, const StepBatch &step, double seconds) {
      profile.add(launch, step, seconds);
    });
    Expected<Rates> rates = runOnce(**engine, work);
    if (!rates)
      return rates.takeError();
    std::printf("batch %u, %u threads\n", batch, threads);
    profile.print();
  }
  return measured;
}

/// The columns of drafts, in the table and in the file.
static void addDrafts(const DraftRates &drafts, std::vector<std::string> &row,
                      nlohmann::ordered_json &entry) {
  row.push_back(formatFixed(drafts.plain, 1));
  row.push_back(formatFixed(drafts.tokensEach, 2));
  row.push_back(drafts.breakEven ? formatFixed(*drafts.breakEven, 2) : "-");
  row.push_back(drafts.breakEvenChance ? formatFixed(*drafts.breakEvenChance, 2)
                : drafts.breakEven     ? "none"
                                       : "-");
  entry["decode_tokens_per_second_without_drafts"] = drafts.plain;
  entry["tokens_per_step"] = drafts.tokensEach;
  if (drafts.breakEven)
    entry["break_even_tokens_per_step"] = *drafts.breakEven;
  if (drafts.breakEvenChance)
    entry["break_even_acceptance"] = *drafts.breakEvenChance;
}

static Error bench(const BenchOptions &options) {
  if (options.promptTokens == 0 || options.generateTokens == 0 || options.repetitions == 0)
    return Error::make("--prompt-tokens, --generate-tokens and --repetitions must be at least 1");
  bool hasDrafts = options.model.drafts.tokens != 0;
  if (options.accept && !hasDrafts)
    return Error::make("--accept is ", *options.accept, " but nothing is drafted; say --draft N");
  if (options.accept && !std::isfinite(*options.accept))
    return Error::make("--accept is ", *options.accept, "; it must be 0 to 1");
  if (hasDrafts && options.generateTokens < 2)
    return Error::make("--generate-tokens is 1, which is no decoding; --draft needs at least 2");
  nlohmann::ordered_json report = nlohmann::ordered_json::array();
  std::vector<std::string> columns = {">prompt",  ">generate",      ">batch",
                                      ">threads", ">prefill tok/s", ">decode tok/s"};
  if (hasDrafts)
    columns.insert(columns.end(), {">without drafts", ">tok/step", ">break-even", ">acceptance"});
  Table table(columns);
  for (unsigned asked : options.threads)
    for (uint32_t batch : options.batches) {
      if (batch == 0)
        return Error::make("--batch must be at least 1");
      unsigned threads = asked ? asked : availableProcessors();
      Expected<Measured> measured = measure(options, batch, threads);
      if (!measured)
        return measured.takeError();
      const Rates &rates = measured->rates;
      std::vector<std::string> row = {std::to_string(options.promptTokens),
                                      std::to_string(options.generateTokens),
                                      std::to_string(batch),
                                      std::to_string(threads),
                                      formatFixed(rates.prefill, 1),
                                      formatFixed(rates.decode, 1)};
      report.push_back({{"prompt_tokens", options.promptTokens},
                        {"generate_tokens", options.generateTokens},
                        {"batch", batch},
                        {"threads", threads},
                        {"prefill_tokens_per_second", rates.prefill},
                        {"decode_tokens_per_second", rates.decode}});
      if (measured->drafts)
        addDrafts(*measured->drafts, row, report.back());
      table.add(row);
    }
  table.print();
  if (options.json.empty())
    return Error::success();
  return writeFileAtomic(options.json, report.dump(2) + "\n");
}

void runtime::addBenchCommand(CommandLine &line) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App &command =
      line.add("bench", "Measure prefill and decode rates", [options] { return bench(*options); });
  addModelOptions(command, options->model);
  command.remove_option(command.get_option("--threads"));
  command.add_option("--threads", options->threads, "Worker threads, several: 1,2; 0 means all")
      ->delimiter(',');
  command.add_option("--prompt-tokens", options->promptTokens, "Tokens of each prompt")
      ->capture_default_str();
  command
      .add_option("--generate-tokens", options->generateTokens,
                  "Tokens to generate after each prompt")
      ->capture_default_str();
  command.add_option("--batch", options->batches, "Sequences together, several: 1,8")
      ->delimiter(',');
  command
      .add_option("--repetitions", options->repetitions, "How often to measure; the median counts")
      ->capture_default_str();
  addDraftOptions(command, options->model);
  command
      .add_option("--accept", options->accept,
                  "Draft what follows, each token with this chance behind those that do, and a "
                  "wrong one otherwise, in place of what the drafter gives: what follows is "
                  "generated before, and drafts are made and checked as ever")
      ->check(CLI::Range(0.0, 1.0));
  command.add_flag("--profile", options->profile,
                   "Also print where the time goes, by op: GB/s and share of roofline are by the "
                   "cost model of the target");
  command.add_option("--json", options->json, "Write the rates to this file");
}
