//===- Server.h - Text over HTTP --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The API that OpenAI's clients and vLLM's know, for one model. TLS and HTTP/2 belong to a proxy
// in front of it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVER_SERVER_H
#define MOEC_RUNTIME_SERVER_SERVER_H

#include "moec/runtime/parser/AnswerParser.h"
#include "moec/runtime/server/Backend.h"
#include "moec/runtime/server/Metrics.h"
#include "moec/runtime/template/Template.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moec::server {

/// What counts where a request does not say otherwise.
struct GenerateDefaults {
  float temperature = 1, topP = 1, minP = 0, repetitionPenalty = 1;
  uint32_t topK = 0;
  /// Tokens of a choice at most; what fits the context without.
  std::optional<uint32_t> maxTokens = {};
};

/// The defaults of a model: those of its generation_config.json, if it has one.
Expected<GenerateDefaults> readGenerationConfig(const std::string &folder);

/// How chats become prompts, and answers messages.
struct ChatSettings {
  /// The model's template; ChatML without one.
  std::shared_ptr<const jinja::ModelTemplate> model = nullptr;
  /// Why the template cannot be used, with which chats are refused; "" where it can.
  std::string problem = {};
  /// How the model calls tools and thinks.
  parser::Formats formats = {};
};

/// How to serve.
struct ServerOptions {
  std::string host = "127.0.0.1";
  /// 0 takes a free one.
  uint16_t port = 8000;
  /// Names of the model; the first one is its own.
  std::vector<std::string> modelNames;
  /// Keys of which a request must bring one; none lets everybody in.
  std::vector<std::string> apiKeys;
  /// Origins whose pages may call; "*" is every one.
  std::vector<std::string> corsOrigins;
  /// Where each request is logged as a line of JSON: a file, "-" for the standard output.
  std::string accessLog;
  GenerateDefaults defaults;
  ChatSettings chat;
  /// What /version says.
  std::string version;
  /// Bytes.
  size_t maxHeader = 16 << 10, maxBody = 16 << 20, maxUnsent = 1 << 20;
  uint32_t maxConnections = 1024;
  /// Choices that may wait for the engine before requests are refused.
  uint32_t maxQueue = 1024;
  /// Seconds: for a request to come, between two requests, for a client to read on, and for
  /// requests to end once the server is told to.
  double requestTimeout = 30, idleTimeout = 120, writeTimeout = 30, drainTimeout = 30;
};

/// A server that listens.
class Server {
public:
  /// Listens from now on, but answers only in run(). What is referred to must outlive it.
  static Expected<std::unique_ptr<Server>> open(Backend &backend, Metrics &metrics,
                                                ServerOptions options);
  ~Server();

  /// http://127.0.0.1:8000.
  std::string address() const;

  /// Serves until stop(), then drains: refuses what is new, and waits for what there is, at most
  /// until the drain timeout.
  void run();
  /// Has run() return; may be called from any thread and from signal handlers of run(): a second
  /// call does not wait for what there is.
  void stop();
  /// Has SIGINT and SIGTERM call stop().
  void stopOnSignals();

private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace moec::server

#endif // MOEC_RUNTIME_SERVER_SERVER_H
