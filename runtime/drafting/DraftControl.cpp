//===- DraftControl.cpp - Whether drafts are worth it -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A trial goes on as long as it may lose another step; its mean decides. One that failed is
// repeated after a pause, a longer one each time.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/drafting/DraftControl.h"

#include <algorithm>
#include <bit>

using namespace moec::runtime;

/// Steps without drafts before the first trial, and those between which they are measured again
/// while drafts are on.
static constexpr uint32_t firstSteps = 4, repeatAfter = 256, repeatSteps = 2;
/// Steps with drafts before their mean can end them, and those that a mean forgets after.
static constexpr uint32_t trialSteps = 8;
static constexpr double memory = 32;
/// Steps that take longer than so many without drafts were held up by something else.
static constexpr double mostPlain = 3, mostDrafted = 8;
/// Pauses between trials, in steps without drafts.
static constexpr double firstPause = 50, longestPause = 5000;

/// Few sequences one by one, more of them in eighths of a power of two.
DraftControl::Load &DraftControl::loadOf(uint32_t sequences) {
  uint32_t octave = static_cast<uint32_t>(std::bit_width(std::max(sequences, 1u))) - 1;
  uint32_t place = octave <= 3 ? sequences : (octave - 2) * 8 + ((sequences >> (octave - 3)) & 7);
  return loads[std::min<size_t>(place, loads.size() - 1)];
}

void DraftControl::turnOff(Load &load, uint32_t sequences) {
  double step = load.plain * sequences;
  load.isOn = false;
  load.pause = std::clamp(load.pause * 2, firstPause * step, longestPause * step);
  load.resume = total + load.pause;
}

void DraftControl::add(const Step &step) {
  Load &load = loadOf(step.sequences);
  if (!step.hasDrafts) {
    double each = step.seconds / step.sequences;
    if (load.plainSteps >= firstSteps)
      each = std::min(each, mostPlain * load.plain);
    total += each * step.sequences;
    ++load.plainSteps;
    double weight = 1 / std::min<double>(load.plainSteps, memory);
    load.plain += (each - load.plain) * weight;
    return;
  }
  if (load.plainSteps == 0) // drafted for when there were others, too
    return;
  // Without drafts each step gives every sequence a token.
  double without = load.plain * step.tokens;
  double seconds = std::min(step.seconds, mostDrafted * load.plain * step.sequences);
  double saved = (without - seconds) / step.sequences;
  total += without;
  lost = std::max(0.0, lost + seconds + step.onceSeconds - without);
  ++load.draftSteps;
  if (step.onceSeconds > 0)
    load.once = static_cast<float>(step.onceSeconds);
  double weight = 1 / std::min<double>(load.draftSteps, memory);
  load.saved += (saved - load.saved) * weight;
  load.expected = std::max(-load.saved, 0.0) * step.sequences;
  bool isJudged = load.draftSteps >= trialSteps;
  if (isJudged && load.saved >= 0)
    load.pause = 0;
  bool isOver = isJudged || lost + load.expected > allowance * total;
  if (load.isOn && load.saved < 0 && isOver)
    turnOff(load, step.sequences);
}

void DraftControl::measureAgain(Load &load) {
  load.isOn = false;
  load.draftSteps = 0;
  load.plainSteps = firstSteps - repeatSteps;
}

bool DraftControl::isWorth(uint32_t sequences) {
  Load &load = loadOf(sequences);
  // What steps take without drafts changes with the length of texts.
  if (load.isOn && load.draftSteps >= repeatAfter)
    measureAgain(load);
  if (load.isOn || load.plainSteps < firstSteps)
    return load.isOn;
  // Nobody knows before the first trial: as if a step of it took twice as long, for nothing.
  double expected = load.wasTried ? load.expected + load.once : load.plain * sequences;
  if (total < load.resume || lost + expected > allowance * total)
    return false;
  load.isOn = load.wasTried = true;
  load.draftSteps = 0;
  return true;
}
