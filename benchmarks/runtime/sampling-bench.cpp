//===- sampling-bench.cpp - Time to sample one token ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Samples from rows of a vocabulary of 151,936 tokens on one thread, as a server does after each
// step. Times differ with what the filters leave, so there are rows of several kinds.
//
//   sampling-bench --benchmark_repetitions=9 --benchmark_report_aggregates_only
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Sampling.h"

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

using namespace moec;
using namespace moec::runtime;

static constexpr uint32_t vocab = 151936;
static constexpr size_t historyTokens = 2000;

namespace {
/// What rows look like: standard deviations of the logits, and how far the likeliest tokens are
/// above them.
struct RowKind {
  const char *name;
  float deviation, lead;
};
} // namespace

// Of a language model: most of the probability is a few tokens'. Then rows that no model gives:
// the probability is spread over thousands of tokens, over tens of thousands, and over all.
static constexpr RowKind kinds[] = {
    {"peaked", 2.5f, 12}, {"spread", 2.5f, 0}, {"normal", 1, 0}, {"flat", 0.1f, 0}};

static std::vector<float> makeRow(const RowKind &kind) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0, kind.deviation);
  std::vector<float> logits(vocab);
  for (float &logit : logits)
    logit = normal(generator);
  for (int i = 0; i < 20; ++i)
    logits[generator() % vocab] += kind.lead;
  return logits;
}

static std::vector<int32_t> makeHistory() {
  std::mt19937 generator(2);
  std::vector<int32_t> tokens(historyTokens);
  for (int32_t &token : tokens)
    token = static_cast<int32_t>(generator() % vocab);
  return tokens;
}

static void sample(benchmark::State &state, const RowKind &kind, const SamplingParams &params) {
  std::vector<float> logits = makeRow(kind);
  std::vector<int32_t> tokens = makeHistory();
  SamplingParams own = params;
  for (auto _ : state) {
    ++own.seed;
    Expected<SampledToken> token = sampleToken(logits, {tokens, historyTokens / 2}, own);
    if (!token) {
      std::fprintf(stderr, "%s\n", token.takeError().message().c_str());
      std::exit(1);
    }
    benchmark::DoNotOptimize(token->token);
  }
}

static SamplingParams make(void (*change)(SamplingParams &)) {
  SamplingParams params;
  params.temperature = 0.7f;
  change(params);
  return params;
}

int main(int argc, char **argv) {
  const std::pair<const char *, SamplingParams> cases[] = {
      {"greedy", make([](SamplingParams &p) { p.temperature = 0; })},
      {"all", make([](SamplingParams &) {})},
      {"top-k 50", make([](SamplingParams &p) { p.topK = 50; })},
      {"top-k 50, top-p 0.9", make([](SamplingParams &p) { p.topK = 50, p.topP = 0.9f; })},
      {"top-k 5000", make([](SamplingParams &p) { p.topK = 5000; })},
      {"top-p 0.9", make([](SamplingParams &p) { p.topP = 0.9f; })},
      {"min-p 0.05", make([](SamplingParams &p) { p.minP = 0.05f; })},
      {"top-p 0.9, min-p 0.05", make([](SamplingParams &p) { p.topP = 0.9f, p.minP = 0.05f; })},
      {"penalties, top-p 0.9", make([](SamplingParams &p) {
         p.repetitionPenalty = 1.1f, p.frequencyPenalty = p.presencePenalty = 0.1f, p.topP = 0.9f;
       })},
      {"logprobs 20, top-p 0.9", make([](SamplingParams &p) { p.logprobs = 20, p.topP = 0.9f; })},
  };
  for (const RowKind &kind : kinds)
    for (const auto &[name, params] : cases)
      benchmark::RegisterBenchmark(
          (std::string(kind.name) + "/" + name).c_str(),
          [&kind, &params](benchmark::State &state) { sample(state, kind, params); })
          ->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
