//===- Driver.h - Streams, graphs and memory of a driver --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the libraries that stand for a vendor's driver have in common: the objects behind their
// handles. Work put into a stream runs when somebody waits for it, not before: a program that
// forgets to wait sees stale data, as it may on a card. One lock serialises a library.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CORE_DRIVER_H
#define MOEC_EMULATOR_CORE_DRIVER_H

#include "moec/emulator/core/Memory.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace moec::emulator {

/// What an entry point returns. The vendors' module APIs number these alike.
using Status = int;
inline constexpr Status kSuccess = 0, kInvalidValue = 1, kOutOfMemory = 2, kInvalidDevice = 101,
                        kInvalidImage = 200, kFileNotFound = 301, kInvalidHandle = 400,
                        kNotFound = 500, kNotReady = 600, kIllegalAddress = 700,
                        kLaunchFailure = 719, kCaptureUnsupported = 900, kCaptureUnmatched = 903;

/// A copy, a fill or a launch that is put off; its status when it has run.
using Work = std::function<Status()>;

/// What a capture recorded.
struct Graph {
  std::vector<Work> nodes;
};
/// A graph that can be launched.
struct ExecutableGraph {
  std::vector<Work> nodes;
};

struct Card;

/// An ordered queue of work that nobody has waited for.
struct Stream {
  Card *card = nullptr;
  bool blocking = true; ///< Orders with the null stream.
  std::deque<Work> queue;
  std::shared_ptr<Graph> capture; ///< While capturing.
  bool origin = false;            ///< Began the capture.
};

/// A mark in a stream.
struct Event {
  Stream *stream = nullptr; ///< Where it was recorded last.
  bool done = true, recorded = false;
  std::shared_ptr<Graph> capture; ///< Recorded inside a capture.
  std::chrono::steady_clock::time_point time;
};

/// One emulated card.
struct Card {
  int ordinal = 0;
  size_t totalBytes = 0; ///< Of its memory.
  AllocationTable memory;
  Stream nullStream;
  std::set<Stream *> streams;
  Status sticky = kSuccess; ///< A fault stays until the process ends.
};

/// The state of a driver library. Its functions are those of the module APIs; they lock it, and
/// check handles.
class Driver {
public:
  virtual ~Driver();
  /// The card that the calling thread works on.
  virtual Card &current() = 0;

  /// Makes a card known, and gives it its number and its null stream.
  void addCard(Card &card);
  const std::vector<Card *> &cards() const { return known; }

  Status createStream(Stream **stream, bool blocking);
  Status destroyStream(Stream *stream);
  Status synchronize(Stream *stream);
  /// Whether a stream is idle. Asking makes progress, which the next call sees.
  Status query(Stream *stream);
  /// Waits for all streams of the current card.
  Status synchronizeCard();
  Status waitFor(Stream *stream, Event *event);

  Status createEvent(Event **event);
  Status destroyEvent(Event *event);
  Status record(Event *event, Stream *stream);
  Status synchronize(Event *event);
  Status query(Event *event);
  Status elapsed(float *milliseconds, Event *start, Event *stop);

  Status beginCapture(Stream *stream);
  Status endCapture(Stream *stream, Graph **graph);
  /// 1 in *status while the stream captures, else 0.
  Status isCapturing(Stream *stream, int *status);
  Status instantiate(ExecutableGraph **executable, Graph *graph);
  Status launch(ExecutableGraph *executable, Stream *stream);

  /// Memory of the current card that is not initialised. No bytes are no memory.
  Status allocate(void **pointer, size_t bytes);
  /// Waits for everything that may use the memory.
  Status release(void *pointer);
  /// Pinned memory of the host, visible to kernels.
  Status allocateHost(void **pointer, size_t bytes);
  Status releaseHost(void *pointer);
  Status readMemory(size_t *free, size_t *total);
  /// Copies between any two places. From pageable memory of the host the data are taken now, as the
  /// real libraries stage them; pinned memory is read when the copy runs.
  Status copy(Stream *stream, void *to, const void *from, size_t bytes);
  /// Fills memory of a card with `count` values of `width` bytes: 1, 2 or 4.
  Status fill(Stream *stream, void *pointer, uint32_t value, size_t width, size_t count);
  /// Whether [pointer, pointer + bytes) begins in memory of some card; `inside` says whether it
  /// stays in its allocation.
  bool isOnCard(const void *pointer, size_t bytes, bool &inside) const;

  /// Under the lock: the stream behind a handle, where the null handle is the current card's null
  /// stream; null if there is none.
  Stream *find(Stream *handle);
  /// Under the lock: puts work into a stream, or into its graph while it captures.
  Status submit(Stream &stream, Work work);
  /// Under the lock: runs everything in a stream, or in all streams of a card.
  Status drain(Stream &stream);
  Status drain(Card &card);

  std::recursive_mutex mutex;
  std::string lastFault; ///< The sentence of the last fault.

private:
  std::vector<Card *> known;
  std::set<Event *> events;
  std::set<void *> hostMemory; ///< Pinned.
};

} // namespace moec::emulator

#endif // MOEC_EMULATOR_CORE_DRIVER_H
