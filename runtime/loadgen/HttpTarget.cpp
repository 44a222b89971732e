//===- HttpTarget.cpp - A server under load ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Streams of /v1/completions, a connection each. Chunks are looked at as text, since what the load
// generator computes is taken from the server where both run on one machine.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/loadgen/LoadGenerator.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

using namespace moec;
using namespace moec::runtime;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using nlohmann::json;
using Tcp = asio::ip::tcp;

namespace {
/// The lines of a stream of events.
class EventReader {
public:
  explicit EventReader(const std::function<void()> &onTokens) : onTokens(onTokens) {}

  void add(std::string_view text) {
    pending += text;
    size_t from = 0;
    for (size_t end; (end = pending.find('\n', from)) != std::string::npos; from = end + 1)
      take(std::string_view(pending).substr(from, end - from));
    pending.erase(0, from);
  }

  Expected<LoadAnswer> finish() const {
    if (!problem.empty())
      return Error::make(problem);
    if (!answer)
      return Error::make("the stream ended without usage");
    return *answer;
  }

private:
  /// What follows the first field of a name, such as `"text"`, in an object's text; empty without
  /// one.
  static std::string_view valueOf(std::string_view line, std::string_view name) {
    size_t at = line.find(name);
    if (at == std::string_view::npos)
      return {};
    size_t value = line.find_first_not_of(": \t", at + name.size());
    return value == std::string_view::npos ? std::string_view() : line.substr(value);
  }

  void take(std::string_view line) {
    if (!line.starts_with("data: {"))
      return;
    line.remove_prefix(6);
    if (std::string_view text = valueOf(line, "\"text\"");
        text.starts_with('"') && !text.starts_with("\"\""))
      onTokens();
    if (!valueOf(line, "\"usage\"").starts_with('{') && valueOf(line, "\"error\"").empty())
      return;
    json event = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!event.is_object())
      return;
    if (event.contains("error") && !event["error"].is_null())
      problem = "the server ends the stream: " + event["error"].dump();
    else if (auto usage = event.find("usage");
             usage != event.end() && usage->is_object() && usage->contains("completion_tokens"))
      answer = {usage->value("completion_tokens", 0u), cachedTokens(*usage), {}};
  }

  /// Servers that do not say leave it out, or write null.
  static uint32_t cachedTokens(const json &usage) {
    auto details = usage.find("prompt_tokens_details");
    if (details == usage.end() || !details->is_object())
      return 0;
    auto cached = details->find("cached_tokens");
    return cached != details->end() && cached->is_number() ? cached->get<uint32_t>() : 0;
  }

  const std::function<void()> &onTokens;
  std::string pending, problem;
  std::optional<LoadAnswer> answer;
};

/// An answer whose status is not 200.
struct BadStatus {
  std::string text;
};

class HttpTarget : public LoadTarget {
public:
  HttpTarget(std::string host, std::string port, const std::string &apiKey)
      : host(std::move(host)), port(std::move(port)), apiKey(apiKey) {}

  std::string description() const override {
    return strCat("'", model, "' at http://", host, ":", port);
  }

  /// Takes the model of a name, or the first one.
  Error chooseModel(std::string name) {
    model = std::move(name);
    if (!model.empty())
      return Error::success();
    Expected<std::string> answer = exchange(http::verb::get, "/v1/models", {}, nullptr);
    if (!answer)
      return answer.takeError();
    json list = json::parse(*answer, nullptr, /*allow_exceptions=*/false);
    if (list.is_object() && list.contains("data") && list["data"].is_array())
      for (const json &entry : list["data"])
        if (entry.is_object() && entry.contains("id") && entry["id"].is_string()) {
          model = entry["id"];
          return Error::success();
        }
    return Error::make("http://", host, ":", port, "/v1/models names no model");
  }

  Expected<LoadAnswer> answer(const ServeWorkload::Item &item,
                              const std::function<void()> &onTokens) override {
    json body = {{"model", model},     {"prompt", item.prompt},
                 {"stream", true},     {"max_tokens", item.outputTokens},
                 {"ignore_eos", true}, {"stream_options", {{"include_usage", true}}},
                 {"temperature", 0}};
    EventReader reader(onTokens);
    Expected<std::string> rest =
        exchange(http::verb::post, "/v1/completions", body.dump(), &reader);
    if (!rest)
      return rest.takeError();
    return reader.finish();
  }

private:
  /// The body of an answer, or what a reader leaves of it: it gets a body whose status is 200.
  Expected<std::string> exchange(http::verb verb, const std::string &path, std::string body,
                                 EventReader *reader) {
    try {
      return exchangeOrThrow(verb, path, std::move(body), reader);
    } catch (const boost::system::system_error &error) {
      return Error::make("http://", host, ":", port, path, ": ", error.code().message());
    } catch (const BadStatus &bad) {
      return Error::make("http://", host, ":", port, path, ": ", bad.text);
    }
  }

  std::string exchangeOrThrow(http::verb verb, const std::string &path, std::string body,
                              EventReader *reader);

  std::string host, port, apiKey, model;
};
} // namespace

std::string HttpTarget::exchangeOrThrow(http::verb verb, const std::string &path, std::string body,
                                        EventReader *reader) {
  asio::io_context context;
  Tcp::socket socket(context);
  asio::connect(socket, Tcp::resolver(context).resolve(host, port));
  socket.set_option(Tcp::no_delay(true));
  http::request<http::string_body> request(verb, path, /*version=*/11);
  request.set(http::field::host, host);
  request.set(http::field::content_type, "application/json");
  if (!apiKey.empty())
    request.set(http::field::authorization, "Bearer " + apiKey);
  request.body() = std::move(body);
  request.prepare_payload();
  http::write(socket, request);

  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  http::read_header(socket, buffer, parser);
  bool good = parser.get().result() == http::status::ok;
  std::string rest;
  std::array<char, 8192> part;
  while (!parser.is_done()) {
    parser.get().body().data = part.data();
    parser.get().body().size = part.size();
    beast::error_code code;
    http::read_some(socket, buffer, parser, code);
    if (code && code != http::error::need_buffer)
      throw boost::system::system_error(code);
    std::string_view text(part.data(), part.size() - parser.get().body().size);
    if (good && reader)
      reader->add(text);
    else
      rest += text;
  }
  if (!good)
    throw BadStatus{strCat("status ", parser.get().result_int(), ", ", rest.substr(0, 300))};
  return rest;
}

Expected<std::unique_ptr<LoadTarget>>
runtime::openHttpTarget(const std::string &url, std::string model, const std::string &apiKey) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme))
    return Error::make("'", url,
                       "' does not begin with http://, which is all that a load generator "
                       "speaks");
  std::string host = url.substr(scheme.size()), port = "80";
  while (host.ends_with('/'))
    host.pop_back();
  if (host.find_first_of("/?#@") != host.npos)
    return Error::make("an address is http://HOST:PORT, without a path and without a user");
  if (size_t colon = host.rfind(':'); colon != std::string::npos && host.back() != ']') {
    port = host.substr(colon + 1);
    unsigned number = 0;
    auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (ec != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535)
      return Error::make("'", url, "' has port '", port, "', which is none of 1 to 65535");
    host.resize(colon);
  }
  auto target = std::make_unique<HttpTarget>(host, port, apiKey);
  if (Error error = target->chooseModel(std::move(model)))
    return error;
  return std::unique_ptr<LoadTarget>(std::move(target));
}
