//===- Connection.cpp - One client's connection -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/Connection.h"

#include <boost/asio/buffer.hpp>

using namespace moec;
using namespace moec::server;

namespace asio = boost::asio;
using boost::system::error_code;

/// How long a client has to take an answer to what could not be read. Closing at once would reset
/// the connection under the answer.
static constexpr std::chrono::seconds lingerTime(2);
/// Bytes of further requests that are read ahead while one is answered.
static constexpr size_t maxReadAhead = 256 << 10;

/// One request and the way of its answer.
class Connection::Exchange : public Responder {
public:
  Exchange(std::shared_ptr<Connection> connection, Framing framing)
      : connection(std::move(connection)), framing(framing) {}

  void send(HttpResponse response) override {
    if (!connection)
      return;
    std::string bytes = serialize(dress(response), framing);
    connection->put(std::move(bytes), false);
    connection->finishExchange();
  }
  void beginStream(HttpResponse head) override {
    framing.isStream = true;
    // Without chunks only the end of the connection ends a body.
    framing.keepAlive = framing.keepAlive && !framing.isHttp10;
    if (connection)
      connection->put(serialize(dress(head), framing), true);
  }
  void write(std::string piece) override {
    if (connection)
      connection->put(frameChunk(std::move(piece), framing), true);
  }
  void endStream() override {
    if (!connection)
      return;
    connection->put(lastChunk(framing), true);
    // It may be closed by now, for being slow.
    if (connection)
      connection->finishExchange();
  }

  /// Nothing can be answered any more.
  void leave(const std::string &reason) {
    hasLeft = true;
    record.reason = reason;
    // Nobody is told, but logs have a number for it.
    if (record.status == 0)
      record.status = 499;
    finish();
    if (auto action = std::exchange(leftAction, nullptr))
      action();
  }
  void finish() {
    record.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    connection->host.finished(record);
    connection.reset();
  }
  bool keepsAlive() const { return framing.keepAlive; }
  void endKeepAlive() { framing.keepAlive = false; }

private:
  /// A response with what was added to it.
  const HttpResponse &dress(HttpResponse &response) {
    record.status = response.status;
    response.headers.insert(response.headers.end(), added.begin(), added.end());
    return response;
  }

  std::shared_ptr<Connection> connection;
  Framing framing;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
};

Connection::Connection(asio::ip::tcp::socket socket, ConnectionHost &host)
    : socket(std::move(socket)), host(host), readTimer(this->socket.get_executor()),
      writeTimer(this->socket.get_executor()), reader(host.limits) {}

Connection::~Connection() = default;

void Connection::start() {
  error_code ec;
  // Each event of a stream is to leave at once.
  socket.set_option(asio::ip::tcp::no_delay(true), ec);
  updateWait();
  readOn();
}

void Connection::refuse(const ApiError &error) {
  reject(error);
  readOn();
}

void Connection::close(const std::string &reason) {
  if (isClosed)
    return;
  isClosed = true;
  std::shared_ptr<Connection> self = shared_from_this();
  readTimer.cancel();
  writeTimer.cancel();
  error_code ec;
  socket.close(ec);
  if (auto exchange = std::exchange(current, nullptr))
    exchange->leave(reason);
  host.closed(self);
}

void Connection::closeWhenIdle() {
  if (current)
    current->endKeepAlive();
  else if (outgoing.empty() && !isWriting)
    close("");
  else
    closesAfterWrite = true;
}

bool Connection::isBusy() const { return current || outgoing.size() > host.maxUnsent; }

void Connection::readOn() {
  // A client that sends ever more while it is answered has to wait.
  if (isReading || isClosed || (isBusy() && reader.buffered() > maxReadAhead))
    return;
  isReading = true;
  auto self = shared_from_this();
  socket.async_read_some(asio::buffer(incoming), [self](error_code ec, size_t bytes) {
    self->isReading = false;
    if (self->isClosed)
      return;
    if (!ec)
      return self->received(bytes);
    // The end of what a client sends is its end, unless an answer is still on its way.
    if (self->current || (!self->isWriting && self->outgoing.empty()) || self->isLingering)
      return self->close("the client left");
    self->closesAfterWrite = true;
  });
}

void Connection::received(size_t bytes) {
  if (!isLingering && !closesAfterWrite) {
    reader.feed({incoming.data(), bytes});
    process();
  }
  readOn();
}

void Connection::process() {
  if (isProcessing)
    return;
  isProcessing = true;
  while (!isBusy() && !closesAfterWrite && !isClosed) {
    RequestReader::Result result = reader.read();
    if (reader.takeExpectation() && result == RequestReader::Result::Incomplete)
      put("HTTP/1.1 100 Continue\r\n\r\n", false);
    if (result == RequestReader::Result::Incomplete)
      break;
    if (result == RequestReader::Result::Failed)
      reject(reader.error());
    else
      begin(reader.take());
  }
  isProcessing = false;
  updateWait();
}

void Connection::begin(HttpRequest request) {
  Framing framing{request.isHttp10, request.keepAlive && !host.draining};
  framing.isHead = request.method == "HEAD";
  current = std::make_shared<Exchange>(shared_from_this(), framing);
  current->record.method = request.method;
  current->record.path = request.path;
  // It may have been answered when this returns.
  host.handle(std::move(request), current);
}

void Connection::reject(const ApiError &error) {
  HttpRequest request = reader.begun();
  Framing framing{request.isHttp10, /*keepAlive=*/false};
  framing.isHead = request.method == "HEAD";
  current = std::make_shared<Exchange>(shared_from_this(), framing);
  current->record.method = request.method;
  current->record.path = request.path;
  host.refuse(request, current, error);
}

void Connection::finishExchange() {
  auto exchange = std::exchange(current, nullptr);
  if (!exchange->keepsAlive())
    closesAfterWrite = true;
  exchange->finish();
  if (closesAfterWrite && !isWriting && outgoing.empty())
    return linger();
  process();
  readOn();
}

void Connection::put(std::string bytes, bool isStream) {
  if (isClosed)
    return;
  // One large event makes no slow client, even if others follow before it is on its way.
  if (isStream && outgoing.size() > host.maxUnsent + largestPiece)
    return close(
        strCat("the client left ", outgoing.size(), " bytes unread, at most ", host.maxUnsent));
  outgoing += bytes;
  largestPiece = std::max(largestPiece, bytes.size());
  writeOn();
}

void Connection::writeOn() {
  if (isWriting || isClosed)
    return;
  if (writtenBytes == writing.size()) {
    writing = std::exchange(outgoing, {});
    writtenBytes = 0;
  }
  if (writing.empty())
    return;
  isWriting = true;
  auto self = shared_from_this();
  writeTimer.expires_after(std::chrono::duration_cast<std::chrono::nanoseconds>(host.writeTimeout));
  writeTimer.async_wait([self](error_code ec) {
    if (!ec && self->isWriting && self->writeTimer.expiry() <= std::chrono::steady_clock::now())
      self->close(strCat("the client did not read for ", self->host.writeTimeout.count(), " s"));
  });
  socket.async_write_some(
      asio::buffer(writing.data() + writtenBytes, writing.size() - writtenBytes),
      [self](error_code ec, size_t bytes) {
        self->isWriting = false;
        if (self->isClosed)
          return;
        if (ec)
          return self->close("the client left");
        self->writtenBytes += bytes;
        self->written();
      });
}

void Connection::written() {
  writeTimer.cancel();
  if (writtenBytes < writing.size() || !outgoing.empty())
    return writeOn();
  if (closesAfterWrite && !current)
    return linger();
  process();
  readOn();
}

void Connection::linger() {
  if (isLingering || isClosed)
    return;
  isLingering = true;
  error_code ec;
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  auto self = shared_from_this();
  readTimer.expires_after(lingerTime);
  readTimer.async_wait([self](error_code ec) {
    if (!ec)
      self->close("");
  });
  readOn();
}

void Connection::updateWait() {
  if (isClosed || isLingering)
    return;
  Wait wait = current || isWriting || closesAfterWrite ? Wait::Nothing
              : reader.hasStarted()                    ? Wait::Request
                                                       : Wait::NextRequest;
  // A request's time runs from its first byte, however often something comes.
  if (wait == waiting)
    return;
  waiting = wait;
  readTimer.cancel();
  if (wait == Wait::Nothing)
    return;
  readTimer.expires_after(std::chrono::duration_cast<std::chrono::nanoseconds>(
      wait == Wait::Request ? host.requestTimeout : host.idleTimeout));
  auto self = shared_from_this();
  readTimer.async_wait([self, wait](error_code ec) {
    if (!ec)
      self->timeout(wait);
  });
}

void Connection::timeout(Wait wait) {
  // It may have ended between the timer and this call.
  if (isClosed || waiting != wait || isLingering)
    return;
  if (wait == Wait::NextRequest)
    return close("");
  reject({408, strCat("the request did not come within ", host.requestTimeout.count(), " s")});
}
