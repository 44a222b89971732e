//===- LoadReportTest.cpp - What a run under load came to -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The closing block, byte by byte, of a run that was made up.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/LoadReport.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;

TEST(LoadReport, PercentilesLieBetweenTheValuesBesideThem) {
  LatencySummary summary = LatencySummary::of({0.004, 0.001, 0.002, 0.003});
  EXPECT_DOUBLE_EQ(summary.mean, 2.5);
  EXPECT_DOUBLE_EQ(summary.median, 2.5);
  EXPECT_DOUBLE_EQ(summary.p95, 3.85);
  EXPECT_DOUBLE_EQ(summary.most, 4);
  EXPECT_EQ(LatencySummary::of({}).p99, 0);
}

TEST(LoadReport, TheClosingBlock) {
  LoadRun run;
  run.clients = 2;
  run.seconds = 4;
  run.requests = {{true, "", 100, 64, 5, 2.0, 0.4, {0.3, 0.4, 0.5, 0.4}},
                  {true, "", 50, 32, 1, 1.0, 1.0, {}},
                  {false, "gone", 70, 0, 0, 9.0, 0.0, {}}};
  LoadReport report(run);
  EXPECT_EQ(report.format(), R"(============ Serving Benchmark Result ============
Successful requests:                     2         
Benchmark duration (s):                  4.00      
Total input tokens:                      150       
Total generated tokens:                  6         
Request throughput (req/s):              0.50      
Input token throughput (tok/s):          37.50     
Output token throughput (tok/s):         1.50      
Total token throughput (tok/s):          39.00     
Concurrency:                             0.75      
----------------End-to-End Latency----------------
Mean E2E Latency (ms):                   1500.00   
Median E2E Latency (ms):                 1500.00   
P99 E2E Latency (ms):                    1990.00   
---------------Time to First Token----------------
Mean TTFT (ms):                          700.00    
Median TTFT (ms):                        700.00    
P99 TTFT (ms):                           994.00    
-----Time per Output Token (excl. 1st token)------
Mean TPOT (ms):                          400.00    
Median TPOT (ms):                        400.00    
P99 TPOT (ms):                           400.00    
---------------Inter-Token Latency----------------
Mean ITL (ms):                           400.00    
Median ITL (ms):                         400.00    
P95 ITL (ms):                            485.00    
P99 ITL (ms):                            497.00    
Max ITL (ms):                            500.00    
==================================================
)");
  nlohmann::ordered_json json = report.toJson(run);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["total_cached_tokens"], 96);
  EXPECT_EQ(json["clients"], 2);
  EXPECT_FALSE(json.contains("request_rate"));
}
