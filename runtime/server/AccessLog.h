//===- AccessLog.h - What was served ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_ACCESSLOG_H
#define MOEC_SERVER_ACCESSLOG_H

#include "runtime/server/Http.h"

#include "moec/Support/Error.h"

#include <chrono>
#include <cstdio>
#include <memory>

namespace moec::server {

/// A file with a line of JSON for each request.
class AccessLog {
public:
  /// Appends to `path`; "-" is the standard output, "" nothing.
  static Expected<AccessLog> open(const std::string &path);

  void write(const AccessRecord &record) const;

private:
  explicit AccessLog(std::shared_ptr<std::FILE> file) : file(std::move(file)) {}
  std::shared_ptr<std::FILE> file;
};

/// The line of a record that ended at `time`.
std::string toLine(const AccessRecord &record, std::chrono::system_clock::time_point time);

} // namespace moec::server

#endif // MOEC_SERVER_ACCESSLOG_H
