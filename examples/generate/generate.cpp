//===- generate.cpp - The C++ API in one page -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Opens a compiled model, submits two prompts, prints each text when it is complete: usage is
// generate MODEL.moec PROMPT PROMPT.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Engine.h"
#include "moec/runtime/Tokenizer.h"

#include <cstdio>

using namespace moec;
using namespace moec::runtime;

/// Generates for all prompts at once.
static Error generate(const std::string &path, std::span<char *> prompts) {
  Expected<std::unique_ptr<Engine>> engine = Engine::open(path, EngineOptions());
  if (!engine)
    return engine.takeError();
  Expected<Tokenizer> tokenizer = Tokenizer::fromFile((*engine)->artifact().tokenizerPath());
  if (!tokenizer)
    return tokenizer.takeError();

  std::vector<std::vector<int32_t>> outputs(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    Expected<std::vector<int32_t>> ids = tokenizer->encode(prompts[i]);
    if (!ids)
      return ids.takeError();
    Request request;
    request.prompt = std::move(*ids);
    request.maxTokens = 32;
    request.sampling.temperature = 0.8f;
    request.sampling.topP = 0.95f;
    request.sampling.seed = i;
    request.onToken = [&outputs, i](const TokenEvent &event) {
      if (event.token >= 0)
        outputs[i].push_back(event.token);
    };
    Expected<RequestId> id = (*engine)->submit(std::move(request));
    if (!id)
      return id.takeError();
  }
  // The prompts share every step from here on.
  if (Error error = (*engine)->runUntilIdle())
    return error;

  for (size_t i = 0; i < prompts.size(); ++i) {
    Expected<std::string> text = tokenizer->decode(outputs[i], /*skipSpecial=*/true);
    if (!text)
      return text.takeError();
    std::printf("%s%s\n", prompts[i], text->c_str());
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
