//===- File.h - Mapped files and small file helpers -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Read-only file mappings for weights, and whole-file reads and writes for everything small.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_FILE_H
#define MOEC_SUPPORT_FILE_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace moec {

/// A file mapped read-only into memory. The bytes live as long as this object; moving it keeps
/// their address. The file must not be truncated while it is mapped.
class MappedFile {
public:
  MappedFile() = default;
  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  /// Maps `path`, which must name a regular file; an empty file gives an empty span. Fails on a Git
  /// LFS pointer.
  static Expected<MappedFile> open(const std::string &path);

  std::span<const std::byte> bytes() const { return {data, size}; }

private:
  const std::byte *data = nullptr;
  size_t size = 0;
};

/// Fails if `bytes`, the contents of `path`, are what Git LFS leaves in place of a file that was
/// not fetched.
Error refuseLfsPointer(const std::string &path, std::span<const std::byte> bytes);

/// Reads all of `path`; fails when it is larger than `maxBytes`, and on a Git LFS pointer.
Expected<std::string> readFile(const std::string &path, uint64_t maxBytes = uint64_t(1) << 32);

/// Writes `contents` to a file beside `path` and renames it, so that nobody sees half of it.
Error writeFileAtomic(const std::string &path, std::string_view contents);

/// The message of the C library for `errno`, for example "No such file or directory".
std::string lastSystemError();

/// The bytes of a string.
inline std::span<const std::byte> asBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

} // namespace moec

#endif // MOEC_SUPPORT_FILE_H
