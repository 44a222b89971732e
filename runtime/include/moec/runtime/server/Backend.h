//===- Backend.h - What the server asks of an engine ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The server speaks HTTP; whoever makes the text is behind this.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVER_BACKEND_H
#define MOEC_RUNTIME_SERVER_BACKEND_H

#include "moec/runtime/service/Generator.h"

#include <memory>
#include <optional>

namespace moec::server {

/// Makes text. All members may be called from any thread, and none waits for a step.
class Backend {
public:
  using Id = runtime::Generator::Id;
  using Sink = runtime::Generator::Sink;

  virtual ~Backend() = default;
  /// See Generator::start.
  virtual Expected<Id> start(runtime::GenerationRequest request, Sink sink) = 0;
  /// See Generator::cancel.
  virtual void cancel(Id id) = 0;
  /// Null without one.
  virtual const runtime::Tokenizer *tokenizer() const = 0;
  /// A failure once nothing can be generated any more.
  virtual Error health() const = 0;
  virtual runtime::EngineStats stats() const = 0;
  /// The most tokens that a prompt and its continuation can have together.
  virtual uint32_t capacity() const = 0;
  /// Tokens of the model's vocabulary.
  virtual uint32_t vocabulary() const = 0;
  /// Whether prompts may say where the next turn branches off: see GenerationRequest::turnEnd.
  virtual bool keepsStates() const = 0;
};

/// A generator as a backend; it must outlive it.
std::unique_ptr<Backend> makeBackend(runtime::Generator &generator);

} // namespace moec::server

#endif // MOEC_RUNTIME_SERVER_BACKEND_H
