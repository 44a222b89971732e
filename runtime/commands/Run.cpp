//===- Run.cpp - The command run --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prompts or ids in, text or ids out, printed as they come. With several prompts all are computed
// together and printed one after the other.
//
//===----------------------------------------------------------------------===//

#include "ModelOptions.h"
#include "moec/runtime/commands/Table.h"

#include <chrono>
#include <cstdio>

using namespace moec;
using namespace moec::runtime;

namespace {
struct RunArguments {
  EvalArguments model;
  std::vector<std::string> prompts, tokens;
  uint32_t maxTokens = 128;
  SamplingParams sampling;
  bool ignoreEos = false;
};

/// What one prompt has produced so far.
struct Output {
  std::string title;   ///< printed before the text when there are several
  std::string pending; ///< not printed yet
  std::optional<StreamDecoder> decoder;
  size_t tokens = 0;
  bool done = false;
};

/// Prints outputs in order: the first that is not done streams, later ones wait.
class Printer {
public:
  explicit Printer(std::vector<Output> &outputs) : outputs(outputs) {}

  void flush() {
    while (current < outputs.size()) {
      Output &output = outputs[current];
      if (!titled && outputs.size() > 1)
        std::fputs(output.title.c_str(), stdout);
      titled = true;
      std::fwrite(output.pending.data(), 1, output.pending.size(), stdout);
      output.pending.clear();
      if (!output.done)
        break;
      std::fputs("\n", stdout);
      titled = false;
      ++current;
    }
    std::fflush(stdout);
  }

private:
  std::vector<Output> &outputs;
  size_t current = 0;
  bool titled = false;
};
} // namespace

/// "3,17,5" as ids.
static Expected<std::vector<int32_t>> parseIds(const std::string &text) {
  std::vector<int32_t> ids;
  for (const std::string &part : CLI::detail::split(text, ',')) {
    int32_t id;
    if (!CLI::detail::lexical_cast(part, id))
      return Error::make("--tokens is '", text, "', where '", part, "' is not a token id");
    ids.push_back(id);
  }
  return ids;
}

/// Feeds one event into its output. A decoding error ends up in `problem`.
static void receive(Output &output, const TokenEvent &event, Error &problem) {
  if (event.token >= 0) {
    if (output.decoder) {
      Expected<std::string> text = output.decoder->push(event.token);
      if (text)
        output.pending += *text;
      else
        problem = text.takeError();
    } else {
      output.pending += strCat(output.tokens ? "," : "", event.token);
    }
    ++output.tokens;
  }
  if (event.reason == FinishReason::None)
    return;
  output.done = true;
  if (event.reason == FinishReason::Error)
    problem = Error::make(event.message);
  if (output.decoder) {
    Expected<std::string> text = output.decoder->finish();
    if (text)
      output.pending += *text;
    else
      problem = text.takeError();
  }
}

static Error runModel(const RunArguments &arguments) {
  if (arguments.prompts.empty() == arguments.tokens.empty())
    return Error::make("give either --prompt or --tokens");
  Expected<EngineOptions> options = engineOptions(arguments.model);
  if (!options)
    return options.takeError();
  Expected<std::unique_ptr<Engine>> opened = Engine::open(arguments.model.model, *options);
  if (!opened)
    return opened.takeError();
  Engine &engine = **opened;

  std::vector<std::vector<int32_t>> prompts;
  std::vector<Output> outputs;
  if (!arguments.prompts.empty()) {
    Expected<Tokenizer> tokenizer =
        openTokenizer(engine.artifact().tokenizerPath(), arguments.model.model);
    if (!tokenizer)
      return tokenizer.takeError();
    for (const std::string &prompt : arguments.prompts) {
      Expected<std::vector<int32_t>> ids = tokenizer->encode(prompt, /*addSpecialTokens=*/true);
      if (!ids)
        return ids.takeError().addContext(strCat("--prompt '", prompt, "'"));
      prompts.push_back(std::move(*ids));
      Output output;
      output.title = strCat("[", outputs.size() + 1, "] ", prompt, "\n");
      output.decoder.emplace(*tokenizer, /*skipSpecial=*/true);
      outputs.push_back(std::move(output));
    }
  }
  for (const std::string &text : arguments.tokens) {
    Expected<std::vector<int32_t>> ids = parseIds(text);
    if (!ids)
      return ids.takeError();
    prompts.push_back(std::move(*ids));
    outputs.emplace_back();
  }

  Error problem = Error::success();
  for (size_t i = 0; i < prompts.size(); ++i) {
    Request request;
    request.prompt = prompts[i];
    request.sampling = arguments.sampling;
    request.maxTokens = arguments.maxTokens;
    request.ignoreEos = arguments.ignoreEos;
    request.onToken = [&, i](const TokenEvent &event) { receive(outputs[i], event, problem); };
    Expected<RequestId> id = engine.submit(std::move(request));
    if (!id)
      return id.takeError().addContext(strCat("prompt ", i + 1));
  }
  Printer printer(outputs);
  auto start = std::chrono::steady_clock::now();
  while (engine.busy()) {
    if (Error error = engine.step())
      return error;
    printer.flush();
    if (problem)
      return problem;
  }
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EngineStats stats = engine.stats();
  std::fprintf(stderr, "%llu prompt tokens, %llu generated in %.2f s (%.1f tokens/s) on %s\n",
               static_cast<unsigned long long>(stats.promptTokens),
               static_cast<unsigned long long>(stats.generatedTokens), seconds.count(),
               static_cast<double>(stats.generatedTokens) / seconds.count(),
               engine.device().description().c_str());
  return Error::success();
}

void runtime::addRunCommand(CommandLine &line) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App &command = line.add("run", "Generate from prompts or token ids",
                               [arguments] { return runModel(*arguments); });
  addModelOptions(command, arguments->model);
  // One value each time: a prompt may begin with anything.
  command.add_option("--prompt", arguments->prompts, "Text to continue; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--tokens", arguments->tokens, "Ids to continue: 3,17,5; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--max-tokens", arguments->maxTokens, "Tokens to generate at most")
      ->capture_default_str();
  SamplingParams &sampling = arguments->sampling;
  command.add_option("--temperature", sampling.temperature, "0 takes the likeliest token")
      ->capture_default_str();
  command.add_option("--top-k", sampling.topK, "Keep the k likeliest; 0 keeps all")
      ->capture_default_str();
  command.add_option("--top-p", sampling.topP, "Keep the likeliest that have this probability")
      ->capture_default_str();
  command
      .add_option("--min-p", sampling.minP, "Keep those this likely in relation to the likeliest")
      ->capture_default_str();
  command
      .add_option("--repetition-penalty", sampling.repetitionPenalty,
                  "Above 1 avoids tokens seen before")
      ->capture_default_str();
  command.add_option("--seed", sampling.seed, "Seed of the random numbers")->capture_default_str();
  command.add_flag("--ignore-eos", arguments->ignoreEos, "Go on after an end token");
}
