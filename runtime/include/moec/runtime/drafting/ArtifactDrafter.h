//===- ArtifactDrafter.h - Another model drafts -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A small model guesses what a large one says: another artifact with the same vocabulary, on the
// same device, with pages of its own. It follows the sequences of the engine token by token.
//
// A guess is sampled from its logits with the parameters and the seed of the request. The engine
// samples the same place with the same random number, so the two tokens are equal more often than
// two independent ones: always, if the logits are. Since the guess is a single token that is
// compared with what the engine has sampled, what a request gets does not depend on it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_DRAFTING_ARTIFACTDRAFTER_H
#define MOEC_RUNTIME_DRAFTING_ARTIFACTDRAFTER_H

#include "moec/runtime/Artifact.h"
#include "moec/runtime/StateMemory.h"
#include "moec/runtime/drafting/Drafter.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moec::runtime {

/// What a draft model may take.
struct DraftModelLimits {
  /// Sequences of a step of the engine, and drafts of each.
  uint32_t maxSequences = 1, drafts = 0;
  /// Bytes for its states, and of these bytes of prefixes that no sequence needs.
  uint64_t stateBytes = 0, prefixCacheBytes = 0;
  /// Whether all of it is taken at once.
  bool touchStates = false;
};

/// A draft model that is not loaded yet, if there is one.
struct DraftModel {
  std::unique_ptr<Artifact> artifact;
  DraftModelLimits limits;

  /// Takes its part of `memory` bytes for states, and of `cacheBytes` for prefixes: so much that it
  /// has room for about as many tokens as the model that it drafts for, whose steps have `steps`.
  void takeShare(const plan::Plan &plan, const StateLimits &steps, uint64_t &memory,
                 uint64_t &cacheBytes);
};

/// Opens the artifact that `options` name to draft for `model`; none where they name none. Fails
/// unless it is for the same machine, has the same vocabulary (as many tokens, and where there is a
/// tokenizer.json the same token for each id) and states that can be taken back: pages.
Expected<DraftModel> openDraftModel(const Artifact &model, const DraftOptions &options);

/// Drafts with another artifact. Of each sequence it computes what the engine has computed, behind
/// the same steps: prompts in chunks, and what the engine's prefix cache had of them as far as its
/// own cache lacks it. In a step it computes at most as many of those tokens as its own steps have,
/// so that a long text delays the others no more than one step; there are no drafts for who is not
/// there yet. Where pages run out, younger sequences give theirs back and have no drafts.
class ArtifactDrafter : public Drafter {
public:
  /// Tokens of a sequence that are computed together while nothing is drafted.
  static constexpr uint32_t backlog = 64;

  /// `device` must outlive the drafter.
  static Expected<std::unique_ptr<ArtifactDrafter>>
  create(std::unique_ptr<Artifact> artifact, Device &device, const DraftModelLimits &limits);

  std::string_view name() const override { return title; }
  Error draft(const StepBatch &batch, std::span<const DraftTask> tasks) override;
  Error skip(const StepBatch &batch, std::span<const DraftTask> tasks) override;
  void forget(RequestId id) override;
  Error checkIntegrity() const override;
  const ArtifactDrafter *otherModel() const override { return this; }

  const Artifact &artifact() const { return *model; }
  const StatePools &pools() const { return statePools; }
  /// Sequences of which it holds something.
  size_t followed() const { return followers.size(); }
  /// Whether kernels read the weights where the artifact has them mapped.
  bool readsMappedWeights() const { return executor->readsMappedWeights(); }

private:
  /// A sequence of the engine as this model has it. The first `certain` of its tokens are the
  /// engine's, those behind them are drafts that nobody has checked yet.
  struct Follower {
    Sequence own;
    uint32_t certain = 0;
    uint32_t settled = 0; ///< tokens that were computed when windows were trimmed
    SamplingParams sampling;
  };
  /// A follower with tokens to compute, up to `end`, and drafts that are wanted then.
  struct Work {
    Follower *follower;
    Sequence *sequence; ///< the engine's
    uint32_t end, wanted;
    uint32_t count = 0; ///< of them now
  };
  using Chosen = std::vector<Work *>; ///< whose next token was drafted

  ArtifactDrafter(std::unique_ptr<Artifact> model, StatePools pools, PrefixCacheLimits cache)
      : model(std::move(model)), statePools(std::move(pools)),
        prefixes(statePools, std::move(cache)) {}

  /// Gives the follower of a task the tokens that its sequence has now, if there is room for it.
  void follow(const DraftTask &task);
  void admit(const DraftTask &task);
  /// Whether a follower and all older ones can have all of their tokens.
  bool hasRoomFor(const Follower &follower) const;
  std::vector<Work> findWork(std::span<const DraftTask> tasks);
  /// Takes what was computed for certain into the cache and gives back what windows have left.
  void settle(Follower &follower);
  /// Gives a follower pages for its first `tokens` tokens, those of younger ones if need be.
  bool grow(Follower &follower, uint32_t tokens);
  bool dropYoungest(RequestId than);
  /// Shares the tokens of a step out and takes their pages; work that has none is erased.
  void takePages(std::vector<Work> &works);
  /// Computes them, and drafts the first token where one is wanted.
  Error catchUp(std::span<Work> works, Chosen &chosen);
  /// Computes chunks, of `works` with the same numbers.
  Error compute(std::span<const ScheduledChunk> chunks, std::span<Work *const> works,
                Chosen &chosen);
  /// Takes pages for all tokens of a follower, drafts among them, if there are any that nobody
  /// needs.
  bool reserve(Sequence &own);
  /// Drafts the token after the last one of each.
  Error continueDrafts(Chosen &chosen);

  std::unique_ptr<Artifact> model;
  std::string title;
  std::unique_ptr<Executor> executor;
  StatePools statePools;
  PrefixCache prefixes;
  uint32_t maxTokens = 1, maxSequences = 1, capacity = 0;
  std::map<RequestId, Follower> followers;
  StepBatch step;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DRAFTING_ARTIFACTDRAFTER_H
