//===- LargePages.cpp - A mapped file in large pages ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// mremap replaces the pages of a piece at once: a reader that comes meanwhile waits in its page
// fault.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/LargePages.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <sys/mman.h>

using namespace moec;

static constexpr uintptr_t pageBytes = uintptr_t(2) << 20;
/// Moved at once. Each piece is a mapping of its own, of which a process has some ten thousand.
static constexpr uintptr_t pieceBytes = 32 * pageBytes;

static uintptr_t alignUp(uintptr_t address) {
  return (address + pageBytes - 1) / pageBytes * pageBytes;
}

/// Aligned memory with large pages; null if there is none.
static void *allocatePiece(size_t bytes) {
  void *memory =
      mmap(nullptr, bytes + pageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  auto begin = reinterpret_cast<uintptr_t>(memory), piece = alignUp(begin);
  if (piece != begin)
    munmap(memory, piece - begin);
  if (size_t behind = begin + pageBytes - piece)
    munmap(reinterpret_cast<void *>(piece + bytes), behind);
  madvise(reinterpret_cast<void *>(piece), bytes, MADV_HUGEPAGE);
  return reinterpret_cast<void *>(piece);
}

/// Whether the piece at `address` was replaced by a copy.
static bool movePiece(uintptr_t address, size_t bytes) {
  void *piece = allocatePiece(bytes), *place = reinterpret_cast<void *>(address);
  if (!piece)
    return false;
  std::memcpy(piece, place, bytes);
  if (mprotect(piece, bytes, PROT_READ) == 0 &&
      mremap(piece, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) != MAP_FAILED)
    return true;
  munmap(piece, bytes);
  return false;
}

LargePages::LargePages(std::span<const std::byte> mapping)
    : worker([mapping](std::stop_token stop) {
        auto begin = reinterpret_cast<uintptr_t>(mapping.data());
        uintptr_t end = (begin + mapping.size()) / pageBytes * pageBytes;
        for (uintptr_t at = alignUp(begin); at < end && !stop.stop_requested(); at += pieceBytes)
          if (!movePiece(at, std::min(pieceBytes, end - at)))
            return;
      }) {}

void LargePages::wait() {
  if (worker.joinable())
    worker.join();
}

bool LargePages::isAvailable() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string choices;
  std::getline(file, choices);
  return choices.find("[always]") != std::string::npos ||
         choices.find("[madvise]") != std::string::npos;
}
