//===- WaitingQueue.h - Sequences that do not run yet -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Who is admitted next. Lower priorities first; among equals those that ran before and gave their
// memory back; then owners take turns by what they were served, and each owner's sequences come in
// order of arrival. The turns are the virtual token counter of Sheng et al., "Fairness in Serving
// Large Language Models" (2024): an owner is charged each token that is computed for it, and one
// that comes back after a pause is charged what the least served of the others was, so that nobody
// can save up turns.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_WAITINGQUEUE_H
#define MOEC_RUNTIME_WAITINGQUEUE_H

#include "moec/runtime/Sequence.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moec::runtime {

/// Waiting sequences and what their owners were served.
class WaitingQueue {
public:
  using Sequences = std::vector<std::unique_ptr<Sequence>>;

  /// Adds a sequence, a new one or one that was preempted.
  void push(std::unique_ptr<Sequence> sequence);
  /// Who is next; null when nobody waits. The same until something else changes.
  Sequence *next() const;
  /// Takes out a sequence that waits; null when none has this id.
  std::unique_ptr<Sequence> take(RequestId id);

  /// Says that tokens were computed for an owner.
  void charge(const std::string &owner, uint64_t tokens) { owners[owner].served += tokens; }
  /// Says that a sequence has ended, whether it waited or ran.
  void retire(const Sequence &sequence);

  bool empty() const { return sequences.empty(); }
  size_t size() const { return sequences.size(); }
  const Sequences &all() const { return sequences; }

private:
  struct Owner {
    uint64_t served = 0; ///< tokens
    size_t live = 0;     ///< sequences that wait or run
  };
  bool comesBefore(const Sequence &a, const Sequence &b) const;

  Sequences sequences;
  std::map<std::string, Owner> owners;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_WAITINGQUEUE_H
