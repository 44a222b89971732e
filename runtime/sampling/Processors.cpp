//===- Processors.cpp - What changes logits before a choice -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Processors.h"

#include <bit>
#include <cmath>
#include <limits>
#include <string>

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::sampling;

static constexpr float infinity = std::numeric_limits<float>::infinity();

static Error failRange(std::string_view name, double value, std::string_view range) {
  return Error::make(name, " is ", value, ", it must be ", range);
}

static Error checkToken(std::string_view where, int64_t token, uint32_t vocab) {
  if (token >= 0 && token < vocab)
    return Error::success();
  return Error::make(where, " names token ", token, " but the vocabulary has ", vocab, " tokens");
}

/// Checks what changes logits.
static Error checkChanges(const SamplingParams &params, uint32_t vocab) {
  for (const LogitBias &entry : params.logitBias) {
    if (Error error = checkToken("the logit bias", entry.token, vocab))
      return error;
    if (!(entry.bias >= -100 && entry.bias <= 100))
      return failRange(strCat("the logit bias of token ", entry.token), entry.bias,
                       "between -100 and 100");
  }
  if (!(params.frequencyPenalty >= -2 && params.frequencyPenalty <= 2))
    return failRange("frequency penalty", params.frequencyPenalty, "between -2 and 2");
  if (!(params.presencePenalty >= -2 && params.presencePenalty <= 2))
    return failRange("presence penalty", params.presencePenalty, "between -2 and 2");
  for (int32_t token : params.notBeforeMinTokens)
    if (Error error = checkToken("the minimum of tokens", token, vocab))
      return error;
  for (size_t i = 0; i < params.processors.size(); ++i)
    if (!params.processors[i])
      return Error::make("logits processor ", i, " of ", params.processors.size(), " is null");
  return Error::success();
}

Error SamplingParams::check(uint32_t vocab) const {
  if (!(repetitionPenalty > 0) || std::isinf(repetitionPenalty))
    return failRange("repetition penalty", repetitionPenalty, "above 0");
  if (!(temperature >= 0) || std::isinf(temperature))
    return failRange("temperature", temperature, "at least 0");
  if (!(topP > 0 && topP <= 1))
    return failRange("top-p", topP, "above 0 and at most 1");
  if (!(minP >= 0 && minP <= 1))
    return failRange("min-p", minP, "between 0 and 1");
  if (logprobs && *logprobs > vocab)
    return Error::make("log probabilities of ", *logprobs, " tokens are asked for",
                       " but the vocabulary has ", vocab, " tokens");
  return checkChanges(*this, vocab);
}

/// Whether tokens are ruled out as too few were generated.
static bool isBelowMinimum(const SamplingParams &params, const TokenHistory &history) {
  return !params.notBeforeMinTokens.empty() && history.generated().size() < params.minTokens;
}

bool sampling::changesLogits(const SamplingParams &params, const TokenHistory &history) {
  return !params.logitBias.empty() || params.repetitionPenalty != 1 ||
         params.frequencyPenalty != 0 || params.presencePenalty != 0 ||
         isBelowMinimum(params, history) || !params.processors.empty();
}

/// Histories may hold ids that no row of logits has, such as -1.
static bool isWithin(std::span<const float> logits, int32_t token) {
  return token >= 0 && static_cast<size_t>(token) < logits.size();
}

static void penaliseRepetition(std::span<float> logits, std::span<const int32_t> tokens,
                               float penalty) {
  std::vector<bool> isSeen(logits.size());
  for (int32_t token : tokens) {
    if (!isWithin(logits, token) || isSeen[token])
      continue;
    isSeen[token] = true;
    float &logit = logits[token];
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

namespace {
/// Counts tokens in a table of twice their number: a counter for each id would be a second row.
class TokenCounts {
public:
  explicit TokenCounts(std::span<const int32_t> tokens)
      : slots(std::bit_ceil(2 * tokens.size() + 1)) {
    for (int32_t token : tokens) {
      Slot &slot = find(token);
      slot.token = token;
      ++slot.count;
    }
  }

  /// Calls `visit` with each different token and how often it comes.
  template <typename Visit> void forEach(Visit visit) const {
    for (const Slot &slot : slots)
      if (slot.count != 0)
        visit(slot.token, slot.count);
  }

private:
  struct Slot {
    int32_t token;
    uint32_t count;
  };

  Slot &find(int32_t token) {
    size_t i = static_cast<uint32_t>(token) * 0x9E3779B97F4A7C15 >> 32;
    while (slots[i &= slots.size() - 1].count != 0 && slots[i].token != token)
      ++i;
    return slots[i];
  }

  std::vector<Slot> slots;
};
} // namespace

static void penaliseGenerated(std::span<float> logits, std::span<const int32_t> generated,
                              float frequency, float presence) {
  TokenCounts(generated).forEach([&](int32_t token, uint32_t count) {
    if (isWithin(logits, token))
      logits[token] -= frequency * static_cast<float>(count) + presence;
  });
}

std::vector<float> sampling::process(std::span<const float> logits, const TokenHistory &history,
                                     const SamplingParams &params) {
  std::vector<float> changed(logits.begin(), logits.end());
  for (const LogitBias &entry : params.logitBias)
    if (isWithin(changed, entry.token))
      changed[entry.token] += entry.bias;
  if (params.repetitionPenalty != 1)
    penaliseRepetition(changed, history.tokens, params.repetitionPenalty);
  if (params.frequencyPenalty != 0 || params.presencePenalty != 0)
    penaliseGenerated(changed, history.generated(), params.frequencyPenalty,
                      params.presencePenalty);
  if (isBelowMinimum(params, history))
    for (int32_t token : params.notBeforeMinTokens)
      if (isWithin(changed, token))
        changed[token] = -infinity;
  for (const std::shared_ptr<const LogitsProcessor> &processor : params.processors)
    processor->apply(changed, history);
  return changed;
}

Error sampling::checkProcessed(const Row &row, const SamplingParams &params,
                               const TokenHistory &history) {
  if (Error error = row.checkNumbers())
    return error;
  if (!row.isEmpty())
    return Error::success();
  std::string by;
  if (isBelowMinimum(params, history))
    by = strCat(" by the minimum of ", params.minTokens, " tokens (", history.generated().size(),
                " were generated)");
  if (!params.processors.empty())
    by += strCat(by.empty() ? "" : " and", " by logits processors");
  return Error::make("no token is left to choose from, all ", row.size(), " are ruled out", by);
}
