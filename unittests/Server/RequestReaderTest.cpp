//===- RequestReaderTest.cpp - From bytes to requests ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/RequestReader.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::server;
using Result = RequestReader::Result;

namespace {

const HttpLimits limits{1024, 100};

/// Everything that is read of some bytes: requests, then "…" or an error.
std::string readAll(const std::string &bytes, size_t step) {
  RequestReader reader(limits);
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(std::string_view(bytes).substr(at, step));
    for (Result result; (result = reader.read()) != Result::Incomplete;) {
      if (result == Result::Failed)
        return out + strCat(reader.error().status, " ", reader.error().message);
      HttpRequest request = reader.take();
      out += request.method + " " + request.path + " [" + request.body + "]" +
             (request.keepAlive ? " " : " close ");
    }
  }
  return out + (reader.hasStarted() ? "…" : "");
}

void expectRead(const std::string &bytes, const std::string &expected) {
  for (size_t step : {size_t(1), size_t(7), bytes.size()})
    EXPECT_EQ(readAll(bytes, step), expected) << "in pieces of " << step;
}

TEST(RequestReader, PipelinedRequests) {
  expectRead("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n\r\n"
             "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
             "POST http://x/c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
             "2;x=y\r\nab\r\n1\r\nc\r\n0\r\nTrailer: 1\r\n\r\n"
             "GET /d HTTP/1.0\r\n\r\nGET /e HTTP/1.1\r\nHo",
             "GET /a [] POST /b [abc] POST /c [abc] GET /d [] close …");
  expectRead("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
             "GET /b HTTP/1.1\r\nHost: x\r\n\r\n",
             "POST /a [] GET /b [] ");
}

TEST(RequestReader, Headers) {
  RequestReader reader(limits);
  reader.feed("GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID:  a b \r\nConnection: close\r\n\r\n");
  ASSERT_EQ(reader.read(), Result::Complete);
  HttpRequest request = reader.take();
  EXPECT_EQ(request.header("x-request-id"), "a b");
  EXPECT_EQ(request.header("y"), "");
  EXPECT_FALSE(request.keepAlive);
  EXPECT_FALSE(reader.hasStarted());
}

TEST(RequestReader, Limits) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  expectRead(head + "X: " + std::string(1024, 'a') + "\r\n\r\n",
             "431 the header of the request is longer than 1024 bytes");
  std::string fields;
  for (int i = 0; i < 120; ++i)
    fields += "X: aaaa\r\n";
  expectRead(head + fields + "\r\n", "431 the header of the request is longer than 1024 bytes");
  expectRead(head + "Content-Length: 101\r\n\r\n",
             "413 the body has 101 bytes; at most 100 are taken (--max-body)");
  expectRead(head + "Content-Length: 100\r\n\r\n" + std::string(100, 'a'),
             "POST / [" + std::string(100, 'a') + "] ");
  std::string chunks;
  for (int i = 0; i < 101; ++i)
    chunks += "1\r\na\r\n";
  expectRead(head + "Transfer-Encoding: chunked\r\n\r\n" + chunks,
             "413 the body has more than 100 bytes; at most 100 are taken (--max-body)");
  // Not even announced.
  expectRead(head + "Content-Length: 18446744073709551615\r\n\r\n",
             "413 the body has 18446744073709551615 bytes; at most 100 are taken (--max-body)");
}

TEST(RequestReader, WhatIsNotHttp) {
  auto statusOf = [](const std::string &bytes) {
    return readAll(bytes, bytes.size()).substr(0, 4);
  };
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(statusOf("\x16\x03\x01\x02\r\n\r\n"), "400 ") << "TLS";
  EXPECT_EQ(statusOf("GET / HTTP/2.0\r\n\r\n"), "505 ");
  EXPECT_EQ(statusOf("GET / HTTP/1.1\r\n\r\n"), "400 ") << "no Host";
  EXPECT_EQ(statusOf(head + "Host: y\r\n\r\n"), "400 ") << "two";
  EXPECT_EQ(statusOf(head + "Content-Length: -1\r\n\r\n"), "400 ");
  EXPECT_EQ(statusOf(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), "400 ");
  EXPECT_EQ(statusOf(head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), "400 ");
  EXPECT_EQ(statusOf(head + "Transfer-Encoding: gzip\r\n\r\n"), "501 ");
  EXPECT_EQ(statusOf(head + "Transfer-Encoding: gzip, chunked\r\n\r\n"), "501 ");
  EXPECT_EQ(statusOf(head + "Transfer-Encoding: chunked\r\n\r\nx\r\n"), "400 ");
  EXPECT_EQ(statusOf(head + "Bad Header: 1\r\n\r\n"), "400 ");
}

TEST(RequestReader, WhatIsKnownOfARequestThatFails) {
  RequestReader reader(limits);
  reader.feed("POST /a?b HTTP/1.1\r\nHost: x\r\nX-Request-Id: 7\r\nContent-Le");
  EXPECT_EQ(reader.read(), Result::Incomplete);
  EXPECT_EQ(reader.begun().path, "");
  reader.feed("ngth: 1000\r\n\r\n");
  EXPECT_EQ(reader.read(), Result::Failed);
  EXPECT_EQ(reader.begun().method, "POST");
  EXPECT_EQ(reader.begun().path, "/a");
  EXPECT_EQ(reader.begun().header("x-request-id"), "7");
}

TEST(RequestReader, Expectations) {
  RequestReader reader(limits);
  reader.feed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(reader.read(), Result::Incomplete);
  EXPECT_TRUE(reader.takeExpectation());
  EXPECT_FALSE(reader.takeExpectation());
  reader.feed("a");
  EXPECT_EQ(reader.read(), Result::Complete);
}

TEST(Http, Responses) {
  HttpResponse response{404, "text/plain", {{"A", "b"}}, "body"};
  std::string bytes = serialize(response, {});
  bytes.erase(bytes.find("Date: "), 37);
  EXPECT_EQ(bytes, "HTTP/1.1 404 Not Found\r\nServer: moec\r\nContent-Type: text/plain\r\nA: b\r\n"
                   "Content-Length: 4\r\n\r\nbody");
  Framing stream{.isStream = true};
  EXPECT_NE(serialize(response, stream).find("Transfer-Encoding: chunked\r\n"), bytes.npos);
  EXPECT_EQ(frameChunk("0123456789abcdef", stream), "10\r\n0123456789abcdef\r\n");
  EXPECT_EQ(lastChunk(stream), "0\r\n\r\n");
  Framing old{true, false, true};
  EXPECT_EQ(serialize(response, old).find("Transfer-Encoding"), bytes.npos);
  EXPECT_NE(serialize(response, old).find("Connection: close\r\n"), bytes.npos);
  EXPECT_EQ(frameChunk("ab", old) + lastChunk(old), "ab");
}

} // namespace
