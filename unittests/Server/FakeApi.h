//===- FakeApi.h - Handlers without sockets ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_SERVER_FAKEAPI_H
#define MOEC_UNITTESTS_SERVER_FAKEAPI_H

#include "FakeBackend.h"
#include "runtime/server/Router.h"
#include "runtime/server/api/Generation.h"

#include <gtest/gtest.h>

namespace moec::server {

/// Keeps an answer.
class FakeResponder : public Responder {
public:
  void send(HttpResponse response) override {
    EXPECT_FALSE(isComplete) << "answered twice";
    head = std::move(response);
    body = head.body;
    isComplete = true;
  }
  void beginStream(HttpResponse response) override {
    EXPECT_EQ(head.status, 0) << "begun twice";
    head = std::move(response);
    isStream = true;
  }
  void write(std::string piece) override {
    EXPECT_TRUE(isStream && !isComplete);
    body += piece;
  }
  void endStream() override {
    EXPECT_FALSE(isComplete) << "answered twice";
    isComplete = true;
  }
  void leave() {
    if (leftAction)
      leftAction();
  }
  std::string header(const std::string &name) const {
    for (const Headers *headers : {&head.headers, &added})
      for (const auto &[key, value] : *headers)
        if (key == name)
          return value;
    return "";
  }
  Json json() const { return Json::parse(body); }
  /// The message of an error.
  std::string message() const { return json()["error"]["message"].get<std::string>(); }
  /// The objects of a stream, which must end as streams do.
  std::vector<Json> events() const {
    std::vector<Json> list;
    size_t at = 0;
    for (size_t end; (end = body.find("\n\n", at)) != body.npos; at = end + 2) {
      EXPECT_EQ(body.substr(at, 6), "data: ");
      std::string data = body.substr(at + 6, end - at - 6);
      if (data == "[DONE]") {
        EXPECT_EQ(end + 2, body.size());
        return list;
      }
      list.push_back(Json::parse(data));
    }
    ADD_FAILURE() << "no [DONE] in " << body;
    return list;
  }

  HttpResponse head{0, "", {}, ""};
  std::string body;
  bool isStream = false, isComplete = false;
};

/// Handlers with a fake backend; what is posted runs at once.
struct ApiTest : testing::Test {
  FakeBackend backend;
  Metrics metrics;
  ServerOptions options;
  Api api{backend, metrics, options, [](std::function<void()> action) { action(); }};
  Router router{api};

  ApiTest() { options.modelNames = {"m", "alias"}; }

  std::shared_ptr<FakeResponder> call(HttpRequest request) {
    auto responder = std::make_shared<FakeResponder>();
    router.handle(request, responder);
    return responder;
  }
  std::shared_ptr<FakeResponder> get(const std::string &path, Headers headers = {}) {
    return call({"GET", path, std::move(headers), ""});
  }
  std::shared_ptr<FakeResponder> post(const std::string &path, std::string body,
                                      Headers headers = {}) {
    headers.emplace_back("content-type", "application/json; charset=utf-8");
    return call({"POST", path, std::move(headers), std::move(body)});
  }
  /// Asks for text; `fields` begin with a comma where there are any.
  std::shared_ptr<FakeResponder> complete(const std::string &fields = "") {
    return post("/v1/completions", R"({"model": "m", "prompt": "Hi")" + fields + "}");
  }
  std::shared_ptr<FakeResponder> chat(const std::string &fields = "") {
    return post("/v1/chat/completions",
                R"({"model": "m", "messages": [{"role": "user", "content": "Hi"}])" + fields + "}");
  }
};

} // namespace moec::server

#endif // MOEC_UNITTESTS_SERVER_FAKEAPI_H
