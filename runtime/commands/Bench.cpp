//===- Bench.cpp - The command bench ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prefill is timed until every prompt has its first token, decoding from there on; the scheduler
// keeps the two apart. Of several repetitions the median counts.
//
//===----------------------------------------------------------------------===//

#include "ModelOptions.h"
#include "Profile.h"
#include "Table.h"
#include "moec/Support/File.h"

#include <algorithm>
#include <chrono>
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
};

/// Tokens a second.
struct Rates {
  double prefill = 0, decode = 0;
};
} // namespace

/// Runs `batch` requests once.
static Expected<Rates> measureOnce(Engine &engine, const BenchOptions &options, uint32_t batch) {
  using Clock = std::chrono::steady_clock;
  uint32_t vocab = engine.artifact().plan().vocab(), started = 0;
  Clock::time_point begin = Clock::now(), prefilled = begin;
  for (uint32_t b = 0; b < batch; ++b) {
    Request request;
    for (uint32_t i = 0; i < options.promptTokens; ++i) // any ids, the same each time
      request.prompt.push_back(static_cast<int32_t>((b * 7919ull + i * 104729ull) % vocab));
    request.maxTokens = options.generateTokens;
    request.ignoreEos = true;
    request.onToken = [&, first = true](const TokenEvent &event) mutable {
      if (std::exchange(first, false) && ++started == batch)
        prefilled = Clock::now();
    };
    Expected<RequestId> id = engine.submit(std::move(request));
    if (!id)
      return id.takeError();
  }
  if (Error error = engine.runUntilIdle())
    return error;
  auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  Rates rates;
  rates.prefill = double(batch) * options.promptTokens / seconds(prefilled - begin);
  if (options.generateTokens > 1)
    rates.decode = double(batch) * (options.generateTokens - 1) / seconds(Clock::now() - prefilled);
  return rates;
}

/// Processors that this process may run on.
static unsigned availableProcessors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? unsigned(CPU_COUNT(&set)) : 1;
}

/// Opens an engine for one row of the table and measures.
static Expected<Rates> measure(const BenchOptions &options, uint32_t batch, unsigned threads) {
  EvalArguments arguments = options.model;
  arguments.threads = threads;
  Expected<EngineOptions> engineOpts = engineOptions(arguments);
  if (!engineOpts)
    return engineOpts.takeError();
  engineOpts->prefillFirst = true;
  engineOpts->maxSequences = batch;
  Expected<std::unique_ptr<Engine>> engine = Engine::open(arguments.model, *engineOpts);
  if (!engine)
    return engine.takeError();
  uint32_t pageSize = (*engine)->artifact().plan().page_size();
  uint64_t length = uint64_t(options.promptTokens) + options.generateTokens - 1;
  uint32_t context = (*engine)->artifact().plan().max_context();
  if (length > context)
    return Error::make(options.promptTokens, " prompt and ", options.generateTokens,
                       " generated tokens are more than the context of ", context);
  uint64_t needed = (length + pageSize - 1) / pageSize * batch;
  if (needed > (*engine)->stats().pages)
    return Error::make(batch, " sequences of ", length, " tokens need ", needed,
                       " cache pages but there are ", (*engine)->stats().pages,
                       "; raise --kv-memory or ask for less");

  BenchOptions warmUp = options;
  warmUp.promptTokens = std::min(options.promptTokens, 16u);
  warmUp.generateTokens = std::min(options.generateTokens, 2u);
  Expected<Rates> first = measureOnce(**engine, warmUp, batch);
  if (!first)
    return first.takeError();
  (*engine)->settle();
  std::vector<double> prefill, decode;
  for (uint32_t i = 0; i < options.repetitions; ++i) {
    Expected<Rates> rates = measureOnce(**engine, options, batch);
    if (!rates)
      return rates.takeError();
    prefill.push_back(rates->prefill);
    decode.push_back(rates->decode);
  }
  if (options.profile) {
    // Apart from the measurement, since each launch waits for the one before.
    Profile profile;
    (*engine)->observe([&](const plan::Launch &launch, const StepBatch &step, double seconds) {
      profile.add(launch, step, seconds);
    });
    Expected<Rates> rates = measureOnce(**engine, options, batch);
    if (!rates)
      return rates.takeError();
    std::printf("batch %u, %u threads\n", batch, threads);
    profile.print();
  }
  std::sort(prefill.begin(), prefill.end());
  std::sort(decode.begin(), decode.end());
  return Rates{prefill[prefill.size() / 2], decode[decode.size() / 2]};
}

static Error bench(const BenchOptions &options) {
  if (options.promptTokens == 0 || options.generateTokens == 0 || options.repetitions == 0)
    return Error::make("--prompt-tokens, --generate-tokens and --repetitions must be at least 1");
  nlohmann::ordered_json report = nlohmann::ordered_json::array();
  Table table({">prompt", ">generate", ">batch", ">threads", ">prefill tok/s", ">decode tok/s"});
  for (unsigned asked : options.threads)
    for (uint32_t batch : options.batches) {
      if (batch == 0)
        return Error::make("--batch must be at least 1");
      unsigned threads = asked ? asked : availableProcessors();
      Expected<Rates> rates = measure(options, batch, threads);
      if (!rates)
        return rates.takeError();
      table.add({std::to_string(options.promptTokens), std::to_string(options.generateTokens),
                 std::to_string(batch), std::to_string(threads), formatFixed(rates->prefill, 1),
                 formatFixed(rates->decode, 1)});
      report.push_back({{"prompt_tokens", options.promptTokens},
                        {"generate_tokens", options.generateTokens},
                        {"batch", batch},
                        {"threads", threads},
                        {"prefill_tokens_per_second", rates->prefill},
                        {"decode_tokens_per_second", rates->decode}});
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
  command.add_flag("--profile", options->profile,
                   "Also print where the time goes, by op: GB/s and share of roofline are by the "
                   "cost model of the target");
  command.add_option("--json", options->json, "Write the rates to this file");
}
