//===- Router.cpp - From requests to handlers -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/Router.h"

#include <algorithm>
#include <random>

using namespace moec;
using namespace moec::server;

namespace {
struct Route {
  const char *path;
  /// Whether paths that begin with this are meant.
  bool isPrefix;
  const char *method; ///< null takes any
  /// Whether a key is wanted, where there are any.
  bool isGuarded;
  void (*serve)(Api &, const HttpRequest &, const ResponderPtr &);
};
} // namespace

static const Route routes[] = {
    {"/v1/chat/completions", false, "POST", true, serveChat},
    {"/v1/completions", false, "POST", true, serveCompletions},
    {"/v1/messages", false, "POST", true, serveMessages},
    {"/v1/messages/count_tokens", false, "POST", true, serveCountTokens},
    {"/v1/responses", false, "POST", true, serveResponses},
    {"/v1/responses/", true, nullptr, true, serveResponse},
    {"/v1/models", false, "GET", true, serveModels},
    {"/v1/models/", true, "GET", true, serveModel},
    {"/tokenize", false, "POST", true, serveTokenize},
    {"/detokenize", false, "POST", true, serveDetokenize},
    {"/health", false, "GET", false, serveHealth},
    {"/metrics", false, "GET", false, serveMetrics},
    {"/version", false, "GET", false, serveVersion},
};

static const Route *findRoute(std::string_view path) {
  for (const Route &route : routes)
    if (route.isPrefix ? path.starts_with(route.path) : path == route.path)
      return &route;
  return nullptr;
}

/// HEAD is a GET without the body.
static bool takesMethod(const Route &route, std::string_view method) {
  return !route.method || method == route.method ||
         (method == "HEAD" && route.method == std::string_view("GET"));
}

static std::string methodsOf(const Route &route) {
  const std::string_view own = route.method ? route.method : "GET";
  return strCat(own, takesMethod(route, "HEAD") ? ", HEAD" : "", ", OPTIONS");
}

static bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view server::bearerToken(std::string_view header) {
  static constexpr std::string_view scheme = "bearer ";
  if (header.size() < scheme.size() || !equalsIgnoringCase(header.substr(0, scheme.size()), scheme))
    return {};
  header.remove_prefix(scheme.size());
  return header.substr(std::min(header.find_first_not_of(' '), header.size()));
}

/// Whether two texts are equal, in a time that depends on the length of `given` only.
static bool equalsInConstantTime(std::string_view given, std::string_view secret) {
  volatile unsigned difference = given.size() != secret.size();
  for (size_t i = 0; i < given.size(); ++i) {
    unsigned char other = secret.empty() ? 0 : secret[i % secret.size()];
    difference = difference | (static_cast<unsigned char>(given[i]) ^ other);
  }
  return difference == 0;
}

static bool isKey(std::string_view token, const std::vector<std::string> &keys) {
  bool found = false;
  for (const std::string &key : keys)
    found = equalsInConstantTime(token, key) || found;
  return found && !token.empty();
}

bool server::isAuthorized(std::string_view header, const std::vector<std::string> &keys) {
  return isKey(bearerToken(header), keys);
}

std::string server::requestId(std::string_view header) {
  static constexpr size_t maxSize = 128;
  auto isPlain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == ':';
  };
  if (!header.empty() && header.size() <= maxSize && std::ranges::all_of(header, isPlain))
    return std::string(header);
  static std::mt19937_64 random{std::random_device()()};
  static constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (int word = 0; word < 2; ++word)
    for (uint64_t bits = random(), digit = 0; digit < 16; ++digit, bits >>= 4)
      id += digits[bits & 15];
  return id;
}

void Router::addOrigin(const HttpRequest &request, Responder &responder) const {
  const auto &origins = api.options.corsOrigins;
  std::string_view origin = request.header("origin");
  bool isAny = std::ranges::find(origins, "*") != origins.end();
  if (!origins.empty() && !isAny)
    responder.addHeader("Vary", "Origin");
  if (origin.empty() || (!isAny && std::ranges::find(origins, origin) == origins.end()))
    return;
  responder.addHeader("Access-Control-Allow-Origin", isAny ? "*" : std::string(origin));
  responder.addHeader("Access-Control-Expose-Headers",
                      "X-Request-Id, X-Moec-Ignored-Fields, X-Moec-Warning");
}

/// The headers that a page of another origin may send: those that it asks for.
static std::string allowedHeaders(const HttpRequest &request) {
  std::string_view asked = request.header("access-control-request-headers");
  auto isName = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == ',' || c == ' ';
  };
  return asked.empty() || !std::ranges::all_of(asked, isName)
             ? "Authorization, Content-Type, X-Request-Id"
             : std::string(asked);
}

/// Whether a body's type is JSON. Pages of other origins cannot send that unasked.
static bool isJson(std::string_view contentType) {
  std::string_view type = contentType.substr(0, contentType.find(';'));
  while (!type.empty() && type.back() == ' ')
    type.remove_suffix(1);
  return equalsIgnoringCase(type, "application/json");
}

/// What is wrong with a request before its handler sees it.
static std::optional<ApiError> checkRequest(const HttpRequest &request, const Route &route,
                                            const ServerOptions &options) {
  if (route.isGuarded && !options.apiKeys.empty() &&
      !isAuthorized(request.header("authorization"), options.apiKeys) &&
      !isKey(request.header("x-api-key"), options.apiKeys))
    return ApiError{401, "give a valid API key: Authorization: Bearer KEY, or X-Api-Key: KEY",
                    std::nullopt, "invalid_api_key"};
  if (!takesMethod(route, request.method))
    return ApiError{405, strCat("the method of ", request.path, " is ", route.method, ", not ",
                                request.method)};
  if (route.method && request.method == "POST" && !isJson(request.header("content-type")))
    return ApiError{415, strCat("the Content-Type is '", request.header("content-type"),
                                "'; it must be application/json")};
  if (auto encoding = request.header("content-encoding");
      !encoding.empty() && !equalsIgnoringCase(encoding, "identity"))
    return ApiError{415, strCat("the Content-Encoding is '", encoding, "'; none is supported")};
  return std::nullopt;
}

void Router::greet(const HttpRequest &request, Responder &responder) const {
  responder.record.id = requestId(request.header("x-request-id"));
  responder.addHeader("X-Request-Id", responder.record.id);
  addOrigin(request, responder);
  responder.wantsTypedErrors = request.path.starts_with("/v1/messages");
}

void Router::refuse(const HttpRequest &request, const ResponderPtr &responder,
                    const ApiError &error) {
  greet(request, *responder);
  sendError(*responder, error);
}

void Router::handle(const HttpRequest &request, const ResponderPtr &responder) {
  greet(request, *responder);
  const Route *route = findRoute(request.path);
  if (!route)
    return sendError(*responder, {404, strCat("there is no ", request.path)});
  const std::string methods = methodsOf(*route);
  if (request.method == "OPTIONS") {
    // What browsers ask before they send another origin's request.
    responder->addHeader("Allow", methods);
    if (!api.options.corsOrigins.empty()) {
      responder->addHeader("Access-Control-Allow-Methods", methods);
      responder->addHeader("Access-Control-Allow-Headers", allowedHeaders(request));
      responder->addHeader("Access-Control-Max-Age", "600");
    }
    return responder->send({204, "", {}, ""});
  }
  if (auto error = checkRequest(request, *route, api.options)) {
    Headers headers;
    if (error->status == 401)
      headers.emplace_back("WWW-Authenticate", "Bearer");
    if (error->status == 405)
      headers.emplace_back("Allow", methods);
    return sendError(*responder, *error, headers);
  }
  route->serve(api, request, responder);
}
