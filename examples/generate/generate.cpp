//===- generate.cpp - The C++ API in one page -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Opens a compiled model, continues prompts together, prints each text when it is complete: usage
// is generate MODEL.moec PROMPT PROMPT.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/service/Generator.h"

#include <cstdio>
#include <future>

using namespace moec;
using namespace moec::runtime;

namespace {
/// One continuation. Events write it on the engine's thread, until `end` is set.
struct Continuation {
  std::string text;
  std::promise<void> end;
};
} // namespace

/// Queues a prompt.
static Error start(Generator &generator, const char *prompt, uint64_t seed, Continuation &result) {
  Expected<std::vector<int32_t>> ids = generator.tokenizer()->encode(prompt);
  if (!ids)
    return ids.takeError();
  GenerationRequest request;
  request.prompt = std::move(*ids);
  request.maxTokens = 32;
  request.sampling.temperature = 0.8f;
  request.sampling.topP = 0.95f;
  request.sampling.seed = seed;
  Expected<Generator::Id> id =
      generator.start(std::move(request), [&result](const GenerationEvent &event) {
        result.text += event.text;
        if (event.reason == FinishReason::Error)
          result.text = "(" + event.message + ")";
        if (event.reason != FinishReason::None)
          result.end.set_value();
      });
  return id.takeError();
}

static Error generate(const std::string &path, std::span<char *> prompts) {
  Expected<std::unique_ptr<Engine>> engine = Engine::open(path, EngineOptions());
  if (!engine)
    return engine.takeError();
  Expected<Tokenizer> tokenizer = Tokenizer::fromFile((*engine)->artifact().tokenizerPath());
  if (!tokenizer)
    return tokenizer.takeError();
  // Outlives the engine's thread, which writes to it.
  std::vector<Continuation> results(prompts.size());
  EngineService service(std::move(*engine));
  Generator generator(service, std::move(*tokenizer));
  for (size_t i = 0; i < prompts.size(); ++i)
    if (Error error = start(generator, prompts[i], i, results[i]))
      return error;
  for (size_t i = 0; i < prompts.size(); ++i) {
    results[i].end.get_future().wait();
    std::printf("%s%s\n", prompts[i], results[i].text.c_str());
  }
  return Error::success();
}

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s MODEL.moec PROMPT...\n", argv[0]);
    return 1;
  }
  if (Error error = generate(argv[1], std::span(argv + 2, argv + argc))) {
    std::fprintf(stderr, "error: %s\n", error.message().c_str());
    return 1;
  }
  return 0;
}
