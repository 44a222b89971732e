//===- LogitsProvider.h - Something that computes logits --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What evaluation needs of an engine, so that the compiler's reference interpreter can be
// evaluated by the same command.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_LOGITSPROVIDER_H
#define MOEC_RUNTIME_LOGITSPROVIDER_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// How to feed sequences.
struct EvalBatching {
  /// Tokens of one sequence in one step; 0 means as many as fit.
  uint32_t chunk = 0;
  /// Sequences computed together; 0 means as many as fit.
  uint32_t batch = 0;
};

/// A row of numbers for each token inside a model.
struct HiddenState {
  std::string name; ///< for people: "layer 3"
  uint64_t width;
};

/// Computes logits and greedy continuations of token sequences.
class LogitsProvider {
public:
  /// Receives the logits at `position` of sequence `sequence`; positions of one sequence come in
  /// order, sequences may interleave.
  using Sink = std::function<void(size_t sequence, size_t position, std::span<const float> logits)>;

  /// Receives a row of hidden state `state`, before the logits of the same position.
  using HiddenSink = std::function<void(size_t state, size_t sequence, size_t position,
                                        std::span<const float> row)>;

  virtual ~LogitsProvider();
  /// For people: what computes them.
  virtual std::string description() const = 0;
  virtual uint32_t vocab() const = 0;
  /// Tokens that a sequence can have; 0 where nobody says.
  virtual uint32_t maxContext() const { return 0; }
  /// The tokenizer.json that belongs to the model; empty when there is none.
  virtual std::string tokenizerPath() const { return {}; }
  /// Computes the logits at every position of every sequence.
  virtual Error logits(const std::vector<std::vector<int32_t>> &sequences, const Sink &sink) = 0;
  /// The hidden states that logits() gives to what observe() was given; none by default.
  virtual std::vector<HiddenState> hiddenStates() const { return {}; }
  virtual void observe(HiddenSink) {}
  /// The `count` tokens that follow `prompt` when the largest logit is always taken and end tokens
  /// are ignored. By default each is found by computing the whole sequence again.
  virtual Expected<std::vector<int32_t>> greedy(const std::vector<int32_t> &prompt, size_t count);
};

class Engine;
struct CapturedValue;
/// A provider over an engine, which it owns. `batching.chunk` and `batching.batch` must have been
/// given to the engine as maxChunk and maxSequences.
std::unique_ptr<LogitsProvider> makeEngineLogits(std::unique_ptr<Engine> engine);
/// The same with `values` as its hidden states.
std::unique_ptr<LogitsProvider> makeEngineLogits(std::unique_ptr<Engine> engine,
                                                 std::vector<CapturedValue> values);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_LOGITSPROVIDER_H
