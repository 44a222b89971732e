//===- Http.cpp - Requests and responses ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/Http.h"

#include "moec/Support/Error.h"

#include <charconv>
#include <ctime>

using namespace moec;
using namespace moec::server;

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto &[key, value] : headers)
    if (key == name)
      return value;
  return {};
}

const char *server::reasonPhrase(int status) {
  struct Phrase {
    int status;
    const char *text;
  };
  static const Phrase phrases[] = {
      {200, "OK"},
      {204, "No Content"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {413, "Content Too Large"},
      {415, "Unsupported Media Type"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  };
  for (const Phrase &phrase : phrases)
    if (phrase.status == status)
      return phrase.text;
  return "Unknown";
}

/// The time as HTTP writes it.
static std::string httpDate() {
  std::time_t now = std::time(nullptr);
  std::tm parts;
  gmtime_r(&now, &parts);
  char text[40];
  size_t size = std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text, size);
}

std::string server::serialize(const HttpResponse &response, Framing framing) {
  std::string out =
      strCat("HTTP/1.1 ", response.status, " ", reasonPhrase(response.status), "\r\n");
  auto add = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  add("Date", httpDate());
  add("Server", "moec");
  if (response.status != 204)
    add("Content-Type", response.contentType);
  for (const auto &[name, value] : response.headers)
    add(name, value);
  if (!framing.isStream && response.status != 204)
    add("Content-Length", strCat(response.body.size()));
  else if (framing.isStream && !framing.isHttp10)
    add("Transfer-Encoding", "chunked");
  if (!framing.keepAlive)
    add("Connection", "close");
  else if (framing.isHttp10)
    add("Connection", "keep-alive");
  out += "\r\n";
  if (!framing.isStream && !framing.isHead)
    out += response.body;
  return out;
}

std::string server::frameChunk(std::string piece, Framing framing) {
  if (framing.isHttp10 || piece.empty())
    return piece;
  char size[16];
  char *end = std::to_chars(size, size + sizeof(size), piece.size(), 16).ptr;
  return strCat(std::string_view(size, end - size), "\r\n", piece, "\r\n");
}

std::string server::lastChunk(Framing framing) { return framing.isHttp10 ? "" : "0\r\n\r\n"; }
