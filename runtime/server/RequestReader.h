//===- RequestReader.h - From bytes to requests -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The requests in the bytes of one connection, one after the other.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_REQUESTREADER_H
#define MOEC_SERVER_REQUESTREADER_H

#include "runtime/server/Http.h"
#include "runtime/server/api/Errors.h"

#include <cstddef>
#include <memory>

namespace moec::server {

/// What a request may have, in bytes.
struct HttpLimits {
  size_t header = 16 << 10, body = 16 << 20;
};

/// Parses what a client sends. It reads no socket and knows no time.
class RequestReader {
public:
  explicit RequestReader(HttpLimits limits);
  ~RequestReader();

  /// Adds bytes that have come.
  void feed(std::string_view bytes);

  enum class Result {
    Incomplete, ///< more bytes are wanted
    Complete,   ///< take() gives a request
    Failed      ///< error() says why; nothing behind can be read
  };
  /// Parses as far as the next request's end.
  Result read();
  HttpRequest take();
  /// What is known of a request that is not complete: nothing, or all but its body.
  HttpRequest begun() const;
  const ApiError &error() const { return failure; }

  /// Whether the client waits to be told to send the body; true once for a request.
  bool takeExpectation();
  /// Whether a part of a request has come.
  bool hasStarted() const;
  /// Bytes that were not parsed yet.
  size_t buffered() const { return buffer.size() - begin; }

private:
  struct Parser;
  bool readHeader();
  bool readBody();
  bool fail(int status, std::string message);

  HttpLimits limits;
  std::string buffer;
  size_t begin = 0;
  size_t searched = 0;            ///< bytes of a header that have no end of it
  std::unique_ptr<Parser> parser; ///< of a request that has begun
  bool expects = false;
  ApiError failure;
};

} // namespace moec::server

#endif // MOEC_SERVER_REQUESTREADER_H
