//===- Workload.h - What a load generator sends -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lengths, shared beginnings and arrivals of requests, by name or from a file.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_LOADGEN_WORKLOAD_H
#define MOEC_RUNTIME_LOADGEN_WORKLOAD_H

#include "moec/Support/Error.h"
#include "moec/runtime/loadgen/Trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moec::runtime {

/// Requests of one kind, sent at several rates or by several numbers of clients.
struct ServeWorkload {
  std::string name;
  /// Tokens of a prompt and of its answer at most; a length is drawn evenly between `rangeRatio`
  /// times that and that.
  uint32_t inputTokens = 512, outputTokens = 128;
  double rangeRatio = 1;
  /// The share of each prompt that one of `prefixes` texts begins it with, which a prefix cache
  /// knows: each was sent once before.
  double sharedInput = 0;
  uint32_t prefixes = 1;
  /// Requests of each run.
  uint32_t requests = 64;
  /// Requests a second, each a run with Poisson arrivals.
  std::vector<double> rates;
  /// Clients that send the next request when they have the answer, each a run.
  std::vector<uint32_t> clients;
  /// Prompts are drawn from ids of this range, its end not included.
  int32_t firstId = 100, endId = 1000;
  uint64_t seed = 1;
  /// Calls to send in place of what is drawn; none without a trace.
  std::vector<TraceCall> trace;

  /// One of those that have a name, or the JSON object in a file. Fails, naming what is wrong.
  static Expected<ServeWorkload> load(const std::string &nameOrFile);
  /// The same of JSON text; `from` is its file, for errors.
  static Expected<ServeWorkload> parse(const std::string &text, const std::string &from);
  /// The names, for help: "chat, article, …".
  static std::string names();

  /// Prompt and answer of request `number`.
  struct Item {
    std::vector<int32_t> prompt;
    uint32_t outputTokens;
    uint32_t turnEnd = 0;
  };
  Item draw(uint32_t number) const;
  /// The beginnings that prompts share, in their longest form; none where they share nothing.
  std::vector<std::vector<int32_t>> sharedPrefixes() const;
  /// Seconds from the start of a run at which its requests arrive.
  std::vector<double> arrivals(double rate) const;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_LOADGEN_WORKLOAD_H
