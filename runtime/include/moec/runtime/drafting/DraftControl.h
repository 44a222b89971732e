//===- DraftControl.h - Whether drafts are worth it -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Checking drafts makes a step longer, and what it gives depends on the text. What a step without
// drafts takes is measured by the number of sequences; a step with drafts has saved what its tokens
// would have taken that way, less what it took. Whatever trials have lost is kept below a part of
// all time, so that drafts never make an engine slower than that.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_DRAFTING_DRAFTCONTROL_H
#define MOEC_RUNTIME_DRAFTING_DRAFTCONTROL_H

#include <array>
#include <cstddef>
#include <cstdint>

namespace moec::runtime {

/// Decides before each step whether it shall have drafts. It has no clock of its own.
class DraftControl {
public:
  /// A step in which all sequences decoded.
  struct Step {
    uint32_t sequences;
    bool hasDrafts;
    uint32_t tokens; ///< that it gave, of all sequences
    double seconds;  ///< with what its drafts took
    /// What was needed once, beside these, for drafts to begin: a loss that says nothing of later
    /// steps.
    double onceSeconds = 0;
  };

  /// The part of the time without drafts that trials may lose.
  static constexpr double allowance = 0.025;

  /// Says what a step took.
  void add(const Step &step);
  /// Whether the next step, of so many sequences, shall have drafts.
  bool isWorth(uint32_t sequences);

private:
  /// What is known of steps of about as many sequences.
  struct Load {
    double plain = 0; ///< seconds a sequence of a step without drafts, a moving average
    double saved = 0; ///< the same that a step with drafts saves
    uint32_t plainSteps = 0, draftSteps = 0; ///< draftSteps since it was turned on
    bool isOn = false, wasTried = false;
    float once = 0;      ///< what the last trial took to begin
    double resume = 0;   ///< the time at which the next trial may begin
    double pause = 0;    ///< until then from the end of the last one
    double expected = 0; ///< what a step of a trial may lose, as far as one knows
  };

  Load &loadOf(uint32_t sequences);
  void turnOff(Load &load, uint32_t sequences);
  void measureAgain(Load &load);

  std::array<Load, 64> loads;
  double total = 0; ///< seconds that all steps would have taken without drafts
  double lost = 0;  ///< seconds that they took beyond that
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_DRAFTING_DRAFTCONTROL_H
