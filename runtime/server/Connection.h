//===- Connection.h - One client's connection -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Requests of a connection are answered one after the other. It goes on reading while one is
// answered, so a client that leaves is noticed at once.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_CONNECTION_H
#define MOEC_SERVER_CONNECTION_H

#include "runtime/server/RequestReader.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>

namespace moec::server {

class Connection;

/// What connections share.
struct ConnectionHost {
  HttpLimits limits;
  /// Bytes of a stream that a client may leave unread.
  size_t maxUnsent;
  /// Until a request has come, until the next one begins, and until a client reads on.
  std::chrono::duration<double> requestTimeout, idleTimeout, writeTimeout;
  /// Answers a request.
  std::function<void(HttpRequest, std::shared_ptr<Responder>)> handle;
  /// Answers one that could not be read, as far as it is known.
  std::function<void(const HttpRequest &, std::shared_ptr<Responder>, const ApiError &)> refuse;
  /// Logs a request that was answered, or that could not be.
  std::function<void(const AccessRecord &)> finished;
  /// Forgets a connection.
  std::function<void(const std::shared_ptr<Connection> &)> closed;
  bool draining = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
  /// `host` must outlive it.
  Connection(boost::asio::ip::tcp::socket socket, ConnectionHost &host);
  ~Connection();

  void start();
  /// Refuses a client that has just come.
  void refuse(const ApiError &error);
  /// Ends the connection at once; the client of a request that is answered counts as having left.
  void close(const std::string &reason);
  /// Ends the connection as soon as no request is answered.
  void closeWhenIdle();

private:
  class Exchange;
  enum class Wait { Nothing, Request, NextRequest };

  /// Whether the next request has to wait: one is answered, or answers pile up unread.
  bool isBusy() const;
  void readOn();
  void received(size_t bytes);
  void process();
  void begin(HttpRequest request);
  void reject(const ApiError &error);
  /// The answer to the current request is complete.
  void finishExchange();
  void put(std::string bytes, bool isStream);
  void writeOn();
  void written();
  void linger();
  void updateWait();
  void timeout(Wait wait);

  boost::asio::ip::tcp::socket socket;
  ConnectionHost &host;
  boost::asio::steady_timer readTimer, writeTimer;
  RequestReader reader;
  std::array<char, 16 << 10> incoming;
  std::string outgoing;    ///< not written yet
  size_t largestPiece = 0; ///< that was put there at once
  std::string writing;     ///< being written, from `written` on
  size_t writtenBytes = 0; ///< of `writing`
  std::shared_ptr<Exchange> current;
  Wait waiting = Wait::Nothing;
  bool isReading = false, isWriting = false, isProcessing = false;
  bool closesAfterWrite = false, isLingering = false, isClosed = false;
};

} // namespace moec::server

#endif // MOEC_SERVER_CONNECTION_H
