//===- BenchServe.cpp - The command bench-serve -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A workload against a server, or against an engine in this process: the difference is what HTTP
// costs.
//
//===----------------------------------------------------------------------===//

#include "../ModelOptions.h"
#include "moec/Support/File.h"
#include "moec/runtime/loadgen/LoadReport.h"

#include <cstdio>

using namespace moec;
using namespace moec::runtime;

namespace {
struct BenchServeOptions {
  EvalArguments model; ///< or the URL
  std::string workload = "chat", servedModel, apiKey, json;
  std::vector<double> rates;
  std::vector<uint32_t> clients;
  uint32_t requests = 0;
};
} // namespace

static Expected<ServeWorkload> chooseWorkload(const BenchServeOptions &options) {
  Expected<ServeWorkload> work = ServeWorkload::load(options.workload);
  if (!work)
    return work;
  if (!options.rates.empty() || !options.clients.empty()) {
    work->rates = options.rates;
    work->clients = options.clients;
  }
  if (options.requests)
    work->requests = options.requests;
  if (work->trace.empty())
    return work;
  if (!options.rates.empty())
    return Error::make("--rate is none for a trace, whose calls wait for answers; say --clients");
  work->requests = std::min(work->requests, static_cast<uint32_t>(work->trace.size()));
  return work;
}

/// Does all runs of a workload, printing each.
static Error runAll(LoadTarget &target, const ServeWorkload &work, const std::string &path) {
  if (!work.trace.empty() && !target.givesIds())
    return Error::make("a trace is played with an engine in this process: ", target.description(),
                       " does not give the ids of its answers, with which later prompts begin");
  if (Error error = warmUp(target, work))
    return error;
  std::vector<std::pair<double, uint32_t>> runs;
  for (double rate : work.rates)
    runs.emplace_back(rate, 0);
  for (uint32_t clients : work.clients)
    runs.emplace_back(0, clients);
  nlohmann::ordered_json report = nlohmann::ordered_json::array();
  size_t failed = 0;
  std::string problem;
  for (auto [rate, clients] : runs) {
    std::string load = clients ? strCat(clients, " clients") : strCat(rate, " requests/s");
    std::printf("\n%s of %s: %u requests, %s\n", work.name.c_str(), target.description().c_str(),
                work.requests, load.c_str());
    std::fflush(stdout);
    LoadRun run = runLoad(target, work, rate, clients);
    LoadReport result(run);
    std::printf("%sThe server had %llu of the input tokens in its prefix cache.\n"
                "This process took %.2f s of CPU.\n",
                result.format().c_str(), static_cast<unsigned long long>(result.cachedTokens),
                run.ownCpuSeconds);
    report.push_back(result.toJson(run));
    failed += result.failed;
    for (const Measurement &request : run.requests)
      if (!request.success && problem.empty())
        problem = request.problem;
  }
  if (!path.empty())
    if (Error error = writeFileAtomic(path, report.dump(2) + "\n"))
      return error;
  return failed ? Error::make(failed, " requests failed, the first with: ", problem)
                : Error::success();
}

static Error benchServe(const BenchServeOptions &options) {
  Expected<ServeWorkload> work = chooseWorkload(options);
  if (!work)
    return work.takeError();
  if (options.model.model.find("://") != std::string::npos) {
    auto target = openHttpTarget(options.model.model, options.servedModel, options.apiKey);
    if (!target)
      return target.takeError();
    return runAll(**target, *work, options.json);
  }
  Expected<std::unique_ptr<Engine>> engine = openEngine(options.model);
  if (!engine)
    return engine.takeError();
  (*engine)->settle();
  auto vocab = static_cast<int32_t>((*engine)->artifact().plan().vocab());
  if (work->endId > vocab)
    return Error::make("workload '", work->name, "' has ids up to ", work->endId - 1,
                       " but the vocabulary has ", vocab, " tokens; set end_id in a file");
  EngineService service(std::move(*engine));
  Generator generator(service, std::nullopt);
  return runAll(*makeLocalTarget(generator), *work, options.json);
}

void runtime::addBenchServeCommand(CommandLine &line) {
  auto options = std::make_shared<BenchServeOptions>();
  CLI::App &command =
      line.add("bench-serve", "Measure a server, or a model without one, under load",
               [options] { return benchServe(*options); });
  addModelOptions(command, options->model);
  addStepOptions(command, options->model);
  command.get_option("model")
      ->description(
          "http://HOST:PORT of a server with /v1/completions, or the folder of a compiled "
          "model, which then runs in this process")
      ->type_name("TARGET");
  command
      .add_option("--workload", options->workload,
                  "What to send: " + ServeWorkload::names() +
                      ", or a JSON file with any of "
                      "input_tokens, output_tokens, range_ratio, shared_input, prefixes, requests, "
                      "rates, clients, first_id, end_id, seed, or with clients and trace, the "
                      "calls of conversations, as benchmarks/runtime/agent_trace.py writes them")
      ->capture_default_str();
  command
      .add_option("--rate", options->rates,
                  "Requests a second with Poisson arrivals, several: 0.5,1; in place of the "
                  "workload's runs")
      ->check(CLI::Range(1e-6, 1e6))
      ->delimiter(',');
  command
      .add_option("--clients", options->clients,
                  "Clients that send a request when they have the answer of the last, several: "
                  "8,32; in place of the workload's runs")
      ->check(CLI::Range(1, 10000))
      ->delimiter(',');
  command.add_option("--requests", options->requests,
                     "Requests of each run; 0 takes the workload's");
  command.add_option("--served-model", options->servedModel,
                     "The model's name at the server; by default the first that it has");
  command.add_option("--api-key", options->apiKey, "Sent as a bearer token")
      ->envname("MOEC_API_KEY");
  command.add_option("--json", options->json,
                     "Write the numbers of all runs to this file, which "
                     "benchmarks/runtime/plot_load.py plots");
}
