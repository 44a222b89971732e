//===- Eval.cpp - The command eval ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Feeds recorded token ids or a text, writes the logits, compares them with recorded ones.
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "ModelOptions.h"
#include "eval/DraftLogits.h"
#include "eval/TextEval.h"
#include "moec/Support/File.h"
#include "moec/Support/SafeTensors.h"

#include <cstdio>
#include <cstring>

using namespace moec;
using namespace moec::runtime;

namespace {
struct EvalOptions {
  EvalArguments model;
  std::string tokens, logits, json;
  TextOptions text;
  size_t greedyPrompt = 0;

  /// Tokens behind its own that a row of logits is made of.
  size_t tokensAhead() const {
    return model.function == nextDraftFunction ? 2 : model.function == draftFunction ? 1 : 0;
  }
  bool isOfDraft() const { return tokensAhead() != 0; }
  /// The tensor of the logits in files of recorded runs.
  const char *logitsName() const {
    static constexpr const char *names[] = {"logits", "mtp_logits", "mtp_next_logits"};
    return names[tokensAhead()];
  }
  /// Rows of it for a sequence of so many tokens.
  size_t logitsRows(size_t tokens) const { return tokens - tokensAhead(); }
};

/// Takes rows of logits in any order of sequences: compares, keeps what shall be written.
class Collector {
public:
  /// `width` rows of each of `sequences`.
  Collector(size_t sequences, size_t width, uint32_t vocab, std::span<const float> expected,
            bool keep)
      : width(width), vocab(vocab), expected(expected) {
    if (keep)
      kept.resize(sequences * width * vocab);
  }
  void add(size_t sequence, size_t position, std::span<const float> row) {
    size_t offset = (sequence * width + position) * vocab;
    if (!expected.empty())
      comparison.add(row, expected.subspan(offset, vocab));
    if (!kept.empty())
      std::copy(row.begin(), row.end(), kept.begin() + static_cast<ptrdiff_t>(offset));
  }
  Comparison comparison;
  std::vector<float> kept;

private:
  size_t width;
  uint32_t vocab;
  std::span<const float> expected;
};
} // namespace

/// The tensor `name` of a file as rows of ids; no rows when the file does not have it.
static Expected<TokenRows> readIds(const SafeTensors &file, const char *name) {
  const TensorInfo *info = file.find(name);
  if (!info)
    return TokenRows();
  auto fail = [&](const auto &...parts) {
    return Error::make("'", file.path(), "': ", name, " ", parts...);
  };
  if (info->dtype != DType::I64 && info->dtype != DType::I32)
    return fail("has type ", dtypeName(info->dtype), ", not I64 or I32");
  if (info->shape.size() != 2 || info->shape[0] == 0 || info->shape[1] == 0)
    return fail("is not a matrix [sequences, tokens]");
  TokenRows rows(info->shape[0], std::vector<int32_t>(info->shape[1]));
  const std::byte *data = file.data(*info).data();
  size_t size = dtypeSize(info->dtype);
  for (std::vector<int32_t> &row : rows)
    for (int32_t &id : row) {
      int64_t value = 0;
      std::memcpy(&value, data, size);
      if (size == 4)
        value = static_cast<int32_t>(value);
      if (value < 0 || value > INT32_MAX)
        return fail("holds ", value, ", which is no token id");
      id = static_cast<int32_t>(value);
      data += size;
    }
  return rows;
}

/// The recorded logits of a file; empty when it has none.
static Expected<std::vector<float>> readLogits(const SafeTensors &file, const TokenRows &ids,
                                               uint32_t vocab, const EvalOptions &options) {
  const TensorInfo *info = file.find(options.logitsName());
  if (!info)
    return std::vector<float>();
  std::vector<int64_t> wanted = {int64_t(ids.size()), int64_t(options.logitsRows(ids[0].size())),
                                 int64_t(vocab)};
  if (info->dtype != DType::F32 || info->shape != wanted)
    return Error::make("'", file.path(), "': ", options.logitsName(), " is not F32 [", wanted[0],
                       ", ", wanted[1], ", ", wanted[2], "]");
  std::vector<float> values(info->elements());
  std::memcpy(values.data(), file.data(*info).data(), values.size() * sizeof(float));
  return values;
}

/// Writes the logits and the ids that they belong to: a file that --tokens takes.
static Error writeLogits(const EvalOptions &options, const TokenRows &ids, uint32_t vocab,
                         const std::vector<float> &values) {
  int64_t sequences = int64_t(ids.size()), tokens = int64_t(ids[0].size());
  int64_t rows = int64_t(options.logitsRows(ids[0].size()));
  Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(
      options.logits, {{"input_ids", DType::I32, {sequences, tokens}},
                       {options.logitsName(), DType::F32, {sequences, rows, int64_t(vocab)}}});
  if (!writer)
    return writer.takeError();
  for (const std::vector<int32_t> &row : ids)
    if (Error error = writer->append(std::as_bytes(std::span(row))))
      return error;
  if (Error error = writer->append(std::as_bytes(std::span(values))))
    return error;
  return writer->finish();
}

/// Generates from the first half of each recorded row (or `promptTokens`) and counts tokens that
/// differ from the rest.
static Error checkGreedy(LogitsProvider &provider, const TokenRows &rows, size_t promptTokens,
                         nlohmann::ordered_json &report) {
  size_t width = rows[0].size(), prompt = promptTokens ? promptTokens : width / 2;
  if (prompt == 0 || prompt >= width)
    return Error::make("--greedy-prompt is ", prompt, " but greedy_prompt_and_output has ", width,
                       " tokens");
  size_t mismatches = 0;
  for (const std::vector<int32_t> &row : rows) {
    Expected<std::vector<int32_t>> output = provider.greedy(
        {row.begin(), row.begin() + static_cast<ptrdiff_t>(prompt)}, width - prompt);
    if (!output)
      return output.takeError().addContext("greedy_prompt_and_output");
    for (size_t i = prompt; i < width; ++i)
      mismatches += i - prompt >= output->size() || (*output)[i - prompt] != row[i];
  }
  std::printf("greedy: %zu tokens after %zu of the prompt, %zu differ\n",
              rows.size() * (width - prompt), prompt, mismatches);
  report["greedy"] = {{"prompt_tokens", prompt},
                      {"tokens", rows.size() * (width - prompt)},
                      {"mismatches", mismatches}};
  return Error::success();
}

static Error evalTokens(LogitsProvider &provider, const EvalOptions &options,
                        nlohmann::ordered_json &report) {
  Expected<SafeTensors> file = SafeTensors::open(options.tokens);
  if (!file)
    return file.takeError();
  Expected<TokenRows> ids = readIds(*file, "input_ids");
  if (!ids)
    return ids.takeError();
  if (ids->empty())
    return Error::make("'", options.tokens, "' has no tensor input_ids");
  if ((*ids)[0].size() <= options.tokensAhead())
    return Error::make("'", options.tokens, "': input_ids has sequences of ", (*ids)[0].size(),
                       options.tokensAhead() == 1
                           ? " token, and a draft needs the next one, too"
                           : " tokens, and a second draft needs the next two, too");
  Expected<TokenRows> greedy = readIds(*file, "greedy_prompt_and_output");
  if (!greedy)
    return greedy.takeError();
  Expected<std::vector<float>> expected = readLogits(*file, *ids, provider.vocab(), options);
  if (!expected)
    return expected.takeError();
  bool hasGreedy = !greedy->empty() && !options.isOfDraft();
  if (expected->empty() && !hasGreedy && options.logits.empty())
    return Error::make("'", options.tokens, "' has nothing to compare with, no tensor ",
                       options.logitsName(),
                       options.isOfDraft() ? "" : " and no greedy_prompt_and_output",
                       "; --logits FILE writes those of the model");

  Collector collector(ids->size(), options.logitsRows((*ids)[0].size()), provider.vocab(),
                      *expected, !options.logits.empty());
  auto sink = [&](size_t sequence, size_t position, std::span<const float> row) {
    collector.add(sequence, position, row);
  };
  if (Error error = provider.logits(*ids, sink))
    return error;
  if (!options.logits.empty())
    if (Error error = writeLogits(options, *ids, provider.vocab(), collector.kept))
      return error;
  if (!expected->empty()) {
    std::printf("%s\n", collector.comparison.text().c_str());
    report.update(collector.comparison.json());
  }
  if (hasGreedy)
    return checkGreedy(provider, *greedy, options.greedyPrompt, report);
  return Error::success();
}

/// The provider of the extension, or one over an engine.
static Expected<std::unique_ptr<LogitsProvider>>
makeProvider(const EvalArguments &arguments, const EvalExtension &extension, bool perLayer) {
  if (extension.makeProvider) {
    Expected<std::unique_ptr<LogitsProvider>> provider = extension.makeProvider(arguments);
    if (provider && *provider && perLayer)
      return Error::make("--per-layer compares compiled models, but '", arguments.model,
                         "' is for ", (*provider)->description());
    if (!provider || *provider)
      return provider;
  }
  if (arguments.function != forwardFunction)
    return makeDraftLogits(arguments);
  std::vector<CapturedValue> values;
  if (perLayer) {
    Expected<std::vector<CapturedValue>> found = extension.hiddenStates(arguments.model);
    if (!found)
      return found.takeError();
    values = std::move(*found);
  }
  Expected<std::unique_ptr<Engine>> engine = openEngine(arguments);
  if (!engine)
    return engine.takeError();
  return makeEngineLogits(std::move(*engine), std::move(values));
}

/// The sequences of --tokens; none without it.
static Expected<TokenRows> readSequences(const std::string &path) {
  if (path.empty())
    return TokenRows();
  Expected<SafeTensors> file = SafeTensors::open(path);
  if (!file)
    return file.takeError();
  return readIds(*file, "input_ids");
}

static Error writeReport(const EvalOptions &options, const nlohmann::ordered_json &report) {
  if (options.json.empty())
    return Error::success();
  return writeFileAtomic(options.json, report.dump(2) + "\n");
}

/// What an extension does instead; false when it leaves it to us.
static Expected<bool> intercept(const EvalOptions &options, const EvalExtension &extension) {
  if (!extension.intercept)
    return false;
  Expected<TokenRows> ids = readSequences(options.tokens);
  if (!ids)
    return ids.takeError();
  nlohmann::ordered_json report = nlohmann::ordered_json::object();
  Expected<bool> done = extension.intercept(options.model, *ids, report);
  if (!report.empty())
    if (Error error = writeReport(options, report))
      return error;
  return done;
}

/// Fails where options do not go together.
static Error checkOptions(const EvalOptions &options) {
  if (options.tokens.empty() == options.text.path.empty())
    return Error::make("give either --tokens or --text");
  if (!options.logits.empty() && options.tokens.empty())
    return Error::make("--logits needs --tokens");
  if (options.isOfDraft() && options.tokens.empty())
    return Error::make("--function ", options.model.function, " needs --tokens");
  if (!options.model.other.empty() && options.text.path.empty())
    return Error::make("two models, '", options.model.model, "' and '", options.model.other,
                       "', are compared on a text: give --text, not --tokens");
  if (options.text.perLayer && options.model.other.empty())
    return Error::make("--per-layer compares '", options.model.model,
                       "' with a second model: give one");
  return Error::success();
}

/// Measures on a text, the model alone or another against it.
static Error evalOnText(const EvalOptions &options, NamedModel model,
                        const EvalExtension &extension, nlohmann::ordered_json &report) {
  TextOptions text = options.text;
  text.batch = options.model.batching.batch;
  if (options.model.other.empty())
    return evalText(model, nullptr, text, report);
  EvalArguments arguments = options.model;
  std::swap(arguments.model, arguments.other);
  Expected<std::unique_ptr<LogitsProvider>> provider =
      makeProvider(arguments, extension, text.perLayer);
  if (!provider)
    return provider.takeError();
  NamedModel other{options.model.other, std::move(*provider)};
  return evalText(model, &other, text, report);
}

static Error evalModel(const EvalOptions &options, const EvalExtension &extension) {
  Expected<bool> done = intercept(options, extension);
  if (!done || *done)
    return done.takeError();
  if (Error error = checkOptions(options))
    return error;
  Expected<std::unique_ptr<LogitsProvider>> provider =
      makeProvider(options.model, extension, options.text.perLayer);
  if (!provider)
    return provider.takeError();
  nlohmann::ordered_json report = nlohmann::ordered_json::object();
  Error error =
      options.tokens.empty()
          ? evalOnText(options, {options.model.model, std::move(*provider)}, extension, report)
          : evalTokens(**provider, options, report);
  // Figures that something was left out of are written, too.
  if (!error || !report.empty())
    if (Error unwritten = writeReport(options, report))
      return unwritten;
  return error;
}

/// What is done with a text.
static void addTextOptions(CLI::App &command, EvalOptions &options, bool hasLayers) {
  command
      .add_option("other", options.model.other,
                  "A second model, B, of the same vocabulary and tokenizer: with --text, the "
                  "perplexity of both, KL(A || B) in nats and how often the likeliest token is the "
                  "same; the first, A, is the baseline")
      ->type_name("B");
  command.add_option("--text", options.text.path,
                     "Measure the perplexity of this text file, tokenised without BOS or other "
                     "special tokens and cut into windows, each a sequence of its own; all tokens "
                     "of a window but the first are scored, each by those before it");
  command
      .add_option("--window", options.text.window,
                  "Tokens of a window of the text, at most the model's context")
      ->default_str("512 or the context");
  if (hasLayers)
    command.add_flag("--per-layer", options.text.perLayer,
                     "With a second model: also the error of B's hidden states behind each layer, "
                     "relative (RMS of the difference over RMS of A's) and the largest; both "
                     "models stay loaded, and windows of hidden states are kept in memory");
}

void runtime::addEvalCommand(CommandLine &line, EvalExtension extension) {
  auto options = std::make_shared<EvalOptions>();
  auto shared = std::make_shared<EvalExtension>(std::move(extension));
  CLI::App &command = line.add("eval", "Compare logits with recorded ones, or measure perplexity",
                               [=] { return evalModel(*options, *shared); });
  addModelOptions(command, options->model);
  command.add_option("--tokens", options->tokens,
                     "Safetensors with input_ids [B, T]; compares with its logits [B, T, V] and "
                     "greedy_prompt_and_output, if it has them");
  command
      .add_option("--function", options->model.function,
                  "The function whose logits are compared: forward, or draft, with mtp_logits "
                  "[B, T - 1, V]: row t is made of the hidden state of token t and of token t + 1; "
                  "or draft_next, with mtp_next_logits [B, T - 2, V]: row t is made of what draft "
                  "leaves there and of token t + 2")
      ->check(CLI::IsMember({std::string(forwardFunction), std::string(draftFunction),
                             std::string(nextDraftFunction)}))
      ->capture_default_str();
  command.add_option("--logits", options->logits, "Write the logits [B, T, V] to this file");
  addTextOptions(command, *options, bool(shared->hiddenStates));
  command.add_option("--greedy-prompt", options->greedyPrompt,
                     "Prompt tokens of greedy_prompt_and_output (default: half)");
  command.add_option("--json", options->json, "Write the figures to this file");
  command.add_option("--chunk", options->model.batching.chunk, "Tokens of a sequence in one step");
  command.add_option("--batch", options->model.batching.batch, "Sequences in one step");
  if (shared->addOptions)
    shared->addOptions(command);
}
