//===- DriverMemory.cpp - Memory, copies and fills of a driver --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Ranges are checked when they are named, and read or written when the work runs.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/core/Driver.h"

#include <algorithm>
#include <cstring>

namespace moec::emulator {

bool Driver::isOnCard(const void *pointer, size_t bytes, bool &inside) const {
  uint64_t address = reinterpret_cast<uint64_t>(pointer);
  for (const Card *card : known)
    if (Allocation a = card->memory.find(address); a.end) {
      inside = a.contains(address, bytes);
      return true;
    }
  return false;
}

Status Driver::readMemory(size_t *free, size_t *total) {
  std::lock_guard lock(mutex);
  if (!free || !total)
    return kInvalidValue;
  *total = current().totalBytes;
  *free = *total - std::min(*total, current().memory.bytesInUse());
  return kSuccess;
}

Status Driver::allocate(void **pointer, size_t bytes) {
  std::lock_guard lock(mutex);
  if (!pointer)
    return kInvalidValue;
  *pointer = nullptr;
  if (bytes == 0)
    return kSuccess;
  Card &card = current();
  if (bytes > card.totalBytes - std::min(card.totalBytes, card.memory.bytesInUse()))
    return kOutOfMemory;
  *pointer = card.memory.allocate(bytes);
  return *pointer ? kSuccess : kOutOfMemory;
}

Status Driver::release(void *pointer) {
  std::lock_guard lock(mutex);
  if (!pointer)
    return kSuccess;
  uint64_t address = reinterpret_cast<uint64_t>(pointer);
  for (Card *card : known) {
    if (card->memory.find(address).begin != address)
      continue;
    drain(*card); // Frees only after everything that may use it.
    return card->memory.release(pointer) ? kSuccess : kInvalidValue;
  }
  return kInvalidValue;
}

Status Driver::allocateHost(void **pointer, size_t bytes) {
  std::lock_guard lock(mutex);
  if (!pointer)
    return kInvalidValue;
  *pointer = bytes ? current().memory.allocate(bytes) : nullptr;
  if (*pointer)
    hostMemory.insert(*pointer);
  return *pointer || !bytes ? kSuccess : kOutOfMemory;
}

Status Driver::releaseHost(void *pointer) {
  std::lock_guard lock(mutex);
  if (pointer && !hostMemory.erase(pointer))
    return kInvalidValue;
  return release(pointer);
}

Status Driver::copy(Stream *stream, void *to, const void *from, size_t bytes) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s)
    return kInvalidHandle;
  bool insideTo = true, insideFrom = true;
  isOnCard(to, bytes, insideTo);
  bool fromCard = isOnCard(from, bytes, insideFrom);
  if (!insideTo || !insideFrom || !to || !from)
    return bytes ? kInvalidValue : kSuccess;
  // Pinned memory is in a card's table, too.
  if (fromCard || s->capture)
    return submit(*s, [=] {
      std::memmove(to, from, bytes);
      return kSuccess;
    });
  auto copy = std::make_shared<std::vector<char>>(static_cast<const char *>(from),
                                                  static_cast<const char *>(from) + bytes);
  return submit(*s, [=] {
    std::memcpy(to, copy->data(), bytes);
    return kSuccess;
  });
}

Status Driver::fill(Stream *stream, void *pointer, uint32_t value, size_t width, size_t count) {
  std::lock_guard lock(mutex);
  Stream *s = find(stream);
  if (!s)
    return kInvalidHandle;
  bool inside = false;
  if (!isOnCard(pointer, width * count, inside) || !inside)
    return count ? kInvalidValue : kSuccess;
  return submit(*s, [=] {
    if (width == 1)
      std::memset(pointer, int(value), count);
    else if (width == 2)
      std::fill_n(static_cast<uint16_t *>(pointer), count, uint16_t(value));
    else
      std::fill_n(static_cast<uint32_t *>(pointer), count, value);
    return kSuccess;
  });
}

} // namespace moec::emulator
