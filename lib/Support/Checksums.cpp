//===- Checksums.cpp - SHA256SUMS files -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One line a file.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Checksums.h"
#include "moec/Support/File.h"
#include "moec/Support/Hash.h"

using namespace moec;

Expected<Checksums> Checksums::parse(std::string_view text) {
  Checksums sums;
  for (unsigned number = 1; !text.empty(); ++number) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.size() < 67 || line.substr(64, 2) != "  " ||
        line.substr(0, 64).find_first_not_of("0123456789abcdef") != std::string_view::npos)
      return Error::make("line ", number,
                         " is not 64 hexadecimal digits, two spaces and a file name");
    if (!sums.hashes.emplace(line.substr(66), line.substr(0, 64)).second)
      return Error::make("line ", number, " lists '", line.substr(66), "' again");
  }
  return sums;
}

void Checksums::add(const std::string &relativePath, std::span<const std::byte> contents) {
  addHash(relativePath, sha256(contents));
}

void Checksums::addHash(const std::string &relativePath, std::string hash) {
  hashes[relativePath] = std::move(hash);
}

Error Checksums::addFile(const std::string &dir, const std::string &relativePath) {
  Expected<MappedFile> file = MappedFile::open(strCat(dir, "/", relativePath));
  if (!file)
    return file.takeError();
  add(relativePath, file->bytes());
  return Error::success();
}

void Checksums::addFrom(const Checksums &other, const std::string &relativePath) {
  auto found = other.hashes.find(relativePath);
  if (found != other.hashes.end())
    hashes[relativePath] = found->second;
}

std::string Checksums::text() const {
  std::string out;
  for (const auto &[path, hash] : hashes)
    out += strCat(hash, "  ", path, "\n");
  return out;
}

Error Checksums::check(const std::string &relativePath, std::span<const std::byte> contents) const {
  auto it = hashes.find(relativePath);
  if (it == hashes.end())
    return Error::make("'", relativePath, "' is not listed in ", fileName);
  std::string actual = sha256(contents);
  if (actual != it->second)
    return Error::make("'", relativePath, "' has SHA-256 ", actual.substr(0, 16), "… but ",
                       fileName, " says ", it->second.substr(0, 16),
                       "…; it was changed or damaged");
  return Error::success();
}
