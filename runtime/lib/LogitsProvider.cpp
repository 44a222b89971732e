//===- LogitsProvider.cpp - Something that computes logits ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The default greedy continuation, and the provider over an engine.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/LogitsProvider.h"
#include "moec/Support/Scalar.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/Sampling.h"

#include <cstring>

using namespace moec;
using namespace moec::runtime;

LogitsProvider::~LogitsProvider() = default;

Expected<std::vector<int32_t>> LogitsProvider::greedy(const std::vector<int32_t> &prompt,
                                                      size_t count) {
  std::vector<int32_t> tokens = prompt;
  for (size_t i = 0; i < count; ++i) {
    int32_t best = -1;
    auto sink = [&](size_t, size_t position, std::span<const float> row) {
      if (position + 1 == tokens.size())
        best = argmax(row);
    };
    if (Error error = logits({tokens}, sink))
      return error;
    if (best < 0)
      return Error::make("no logit at position ", tokens.size() - 1, " is a number");
    tokens.push_back(best);
  }
  return std::vector<int32_t>(tokens.begin() + static_cast<ptrdiff_t>(prompt.size()), tokens.end());
}

/// Numbers of a row as f32.
static std::vector<float> toFloats(std::span<const std::byte> bytes, plan::Element element) {
  if (element == plan::Element::F32) {
    std::vector<float> row(bytes.size() / sizeof(float));
    std::memcpy(row.data(), bytes.data(), bytes.size());
    return row;
  }
  std::vector<float> row;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    uint16_t bits;
    std::memcpy(&bits, &bytes[i], sizeof(bits));
    row.push_back(element == plan::Element::BF16 ? bf16ToF32(bits) : f16ToF32(bits));
  }
  return row;
}

namespace {
class EngineLogits : public LogitsProvider {
public:
  EngineLogits(std::unique_ptr<Engine> engine, std::vector<CapturedValue> values)
      : engine(std::move(engine)), values(std::move(values)) {
    this->engine->capture(this->values);
  }

  std::string description() const override {
    return strCat("'", engine->artifact().path(), "' on ", engine->device().description());
  }
  uint32_t vocab() const override { return engine->artifact().plan().vocab(); }
  uint32_t maxContext() const override { return engine->artifact().plan().max_context(); }
  std::string tokenizerPath() const override { return engine->artifact().tokenizerPath(); }

  std::vector<HiddenState> hiddenStates() const override {
    std::vector<HiddenState> states;
    for (const CapturedValue &value : values)
      states.push_back({value.name, value.width});
    return states;
  }
  void observe(HiddenSink sink) override { hiddenSink = std::move(sink); }

  Error logits(const std::vector<std::vector<int32_t>> &sequences, const Sink &sink) override {
    for (size_t i = 0; i < sequences.size(); ++i) {
      Request request;
      request.prompt = sequences[i];
      request.maxTokens = 0;
      request.onLogits = [&sink, i](uint32_t position, std::span<const float> row) {
        sink(i, position, row);
      };
      if (hiddenSink)
        request.onCaptured = [this, i](size_t value, uint32_t position,
                                       std::span<const std::byte> row) {
          hiddenSink(value, i, position, toFloats(row, values[value].element));
        };
      Expected<RequestId> id = engine->submit(std::move(request));
      if (!id)
        return id.takeError().addContext(strCat("sequence ", i));
    }
    return engine->runUntilIdle();
  }

  Expected<std::vector<int32_t>> greedy(const std::vector<int32_t> &prompt, size_t count) override {
    std::vector<int32_t> output;
    std::string problem;
    Request request;
    request.prompt = prompt;
    request.maxTokens = static_cast<uint32_t>(count);
    request.ignoreEos = true;
    request.onToken = [&](const TokenEvent &event) {
      if (event.token >= 0)
        output.push_back(event.token);
      problem = event.message;
    };
    Expected<RequestId> id = engine->submit(std::move(request));
    if (!id)
      return id.takeError();
    if (Error error = engine->runUntilIdle())
      return error;
    if (!problem.empty())
      return Error::make(problem);
    return output;
  }

private:
  std::unique_ptr<Engine> engine;
  std::vector<CapturedValue> values;
  HiddenSink hiddenSink;
};
} // namespace

std::unique_ptr<LogitsProvider> runtime::makeEngineLogits(std::unique_ptr<Engine> engine,
                                                          std::vector<CapturedValue> values) {
  return std::make_unique<EngineLogits>(std::move(engine), std::move(values));
}

std::unique_ptr<LogitsProvider> runtime::makeEngineLogits(std::unique_ptr<Engine> engine) {
  return makeEngineLogits(std::move(engine), {});
}
