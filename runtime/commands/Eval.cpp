//===- Eval.cpp - The command eval ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Feeds recorded token ids or a text, writes the logits, compares them with recorded ones.
//
//===----------------------------------------------------------------------===//

#include "Comparison.h"
#include "ModelOptions.h"
#include "Perplexity.h"
#include "moec/Support/File.h"
#include "moec/Support/SafeTensors.h"

#include <cstdio>
#include <cstring>

using namespace moec;
using namespace moec::runtime;

namespace {
struct EvalOptions {
  EvalArguments model;
  std::string tokens, logits, text, json;
  size_t window = 512;
  size_t greedyPrompt = 0;
};

/// Takes rows of logits in any order of sequences: compares, keeps what shall be written.
class Collector {
public:
  Collector(const TokenRows &ids, uint32_t vocab, std::span<const float> expected, bool keep)
      : width(ids[0].size()), vocab(vocab), expected(expected) {
    if (keep)
      kept.resize(ids.size() * width * vocab);
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
                                               uint32_t vocab) {
  const TensorInfo *info = file.find("logits");
  if (!info)
    return std::vector<float>();
  std::vector<int64_t> wanted = {int64_t(ids.size()), int64_t(ids[0].size()), int64_t(vocab)};
  if (info->dtype != DType::F32 || info->shape != wanted)
    return Error::make("'", file.path(), "': logits is not F32 [", wanted[0], ", ", wanted[1], ", ",
                       wanted[2], "]");
  std::vector<float> values(info->elements());
  std::memcpy(values.data(), file.data(*info).data(), values.size() * sizeof(float));
  return values;
}

/// Writes the logits and the ids that they belong to: a file that --tokens takes.
static Error writeLogits(const std::string &path, const TokenRows &ids, uint32_t vocab,
                         const std::vector<float> &values) {
  int64_t sequences = int64_t(ids.size()), tokens = int64_t(ids[0].size());
  Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(
      path, {{"input_ids", DType::I32, {sequences, tokens}},
             {"logits", DType::F32, {sequences, tokens, int64_t(vocab)}}});
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
  Expected<TokenRows> greedy = readIds(*file, "greedy_prompt_and_output");
  if (!greedy)
    return greedy.takeError();
  Expected<std::vector<float>> expected = readLogits(*file, *ids, provider.vocab());
  if (!expected)
    return expected.takeError();

  Collector collector(*ids, provider.vocab(), *expected, !options.logits.empty());
  auto sink = [&](size_t sequence, size_t position, std::span<const float> row) {
    collector.add(sequence, position, row);
  };
  if (Error error = provider.logits(*ids, sink))
    return error;
  if (!options.logits.empty())
    if (Error error = writeLogits(options.logits, *ids, provider.vocab(), collector.kept))
      return error;
  if (!expected->empty()) {
    std::printf("%s\n", collector.comparison.text().c_str());
    report.update(collector.comparison.json());
  }
  if (!greedy->empty())
    return checkGreedy(provider, *greedy, options.greedyPrompt, report);
  return Error::success();
}

static Error evalText(LogitsProvider &provider, const EvalOptions &options,
                      nlohmann::ordered_json &report) {
  Expected<std::string> text = readFile(options.text);
  if (!text)
    return text.takeError();
  Expected<Tokenizer> tokenizer = openTokenizer(provider.tokenizerPath(), options.model.model);
  if (!tokenizer)
    return tokenizer.takeError();
  Expected<std::vector<int32_t>> ids = tokenizer->encode(*text, /*addSpecialTokens=*/false);
  if (!ids)
    return ids.takeError().addContext(strCat("'", options.text, "'"));
  Expected<Perplexity> result = measurePerplexity(provider, *ids, options.window);
  if (!result)
    return result.takeError();
  std::printf("perplexity: %.4f over %zu predictions (%zu tokens, windows of %zu)\n",
              result->perplexity, result->predictions, result->tokens, options.window);
  report["perplexity"] = result->perplexity;
  report["tokens"] = result->tokens;
  report["predictions"] = result->predictions;
  report["window"] = options.window;
  return Error::success();
}

/// The provider of the extension, or one over an engine.
static Expected<std::unique_ptr<LogitsProvider>> makeProvider(const EvalArguments &arguments,
                                                              const EvalExtension &extension) {
  if (extension.makeProvider) {
    Expected<std::unique_ptr<LogitsProvider>> provider = extension.makeProvider(arguments);
    if (!provider || *provider)
      return provider;
  }
  Expected<EngineOptions> options = engineOptions(arguments);
  if (!options)
    return options.takeError();
  Expected<std::unique_ptr<Engine>> engine = Engine::open(arguments.model, *options);
  if (!engine)
    return engine.takeError();
  return makeEngineLogits(std::move(*engine));
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

static Error evalModel(const EvalOptions &options, const EvalExtension &extension) {
  Expected<bool> done = intercept(options, extension);
  if (!done || *done)
    return done.takeError();
  if (options.tokens.empty() == options.text.empty())
    return Error::make("give either --tokens or --text");
  if (!options.logits.empty() && options.tokens.empty())
    return Error::make("--logits needs --tokens");
  Expected<std::unique_ptr<LogitsProvider>> provider = makeProvider(options.model, extension);
  if (!provider)
    return provider.takeError();
  nlohmann::ordered_json report = nlohmann::ordered_json::object();
  if (Error error = options.tokens.empty() ? evalText(**provider, options, report)
                                           : evalTokens(**provider, options, report))
    return error;
  return writeReport(options, report);
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
  command.add_option("--logits", options->logits, "Write the logits [B, T, V] to this file");
  command.add_option("--text", options->text, "Measure the perplexity of this text file");
  command.add_option("--window", options->window, "Tokens of a window of the text")
      ->capture_default_str();
  command.add_option("--greedy-prompt", options->greedyPrompt,
                     "Prompt tokens of greedy_prompt_and_output (default: half)");
  command.add_option("--json", options->json, "Write the figures to this file");
  command.add_option("--chunk", options->model.batching.chunk, "Tokens of a sequence in one step");
  command.add_option("--batch", options->model.batching.batch, "Sequences in one step");
  if (shared->addOptions)
    shared->addOptions(command);
}
