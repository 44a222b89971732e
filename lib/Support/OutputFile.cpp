//===- OutputFile.cpp - Large files that are written once -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// sync_file_range starts and awaits the disk, posix_fadvise drops what is there. Both are hints:
// where a file system has none of them, nothing is lost but time.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/OutputFile.h"
#include "moec/Support/File.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

using namespace moec;

Error moec::checkWritable(const std::string &path) {
  if (path.empty())
    return Error::success();
  std::error_code failure;
  std::filesystem::file_status found = std::filesystem::status(path, failure);
  if (std::filesystem::is_directory(found))
    return Error::make("cannot write '", path, "': it is a folder");
  // A device or a pipe is written itself, a file beside its place.
  bool direct = std::filesystem::exists(found) && !std::filesystem::is_regular_file(found);
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (::access(direct ? path.c_str() : folder.empty() ? "." : folder.c_str(), W_OK) != 0)
    return Error::make("cannot write '", path, "': ", lastSystemError());
  return Error::success();
}

Expected<std::unique_ptr<OutputFile>> OutputFile::create(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return Error::make("cannot create '", path, "': ", lastSystemError());
  return std::unique_ptr<OutputFile>(new OutputFile(descriptor));
}

OutputFile::~OutputFile() { ::close(descriptor); }

Error OutputFile::write(uint64_t offset, std::span<const std::byte> bytes) {
  uint64_t begin = offset;
  while (!bytes.empty()) {
    ssize_t count = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return Error::make(lastSystemError());
    bytes = bytes.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  total += offset - begin;
  writeBehind(begin, offset);
  return Error::success();
}

void OutputFile::writeBehind(uint64_t begin, uint64_t end) {
  if (end <= windowBytes)
    return;
  (void)::sync_file_range(descriptor, static_cast<off_t>(begin), static_cast<off_t>(end - begin),
                          SYNC_FILE_RANGE_WRITE);
  uint64_t behind = end - windowBytes, from = released.load();
  // Of threads that come at once, one takes the range.
  while (from < behind && !released.compare_exchange_weak(from, behind))
    ;
  if (from >= behind)
    return;
  auto start = static_cast<off_t>(from), length = static_cast<off_t>(behind - from);
  (void)::sync_file_range(descriptor, start, length,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER);
  (void)::posix_fadvise(descriptor, start, length, POSIX_FADV_DONTNEED);
}
