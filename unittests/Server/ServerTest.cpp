//===- ServerTest.cpp - Connections on a loopback port ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/server/Server.h"
#include "FakeBackend.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace moec;
using namespace moec::server;
using runtime::FinishReason;

namespace {

/// A client's socket.
class Client {
public:
  /// `receiveBuffer`, unless 0, is how much may come without being read.
  explicit Client(const std::string &address, int receiveBuffer = 0)
      : fd(socket(AF_INET, SOCK_STREAM, 0)) {
    timeval patience{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (receiveBuffer)
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof(receiveBuffer));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(std::stoi(address.substr(address.rfind(':') + 1)));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr *>(&where), sizeof(where)), 0);
  }
  ~Client() { leave(); }
  void leave() {
    if (fd >= 0)
      close(fd);
    fd = -1;
  }
  void send(const std::string &bytes) {
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), ssize_t(bytes.size()));
  }
  /// Reads until `end` has come, or all if it never does.
  std::string readUntil(const std::string &end) {
    size_t from = 0;
    while (text.find(end, from) == text.npos) {
      // An end may come in pieces.
      from = text.size() - std::min(text.size(), end.size());
      char buffer[4096];
      ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
      if (size <= 0) {
        EXPECT_EQ(size, 0) << "nothing came in time, only " << text;
        return std::exchange(text, {});
      }
      text.append(buffer, size);
    }
    size_t size = text.find(end, from) + end.size();
    std::string front = text.substr(0, size);
    text.erase(0, size);
    return front;
  }
  std::string readAll() { return readUntil("\x01 never"); }

private:
  int fd;
  std::string text;
};

std::string get(const std::string &path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

/// A request for a completion; `fields` begin with a comma where there are any.
std::string ask(const std::string &fields = "") {
  std::string body = R"({"model": "m", "prompt": "Hi")" + fields + "}";
  return strCat("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Content-Length: ",
                body.size(), "\r\n\r\n", body);
}

struct ServerTest : testing::Test {
  FakeBackend backend;
  Metrics metrics;
  ServerOptions options;
  std::unique_ptr<Server> server;
  std::thread thread;

  ServerTest() {
    options.port = 0;
    options.modelNames = {"m"};
    options.drainTimeout = 5;
  }
  ~ServerTest() override {
    if (!server)
      return;
    server->stop();
    server->stop();
    thread.join();
  }
  std::string start() {
    Expected<std::unique_ptr<Server>> opened = Server::open(backend, metrics, options);
    if (!opened)
      throw std::runtime_error(opened.takeError().message());
    server = std::move(*opened);
    std::string address = server->address();
    thread = std::thread([this] { server->run(); });
    return address;
  }
};

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Client client(start());
  client.send(get("/version") + ask() + get("/health"));
  EXPECT_NE(client.readUntil("\"}").find("200 OK"), std::string::npos);
  ASSERT_TRUE(backend.waitFor(0));
  backend.say(0, "answer", FinishReason::Stop);
  EXPECT_NE(client.readUntil("cached_tokens\":0}}}").find("\"text\":\"answer\""),
            std::string::npos);
  EXPECT_NE(client.readUntil("{}").find("200 OK"), std::string::npos);
}

/// What a large body takes does not hold up others, and its connection keeps its order.
TEST_F(ServerTest, LargeBodiesAreReadBesideOthers) {
  const std::string address = start();
  Client large(address), small(address);
  std::string body =
      R"({"model": "m", "prompt": ")" + std::string(900 << 10, 'a') + R"(", "n": 129})";
  const std::string head = strCat("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                  "application/json\r\nContent-Length: ",
                                  body.size(), "\r\n\r\n");
  std::thread sender([&] { large.send(head + body + get("/version") + head + body); });
  for (int i = 0; i < 20; ++i) {
    small.send(get("/health"));
    EXPECT_NE(small.readUntil("{}").find("200 OK"), std::string::npos);
  }
  sender.join();
  EXPECT_NE(large.readUntil("}}").find("400 Bad Request"), std::string::npos);
  EXPECT_NE(large.readUntil("\"}").find("200 OK"), std::string::npos);
  EXPECT_NE(large.readUntil("}}").find("'n' is 129"), std::string::npos);
}

/// Nothing is begun for who is not there any more, and what is read when the server ends is left.
TEST_F(ServerTest, LargeBodiesOfClientsThatLeave) {
  const std::string address = start();
  const std::string body = R"({"model": "m", "prompt": ")" + std::string(200 << 10, 'a') + R"("})";
  const std::string request = strCat("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: "
                                     "application/json\r\nContent-Length: ",
                                     body.size(), "\r\n\r\n", body);
  for (int i = 0; i < 8; ++i)
    Client(address).send(request);
  Client stays(address);
  stays.send(get("/version"));
  EXPECT_NE(stays.readUntil("\"}").find("200 OK"), std::string::npos);
}

TEST_F(ServerTest, StreamsComeAsTheyAreSaid) {
  Client client(start());
  client.send(ask(R"(, "stream": true)"));
  ASSERT_TRUE(backend.waitFor(0));
  backend.say(0, "one");
  std::string head = client.readUntil("\"text\":\"one\"");
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), head.npos);
  EXPECT_NE(head.find("Content-Type: text/event-stream"), head.npos);
  backend.say(0, "two", FinishReason::Stop);
  EXPECT_NE(client.readUntil("data: [DONE]\n\n\r\n0\r\n\r\n").find("two"), std::string::npos);
  client.send(get("/health"));
  client.readUntil("{}");
}

TEST_F(ServerTest, OldClientsGetStreamsUntilTheEnd) {
  Client client(start());
  std::string request = ask(R"(, "stream": true)");
  client.send(request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0"));
  ASSERT_TRUE(backend.waitFor(0));
  backend.say(0, "one", FinishReason::Stop);
  std::string answer = client.readAll();
  EXPECT_EQ(answer.find("chunked"), answer.npos);
  EXPECT_TRUE(answer.ends_with("data: [DONE]\n\n"));
}

TEST_F(ServerTest, ClientsThatLeaveAreCanceled) {
  std::string address = start();
  for (const char *fields : {"", R"(, "stream": true)"}) {
    size_t number = backend.count();
    Client client(address);
    client.send(ask(fields));
    ASSERT_TRUE(backend.waitFor(number));
    client.leave();
    EXPECT_TRUE(backend.waitForCancel(number)) << fields;
    backend.say(number, "", FinishReason::Abort);
  }
}

TEST_F(ServerTest, SlowReadersAreCanceled) {
  options.maxUnsent = 10000;
  Client client(start(), 4096);
  client.send(ask(R"(, "stream": true)"));
  ASSERT_TRUE(backend.waitFor(0));
  // More than the sockets hold.
  std::string text(50000, 'x');
  runtime::GenerationEvent event;
  event.text = text;
  for (int i = 0; i < 400; ++i)
    backend.send(0, event);
  EXPECT_TRUE(backend.waitForCancel(0));
}

TEST_F(ServerTest, LargeEventsAreNotSlowReaders) {
  options.maxUnsent = 10000;
  Client client(start());
  client.send(ask(R"(, "stream": true)"));
  ASSERT_TRUE(backend.waitFor(0));
  runtime::GenerationEvent event;
  event.text = std::string(1'000'000, 'x');
  backend.send(0, event);
  for (int i = 0; i < 3; ++i) // before it is on its way
    backend.say(0, "more");
  client.readUntil("\"finish_reason\":null}]}\n\n");
  backend.say(0, "end", FinishReason::Stop);
  EXPECT_NE(client.readUntil("data: [DONE]").find("end"), std::string::npos);
}

TEST_F(ServerTest, ReadersThatStopAreCanceled) {
  options.maxUnsent = 1 << 30;
  options.writeTimeout = 0.2;
  Client client(start(), 4096);
  client.send(ask(R"(, "stream": true)"));
  ASSERT_TRUE(backend.waitFor(0));
  runtime::GenerationEvent event;
  event.text = std::string(20'000'000, 'x');
  backend.send(0, event);
  EXPECT_TRUE(backend.waitForCancel(0));
}

TEST_F(ServerTest, AnswersThatNobodyReadsDoNotPileUp) {
  static constexpr size_t number = 2000;
  options.maxUnsent = 10000;
  Client client(start(), 4096);
  std::string requests;
  for (size_t i = 0; i < number; ++i)
    requests += get("/metrics");
  std::thread sender([&] { client.send(requests + get("/version")); });
  // Until no more are answered: a socket holds some, but not all.
  size_t asked = 0;
  do {
    asked = backend.statsCalls;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  } while (asked == 0 || asked != backend.statsCalls);
  EXPECT_LT(asked, number);
  std::string answers = client.readUntil("{\"version\"");
  sender.join();
  EXPECT_EQ(backend.statsCalls, number);
}

TEST_F(ServerTest, SlowSendersAreTold) {
  options.requestTimeout = 0.2;
  Client client(start());
  client.send("GET /health HT");
  std::string answer = client.readAll();
  EXPECT_NE(answer.find("HTTP/1.1 408 Request Timeout\r\n"), answer.npos);
  EXPECT_NE(answer.find("the request did not come within 0.2 s"), answer.npos);
}

TEST_F(ServerTest, IdleConnectionsAreClosed) {
  options.idleTimeout = 0.2;
  Client client(start());
  EXPECT_EQ(client.readAll(), "");
}

TEST_F(ServerTest, TooLargeRequestsAreTold) {
  options.maxBody = 100;
  Client client(start());
  client.send("POST /tokenize HTTP/1.1\r\nHost: x\r\nX-Request-Id: q1\r\n"
              "Content-Length: 100000\r\n\r\n" +
              std::string(100000, 'x'));
  std::string answer = client.readAll();
  EXPECT_NE(answer.find("X-Request-Id: q1\r\n"), answer.npos);
  EXPECT_NE(answer.find("HTTP/1.1 413 Content Too Large\r\n"), answer.npos);
  EXPECT_NE(answer.find("the body has 100000 bytes; at most 100 are taken"), answer.npos);
}

TEST_F(ServerTest, HeadsHaveNoBody) {
  Client client(start());
  client.send("HEAD /version HTTP/1.1\r\nHost: x\r\n\r\nHEAD /nothing HTTP/1.1\r\nHost: x\r\n"
              "Connection: close\r\n\r\n");
  std::string answers = client.readAll();
  EXPECT_NE(answers.find("HTTP/1.1 200 OK\r\n"), answers.npos);
  EXPECT_NE(answers.find("HTTP/1.1 404 Not Found\r\n"), answers.npos);
  EXPECT_EQ(answers.find('{'), answers.npos) << answers;
}

TEST_F(ServerTest, TooManyConnectionsAreTold) {
  options.maxConnections = 1;
  std::string address = start();
  Client first(address);
  first.send(get("/health"));
  first.readUntil("{}");
  std::string answer = Client(address).readAll();
  EXPECT_NE(answer.find("HTTP/1.1 503 "), answer.npos);
  EXPECT_NE(answer.find("there are 1 connections; at most 1 may be"), answer.npos);
}

TEST_F(ServerTest, BodiesThatWaitForContinueAreAsked) {
  Client client(start());
  client.send("POST /tokenize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              "Expect: 100-continue\r\nContent-Length: 15\r\n\r\n");
  EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(R"({"prompt": "a"})");
  EXPECT_NE(client.readUntil("\r\n\r\n").find("200 OK"), std::string::npos);
}

TEST_F(ServerTest, DrainingFinishesWhatRuns) {
  std::string address = start();
  Client idle(address), busy(address);
  idle.send(get("/health"));
  idle.readUntil("{}");
  busy.send(ask(R"(, "stream": true)"));
  ASSERT_TRUE(backend.waitFor(0));
  backend.say(0, "one");
  busy.readUntil("one");
  server->stop();
  EXPECT_EQ(idle.readAll(), "");
  backend.say(0, "two", FinishReason::Stop);
  EXPECT_NE(busy.readAll().find("data: [DONE]"), std::string::npos);
  thread.join();
  thread = std::thread([] {});
}

TEST_F(ServerTest, DrainingEnds) {
  options.drainTimeout = 0.1;
  Client client(start());
  client.send(ask(R"(, "stream": true)"));
  ASSERT_TRUE(backend.waitFor(0));
  backend.say(0, "one");
  client.readUntil("one");
  server->stop();
  std::string rest = client.readAll();
  EXPECT_NE(rest.find("the server is shutting down"), rest.npos);
  EXPECT_NE(rest.find("data: [DONE]"), rest.npos);
  EXPECT_TRUE(backend.waitForCancel(0));
}

TEST_F(ServerTest, LogsWhatItServed) {
  std::string path = testing::TempDir() + strCat("moec-access-", getpid(), ".log");
  options.accessLog = path;
  Client client(start());
  client.send(get("/version"));
  client.readUntil("}");
  client.send(ask());
  ASSERT_TRUE(backend.waitFor(0));
  client.leave();
  ASSERT_TRUE(backend.waitForCancel(0));
  std::ifstream file(path);
  std::string first, second;
  std::getline(file, first);
  std::getline(file, second);
  EXPECT_EQ(nlohmann::json::parse(first)["path"], "/version");
  nlohmann::json left = nlohmann::json::parse(second);
  EXPECT_EQ(left["status"], 499);
  EXPECT_EQ(left["reason"], "the client left");
  EXPECT_EQ(left["prompt_tokens"], 2);
  std::remove(path.c_str());
}

TEST_F(ServerTest, PortsThatAreTaken) {
  std::string address = start();
  ServerOptions second = options;
  second.port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  Expected<std::unique_ptr<Server>> opened = Server::open(backend, metrics, second);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.takeError().message(),
            strCat("cannot listen on 127.0.0.1:", second.port, ": Address already in use"));
}

} // namespace
