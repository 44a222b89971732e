//===- Speculation.h - Drafts of an engine ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Between the engine, which has computed a step, and who drafts for the next one: how many tokens,
// whether at all, and what came of it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_DRAFTING_SPECULATION_H
#define MOEC_RUNTIME_DRAFTING_SPECULATION_H

#include "moec/runtime/drafting/ArtifactDrafter.h"
#include "moec/runtime/drafting/DraftControl.h"

#include <functional>
#include <string>

namespace moec::runtime {

/// What came of drafts.
struct DraftStats {
  /// Times that drafts of a sequence were checked, tokens of these drafts, and those of them that
  /// followed, all together and by place in the draft.
  uint64_t drafts = 0, tokens = 0, accepted = 0;
  std::array<uint64_t, DraftOptions::limit> acceptedAt{};
  /// Places that there are: tokens of a draft at most, 0 where nothing is drafted.
  uint32_t most = 0;

  /// Tokens of a sequence for each time that its drafts were checked: one is sampled in any case.
  double tokensEach() const {
    return drafts ? 1 + static_cast<double>(accepted) / static_cast<double>(drafts) : 1;
  }
  /// For people: "61 of 120 drafted tokens followed (0.77, 0.47, 0.27 by place), 2.5 tokens each
  /// time".
  std::string describe() const;
};

/// Changes the drafts of a sequence, of which there can be `most`: for measurements and tests.
using DraftReviser =
    std::function<void(const Sequence &sequence, uint32_t most, std::vector<int32_t> &drafts)>;

/// Has tokens drafted after each step of an engine.
class Speculation {
public:
  /// Fails as the drafter's making does. `options` were checked and ask for drafts; the others must
  /// outlive it. `other` drafts in place of the model where there is one.
  static Expected<std::unique_ptr<Speculation>> create(const DraftOptions &options,
                                                       const plan::Plan &plan, Executor &executor,
                                                       Scheduler &scheduler,
                                                       std::unique_ptr<Drafter> other = nullptr);

  /// What a step took, and gave of all its sequences.
  struct StepCost {
    double seconds;
    uint32_t tokens;
  };
  /// Counts what came of the drafts of a step that was completed, and has the next ones made. Of
  /// `tasks`, in the order of `chunks`, `wanted` is lowered to what there will be.
  Error afterStep(const StepBatch &batch, std::span<const ScheduledChunk> chunks,
                  std::span<DraftTask> tasks, const StepCost &cost);

  /// Drafts at most so many tokens from now on, up to what the options say. 0 drafts none and does
  /// nothing else: texts that are computed meanwhile have no drafts of the model's own later.
  void draftAtMost(uint32_t tokens) { most = std::min(tokens, options.tokens); }
  /// Has drafts changed before they are checked; null ends it.
  void revise(DraftReviser change) { reviser = std::move(change); }

  /// Tokens drafted for a sequence in a step at most, as the options say.
  uint32_t limit() const { return options.tokens; }
  const DraftStats &stats() const { return counters; }
  const Drafter &drafter() const { return *source; }
  /// See Drafter.
  void forget(RequestId id) { source->forget(id); }

private:
  Speculation(const DraftOptions &options) : options(options), most(options.tokens) {
    counters.most = options.tokens;
  }
  void count(std::span<const ScheduledChunk> chunks);

  DraftOptions options;
  uint32_t most;
  std::unique_ptr<Drafter> source;
  DraftReviser reviser;
  DraftControl control;
  DraftStats counters;
  double draftSeconds = 0; ///< of what the next step checks
  double onceSeconds = 0;  ///< beside these, of what made up for steps without drafts
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DRAFTING_SPECULATION_H
