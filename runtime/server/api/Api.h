//===- Api.h - What handlers share ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_API_API_H
#define MOEC_SERVER_API_API_H

#include "runtime/server/Http.h"
#include "runtime/server/api/Errors.h"

#include "moec/runtime/server/Server.h"

#include <deque>
#include <functional>
#include <memory>
#include <unordered_set>

namespace moec::server {

class Generation;

using ResponderPtr = std::shared_ptr<Responder>;

/// A body that is read beside the server's thread: see prepareThen().
struct LargeBody {
  size_t bytes;
  ResponderPtr responder;
  std::function<void()> prepare, finish;
};

/// The model, and what is served of it at the moment. It belongs to the server's thread.
struct Api {
  Backend &backend;
  Metrics &metrics;
  const ServerOptions &options;
  /// Has a function called on the server's thread; may be called from any.
  std::function<void(std::function<void()>)> post;
  /// Requests of which choices have not ended, and the number of those.
  std::unordered_set<std::shared_ptr<Generation>> generations = {};
  size_t liveChoices = 0;
  /// When the server was started, in seconds since 1970.
  int64_t created = 0;
  bool draining = false;
  /// Has a function called on another thread, of which there are so many, so that it does not hold
  /// up the server's.
  std::function<void(std::function<void()>)> work = {};
  unsigned workers = 0;
  /// Large bodies that no thread reads yet, in the order in which they came, and those that are
  /// read.
  std::deque<LargeBody> waitingBodies = {};
  size_t waitingBytes = 0;
  unsigned readBodies = 0;
};

/// Calls `prepare`, which reads a body of so many bytes, then `finish` on the server's thread. What
/// a large body takes would hold up every other client, so `prepare` may run on another thread: of
/// what is the server's it may only use what never changes, and must not own a responder. A body
/// whose client leaves before it is read is not read; where too many bytes wait, the answer is an
/// error.
void prepareThen(Api &api, size_t bytes, const ResponderPtr &responder,
                 std::function<void()> prepare, std::function<void()> finish);

/// Answers with JSON, or with an error.
void sendJson(Responder &responder, std::string json);
void sendError(Responder &responder, const ApiError &error, Headers headers = {});

/// Tells a client which fields had no effect, in a header.
void addIgnoredFields(Responder &responder, const std::vector<std::string> &fields);

/// Why nothing can be served now, if so: the engine has died, or the server ends.
std::optional<ApiError> findOutage(const Api &api);
/// An error unless the model is served under `name`.
std::optional<ApiError> checkModel(const Api &api, const std::string &name);

// One function for each path.
void serveCompletions(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveChat(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveMessages(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveResponses(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveResponse(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveCountTokens(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveTokenize(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveDetokenize(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveModels(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveModel(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveHealth(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveMetrics(Api &api, const HttpRequest &request, const ResponderPtr &responder);
void serveVersion(Api &api, const HttpRequest &request, const ResponderPtr &responder);

} // namespace moec::server

#endif // MOEC_SERVER_API_API_H
