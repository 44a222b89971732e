//===- File.cpp - Mapped files and small file helpers -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// POSIX files: mmap for weights, read and rename for the small ones.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/File.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace moec;

namespace {
/// Closes a file descriptor when it leaves its scope.
struct Descriptor {
  int fd;
  explicit Descriptor(int fd) : fd(fd) {}
  Descriptor(const Descriptor &) = delete;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};
} // namespace

std::string moec::lastSystemError() { return std::strerror(errno); }

/// Opens `path` and checks that it is a regular file; `size` is its length in bytes.
static Error openRegular(const std::string &path, int &fd, uint64_t &size) {
  fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::make("cannot open '", path, "': ", lastSystemError());
  struct stat info;
  if (::fstat(fd, &info) != 0)
    return Error::make("cannot stat '", path, "': ", lastSystemError());
  if (!S_ISREG(info.st_mode))
    return Error::make("'", path, "' is not a regular file");
  size = static_cast<uint64_t>(info.st_size);
  return Error::success();
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : data(std::exchange(other.data, nullptr)), size(std::exchange(other.size, 0)) {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(data, other.data);
  std::swap(size, other.size);
  return *this;
}

MappedFile::~MappedFile() {
  if (data)
    ::munmap(const_cast<std::byte *>(data), size);
}

Error moec::refuseLfsPointer(const std::string &path, std::span<const std::byte> bytes) {
  constexpr std::string_view start = "version https://git-lfs.github.com/spec/";
  if (bytes.size() < start.size() || std::memcmp(bytes.data(), start.data(), start.size()) != 0)
    return Error::success();
  return Error::make("'", path, "' is a Git LFS pointer; run git lfs pull");
}

Expected<MappedFile> MappedFile::open(const std::string &path) {
  int fd = -1;
  uint64_t size = 0;
  Error error = openRegular(path, fd, size);
  Descriptor closer(fd);
  if (error)
    return error;
  MappedFile file;
  if (size == 0)
    return file;
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED)
    return Error::make("cannot map '", path, "' (", size, " bytes): ", lastSystemError());
  file.data = static_cast<const std::byte *>(address);
  file.size = size;
  if (Error pointer = refuseLfsPointer(path, file.bytes()))
    return pointer;
  return file;
}

Expected<std::string> moec::readFile(const std::string &path, uint64_t maxBytes) {
  int fd = -1;
  uint64_t size = 0;
  Error error = openRegular(path, fd, size);
  Descriptor closer(fd);
  if (error)
    return error;
  if (size > maxBytes)
    return Error::make("'", path, "' has ", size, " bytes, more than the ", maxBytes, " allowed");
  std::string contents(size, '\0');
  for (size_t done = 0; done < size;) {
    ssize_t count = ::read(fd, contents.data() + done, size - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return Error::make("cannot read '", path, "' beyond byte ", done, " of ", size, ": ",
                         count < 0 ? lastSystemError() : "the file became shorter");
    done += static_cast<size_t>(count);
  }
  if (Error pointer = refuseLfsPointer(path, asBytes(contents)))
    return pointer;
  return contents;
}

/// Whether `path` is there and takes bytes as they come: a terminal, a pipe, /dev/null.
static bool isDeviceOrPipe(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

Error moec::writeFileAtomic(const std::string &path, std::string_view contents) {
  bool direct = isDeviceOrPipe(path);
  std::string temporary = direct ? path : strCat(path, ".tmp-", ::getpid());
  Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.fd < 0)
    return Error::make("cannot create '", temporary, "': ", lastSystemError());
  auto fail = [&](const char *what) {
    Error error = Error::make("cannot ", what, " '", path, "': ", lastSystemError());
    if (!direct)
      ::unlink(temporary.c_str());
    return error;
  };
  for (size_t done = 0; done < contents.size();) {
    ssize_t count = ::write(file.fd, contents.data() + done, contents.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail("write");
    done += static_cast<size_t>(count);
  }
  if (!direct && ::rename(temporary.c_str(), path.c_str()) != 0)
    return fail("rename a finished file to");
  return Error::success();
}
