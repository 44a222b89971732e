//===- LoadReport.cpp - What a run under load came to -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Labels take 40 columns, numbers 10.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/LoadReport.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

using namespace moec;
using namespace moec::runtime;

LatencySummary LatencySummary::of(std::vector<double> seconds) {
  LatencySummary summary;
  if (seconds.empty())
    return summary;
  std::sort(seconds.begin(), seconds.end());
  auto percentile = [&](double share) {
    double place = share * double(seconds.size() - 1);
    auto low = static_cast<size_t>(place);
    size_t high = std::min(low + 1, seconds.size() - 1);
    return 1000 * (seconds[low] + (place - double(low)) * (seconds[high] - seconds[low]));
  };
  summary.mean =
      1000 * std::accumulate(seconds.begin(), seconds.end(), 0.0) / double(seconds.size());
  summary.median = percentile(0.5);
  summary.p95 = percentile(0.95);
  summary.p99 = percentile(0.99);
  summary.most = 1000 * seconds.back();
  return summary;
}

LoadReport::LoadReport(const LoadRun &run) : seconds(run.seconds) {
  std::vector<double> latencies, firsts, tokens, all;
  for (const Measurement &request : run.requests) {
    if (!request.success) {
      ++failed;
      continue;
    }
    ++successful;
    inputTokens += request.inputTokens;
    cachedTokens += request.cachedTokens;
    outputTokens += request.outputTokens;
    latencies.push_back(request.latency);
    firsts.push_back(request.firstToken);
    if (request.outputTokens > 1)
      tokens.push_back((request.latency - request.firstToken) / (request.outputTokens - 1));
    all.insert(all.end(), request.gaps.begin(), request.gaps.end());
  }
  concurrency = std::accumulate(latencies.begin(), latencies.end(), 0.0) / seconds;
  latency = LatencySummary::of(std::move(latencies));
  firstToken = LatencySummary::of(std::move(firsts));
  perToken = LatencySummary::of(std::move(tokens));
  gaps = LatencySummary::of(std::move(all));
}

std::string LoadReport::format() const {
  std::string text;
  auto heading = [&](const std::string &title, char fill) {
    size_t before = (50 - title.size()) / 2, after = 50 - title.size() - before;
    text += std::string(before, fill) + title + std::string(after, fill) + "\n";
  };
  auto line = [&](const char *label, double value, bool whole = false) {
    char buffer[96];
    std::snprintf(buffer, sizeof buffer, "%-40s %-10.*f\n", label, whole ? 0 : 2, value);
    text += buffer;
  };
  heading(" Serving Benchmark Result ", '=');
  line("Successful requests:", double(successful), true);
  line("Benchmark duration (s):", seconds);
  line("Total input tokens:", double(inputTokens), true);
  line("Total generated tokens:", double(outputTokens), true);
  line("Request throughput (req/s):", double(successful) / seconds);
  line("Input token throughput (tok/s):", double(inputTokens) / seconds);
  line("Output token throughput (tok/s):", double(outputTokens) / seconds);
  line("Total token throughput (tok/s):", double(inputTokens + outputTokens) / seconds);
  line("Concurrency:", concurrency);
  auto times = [&](const char *title, const char *what, const LatencySummary &summary,
                   bool hasTail = false) {
    auto one = [&](const char *which, double value) {
      line(strCat(which, " ", what, " (ms):").c_str(), value);
    };
    heading(title, '-');
    one("Mean", summary.mean);
    one("Median", summary.median);
    if (hasTail)
      one("P95", summary.p95);
    one("P99", summary.p99);
    if (hasTail)
      one("Max", summary.most);
  };
  times("End-to-End Latency", "E2E Latency", latency);
  times("Time to First Token", "TTFT", firstToken);
  times("Time per Output Token (excl. 1st token)", "TPOT", perToken);
  times("Inter-Token Latency", "ITL", gaps, /*hasTail=*/true);
  return text + std::string(50, '=') + "\n";
}

nlohmann::ordered_json LoadReport::toJson(const LoadRun &run) const {
  auto times = [](const LatencySummary &summary) {
    return nlohmann::ordered_json{{"mean", summary.mean},
                                  {"median", summary.median},
                                  {"p95", summary.p95},
                                  {"p99", summary.p99},
                                  {"max", summary.most}};
  };
  nlohmann::ordered_json report;
  if (run.clients)
    report["clients"] = run.clients;
  else
    report["request_rate"] = run.rate;
  report["duration"] = seconds;
  report["completed"] = successful;
  report["failed"] = failed;
  report["total_input_tokens"] = inputTokens;
  report["total_cached_tokens"] = cachedTokens;
  report["total_output_tokens"] = outputTokens;
  report["request_throughput"] = double(successful) / seconds;
  report["input_throughput"] = double(inputTokens) / seconds;
  report["output_throughput"] = double(outputTokens) / seconds;
  report["concurrency"] = concurrency;
  report["e2e_latency_ms"] = times(latency);
  report["ttft_ms"] = times(firstToken);
  report["tpot_ms"] = times(perToken);
  report["itl_ms"] = times(gaps);
  report["own_cpu_seconds"] = run.ownCpuSeconds;
  return report;
}
