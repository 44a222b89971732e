//===- Metrics.cpp - What a server counts -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/server/Metrics.h"

#include <algorithm>
#include <charconv>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

// Bounds as vLLM has them.
static constexpr double firstTokenBounds[] = {.001, .005, .01, .02, .04, .06, .08, .1, .25, .5,
                                              .75,  1,    2.5, 5,   7.5, 10,  15,  20, 25,  30};
static constexpr double interTokenBounds[] = {.01, .025, .05, .075, .1,  .15, .2, .3, .4, .5,
                                              .75, 1,    2.5, 5,    7.5, 10,  20, 40, 80};
static constexpr double requestBounds[] = {.3, .5, .8, 1,  1.5, 2,   2.5, 5,   10,   15,  20,
                                           30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680};
static constexpr double stepBounds[] = {1,   8,    16,   32,   64,   128,  256,
                                        512, 1024, 2048, 4096, 8192, 16384};

static constexpr double chatBounds[] = {.0001, .0002, .0005, .001, .002, .005, .01,
                                        .02,   .05,   .1,    .2,   .5,   1};

Histogram::Histogram(std::span<const double> bounds)
    : bounds(bounds.begin(), bounds.end()), counts(bounds.size() + 1) {}

void Histogram::add(double value, uint64_t times) {
  size_t bucket = std::ranges::lower_bound(bounds, value) - bounds.begin();
  counts[bucket] += times;
  sum += value * static_cast<double>(times);
}

/// A number as Prometheus' own clients write it: exactly, and never as an integer.
static std::string exact(double value) {
  char text[32];
  std::string out(text, std::to_chars(text, text + sizeof(text), value).ptr);
  return out.find_first_of(".en") == out.npos ? out + ".0" : out;
}

static void begin(std::string &out, const std::string &name, const char *type,
                  const std::string &help) {
  out += strCat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

void Histogram::write(std::string &out, const std::string &name, const std::string &help,
                      const std::string &labels) const {
  begin(out, name, "histogram", help);
  uint64_t total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    std::string bound = i < bounds.size() ? exact(bounds[i]) : "+Inf";
    out += strCat(name, "_bucket{", labels, ",le=\"", bound, "\"} ", total, "\n");
  }
  out += strCat(name, "_sum{", labels, "} ", exact(sum), "\n");
  out += strCat(name, "_count{", labels, "} ", total, "\n");
}

Metrics::Metrics()
    : firstToken(firstTokenBounds), interToken(interTokenBounds), endToEnd(requestBounds),
      queue(requestBounds), prefill(requestBounds), decode(requestBounds), stepTokens(stepBounds),
      chat(chatBounds) {}

void Metrics::addStep(const runtime::StepReport &step) {
  std::lock_guard lock(mutex);
  stepTokens.add(static_cast<double>(step.tokens));
}

void Metrics::addTokens(double seconds, uint64_t tokens) {
  std::lock_guard lock(mutex);
  interToken.add(seconds / static_cast<double>(tokens), tokens);
}

void Metrics::addChat(double seconds) {
  std::lock_guard lock(mutex);
  chat.add(seconds);
}

void Metrics::addEnd(FinishReason reason, const runtime::RequestTimes &times) {
  std::lock_guard lock(mutex);
  ++ended[static_cast<size_t>(reason)];
  // A stage that was not reached has no length.
  auto add = [](Histogram &histogram, auto from, auto to) {
    if (from != runtime::RequestTimes::Time() && to >= from)
      histogram.add(std::chrono::duration<double>(to - from).count());
  };
  add(queue, times.submitted, times.admitted);
  add(firstToken, times.submitted, times.firstToken);
  add(prefill, times.admitted, times.firstToken);
  add(decode, times.firstToken, times.ended);
  add(endToEnd, times.submitted, times.ended);
}

/// A label's value, as Prometheus quotes it.
static std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + "\"";
}

/// The share of the memory for states that is in use: the fuller of pages and slots.
static double usage(const runtime::EngineStats &stats) {
  auto share = [](uint32_t all, uint32_t free) {
    return all ? 1 - static_cast<double>(free) / all : 0;
  };
  return std::max(share(stats.pages, stats.freePages), share(stats.slots, stats.freeSlots));
}

std::string Metrics::write(const std::string &model, const runtime::EngineStats &stats) const {
  std::lock_guard lock(mutex);
  std::string out, labels = "model_name=" + quoted(model);
  auto simple = [&](const char *name, const char *type, const char *help, auto value) {
    begin(out, name, type, help);
    out += strCat(name, "{", labels, "} ", value, "\n");
  };
  simple("vllm:num_requests_running", "gauge", "Choices in execution.", stats.running);
  simple("vllm:num_requests_waiting", "gauge", "Choices that wait.", stats.waiting);
  simple("vllm:kv_cache_usage_perc", "gauge", "Memory for states in use; 1 is all.",
         exact(usage(stats)));
  simple("vllm:prompt_tokens_total", "counter", "Tokens of prompts computed.", stats.promptTokens);
  simple("vllm:generation_tokens_total", "counter", "Tokens generated.", stats.generatedTokens);
  simple("vllm:prefix_cache_queries_total", "counter",
         "Tokens of prompts that the prefix cache was asked for.",
         stats.promptTokens + stats.cachedTokens);
  simple("vllm:prefix_cache_hits_total", "counter", "Tokens of prompts that it had.",
         stats.cachedTokens);
  simple("moec:prefix_cache_evictions_total", "counter", "Pages that the prefix cache gave up.",
         stats.cacheEvictions);
  simple("moec:prefix_cache_bytes", "gauge", "Memory that only the prefix cache holds.",
         stats.cacheBytes);
  simple("moec:prefix_cache_snapshot_evictions_total", "counter",
         "Snapshots of states that the prefix cache gave up.", stats.snapshotEvictions);
  simple("moec:prefix_cache_snapshots", "gauge", "Snapshots of states that it keeps.",
         stats.snapshots);
  simple("moec:prefix_cache_snapshot_bytes", "gauge",
         "Their memory, a part of moec:prefix_cache_bytes.", stats.snapshotBytes);
  simple("vllm:num_preemptions_total", "counter", "Times a choice gave back its memory.",
         stats.preemptions);
  const runtime::DraftStats &drafts = stats.drafts;
  simple("vllm:spec_decode_num_drafts_total", "counter", "Times drafts of a choice were checked.",
         drafts.drafts);
  simple("vllm:spec_decode_num_draft_tokens_total", "counter", "Tokens of these drafts.",
         drafts.tokens);
  simple("vllm:spec_decode_num_accepted_tokens_total", "counter", "Those of them that followed.",
         drafts.accepted);
  if (drafts.most != 0)
    begin(out, "vllm:spec_decode_num_accepted_tokens_per_pos_total", "counter",
          "The same by their place in the draft.");
  for (size_t i = 0; i < drafts.most; ++i)
    out += strCat("vllm:spec_decode_num_accepted_tokens_per_pos_total{", labels, ",position=\"", i,
                  "\"} ", drafts.acceptedAt[i], "\n");
  begin(out, "vllm:request_success_total", "counter", "Choices that ended, by reason.");
  auto count = [&](FinishReason reason) { return ended[static_cast<size_t>(reason)]; };
  const std::pair<const char *, uint64_t> reasons[] = {
      {"stop", count(FinishReason::Stop)},
      {"length", count(FinishReason::Length) + count(FinishReason::Full)},
      {"abort", count(FinishReason::Abort)},
      {"error", count(FinishReason::Error)}};
  for (const auto &[reason, number] : reasons)
    out += strCat("vllm:request_success_total{", labels, ",finished_reason=\"", reason, "\"} ",
                  number, "\n");
  firstToken.write(out, "vllm:time_to_first_token_seconds", "From arrival to the first token.",
                   labels);
  interToken.write(out, "vllm:inter_token_latency_seconds", "Between two tokens of a choice.",
                   labels);
  endToEnd.write(out, "vllm:e2e_request_latency_seconds", "From arrival to the end.", labels);
  queue.write(out, "vllm:request_queue_time_seconds", "From arrival to the first step.", labels);
  prefill.write(out, "vllm:request_prefill_time_seconds", "From the first step to the first token.",
                labels);
  decode.write(out, "vllm:request_decode_time_seconds", "From the first token to the end.", labels);
  stepTokens.write(out, "vllm:iteration_tokens_total", "Tokens of a step.", labels);
  chat.write(out, "moec:chat_text_seconds",
             "In the chat template and in reading the answers, by request.", labels);
  return out;
}
