//===- Info.cpp - What is served, and whether -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/Api.h"
#include "runtime/server/api/Json.h"

#include <algorithm>
#include <charconv>
#include <cstring>

using namespace moec;
using namespace moec::server;

/// Bytes of a body that are read at once: about a millisecond of parsing and encoding.
static constexpr size_t smallBody = 16 << 10;

/// Bytes of large bodies that may wait to be read, beside one: with what parsing makes of them,
/// some hundred megabytes.
static constexpr size_t maxWaitingBytes = 64 << 20;

/// Has bodies read while there are threads for them. A thread lets go of what it prepared with.
static void readBodies(Api &api) {
  while (api.readBodies < api.workers && !api.waitingBodies.empty()) {
    LargeBody body = std::move(api.waitingBodies.front());
    api.waitingBodies.pop_front();
    api.waitingBytes -= body.bytes;
    if (body.responder->hasLeft)
      continue;
    ++api.readBodies;
    auto done = [&api, finish = std::move(body.finish)] {
      --api.readBodies;
      finish();
      readBodies(api);
    };
    api.work([&api, prepare = std::move(body.prepare), done = std::move(done)]() mutable {
      prepare();
      prepare = nullptr;
      api.post(std::move(done));
    });
  }
}

void server::prepareThen(Api &api, size_t bytes, const ResponderPtr &responder,
                         std::function<void()> prepare, std::function<void()> finish) {
  if (!api.work || bytes <= smallBody) {
    prepare();
    return finish();
  }
  if (api.waitingBytes != 0 && api.waitingBytes + bytes > maxWaitingBytes)
    return sendError(
        *responder,
        {503, strCat("bodies of ", api.waitingBytes, " bytes wait to be read; with the ", bytes,
                     " of this one they were more than ", maxWaitingBytes)},
        {{"Retry-After", "1"}});
  api.waitingBytes += bytes;
  api.waitingBodies.push_back({bytes, responder, std::move(prepare), std::move(finish)});
  readBodies(api);
}

void server::sendJson(Responder &responder, std::string json) {
  responder.send({200, "application/json", {}, std::move(json)});
}

void server::sendError(Responder &responder, const ApiError &error, Headers headers) {
  responder.record.reason = error.message;
  responder.send({error.status, "application/json", std::move(headers),
                  responder.wantsTypedErrors ? toTypedJson(error) : toJson(error)});
}

void server::addIgnoredFields(Responder &responder, const std::vector<std::string> &fields) {
  static constexpr size_t maxSize = 1024;
  std::string list;
  for (const std::string &field : fields) {
    if (list.size() + field.size() > maxSize) {
      list += ", ...";
      break;
    }
    list += list.empty() ? "" : ", ";
    // A name is whatever the client chose; a header is not.
    for (char c : field)
      list += c > ' ' && c < 0x7F && c != ',' ? c : '?';
  }
  if (!list.empty())
    responder.addHeader("X-Moec-Ignored-Fields", list);
}

std::optional<ApiError> server::findOutage(const Api &api) {
  if (Error error = api.backend.health())
    return unavailable(error.message());
  if (api.draining)
    return unavailable("the server is shutting down");
  return std::nullopt;
}

std::optional<ApiError> server::checkModel(const Api &api, const std::string &name) {
  if (std::ranges::find(api.options.modelNames, name) != api.options.modelNames.end())
    return std::nullopt;
  std::string names;
  for (const std::string &served : api.options.modelNames)
    names += strCat(names.empty() ? "'" : ", '", served, "'");
  return ApiError{404, strCat("the model '", name, "' does not exist; served is ", names), "model",
                  "model_not_found"};
}

static OrderedJson describeModel(const Api &api, const std::string &name) {
  OrderedJson model;
  model["id"] = name;
  model["object"] = "model";
  model["created"] = api.created;
  model["owned_by"] = "moec";
  model["root"] = api.options.modelNames.front();
  model["parent"] = nullptr;
  model["max_model_len"] = api.backend.capacity();
  return model;
}

void server::serveResponse(Api &, const HttpRequest &request, const ResponderPtr &responder) {
  const std::string id = request.path.substr(std::strlen("/v1/responses/"));
  const bool isId = id.starts_with("resp_");
  sendError(*responder, {404, isId ? strCat("the response '", id.substr(0, id.find('/')),
                                            "' does not exist: none is kept")
                                   : strCat("there is no ", request.path)});
}

void server::serveModels(Api &api, const HttpRequest &, const ResponderPtr &responder) {
  OrderedJson list = OrderedJson::array();
  for (const std::string &name : api.options.modelNames)
    list.push_back(describeModel(api, name));
  OrderedJson json;
  json["object"] = "list";
  json["data"] = std::move(list);
  sendJson(*responder, dumpJson(json));
}

/// A part of a path, with %2F for what a name may have.
static std::string decodePercents(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void server::serveModel(Api &api, const HttpRequest &request, const ResponderPtr &responder) {
  std::string name =
      decodePercents(std::string_view(request.path).substr(std::strlen("/v1/models/")));
  if (auto error = checkModel(api, name))
    return sendError(*responder, *error);
  sendJson(*responder, dumpJson(describeModel(api, name)));
}

void server::serveHealth(Api &api, const HttpRequest &, const ResponderPtr &responder) {
  if (auto error = findOutage(api))
    return sendError(*responder, *error);
  sendJson(*responder, "{}");
}

void server::serveMetrics(Api &api, const HttpRequest &, const ResponderPtr &responder) {
  responder->send({200,
                   "text/plain; version=0.0.4; charset=utf-8",
                   {},
                   api.metrics.write(api.options.modelNames.front(), api.backend.stats())});
}

void server::serveVersion(Api &api, const HttpRequest &, const ResponderPtr &responder) {
  sendJson(*responder, dumpJson({{"version", api.options.version}}));
}
