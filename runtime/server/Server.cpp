//===- Server.cpp - Text over HTTP ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One event loop on the thread that calls run(): it accepts, reads and writes, and parses small
// bodies and encodes their prompts. Large ones are for other threads, and so is the engine.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/server/Server.h"

#include "runtime/server/AccessLog.h"
#include "runtime/server/Connection.h"
#include "runtime/server/Router.h"
#include "runtime/server/api/Generation.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>

#include <csignal>
#include <unordered_set>

using namespace moec;
using namespace moec::server;

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Seconds = std::chrono::duration<double>;

/// Threads for large bodies: one such does not hold up the next.
static constexpr size_t workerThreads = 2;
/// How often a draining server looks whether all is done.
static constexpr std::chrono::milliseconds drainPoll(20);
/// How long clients have to take the news that the server ends before they are done.
static constexpr std::chrono::seconds farewellTime(1);
/// How long to wait after a client could not be accepted, as when there are too many files.
static constexpr std::chrono::milliseconds acceptRetry(100);

static std::chrono::nanoseconds nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Seconds(seconds));
}

struct Server::State {
  State(Backend &backend, Metrics &metrics, ServerOptions given, AccessLog log)
      : options(std::move(given)), log(std::move(log)),
        api{backend, metrics, options,
            [this](std::function<void()> action) { asio::post(loop, std::move(action)); }},
        router(api) {
    api.created = std::chrono::duration_cast<std::chrono::seconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
    api.workers = workerThreads;
    api.work = [this](std::function<void()> action) { asio::post(workers, std::move(action)); };
    host.limits = {options.maxHeader, options.maxBody};
    host.maxUnsent = options.maxUnsent;
    host.requestTimeout = Seconds(options.requestTimeout);
    host.idleTimeout = Seconds(options.idleTimeout);
    host.writeTimeout = Seconds(options.writeTimeout);
    host.handle = [this](HttpRequest request, std::shared_ptr<Responder> responder) {
      router.handle(request, responder);
    };
    host.refuse = [this](const HttpRequest &request, std::shared_ptr<Responder> responder,
                         const ApiError &error) { router.refuse(request, responder, error); };
    host.finished = [this](const AccessRecord &record) { this->log.write(record); };
    host.closed = [this](const std::shared_ptr<Connection> &connection) {
      connections.erase(connection);
    };
  }
  ~State() {
    workers.stop();
    workers.join();
    // What refers to the loop goes before it.
    closeAll("the server ended");
    api.waitingBodies.clear();
    api.generations.clear();
  }

  Error listen();
  void accept();
  void welcome(tcp::socket socket);
  void waitForSignal();
  void beginDrain();
  void drainOn();
  void closeAll(const std::string &reason);

  ServerOptions options;
  AccessLog log;
  asio::io_context loop{1};
  asio::thread_pool workers{workerThreads};
  tcp::acceptor acceptor{loop};
  asio::signal_set signals{loop};
  asio::steady_timer acceptTimer{loop}, drainTimer{loop};
  std::unordered_set<std::shared_ptr<Connection>> connections;
  Api api;
  Router router;
  ConnectionHost host;
  std::chrono::steady_clock::time_point drainDeadline, farewellDeadline;
  bool saidFarewell = false;
};

Error Server::State::listen() {
  error_code ec;
  auto fail = [&](const char *what) {
    return Error::make("cannot ", what, " ", options.host, ":", options.port, ": ", ec.message());
  };
  tcp::resolver resolver(loop);
  auto found = resolver.resolve(options.host, std::to_string(options.port),
                                tcp::resolver::passive | tcp::resolver::numeric_service, ec);
  if (ec || found.empty())
    return fail("resolve");
  tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor.open(endpoint.protocol(), ec);
  if (!ec)
    acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec)
    acceptor.bind(endpoint, ec);
  if (!ec)
    acceptor.listen(asio::socket_base::max_listen_connections, ec);
  return ec ? fail("listen on") : Error::success();
}

void Server::State::accept() {
  acceptor.async_accept([this](error_code ec, tcp::socket socket) {
    if (ec == asio::error::operation_aborted)
      return;
    if (!ec) {
      welcome(std::move(socket));
      return accept();
    }
    acceptTimer.expires_after(acceptRetry);
    acceptTimer.async_wait([this](error_code ec) {
      if (!ec)
        accept();
    });
  });
}

void Server::State::welcome(tcp::socket socket) {
  auto connection = std::make_shared<Connection>(std::move(socket), host);
  connections.insert(connection);
  if (connections.size() <= options.maxConnections)
    return connection->start();
  connection->refuse(
      unavailable(strCat("there are ", connections.size() - 1, " connections; at most ",
                         options.maxConnections, " may be (--max-connections)")));
}

void Server::State::closeAll(const std::string &reason) {
  // Each removes itself.
  while (!connections.empty())
    std::shared_ptr<Connection>(*connections.begin())->close(reason);
}

void Server::State::waitForSignal() {
  signals.async_wait([this](error_code ec, int) {
    if (ec)
      return;
    beginDrain();
    waitForSignal();
  });
}

void Server::State::beginDrain() {
  auto now = std::chrono::steady_clock::now();
  if (api.draining) {
    // Who asks again does not want to wait.
    drainDeadline = now;
    return;
  }
  api.draining = host.draining = true;
  error_code ec;
  acceptor.close(ec);
  drainDeadline = now + nanoseconds(options.drainTimeout);
  drainOn();
}

void Server::State::drainOn() {
  for (const auto &connection : std::vector(connections.begin(), connections.end()))
    connection->closeWhenIdle();
  auto now = std::chrono::steady_clock::now();
  if (!saidFarewell && now >= drainDeadline) {
    saidFarewell = true;
    farewellDeadline = now + farewellTime;
    for (const auto &generation : std::vector(api.generations.begin(), api.generations.end()))
      generation->fail(unavailable("the server is shutting down"));
  }
  if (connections.empty() || (saidFarewell && now >= farewellDeadline)) {
    closeAll("the server ended");
    return loop.stop();
  }
  drainTimer.expires_after(drainPoll);
  drainTimer.async_wait([this](error_code ec) {
    if (!ec)
      drainOn();
  });
}

Server::Server(std::unique_ptr<State> state) : state(std::move(state)) {}
Server::~Server() = default;

Expected<std::unique_ptr<Server>> Server::open(Backend &backend, Metrics &metrics,
                                               ServerOptions options) {
  Expected<AccessLog> log = AccessLog::open(options.accessLog);
  if (!log)
    return log.takeError();
  auto state = std::make_unique<State>(backend, metrics, std::move(options), *log);
  if (Error error = state->listen())
    return error;
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::string Server::address() const {
  error_code ec;
  tcp::endpoint endpoint = state->acceptor.local_endpoint(ec);
  std::string host = endpoint.address().to_string();
  if (endpoint.address().is_v6())
    host = "[" + host + "]";
  return strCat("http://", host, ":", endpoint.port());
}

void Server::run() {
  state->accept();
  auto guard = asio::make_work_guard(state->loop);
  state->loop.run();
}

void Server::stop() {
  asio::post(state->loop, [this] { state->beginDrain(); });
}

void Server::stopOnSignals() {
  error_code ec;
  state->signals.add(SIGINT, ec);
  state->signals.add(SIGTERM, ec);
  state->waitForSignal();
}
