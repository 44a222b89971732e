//===- DirectoryWriter.h - Directories that appear whole --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An artifact is a directory. It is written beside its final name and renamed, so that a reader, or
// an interrupted compiler, never leaves half of one.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_DIRECTORYWRITER_H
#define MOEC_SUPPORT_DIRECTORYWRITER_H

#include "moec/Support/Error.h"

#include <string>
#include <string_view>

namespace moec {

/// Writes a directory beside its final place and renames it when it is complete. Without commit()
/// everything written is removed again.
class DirectoryWriter {
public:
  /// Starts writing what shall become the directory `path`. When `path` exists it will be replaced
  /// by commit(), but only if it is an empty directory or holds the file `marker`: a directory that
  /// this program did not write is never deleted.
  static Expected<DirectoryWriter> create(const std::string &path, const std::string &marker);
  DirectoryWriter(DirectoryWriter &&other) noexcept;
  DirectoryWriter &operator=(DirectoryWriter &&) = delete;
  ~DirectoryWriter();

  /// The directory to write into until commit().
  const std::string &path() const { return temporary; }

  /// Writes one file; missing folders of `relativePath` are created.
  Error writeFile(const std::string &relativePath, std::string_view contents);

  /// Gives the directory its final name. Call once, after every file is closed.
  Error commit();

private:
  DirectoryWriter() = default;
  std::string final, temporary;
};

} // namespace moec

#endif // MOEC_SUPPORT_DIRECTORYWRITER_H
