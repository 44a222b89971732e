//===- Checksums.h - SHA256SUMS files ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An artifact lists the hashes of its files in SHA256SUMS, the format of sha256sum(1).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_CHECKSUMS_H
#define MOEC_SUPPORT_CHECKSUMS_H

#include "moec/Support/Error.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace moec {

/// The hashes of the files below one folder, by relative path.
class Checksums {
public:
  /// The name of the file in an artifact.
  static constexpr const char *fileName = "SHA256SUMS";

  /// Parses lines of 64 hexadecimal digits, two spaces and a relative path.
  static Expected<Checksums> parse(std::string_view text);

  /// Records the hash of a file's contents.
  void add(const std::string &relativePath, std::span<const std::byte> contents);
  /// Records a hash that is known: 64 lower-case hexadecimal digits.
  void addHash(const std::string &relativePath, std::string hash);
  /// Records the hash of a file that exists already below `dir`.
  Error addFile(const std::string &dir, const std::string &relativePath);
  /// Records the hash that another list has, if any, for a file of the same name and contents.
  void addFrom(const Checksums &other, const std::string &relativePath);
  /// The text to write, in path order.
  std::string text() const;

  /// Fails unless `relativePath` is listed with the hash of `contents`.
  Error check(const std::string &relativePath, std::span<const std::byte> contents) const;

  /// Relative path → 64 lower-case hexadecimal digits.
  const std::map<std::string, std::string> &entries() const { return hashes; }

private:
  std::map<std::string, std::string> hashes;
};

} // namespace moec

#endif // MOEC_SUPPORT_CHECKSUMS_H
