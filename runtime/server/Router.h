//===- Router.h - From requests to handlers ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_ROUTER_H
#define MOEC_SERVER_ROUTER_H

#include "runtime/server/api/Api.h"

namespace moec::server {

/// Finds the handler of a request, after checking who asks and how.
class Router {
public:
  explicit Router(Api &api) : api(api) {}

  /// The handler may answer later.
  void handle(const HttpRequest &request, const ResponderPtr &responder);

  /// Answers one that could not be read.
  void refuse(const HttpRequest &request, const ResponderPtr &responder, const ApiError &error);

private:
  /// Adds what every answer has.
  void greet(const HttpRequest &request, Responder &responder) const;
  void addOrigin(const HttpRequest &request, Responder &responder) const;

  Api &api;
};

/// Whether an Authorization header holds one of `keys`. The time it takes says nothing about them.
bool isAuthorized(std::string_view header, const std::vector<std::string> &keys);
/// The key of an Authorization header; "" without one.
std::string_view bearerToken(std::string_view header);
/// The client's own name for its request, if that can be used, else a new one.
std::string requestId(std::string_view header);

} // namespace moec::server

#endif // MOEC_SERVER_ROUTER_H
