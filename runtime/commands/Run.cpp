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
#include "moec/runtime/service/Generator.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

using namespace moec;
using namespace moec::runtime;

namespace {
using TokenIds = std::vector<int32_t>;

struct RunArguments {
  EvalArguments model;
  std::vector<std::string> prompts, tokens;
  /// What every prompt is continued with.
  GenerationRequest request;
};

/// What one prompt has produced so far.
struct Output {
  std::string title;   ///< printed before the text when there are several
  std::string pending; ///< not printed yet
  size_t tokens = 0;
  bool done = false;
  Error problem = Error::success(); ///< why it ended early
  std::vector<std::string> notes;
};

/// Outputs that the engine's thread fills and the main one prints in order: the first that is not
/// done streams, later ones wait.
class Outputs {
public:
  explicit Outputs(size_t count) : outputs(count) {}

  /// For what is known before a prompt is queued.
  Output &operator[](size_t number) { return outputs[number]; }
  size_t size() const { return outputs.size(); }

  /// Feeds an event of prompt `number` into its output.
  void receive(size_t number, const GenerationEvent &event, bool asIds);
  /// Ends an output that cannot be run.
  void fail(size_t number, Error problem);
  /// Prints until all are done.
  void print();

private:
  bool printReady();

  std::mutex mutex; ///< guards outputs and hasNews
  std::condition_variable news;
  std::vector<Output> outputs;
  bool hasNews = true;
  size_t current = 0;
  bool titled = false;
};
} // namespace

void Outputs::receive(size_t number, const GenerationEvent &event, bool asIds) {
  std::lock_guard lock(mutex);
  Output &output = outputs[number];
  for (const SampledToken &token : event.tokens) {
    if (asIds)
      output.pending += strCat(output.tokens ? "," : "", token.token);
    ++output.tokens;
  }
  output.pending += event.text;
  output.done = event.reason != FinishReason::None;
  if (event.reason == FinishReason::Error)
    output.problem = Error::make(event.message);
  if (event.reason == FinishReason::Full)
    output.notes.push_back(event.message);
  hasNews = true;
  news.notify_one();
}

void Outputs::fail(size_t number, Error problem) {
  std::lock_guard lock(mutex);
  outputs[number].done = true;
  outputs[number].problem = std::move(problem);
}

/// Prints what is there; true when everything was printed.
bool Outputs::printReady() {
  while (current < outputs.size()) {
    Output &output = outputs[current];
    if (!titled && outputs.size() > 1)
      std::fputs(output.title.c_str(), stdout);
    titled = true;
    std::fwrite(output.pending.data(), 1, output.pending.size(), stdout);
    output.pending.clear();
    if (!output.done)
      return false;
    std::fputs("\n", stdout);
    titled = false;
    ++current;
  }
  return true;
}

void Outputs::print() {
  std::unique_lock lock(mutex);
  for (bool done = false; !done;) {
    news.wait(lock, [&] { return hasNews; });
    hasNews = false;
    done = printReady();
    std::fflush(stdout);
  }
}

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

/// Queues a prompt. Where it cannot be run, its output says why.
static void submit(Generator &generator, const RunArguments &arguments, Expected<TokenIds> prompt,
                   Outputs &outputs, size_t number) {
  if (!prompt)
    return outputs.fail(number, prompt.takeError());
  GenerationRequest request = arguments.request;
  request.prompt = std::move(*prompt);
  bool asIds = !generator.tokenizer();
  auto id = generator.start(std::move(request), [&outputs, number, asIds](const auto &event) {
    outputs.receive(number, event, asIds);
  });
  if (!id)
    outputs.fail(number, id.takeError());
}

/// Whether the token that begins a text was written into one that gets it anyway.
static bool beginsTwice(const Tokenizer &tokenizer, const TokenIds &ids) {
  std::optional<int32_t> begin = tokenizer.beginId();
  return begin && ids.size() > 1 && ids[0] == *begin && ids[1] == *begin;
}

/// Queues all prompts. Their outputs are of the same order.
static void submitAll(Generator &generator, const RunArguments &arguments, Outputs &outputs) {
  for (size_t i = 0; i < arguments.tokens.size(); ++i)
    submit(generator, arguments, parseIds(arguments.tokens[i]), outputs, i);
  const std::optional<Tokenizer> &tokenizer = generator.tokenizer();
  for (size_t i = 0; i < arguments.prompts.size(); ++i) {
    const std::string &prompt = arguments.prompts[i];
    outputs[i].title = strCat("[", i + 1, "] ", prompt, "\n");
    Expected<TokenIds> ids = tokenizer->encode(prompt, /*addSpecialTokens=*/true);
    if (ids && beginsTwice(*tokenizer, *ids))
      outputs[i].notes.push_back(strCat("begins with \"", *tokenizer->tokenOf((*ids)[0]),
                                        "\" twice; every prompt gets one, so leave it out of the "
                                        "text"));
    submit(generator, arguments, std::move(ids), outputs, i);
  }
}

/// Says on standard error what was computed, and each prompt's notes and troubles.
static void printSummary(CommandLine &line, const EngineService &service, double seconds,
                         Outputs &outputs) {
  EngineStats stats = service.stats();
  if (stats.promptTokens) {
    std::string cached =
        stats.cachedTokens ? strCat(" and ", stats.cachedTokens, " from the prefix cache") : "";
    std::fprintf(stderr, "%llu prompt tokens%s, %llu generated in %.2f s (%.1f tokens/s) on %s\n",
                 static_cast<unsigned long long>(stats.promptTokens), cached.c_str(),
                 static_cast<unsigned long long>(stats.generatedTokens), seconds,
                 static_cast<double>(stats.generatedTokens) / seconds,
                 service.device().description().c_str());
    if (stats.drafts.drafts)
      std::fprintf(stderr, "%s\n", stats.drafts.describe().c_str());
  }
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
  if (!arguments.tokens.empty() && !arguments.request.stop.empty())
    return Error::make("--stop goes with --prompt: --tokens gives ids, not text");
  Expected<std::unique_ptr<Engine>> opened = openEngine(arguments.model);
  if (!opened)
    return opened.takeError();
  const Artifact &artifact = (*opened)->artifact();
  if (Error error = arguments.request.sampling.check(artifact.plan().vocab()))
    return error;
  std::optional<Tokenizer> tokenizer;
  if (!arguments.prompts.empty()) {
    Expected<Tokenizer> file = openTokenizer(artifact.tokenizerPath(), arguments.model.model);
    if (!file)
      return file.takeError();
    tokenizer = std::move(*file);
  }

  EngineService service(std::move(*opened));
  Generator generator(service, std::move(tokenizer));
  Outputs outputs(arguments.prompts.size() + arguments.tokens.size());
  auto start = std::chrono::steady_clock::now();
  submitAll(generator, arguments, outputs);
  outputs.print();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  service.drain(std::chrono::steady_clock::now());
  if (Error error = service.health())
    return error;
  printSummary(line, service, seconds.count(), outputs);
  return Error::success();
}

void runtime::addRunCommand(CommandLine &line) {
  auto arguments = std::make_shared<RunArguments>();
  arguments->request.maxTokens = 128;
  CLI::App &command = line.add("run", "Generate from prompts or token ids",
                               [&line, arguments] { return runModel(line, *arguments); });
  addModelOptions(command, arguments->model);
  addStepOptions(command, arguments->model);
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
          "--max-tokens", arguments->request.maxTokens,
          "Tokens to generate at most; a prompt that fills the context or --kv-memory stops "
          "before, with a note")
      ->capture_default_str();
  command
      .add_option("--stop", arguments->request.stop,
                  "Text before which a continuation ends; may be repeated")
      ->allow_extra_args(false);
  SamplingParams &sampling = arguments->request.sampling;
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
  command.add_flag("--ignore-eos", arguments->request.ignoreEos, "Go on after an end token");
}
