//===- Drafts.cpp - What drafts save ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A step with drafts takes so many times what one without does as it must give tokens to be as
// fast.
//
//===----------------------------------------------------------------------===//

#include "Drafts.h"

#include <map>
#include <random>

using namespace moec;
using namespace moec::runtime;
using Tokens = std::vector<int32_t>;

std::optional<double> runtime::chanceFor(double tokens, uint32_t drafts) {
  if (tokens > 1 + double(drafts))
    return std::nullopt;
  auto given = [&](double chance) {
    double sum = 1, part = 1;
    for (uint32_t i = 0; i < drafts; ++i)
      sum += part *= chance;
    return sum;
  };
  double low = 0, high = 1;
  for (int i = 0; i < 50; ++i) {
    double middle = (low + high) / 2;
    (given(middle) < tokens ? low : high) = middle;
  }
  return high;
}

DraftRates runtime::compareDrafts(double with, double plain, const DraftStats &stats,
                                  uint64_t tokens, const DraftOptions &drafts) {
  DraftRates rates;
  rates.plain = plain;
  // Each sequence has a token in every step, and those that were accepted.
  rates.tokensEach = double(tokens) / double(tokens - std::min(tokens - 1, stats.accepted));
  if (drafts.isAuto)
    return rates;
  rates.breakEven = rates.tokensEach * plain / with;
  rates.breakEvenChance = chanceFor(*rates.breakEven, drafts.tokens);
  return rates;
}

Error runtime::forceAcceptance(Engine &engine, const Workload &work, double chance) {
  Speculation &speculation = *engine.speculation();
  std::map<Tokens, Tokens> answers;
  speculation.draftAtMost(0);
  auto keep = [&answers](const Tokens &prompt, int32_t token) { answers[prompt].push_back(token); };
  Expected<Rates> rates = runOnce(engine, work, keep);
  if (!rates)
    return rates.takeError();
  speculation.draftAtMost(DraftOptions::limit);
  speculation.revise([answers = std::move(answers), random = std::mt19937(1), chance,
                      vocab = engine.artifact().plan().vocab()](
                         const Sequence &sequence, uint32_t most, Tokens &drafts) mutable {
    auto end = sequence.tokens.begin() + sequence.promptTokens;
    auto found = answers.find(Tokens(sequence.tokens.begin(), end));
    if (found == answers.end())
      return;
    const Tokens &text = found->second;
    drafts.clear();
    for (size_t at = sequence.tokens.size() - sequence.promptTokens;
         at < text.size() && drafts.size() < most; ++at) {
      bool follows = std::uniform_real_distribution<>(0, 1)(random) < chance;
      drafts.push_back(follows ? text[at] : (text[at] + 1) % static_cast<int32_t>(vocab));
    }
  });
  return Error::success();
}
