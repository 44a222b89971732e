//===- RequestReader.cpp - From bytes to requests ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/RequestReader.h"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <limits>

using namespace moec;
using namespace moec::server;

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// Bytes of the line before a chunk, or of what follows the last one, at most.
static constexpr size_t maxChunkHeader = 8 << 10;
/// The shortest last chunk. Beast asserts that it gets as many bytes of one that it has begun; they
/// come, whatever a body lacks.
static constexpr std::string_view shortestEnd = "0\r\n\r\n";

struct RequestReader::Parser {
  http::request_parser<http::string_body> beast;
};

RequestReader::RequestReader(HttpLimits limits) : limits(limits) {}
RequestReader::~RequestReader() = default;

void RequestReader::feed(std::string_view bytes) {
  buffer.erase(0, begin);
  begin = 0;
  buffer.append(bytes);
}

bool RequestReader::hasStarted() const { return parser || buffered() != 0; }

bool RequestReader::fail(int status, std::string message) {
  failure = {status, std::move(message)};
  return false;
}

bool RequestReader::takeExpectation() { return std::exchange(expects, false); }

static std::string lower(std::string_view text) {
  std::string out(text);
  for (char &c : out)
    if (c >= 'A' && c <= 'Z')
      c += 'a' - 'A';
  return out;
}

/// Parses the header, once all of it is there. False when the request cannot be read.
bool RequestReader::readHeader() {
  // Beast would take a header by its fields and limit only the length of each.
  static constexpr std::string_view mark = "\r\n\r\n";
  if (static_cast<unsigned char>(buffer[begin]) <= ' ' || buffer[begin] & 0x80)
    return fail(400, "the request is not HTTP; TLS is for a proxy in front of the server");
  size_t end = buffer.find(mark, begin + searched);
  size_t size = end == buffer.npos ? buffered() : end + mark.size() - begin;
  if (size > limits.header)
    return fail(431, strCat("the header of the request is longer than ", limits.header, " bytes"));
  if (end == buffer.npos) {
    searched = size - std::min(size, mark.size() - 1);
    return true;
  }
  searched = 0;
  auto &beast = parser->beast;
  beast::error_code ec;
  begin += beast.put(boost::asio::buffer(buffer.data() + begin, size), ec);
  if (ec == http::error::bad_version)
    return fail(505, "the request is of neither HTTP 1.0 nor 1.1");
  if (ec)
    return fail(400, strCat("the request is not HTTP: ", ec.message()));
  if (!beast.is_header_done())
    return fail(400, "the header of the request does not end where it should");
  const auto &message = beast.get();
  size_t hosts = message.count(http::field::host);
  if (hosts == 0 && message.version() == 11)
    return fail(400, "the request has no Host");
  if (hosts > 1)
    return fail(400, strCat("the request has ", hosts, " times a Host"));
  if (message.find(http::field::transfer_encoding) != message.end() &&
      lower({message[http::field::transfer_encoding].data(),
             message[http::field::transfer_encoding].size()}) != "chunked")
    return fail(501, "the only Transfer-Encoding that is known is chunked");
  if (auto length = beast.content_length(); length && *length > limits.body)
    return fail(413, strCat("the body has ", *length, " bytes; at most ", limits.body,
                            " are taken (--max-body)"));
  if (auto expect = message[http::field::expect]; !expect.empty() && !beast.is_done())
    expects = lower({expect.data(), expect.size()}) == "100-continue";
  beast.eager(true);
  return true;
}

/// Parses what there is of the body. False when the request cannot be read.
bool RequestReader::readBody() {
  auto &beast = parser->beast;
  if (beast.is_done() || buffered() == 0)
    return true;
  if (beast.chunked() && buffered() < shortestEnd.size() && buffer[begin] == shortestEnd[0])
    return true;
  beast::error_code ec;
  begin += beast.put(boost::asio::buffer(buffer.data() + begin, buffered()), ec);
  if (ec && ec != http::error::need_more)
    return fail(400, strCat("the body of the request is not HTTP: ", ec.message()));
  if (beast.get().body().size() > limits.body)
    return fail(413, strCat("the body has more than ", limits.body, " bytes; at most ", limits.body,
                            " are taken (--max-body)"));
  if (!beast.is_done() && buffered() > maxChunkHeader)
    return fail(400, strCat("the header of a chunk is longer than ", maxChunkHeader, " bytes"));
  return true;
}

RequestReader::Result RequestReader::read() {
  if (failure.status != 400 || !failure.message.empty())
    return Result::Failed;
  if (!parser) {
    // Some clients end a body with a line's end that does not belong to it.
    while (begin < buffer.size() && (buffer[begin] == '\r' || buffer[begin] == '\n'))
      ++begin;
    if (buffered() == 0)
      return Result::Incomplete;
    parser = std::make_unique<Parser>();
    parser->beast.header_limit(static_cast<uint32_t>(limits.header + maxChunkHeader));
    // The limit is our own, to name both numbers.
    parser->beast.body_limit(std::numeric_limits<uint64_t>::max());
  }
  if (!parser->beast.is_header_done() && buffered() != 0 && !readHeader())
    return Result::Failed;
  if (!parser->beast.is_header_done())
    return Result::Incomplete;
  if (!readBody())
    return Result::Failed;
  return parser->beast.is_done() ? Result::Complete : Result::Incomplete;
}

/// All but the body.
static HttpRequest describe(const http::request<http::string_body> &message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.isHttp10 = message.version() == 10;
  request.keepAlive = message.keep_alive();
  std::string target(message.target());
  // What proxies are asked for.
  if (target.starts_with("http://"))
    target.erase(0, std::min(target.find('/', 7), target.size()));
  request.path = target.substr(0, target.find('?'));
  for (const auto &field : message)
    request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                 std::string(field.value()));
  return request;
}

HttpRequest RequestReader::begun() const {
  return parser && parser->beast.is_header_done() ? describe(parser->beast.get()) : HttpRequest();
}

HttpRequest RequestReader::take() {
  auto message = parser->beast.release();
  HttpRequest request = describe(message);
  request.body = std::move(message.body());
  parser.reset();
  expects = false;
  return request;
}
