//===- LoadTest.cpp - Many clients of many kinds --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A server over an engine on a device without kernels, with less memory than its clients want.
// Some read slowly, some leave; whoever stays gets every token once, and every page comes back. Run
// with ThreadSanitizer, too.
//
//===----------------------------------------------------------------------===//

#include "FakeService.h"
#include "TinyTokenizer.h"
#include "moec/runtime/server/Server.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <random>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;
namespace asio = boost::asio;
using nlohmann::json;
using Tcp = asio::ip::tcp;

namespace {
enum class Kind { Whole, Stream, Slow, Leaves };

/// One request over a connection of its own.
class Client {
public:
  explicit Client(uint16_t port) : socket(context) {
    socket.connect({asio::ip::address_v4::loopback(), port});
  }

  void send(const json &body) {
    std::string text = body.dump();
    asio::write(socket, asio::buffer("POST /v1/completions HTTP/1.1\r\nHost: test\r\n"
                                     "Connection: close\r\nContent-Type: application/json\r\n"
                                     "Content-Length: " +
                                     std::to_string(text.size()) + "\r\n\r\n" + text));
  }
  /// Everything up to the end, or some of it.
  std::string read(Kind kind) {
    std::string all;
    std::array<char, 4096> part;
    boost::system::error_code ec;
    while (!ec && !(kind == Kind::Leaves && all.size() > 300)) {
      size_t most = kind == Kind::Slow ? 64 : part.size();
      all.append(part.data(), socket.read_some(asio::buffer(part.data(), most), ec));
      if (kind == Kind::Slow)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return all;
  }

private:
  asio::io_context context;
  Tcp::socket socket;
};

/// A generator behind HTTP.
class Serving {
public:
  explicit Serving(Generator &generator) : backend(server::makeBackend(generator)) {
    server::ServerOptions options;
    options.port = 0;
    options.modelNames = {"tiny"};
    auto opened = server::Server::open(*backend, metrics, options);
    EXPECT_TRUE(opened) << opened.takeError().message();
    http = std::move(*opened);
    loop = std::thread([this] { http->run(); });
  }
  ~Serving() {
    http->stop();
    loop.join();
  }
  uint16_t port() const {
    std::string address = http->address();
    return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }

private:
  server::Metrics metrics;
  std::unique_ptr<server::Backend> backend;
  std::unique_ptr<server::Server> http;
  std::thread loop;
};

class LoadTest : public FakeServiceTest {
protected:
  static json bodyOf(const std::string &answer) {
    return json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
  }
  /// The text of the choices of an answer, streamed or whole.
  static std::string textOf(const std::string &answer) {
    std::string text;
    if (answer.find("data: ") == answer.npos) {
      json whole = bodyOf(answer);
      return whole.is_object() && whole.contains("choices")
                 ? whole["choices"][0]["text"].get<std::string>()
                 : "no answer: " + answer;
    }
    EXPECT_NE(answer.find("data: [DONE]"), answer.npos) << answer;
    for (size_t at = 0; (at = answer.find("data: {", at)) != answer.npos; ++at) {
      json event = json::parse(answer.substr(at + 6, answer.find('\n', at) - at - 6));
      text += event["choices"][0]["text"];
    }
    return text;
  }
};
} // namespace

TEST_F(LoadTest, WhoeverStaysGetsEveryTokenOnce) {
  EngineOptions options;
  options.maxSequences = 8;
  options.kvMemoryBytes = 60 * TinyModel::width * TinyModel::pageSize;
  Tokenizer tokenizer = makeTinyTokenizer();
  EngineService service(makeEngine(options));
  Generator generator(service, tokenizer);
  std::optional<Serving> serving(generator);
  uint16_t port = serving->port();

  constexpr int clients = 12, requests = 12;
  std::atomic<int> right = 0, left = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < clients; ++number)
    threads.emplace_back([&, number] {
      std::mt19937 random(number);
      for (int i = 0; i < requests; ++i) {
        auto kind = Kind(random() % 4);
        Tokens prompt(1 + random() % 20);
        for (int32_t &token : prompt)
          token = int32_t(random() % TinyModel::vocab);
        Client client(port);
        client.send({{"model", "tiny"},
                     {"prompt", prompt},
                     {"max_tokens", 30},
                     {"temperature", 0},
                     {"ignore_eos", true},
                     {"stream", kind != Kind::Whole}});
        std::string answer = client.read(kind);
        if (kind == Kind::Leaves) {
          ++left;
          continue;
        }
        // Ids that are written as text are decoded as a whole.
        EXPECT_EQ(textOf(answer), *tokenizer.decode(expected(prompt, 30), true));
        ++right;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_GT(right, 0);
  EXPECT_GT(left, 0);
  serving.reset();
  service.drain(std::chrono::steady_clock::now());
  EngineStats stats = service.stats();
  EXPECT_EQ(stats.freePages, stats.pages);
  EXPECT_EQ(stats.running + stats.waiting, 0u);
}

TEST_F(LoadTest, AnswersSayWhatThePrefixCacheHad) {
  EngineService service(makeEngine());
  Generator generator(service, makeTinyTokenizer());
  Serving serving(generator);
  auto cached = [&](const json &fields) {
    json body = {{"prompt", Tokens(14, 5)}, {"max_tokens", 4}, {"ignore_eos", true}};
    body.update(fields);
    Client client(serving.port());
    client.send(body);
    return bodyOf(client.read(Kind::Whole))["usage"]["prompt_tokens_details"]["cached_tokens"];
  };
  EXPECT_EQ(cached(json::object()), 0);
  EXPECT_EQ(cached(json::object()), 12) << "pages of four, and the last token is computed";
  EXPECT_EQ(cached({{"cache_salt", "a"}}), 0);
  EXPECT_EQ(cached({{"cache_salt", "a"}, {"n", 2}}), 12) << "the prompt counts once";
  EXPECT_EQ(cached({{"cache_salt", "b"}}), 0);
  EXPECT_EQ(cached({{"echo", true}, {"logprobs", 1}}), 0) << "its logits are computed";
  EXPECT_EQ(service.stats().cachedTokens, 36u);
}
