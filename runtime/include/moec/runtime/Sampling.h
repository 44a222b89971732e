//===- Sampling.h - From logits to a token ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sampling is a pure function of the logits, the tokens so far, the parameters and the seed: what
// else is in the batch can't change it.
//
// Probabilities are floats, off by at most 1e-7 of themselves and 1.3e-7 more for each power of two
// that a token is less likely than the likeliest; 64 of those are as good as none. They and their
// sums have the same bits on every machine, so a seed gives the same tokens.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SAMPLING_H
#define MOEC_RUNTIME_SAMPLING_H

#include "moec/Support/Error.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace moec::runtime {

/// The tokens of a sequence, of which the first `promptTokens` were given.
struct TokenHistory {
  std::span<const int32_t> tokens;
  uint32_t promptTokens = 0;

  std::span<const int32_t> generated() const { return tokens.subspan(promptTokens); }
};

/// Changes logits before a token is chosen, such as a grammar that rules tokens out with
/// -infinity. One object may belong to several requests, so apply() keeps no state.
class LogitsProcessor {
public:
  virtual ~LogitsProcessor() = default;
  virtual void apply(std::span<float> logits, const TokenHistory &history) const = 0;
};

/// Has a say in the tokens of a request. It is asked and told on the thread that calls step(),
/// token by token; of those that a step checks as drafts it is told before onToken is.
class TokenGuide {
public:
  virtual ~TokenGuide() = default;
  /// A token to take in place of the model's choice, if any; one that the vocabulary does not have
  /// ends the request.
  virtual std::optional<int32_t> force() = 0;
  /// Takes the token that was chosen, a forced one, too.
  virtual void take(int32_t token) = 0;
};

/// What is added to one token's logit.
struct LogitBias {
  int32_t token;
  float bias;
};

/// How to choose a token. What is set applies in the order of the members.
struct SamplingParams {
  /// Added before everything else.
  std::vector<LogitBias> logitBias;
  /// Logits of tokens seen before, in the prompt or after it, are divided by this when positive,
  /// else multiplied; 1 is off.
  float repetitionPenalty = 1;
  /// Taken off the logits of tokens that were generated, once for each time and once at all; as
  /// OpenAI defines them, from -2 to 2.
  float frequencyPenalty = 0, presencePenalty = 0;
  /// Tokens that cannot be chosen as long as fewer than `minTokens` were generated.
  uint32_t minTokens = 0;
  std::vector<int32_t> notBeforeMinTokens;
  /// Applied then, in order.
  std::vector<std::shared_ptr<const LogitsProcessor>> processors;
  /// 0 chooses the largest logit; ties take the lower id.
  float temperature = 0;
  /// Keep the k largest; 0 keeps all.
  uint32_t topK = 0;
  /// Keep the smallest set of likeliest tokens that has this much of the probability.
  float topP = 1;
  /// Keep tokens at least this likely in relation to the likeliest.
  float minP = 0;
  uint64_t seed = 0;
  /// Give log probabilities with each token: the token's, and those of so many likeliest ones. They
  /// are of the model's own logits, before everything above.
  std::optional<uint32_t> logprobs;

  /// Fails when a value is out of its range, naming it. `vocab` bounds ids.
  Error check(uint32_t vocab) const;
};

/// The natural logarithm of a token's probability, and its rank among all tokens: 1 is the
/// likeliest, and a tie has the better rank for each.
struct TokenLogprob {
  int32_t token;
  float logprob;
  uint32_t rank;
};

/// A token's log probability and those of the likeliest tokens, the likeliest first, the lower id
/// first among equals; tokens at -infinity are not among them.
struct TokenLogprobs {
  TokenLogprob token;
  std::vector<TokenLogprob> top;
};

/// A token that was chosen.
struct SampledToken {
  int32_t token;
  /// Where asked for.
  std::optional<TokenLogprobs> logprobs;
};

/// Chooses the token that follows `history`. The random number depends on the seed and on the
/// length of the history only. Fails, saying that the logits are not numbers, when one of them is
/// NaN or +infinity or none is above -infinity; a -infinity is a token that is ruled out. Fails,
/// too, when `params` rule out all others.
Expected<SampledToken> sampleToken(std::span<const float> logits, const TokenHistory &history,
                                   const SamplingParams &params);

/// `token` in place of a sampled one, with log probabilities if `params` ask for them. Fails when
/// there is no such token; where log probabilities are asked for, also as sampleToken does.
Expected<SampledToken> takeToken(std::span<const float> logits, int32_t token,
                                 const SamplingParams &params);

/// The log probability of `token`, and of the `top` likeliest tokens. Fails as sampleToken does,
/// and when there is no such token.
Expected<TokenLogprobs> computeLogprobs(std::span<const float> logits, int32_t token, uint32_t top);

/// The largest of `logits`; ties take the lower index; -1 where sampleToken would fail.
int32_t argmax(std::span<const float> logits);

/// Philox4x32 with 10 rounds: a counter-based generator (Salmon et al., 2011).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SAMPLING_H
