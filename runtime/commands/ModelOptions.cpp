//===- ModelOptions.cpp - Options of commands that run a model --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Parsing, and the way to an engine.
//
//===----------------------------------------------------------------------===//

#include "ModelOptions.h"

#include <charconv>
#include <map>

using namespace moec;
using namespace moec::runtime;

CLI::Option *runtime::asSize(CLI::Option *option) {
  // CLI11 reads -1 into an unsigned number as the largest one, and names all its units where it
  // knows one not.
  CLI::Validator size(
      [](std::string &text) {
        if (text.starts_with('-'))
          return strCat("'", text, "' is negative; say a size such as 512M");
        const std::string given = text;
        try {
          return CLI::AsSizeValue(/*kb_is_1000=*/false)(text);
        } catch (const CLI::ValidationError &) {
          return strCat("'", given,
                        "' is no size; say bytes, or a number with K, M, G or T, such as "
                        "512M");
        }
      },
      "SIZE");
  return option->transform(size);
}

void runtime::addModelOptions(CLI::App &command, EvalArguments &arguments) {
  command.add_option("model", arguments.model, "Folder of a compiled model")
      ->required()
      ->type_name("MODEL");
  command.add_option("--device", arguments.device, "Device: KIND or KIND:NUMBER");
  command.add_option("--threads", arguments.threads, "Worker threads (default: all processors)");
  asSize(
      command.add_option("--kv-memory", arguments.kvMemoryBytes,
                         "Memory for the states of sequences at most, the KV cache among them, for "
                         "example 512M or 4G"));
  command.add_flag("--small-pages", arguments.smallPages,
                   "Leave mapped weights in the pages of their file, which processes share; by "
                   "default they move to pages of 2 MiB where memory is free");
}

void runtime::addStepOptions(CLI::App &command, EvalArguments &arguments) {
  command.add_option("--max-step-tokens", arguments.maxStepTokens,
                     "Tokens of a step at most: a long prompt is read in chunks of as many, and "
                     "running texts wait for one chunk; 0 takes what the model was compiled for");
  command.add_option("--max-sequences", arguments.batching.batch,
                     "Sequences of a step at most; 0 takes what the model was compiled for");
  asSize(command.add_option(
             "--prefix-cache", arguments.prefixCacheBytes,
             "Memory of --kv-memory at most for beginnings of texts that no request needs any "
             "more, for those that begin alike, for example 512M; off keeps none"))
      ->transform([](const std::string &value) {
        return CLI::detail::to_lower(value) == "off" ? "0" : value;
      })
      ->type_name("off|MEMORY")
      ->default_str("what is free");
  command
      .add_option(
          "--snapshot-interval", arguments.snapshotInterval,
          "Of models with recurrent states, tokens between the states that the prefix cache "
          "keeps of every text, beside those at the ends of messages and answers; 0: as "
          "many as take the memory of one state; otherwise rounded up to a multiple of 64")
      ->check(CLI::Range(0, 1 << 30));
  addDraftOptions(command, arguments);
}

void runtime::addDraftOptions(CLI::App &command, EvalArguments &arguments) {
  DraftOptions &drafts = arguments.drafts;
  auto parse = [&drafts](const std::string &value) {
    std::string text = CLI::detail::to_lower(value);
    drafts.isAuto = text == "auto";
    drafts.tokens = drafts.isAuto ? DraftOptions::usual : 0;
    if (drafts.isAuto || text == "off")
      return;
    const char *end = text.data() + text.size();
    auto [rest, ec] = std::from_chars(text.data(), end, drafts.tokens);
    if (ec != std::errc() || rest != end || drafts.tokens == 0 ||
        drafts.tokens > DraftOptions::limit)
      throw CLI::ValidationError(
          "--draft",
          strCat("is '", value, "'; it must be off, auto or 1 to ", DraftOptions::limit));
  };
  command
      .add_option_function<std::string>(
          "--draft", parse,
          strCat("Tokens to draft for each text in a step, at most, which the step then checks: "
                 "texts are the same, but need fewer steps; auto drafts ",
                 DraftOptions::usual, " while that saves time"))
      ->type_name("off|auto|N")
      ->default_str("off");
  auto choose = [&drafts](const std::string &name) {
    drafts.method = name == "mtp"     ? DraftMethod::Model
                    : name == "ngram" ? DraftMethod::Lookup
                    : name == "model" ? DraftMethod::Other
                                      : DraftMethod::Any;
  };
  command
      .add_option_function<std::string>(
          "--draft-method", choose,
          "Who drafts: model is the one of --draft-model, mtp the model's own function draft, "
          "ngram what followed the last tokens when they came before, auto is the first of these "
          "that there is")
      ->check(CLI::IsMember({"auto", "model", "mtp", "ngram"}))
      ->default_str("auto")
      ->needs("--draft");
  command
      .add_option("--draft-model", drafts.model,
                  "Folder of a smaller compiled model with the same vocabulary, which drafts; its "
                  "states take their part of --kv-memory")
      ->type_name("ARTIFACT");
}

Expected<EngineOptions> runtime::engineOptions(const EvalArguments &arguments) {
  EngineOptions options;
  options.deviceOptions.threads = arguments.threads;
  options.kvMemoryBytes = arguments.kvMemoryBytes;
  options.largePages = !arguments.smallPages;
  options.maxChunk = arguments.batching.chunk;
  options.maxTokens = arguments.maxStepTokens;
  options.maxSequences = arguments.batching.batch;
  options.prefixCacheBytes = arguments.prefixCacheBytes;
  options.snapshotInterval = arguments.snapshotInterval;
  options.drafts = arguments.drafts;
  size_t colon = arguments.device.find(':');
  options.device = arguments.device.substr(0, colon);
  if (colon != std::string::npos) {
    const char *begin = arguments.device.data() + colon + 1;
    const char *end = arguments.device.data() + arguments.device.size();
    auto [rest, ec] = std::from_chars(begin, end, options.deviceOptions.ordinal);
    if (ec != std::errc() || rest != end)
      return Error::make("--device is '", arguments.device, "', not KIND or KIND:NUMBER");
  }
  return options;
}

Expected<std::unique_ptr<Engine>> runtime::openEngine(const EvalArguments &arguments) {
  Expected<EngineOptions> options = engineOptions(arguments);
  if (!options)
    return options.takeError();
  return Engine::open(arguments.model, *options);
}

Expected<Tokenizer> runtime::openTokenizer(const std::string &path, const std::string &model) {
  if (path.empty())
    return Error::make("'", model, "' has no tokenizer.json; give token ids with --tokens");
  return Tokenizer::fromFile(path);
}
