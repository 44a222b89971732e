//===- LargePages.h - A mapped file in large pages --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A file that is mapped lies in pages of 4 KiB, and whoever streams through gigabytes of it waits
// for address translation at every one.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_SUPPORT_LARGEPAGES_H
#define MOEC_SUPPORT_LARGEPAGES_H

#include <cstddef>
#include <span>
#include <thread>

namespace moec {

/// Puts a mapping into memory of this process with pages of 2 MiB, in the background and in place:
/// its readers see the same bytes at the same addresses all the time. What cannot be moved stays
/// where it is. The memory is the process's own, no longer shared with others that map the file.
class LargePages {
public:
  /// Starts on a read-only mapping, which must outlive this object.
  explicit LargePages(std::span<const std::byte> mapping);
  /// Stops where it is.
  ~LargePages() = default;

  /// Waits until all is moved.
  void wait();

  /// Whether the system gives large pages to those who ask.
  static bool isAvailable();

private:
  std::jthread worker;
};

} // namespace moec

#endif // MOEC_SUPPORT_LARGEPAGES_H
