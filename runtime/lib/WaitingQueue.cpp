//===- WaitingQueue.cpp - Sequences that do not run yet ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The order changes with every step, as owners are served, so the next one is looked for instead of
// kept in front.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/WaitingQueue.h"

#include <algorithm>
#include <tuple>

using namespace moec;
using namespace moec::runtime;

void WaitingQueue::push(std::unique_ptr<Sequence> sequence) {
  if (!sequence->preempted) {
    Owner &owner = owners[sequence->owner];
    if (owner.live++ == 0) {
      // Back after a pause, or new: no better off than the least served of the others.
      uint64_t least = UINT64_MAX;
      for (const auto &[name, other] : owners)
        if (other.live != 0 && &other != &owner)
          least = std::min(least, other.served);
      if (least != UINT64_MAX)
        owner.served = std::max(owner.served, least);
    }
  }
  sequences.push_back(std::move(sequence));
}

bool WaitingQueue::comesBefore(const Sequence &a, const Sequence &b) const {
  auto key = [&](const Sequence &sequence) {
    uint64_t served = sequence.preempted ? 0 : owners.find(sequence.owner)->second.served;
    return std::tuple(sequence.priority, !sequence.preempted, served, sequence.id);
  };
  return key(a) < key(b);
}

Sequence *WaitingQueue::next() const {
  auto it = std::min_element(sequences.begin(), sequences.end(),
                             [&](const auto &a, const auto &b) { return comesBefore(*a, *b); });
  return it == sequences.end() ? nullptr : it->get();
}

std::unique_ptr<Sequence> WaitingQueue::take(RequestId id) {
  auto it = std::find_if(sequences.begin(), sequences.end(),
                         [&](const auto &sequence) { return sequence->id == id; });
  if (it == sequences.end())
    return nullptr;
  std::unique_ptr<Sequence> taken = std::move(*it);
  sequences.erase(it);
  return taken;
}

void WaitingQueue::retire(const Sequence &sequence) {
  --owners[sequence.owner].live;
  // Nobody is there to be compared with.
  if (std::all_of(owners.begin(), owners.end(),
                  [](const auto &owner) { return owner.second.live == 0; }))
    owners.clear();
}
