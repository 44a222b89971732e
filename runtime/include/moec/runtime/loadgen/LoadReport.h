//===- LoadReport.h - What a run under load came to -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The statistics that sglang's bench_serving prints, in its words and columns, so that scripts
// which read those read these.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_LOADGEN_LOADREPORT_H
#define MOEC_RUNTIME_LOADGEN_LOADREPORT_H

#include "moec/runtime/loadgen/LoadGenerator.h"

#include <nlohmann/json.hpp>

namespace moec::runtime {

/// Mean, median and percentiles of some times, in milliseconds; 0 of none.
struct LatencySummary {
  double mean = 0, median = 0, p95 = 0, p99 = 0, most = 0;
  /// Percentiles are interpolated between the values beside them, as NumPy does.
  static LatencySummary of(std::vector<double> seconds);
};

/// The numbers of a run's requests that succeeded.
struct LoadReport {
  size_t successful = 0, failed = 0;
  double seconds = 0;
  uint64_t inputTokens = 0, cachedTokens = 0, outputTokens = 0;
  /// Requests in flight, on average.
  double concurrency = 0;
  /// From sending to the end; to the first token; between tokens, on average of a request and one
  /// by one.
  LatencySummary latency, firstToken, perToken, gaps;

  explicit LoadReport(const LoadRun &run);
  /// The closing block.
  std::string format() const;
  /// The same and how the run was made.
  nlohmann::ordered_json toJson(const LoadRun &run) const;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_LOADGEN_LOADREPORT_H
