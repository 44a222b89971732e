//===- Drafter.h - Who guesses what follows ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Speculative decoding: a drafter guesses tokens that may follow a sequence, and the model's next
// step computes them together with the last token. A token is sampled from each row of logits as
// ever; as long as it is the guess, the next row is right, too.
//
// Guesses are single tokens, and a sampled token that is the guess with the model's own probability
// is rejection sampling of a draft that is certain (Leviathan et al., "Fast Inference from
// Transformers via Speculative Decoding", 2023): p(guess) is the chance to accept it, and what is
// sampled otherwise is distributed as p without the guess, the residual. So what a request gets
// does not depend on drafts at all.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_DRAFTING_DRAFTER_H
#define MOEC_RUNTIME_DRAFTING_DRAFTER_H

#include "moec/runtime/Executor.h"
#include "moec/runtime/Sampling.h"
#include "moec/runtime/Scheduler.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// Who drafts.
enum class DraftMethod : uint8_t {
  Any,    ///< the draft model where there is one, else the model itself where it can, else look-up
  Model,  ///< the artifact's function `draft`: a model's own layers for multi-token prediction
  Lookup, ///< what followed the last tokens when they came before (prompt look-up, n-grams)
  Other   ///< another artifact with the same vocabulary, DraftOptions::model
};

/// How tokens are drafted.
struct DraftOptions {
  /// The most tokens that can be drafted: recurrent states are computed token by token in chunks
  /// that are this short, so that drafts do not change their bits.
  static constexpr uint32_t limit = 15;
  /// Tokens that are drafted when nobody says how many.
  static constexpr uint32_t usual = 3;

  /// Tokens drafted for a sequence in a step at most; 0 drafts none.
  uint32_t tokens = 0;
  /// Drafts are left out while they cost more time than they save; see DraftControl.
  bool isAuto = false;
  DraftMethod method = DraftMethod::Any;
  /// The folder of the artifact that drafts, a draft model; see ArtifactDrafter.
  std::string model = {};
  /// Of look-up, the tokens that must have come before: the most that is looked for, and the least.
  uint32_t lookupMost = 4, lookupLeast = 2;

  /// Fails when a number is out of its range, naming it, and where a draft model is named and
  /// nothing, or something else, shall draft.
  Error check() const;
};

/// A sequence of a step that was computed.
struct DraftTask {
  /// Null when it has ended.
  Sequence *sequence;
  /// Tokens to draft at most; 0 where it does not decode next.
  uint32_t wanted;
  /// Rows of the step that the sequence keeps, the first ones of its own.
  uint32_t kept;
  /// The token that follows the last of these; -1 where nobody knows.
  int32_t next;
  /// How the sequence's tokens are sampled; null where it has ended.
  const SamplingParams *sampling = nullptr;
};

class ArtifactDrafter;

/// Guesses what follows sequences.
class Drafter {
public:
  virtual ~Drafter();
  /// For people: what drafts.
  virtual std::string_view name() const = 0;
  /// Called after a step. `batch` is what `forward` has computed last, with its outputs on the
  /// device still; `tasks` are its sequences, in order. Fills the drafts of those that want some.
  virtual Error draft(const StepBatch &batch, std::span<const DraftTask> tasks) = 0;
  /// Called instead where nothing shall be drafted now, but perhaps later, and the step was one of
  /// decoding.
  virtual Error skip(const StepBatch &, std::span<const DraftTask>) { return Error::success(); }
  /// Says that a sequence gave back what it holds: it has ended, or will be computed again.
  virtual void forget(RequestId) {}
  /// Checks the accounting of pages that are its own.
  virtual Error checkIntegrity() const { return Error::success(); }
  /// Itself where it runs a model of its own, else null.
  virtual const ArtifactDrafter *otherModel() const { return nullptr; }
  /// Of the last call, the seconds that made up for what was skipped.
  virtual double catchUpSeconds() const { return 0; }
};

/// Looks for what followed the last tokens of a sequence when they came before, the longest match
/// first, the latest one among equals.
class LookupDrafter : public Drafter {
public:
  LookupDrafter(uint32_t most, uint32_t least) : most(most), least(least) {}
  std::string_view name() const override { return "look-up"; }
  Error draft(const StepBatch &batch, std::span<const DraftTask> tasks) override;

  /// Up to `count` tokens.
  std::vector<int32_t> find(std::span<const int32_t> tokens, uint32_t count) const;

private:
  uint32_t most, least;
};

/// Runs the artifact's function `draft`. Its cache has an entry for each position p, made of the
/// hidden state at p and the token at p + 1: after each step for all of its tokens, so that a
/// prefix from the prefix cache has them, too; then, token by token, for what it has drafted, made
/// of its own hidden states. While nothing is drafted hidden states are kept, and the entries of
/// the last ones are made together when drafts begin again; those before them are never made, as
/// that would be a part of each step's work for nothing. What lies there only makes guesses worse.
///
/// Where the plan has a function `draft_next`, that drafts what is behind the first token, with the
/// keys that the first one's indexer has selected: as long as a selection is not full, and so is
/// all that there was, each position that was drafted since joins it. So a short text has all its
/// keys, and a long one the selection as it is.
class ModelDrafter : public Drafter {
public:
  /// Tokens of a sequence, at least, whose entries can be made up for; twice as many at most.
  static constexpr uint32_t backlog = 64;

  /// Fails where the plan has no such function, or one that takes or gives something else. All
  /// three must outlive the drafter.
  static Expected<std::unique_ptr<Drafter>> create(const plan::Plan &plan, Executor &executor,
                                                   Scheduler &scheduler);
  std::string_view name() const override { return "the model's own draft"; }
  Error draft(const StepBatch &batch, std::span<const DraftTask> tasks) override;
  Error skip(const StepBatch &batch, std::span<const DraftTask> tasks) override;
  double catchUpSeconds() const override { return backlogSeconds; }

private:
  ModelDrafter(Executor &executor, Scheduler &scheduler, bool hasWindows, bool sharesSelection)
      : executor(executor), scheduler(scheduler), hasWindows(hasWindows),
        sharesSelection(sharesSelection) {}
  /// Makes `first` of the step: the tokens that follow, and the rows whose logits are wanted.
  void makeFirst(const StepBatch &batch, std::span<const DraftTask> tasks);
  /// Takes a token for each of `open` from what was computed last, and leaves those that go on;
  /// `hidden` gets their hidden states.
  Error take(const StepOutputs &outputs, const StepBatch &batch);
  /// Has `open` the selections of their first drafts, where these are shared.
  Error takeSelections(const StepOutputs &outputs, const StepBatch &batch);
  /// Makes the last token's entry of each of `open` from `hidden`, and takes the next one.
  Error continueDrafts();
  /// Makes the entries of a step, and takes the first draft of each sequence that wants some.
  Error draftBehindStep(const StepBatch &batch, std::span<const DraftTask> tasks);
  /// The same for sequences of which some have entries still to be made.
  Error draftBehindBacklog(const StepBatch &batch, std::span<const DraftTask> tasks);
  /// Makes the entries of sequences that are behind, up to `end` of each.
  struct Behind {
    Sequence *sequence;
    uint32_t end;
  };
  Error catchUp(std::span<const Behind> all);
  Error fill(std::span<const ScheduledChunk> chunks);

  /// A sequence that is being drafted for, and its row of the logits.
  struct Open {
    Sequence *sequence;
    uint32_t wanted;
    size_t row;
    std::vector<int32_t> selection = {}; ///< of the first draft; none before, and unless shared
  };

  Executor &executor;
  Scheduler &scheduler;
  bool hasWindows; ///< of its own, which give back what a backlog would fill
  bool sharesSelection;
  StepBatch first, next;
  std::vector<Open> open;
  std::vector<std::byte> hidden;
  std::vector<int32_t> selected; ///< rows of `open`
  double backlogSeconds = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DRAFTING_DRAFTER_H
