//===- Http.h - Requests and responses --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What handlers see of HTTP. A handler answers through a Responder, at once or later.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_HTTP_H
#define MOEC_SERVER_HTTP_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moec::server {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One request.
struct HttpRequest {
  std::string method;
  /// Without the query, not decoded.
  std::string path;
  /// Names in lower case.
  Headers headers;
  std::string body;
  bool isHttp10 = false, keepAlive = true;

  /// The value of the first header of that name, in lower case; "" without one.
  std::string_view header(std::string_view name) const;
};

/// The head of a response, and its body where that is whole.
struct HttpResponse {
  int status = 200;
  std::string contentType = "application/json";
  Headers headers = {};
  std::string body = {};
};

/// The phrase of a status.
const char *reasonPhrase(int status);

/// How the bytes of a response are framed.
struct Framing {
  bool isHttp10 = false, keepAlive = true;
  /// The body follows in chunks, without chunks where the client does not know them.
  bool isStream = false;
  /// Only the head was asked for.
  bool isHead = false;
};

/// The bytes of a response, with its body unless that is a stream.
std::string serialize(const HttpResponse &response, Framing framing);
/// The bytes of a piece of a stream's body.
std::string frameChunk(std::string piece, Framing framing);
/// The bytes that end a stream.
std::string lastChunk(Framing framing);

/// What is logged of a request.
struct AccessRecord {
  std::string id, method, path;
  int status = 0;
  std::optional<uint64_t> promptTokens = {}, completionTokens = {};
  std::optional<double> firstTokenSeconds = {};
  double seconds = 0;
  /// How it ended.
  std::string reason = {};
};

/// Where the answer to one request goes. All members belong to the server's thread.
class Responder {
public:
  virtual ~Responder() = default;

  /// The whole answer.
  virtual void send(HttpResponse response) = 0;
  /// The head of an answer whose body follows in pieces.
  virtual void beginStream(HttpResponse head) = 0;
  virtual void write(std::string piece) = 0;
  virtual void endStream() = 0;

  /// Has `action` called when the client has left before the answer was complete. Nothing that is
  /// answered then matters.
  void onLeft(std::function<void()> action) { leftAction = std::move(action); }
  /// Adds a header to the answer, whatever that will be.
  void addHeader(std::string name, std::string value) {
    added.emplace_back(std::move(name), std::move(value));
  }

  AccessRecord record;
  /// Whether the client has left before the answer was complete.
  bool hasLeft = false;
  /// Whether its client knows errors in Anthropic's shape, and not in OpenAI's.
  bool wantsTypedErrors = false;

protected:
  Headers added;
  std::function<void()> leftAction;
};

} // namespace moec::server

#endif // MOEC_SERVER_HTTP_H
