//===- Run.cpp - The command run --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prompts or ids in, text or ids out, printed as they come. With several prompts all are computed
// together and printed one after the other; one that cannot be run or fails leaves the others
// alone.
//
//===----------------------------------------------------------------------===//

#include "ModelOptions.h"
#include "moec/runtime/commands/Table.h"

#include <chrono>
#include <cstdio>

using namespace moec;
using namespace moec::runtime;

namespace {
using TokenIds = std::vector<int32_t>;

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
  Error problem = Error::success(); ///< why it ended early
  std::vector<std::string> notes;
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
static Expected<TokenIds> parseIds(const std::string &text) {
  TokenIds ids;
  for (const std::string &part : CLI::detail::split(text, ',')) {
    int32_t id;
    if (!CLI::detail::lexical_cast(part, id))
      return Error::make("--tokens is '", text, "', where '", part, "' is not a token id");
    ids.push_back(id);
  }
  return ids;
}

/// Feeds the text that a decoder gives into an output, or what is wrong with it.
static void receive(Output &output, Expected<std::string> text) {
  if (text)
    output.pending += *text;
  else
    output.problem = text.takeError();
}

/// Feeds one event into its output.
static void receive(Output &output, const TokenEvent &event) {
  if (event.token >= 0) {
    if (output.decoder)
      receive(output, output.decoder->push(event.token));
    else
      output.pending += strCat(output.tokens ? "," : "", event.token);
    ++output.tokens;
  }
  if (event.reason == FinishReason::None)
    return;
  output.done = true;
  if (output.decoder && !output.problem)
    receive(output, output.decoder->finish());
  if (event.reason == FinishReason::Error)
    output.problem = Error::make(event.message);
  if (event.reason == FinishReason::Full)
    output.notes.push_back(event.message);
}

/// Queues a prompt; what its tokens are goes into `output`, and so does why it cannot be run.
static void submit(Engine &engine, const RunArguments &arguments, Expected<TokenIds> prompt,
                   Output &output) {
  Error problem = prompt.takeError();
  if (!problem) {
    Request request;
    request.prompt = std::move(*prompt);
    request.sampling = arguments.sampling;
    request.maxTokens = arguments.maxTokens;
    request.ignoreEos = arguments.ignoreEos;
    request.onToken = [&engine, &output](const TokenEvent &event) {
      receive(output, event);
      if (output.problem && event.reason == FinishReason::None)
        engine.abort(event.id);
    };
    problem = engine.submit(std::move(request)).takeError();
  }
  output.done = bool(problem);
  output.problem = std::move(problem);
}

/// Whether the token that begins a text was written into one that gets it anyway.
static bool beginsTwice(const Tokenizer &tokenizer, const TokenIds &ids) {
  std::optional<int32_t> begin = tokenizer.beginId();
  return begin && ids.size() > 1 && ids[0] == *begin && ids[1] == *begin;
}

/// Queues all prompts. Their outputs are of the same order.
static Error submitAll(Engine &engine, const RunArguments &arguments,
                       std::vector<Output> &outputs) {
  // Requests keep references.
  outputs.resize(arguments.prompts.size() + arguments.tokens.size());
  for (size_t i = 0; i < arguments.tokens.size(); ++i)
    submit(engine, arguments, parseIds(arguments.tokens[i]), outputs[i]);
  if (arguments.prompts.empty())
    return Error::success();
  Expected<Tokenizer> tokenizer =
      openTokenizer(engine.artifact().tokenizerPath(), arguments.model.model);
  if (!tokenizer)
    return tokenizer.takeError();
  for (size_t i = 0; i < arguments.prompts.size(); ++i) {
    const std::string &prompt = arguments.prompts[i];
    outputs[i].title = strCat("[", i + 1, "] ", prompt, "\n");
    outputs[i].decoder.emplace(*tokenizer, /*skipSpecial=*/true);
    Expected<TokenIds> ids = tokenizer->encode(prompt, /*addSpecialTokens=*/true);
    if (ids && beginsTwice(*tokenizer, *ids))
      outputs[i].notes.push_back(strCat("begins with \"", *tokenizer->tokenOf((*ids)[0]),
                                        "\" twice; every prompt gets one, so leave it out of the "
                                        "text"));
    submit(engine, arguments, std::move(ids), outputs[i]);
  }
  return Error::success();
}

/// Says on standard error what was computed, and each prompt's notes and troubles.
static void printSummary(CommandLine &line, const Engine &engine, double seconds,
                         std::vector<Output> &outputs) {
  EngineStats stats = engine.stats();
  if (stats.promptTokens)
    std::fprintf(stderr, "%llu prompt tokens, %llu generated in %.2f s (%.1f tokens/s) on %s\n",
                 static_cast<unsigned long long>(stats.promptTokens),
                 static_cast<unsigned long long>(stats.generatedTokens), seconds,
                 static_cast<double>(stats.generatedTokens) / seconds,
                 engine.device().description().c_str());
  for (size_t i = 0; i < outputs.size(); ++i)
    for (const std::string &note : outputs[i].notes)
      line.note(strCat("prompt ", i + 1, ": ", note));
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].problem)
      line.report(outputs[i].problem.addContext(strCat("prompt ", i + 1)));
}

static Error runModel(CommandLine &line, const RunArguments &arguments) {
  if (arguments.prompts.empty() == arguments.tokens.empty())
    return Error::make("give either --prompt or --tokens");
  Expected<EngineOptions> options = engineOptions(arguments.model);
  if (!options)
    return options.takeError();
  Expected<std::unique_ptr<Engine>> opened = Engine::open(arguments.model.model, *options);
  if (!opened)
    return opened.takeError();
  Engine &engine = **opened;
  std::vector<Output> outputs;
  if (Error error = submitAll(engine, arguments, outputs))
    return error;

  Printer printer(outputs);
  auto start = std::chrono::steady_clock::now();
  printer.flush();
  while (engine.busy()) {
    if (Error error = engine.step())
      return error;
    printer.flush();
  }
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  printSummary(line, engine, seconds.count(), outputs);
  return Error::success();
}

void runtime::addRunCommand(CommandLine &line) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App &command = line.add("run", "Generate from prompts or token ids",
                               [&line, arguments] { return runModel(line, *arguments); });
  addModelOptions(command, arguments->model);
  // One value each time: a prompt may begin with anything.
  command
      .add_option(
          "--prompt", arguments->prompts,
          "Text to continue; may be repeated. BOS is added as tokenizer_config.json says, else "
          "the tokens of tokenizer.json's post-processor")
      ->allow_extra_args(false);
  command
      .add_option("--tokens", arguments->tokens,
                  "Ids to continue: 3,17,5; may be repeated. Nothing is added")
      ->allow_extra_args(false);
  command
      .add_option(
          "--max-tokens", arguments->maxTokens,
          "Tokens to generate at most; a prompt that fills the context or --kv-memory stops "
          "before, with a note")
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
