//===- DirectoryWriter.cpp - Directories that appear whole ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Write beside, exchange names, delete the old one.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/DirectoryWriter.h"
#include "moec/Support/File.h"

#include <filesystem>
#include <unistd.h>

using namespace moec;
namespace fs = std::filesystem;

/// `path` without trailing slashes, so that a suffix makes a sibling.
static std::string withoutTrailingSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

/// Fails unless `path` may be replaced: absent, an empty directory, or one that holds `marker`.
static Error checkReplaceable(const std::string &path, const std::string &marker) {
  std::error_code ec;
  fs::file_status status = fs::symlink_status(path, ec);
  if (status.type() == fs::file_type::not_found)
    return Error::success();
  if (status.type() != fs::file_type::directory)
    return Error::make("'", path, "' exists and is not a directory; choose another output name");
  if (fs::exists(fs::path(path) / marker, ec) || fs::is_empty(path, ec))
    return Error::success();
  return Error::make("'", path, "' exists and holds no '", marker,
                     "', so it was not written by moec; choose another output name");
}

Expected<DirectoryWriter> DirectoryWriter::create(const std::string &path,
                                                  const std::string &marker) {
  DirectoryWriter writer;
  writer.final = withoutTrailingSlash(path);
  if (Error error = checkReplaceable(writer.final, marker))
    return error;
  std::string temporary = strCat(writer.final, ".tmp-", ::getpid());
  std::error_code ec;
  fs::remove_all(temporary, ec);
  fs::create_directories(temporary, ec);
  if (ec)
    return Error::make("cannot create directory '", temporary, "': ", ec.message());
  writer.temporary = std::move(temporary);
  return writer;
}

DirectoryWriter::DirectoryWriter(DirectoryWriter &&other) noexcept
    : final(std::move(other.final)), temporary(std::exchange(other.temporary, {})) {}

DirectoryWriter::~DirectoryWriter() {
  std::error_code ec;
  if (!temporary.empty())
    fs::remove_all(temporary, ec);
}

Error DirectoryWriter::writeFile(const std::string &relativePath, std::string_view contents) {
  fs::path target = fs::path(temporary) / relativePath;
  std::error_code ec;
  fs::create_directories(target.parent_path(), ec);
  if (ec)
    return Error::make("cannot create directory '", target.parent_path().string(),
                       "': ", ec.message());
  return writeFileAtomic(target.string(), contents);
}

Error DirectoryWriter::commit() {
  std::error_code ec;
  std::string old;
  if (fs::exists(fs::symlink_status(final, ec))) {
    old = strCat(temporary, "-old");
    fs::rename(final, old, ec);
    if (ec)
      return Error::make("cannot replace directory '", final, "': ", ec.message());
  }
  fs::rename(temporary, final, ec);
  if (ec) {
    Error error = Error::make("cannot rename '", temporary, "' to '", final, "': ", ec.message());
    std::error_code ignored;
    if (!old.empty())
      fs::rename(old, final, ignored);
    return error;
  }
  temporary.clear();
  if (!old.empty())
    fs::remove_all(old, ec);
  return Error::success();
}
