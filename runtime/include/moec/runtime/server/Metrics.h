//===- Metrics.h - What a server counts -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Metrics in Prometheus' text format, under the names that vLLM gave them, so that its dashboards
// show this server.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVER_METRICS_H
#define MOEC_RUNTIME_SERVER_METRICS_H

#include "moec/runtime/Engine.h"

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace moec::server {

/// Values by upper bounds.
class Histogram {
public:
  explicit Histogram(std::span<const double> bounds);
  void add(double value, uint64_t times = 1);
  /// Appends its lines.
  void write(std::string &out, const std::string &name, const std::string &help,
             const std::string &labels) const;

private:
  std::vector<double> bounds;
  std::vector<uint64_t> counts; ///< one more than bounds, not cumulated
  double sum = 0;
};

/// What a server measures. All members may be called from any thread.
class Metrics {
public:
  Metrics();

  /// A step of the engine.
  void addStep(const runtime::StepReport &step);
  /// `tokens` more of a choice, `seconds` after those before.
  void addTokens(double seconds, uint64_t tokens);
  /// A request for a chat's answer that spent `seconds` in the template and in reading what the
  /// model said.
  void addChat(double seconds);
  /// A choice that has ended.
  void addEnd(runtime::FinishReason reason, const runtime::RequestTimes &times);

  /// All of them.
  std::string write(const std::string &model, const runtime::EngineStats &stats) const;

private:
  mutable std::mutex mutex; ///< guards what follows
  Histogram firstToken, interToken, endToEnd, queue, prefill, decode, stepTokens, chat;
  /// By FinishReason.
  std::array<uint64_t, 6> ended{};
};

} // namespace moec::server

#endif // MOEC_RUNTIME_SERVER_METRICS_H
