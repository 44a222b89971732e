//===- Driver.cpp - Streams, events and graphs of a driver ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Queues of deferred work, events, and graph capture.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/Driver.h"

#include <cstdint>

namespace moec::emulator {

Driver::~Driver() = default;

void Driver::addCard(Card &card) {
  card.ordinal = int(known.size());
  card.nullStream.card = &card;
  known.push_back(&card);
}

Stream *Driver::find(Stream *handle) {
  // 1 is the legacy stream, 2 the stream of the thread; both are the null stream here.
  if (reinterpret_cast<uintptr_t>(handle) <= 2)
    return &current().nullStream;
  for (Card *card : known)
    if (card->streams.count(handle))
      return handle;
  return nullptr;
}

Status Driver::submit(Stream &s, Work work) {
  if (s.capture) {
    s.capture->nodes.push_back(std::move(work));
    return kSuccess;
  }
  if (s.card->sticky)
    return s.card->sticky;
  // The null stream and blocking streams wait for each other.
  if (&s == &s.card->nullStream) {
    for (Stream *other : s.card->streams)
      if (other->blocking && !other->capture)
        drain(*other);
  } else if (s.blocking) {
    drain(s.card->nullStream);
  }
  s.queue.push_back(std::move(work));
  return kSuccess;
}

Status Driver::drain(Stream &s) {
  while (!s.queue.empty()) {
    Work work = std::move(s.queue.front());
    s.queue.pop_front();
    if (Status status = work()) {
      s.card->sticky = status;
      s.queue.clear();
    }
  }
  return s.card->sticky;
}

Status Driver::drain(Card &card) {
  drain(card.nullStream);
  for (Stream *s : card.streams)
    drain(*s);
  return card.sticky;
}

Status Driver::createStream(Stream **stream, bool blocking) {
  std::lock_guard lock(mutex);
  if (!stream)
    return kInvalidValue;
  auto *s = new Stream;
  s->card = &current();
  s->blocking = blocking;
  s->card->streams.insert(s);
  *stream = s;
  return kSuccess;
}

Status Driver::destroyStream(Stream *stream) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s || s == &s->card->nullStream)
    return kInvalidHandle;
  drain(*s);
  for (Event *e : events)
    if (e->stream == s)
      e->stream = nullptr;
  s->card->streams.erase(s);
  delete s;
  return kSuccess;
}

Status Driver::synchronize(Stream *stream) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s)
    return kInvalidHandle;
  if (s->capture)
    return kCaptureUnsupported;
  return s == &s->card->nullStream ? drain(*s->card) : drain(*s);
}

Status Driver::query(Stream *stream) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s)
    return kInvalidHandle;
  if (s->queue.empty())
    return s->card->sticky;
  drain(*s); // Polling makes progress, and sees it the next time.
  return kNotReady;
}

Status Driver::synchronizeCard() {
  std::lock_guard lock(mutex);
  return drain(current());
}

Status Driver::waitFor(Stream *stream, Event *event) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s || !events.count(event))
    return kInvalidHandle;
  if (event->capture) { // The stream joins the capture of the event's stream.
    s->capture = event->capture;
    return kSuccess;
  }
  if (event->done || !event->stream || event->stream == s)
    return kSuccess;
  return submit(*s, [event, this] {
    return event->done || !event->stream ? kSuccess : drain(*event->stream);
  });
}

Status Driver::createEvent(Event **event) {
  std::lock_guard lock(mutex);
  if (!event)
    return kInvalidValue;
  *event = new Event;
  events.insert(*event);
  return kSuccess;
}

Status Driver::destroyEvent(Event *event) {
  std::lock_guard lock(mutex);
  if (!events.count(event))
    return kInvalidHandle;
  if (event->stream && !event->done)
    drain(*event->stream);
  events.erase(event);
  delete event;
  return kSuccess;
}

Status Driver::record(Event *event, Stream *stream) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s || !events.count(event))
    return kInvalidHandle;
  event->capture = s->capture;
  if (s->capture)
    return kSuccess;
  event->stream = s, event->done = false, event->recorded = true;
  return submit(*s, [event] {
    event->time = std::chrono::steady_clock::now();
    event->done = true;
    return kSuccess;
  });
}

Status Driver::synchronize(Event *event) {
  std::lock_guard lock(mutex);
  if (!events.count(event))
    return kInvalidHandle;
  return event->done || !event->stream ? kSuccess : drain(*event->stream);
}

Status Driver::query(Event *event) {
  std::lock_guard lock(mutex);
  if (!events.count(event))
    return kInvalidHandle;
  if (event->done || !event->stream)
    return kSuccess;
  drain(*event->stream);
  return kNotReady;
}

Status Driver::elapsed(float *milliseconds, Event *start, Event *stop) {
  std::lock_guard lock(mutex);
  if (!milliseconds || !events.count(start) || !events.count(stop) || !start->recorded ||
      !stop->recorded)
    return kInvalidHandle;
  if (!start->done || !stop->done)
    return kNotReady;
  *milliseconds = std::chrono::duration<float, std::milli>(stop->time - start->time).count();
  return kSuccess;
}

Status Driver::beginCapture(Stream *stream) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s)
    return kInvalidHandle;
  if (s == &s->card->nullStream || s->capture)
    return kCaptureUnsupported;
  s->capture = std::make_shared<Graph>();
  s->origin = true;
  return kSuccess;
}

Status Driver::endCapture(Stream *stream, Graph **graph) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s || !graph)
    return kInvalidHandle;
  if (!s->capture || !s->origin)
    return kCaptureUnmatched;
  std::shared_ptr<Graph> capture = s->capture;
  for (Card *card : known)
    for (Stream *other : card->streams)
      if (other->capture == capture)
        other->capture.reset(), other->origin = false;
  for (Event *e : events)
    if (e->capture == capture)
      e->capture.reset();
  *graph = new Graph(*capture);
  return kSuccess;
}

Status Driver::isCapturing(Stream *stream, int *status) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s || !status)
    return kInvalidHandle;
  *status = s->capture ? 1 : 0;
  return kSuccess;
}

Status Driver::instantiate(ExecutableGraph **executable, Graph *graph) {
  if (!executable || !graph)
    return kInvalidValue;
  *executable = new ExecutableGraph{graph->nodes};
  return kSuccess;
}

Status Driver::launch(ExecutableGraph *executable, Stream *stream) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s || !executable)
    return kInvalidHandle;
  for (const Work &node : executable->nodes)
    if (Status status = submit(*s, node))
      return status;
  return kSuccess;
}

} // namespace moec::emulator
