//===- GeneratorBackend.cpp - A generator as a backend ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/server/Backend.h"

using namespace moec;
using namespace moec::server;

namespace {
class GeneratorBackend : public Backend {
public:
  explicit GeneratorBackend(runtime::Generator &generator) : generator(generator) {}

  Expected<Id> start(runtime::GenerationRequest request, Sink sink) override {
    return generator.start(std::move(request), std::move(sink));
  }
  void cancel(Id id) override { generator.cancel(id); }
  const runtime::Tokenizer *tokenizer() const override {
    return generator.tokenizer() ? &*generator.tokenizer() : nullptr;
  }
  Error health() const override { return generator.service().health(); }
  runtime::EngineStats stats() const override { return generator.service().stats(); }
  uint32_t capacity() const override { return generator.service().capacity(); }
  uint32_t vocabulary() const override { return generator.service().vocabulary(); }
  bool keepsStates() const override { return generator.service().keepsStates(); }

private:
  runtime::Generator &generator;
};
} // namespace

std::unique_ptr<Backend> server::makeBackend(runtime::Generator &generator) {
  return std::make_unique<GeneratorBackend>(generator);
}
