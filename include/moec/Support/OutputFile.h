//===- OutputFile.h - Large files that are written once ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A file of gigabytes that is written into the page cache and left there pushes out what others
// read, and whoever waits for it to be on the disk waits for all of it at the end.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_OUTPUTFILE_H
#define MOEC_SUPPORT_OUTPUTFILE_H

#include "moec/Support/Error.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace moec {

/// Fails where writeFileAtomic() could not write `path`: a folder of that name, or none that a file
/// may be made in. For results that come after long work; nothing is written, and an empty path is
/// fine.
Error checkWritable(const std::string &path);

/// A file that is written about in order. What is written starts for the disk at once; what lies
/// `windowBytes` behind has arrived there and leaves the page cache.
class OutputFile {
public:
  /// What a file may have in the page cache. A smaller file stays there whole.
  static constexpr uint64_t windowBytes = uint64_t(64) << 20;

  /// Creates `path`, or empties it.
  static Expected<std::unique_ptr<OutputFile>> create(const std::string &path);
  OutputFile(const OutputFile &) = delete;
  ~OutputFile();

  /// Writes at an offset in bytes. May be called from several threads.
  Error write(uint64_t offset, std::span<const std::byte> bytes);

  /// The bytes written so far.
  uint64_t written() const { return total; }

private:
  explicit OutputFile(int descriptor) : descriptor(descriptor) {}
  void writeBehind(uint64_t begin, uint64_t end);

  int descriptor;
  std::atomic<uint64_t> total = 0;
  /// Everything in front of this offset has left, or is about to.
  std::atomic<uint64_t> released = 0;
};

} // namespace moec

#endif // MOEC_SUPPORT_OUTPUTFILE_H
