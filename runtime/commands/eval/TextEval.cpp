//===- TextEval.cpp - eval --text -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Both models must take the text for the same tokens, or their figures could not be compared.
//
//===----------------------------------------------------------------------===//

#include "TextEval.h"
#include "../ModelOptions.h"
#include "../Perplexity.h"
#include "Divergence.h"
#include "moec/Support/File.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace moec;
using namespace moec::runtime;
using Json = nlohmann::ordered_json;

/// Tokens of a window, where the context has room for them.
static constexpr size_t usualWindow = 512;
/// What may be kept of A while B computes.
static constexpr size_t keptBytes = size_t(256) << 20;

/// The text by a model's tokenizer, with nothing added to it.
static Expected<std::vector<int32_t>> tokenize(const NamedModel &model, const std::string &path,
                                               const std::string &text) {
  Expected<Tokenizer> tokenizer = openTokenizer(model.provider->tokenizerPath(), model.name);
  if (!tokenizer)
    return tokenizer.takeError();
  Expected<std::vector<int32_t>> ids = tokenizer->encode(text, /*addSpecialTokens=*/false);
  if (!ids)
    return ids.takeError().addContext(strCat("'", path, "'"));
  return ids;
}

/// Fails unless the models have one vocabulary and take the text for the same tokens.
static Error checkSame(const NamedModel &a, const NamedModel &b, const std::vector<int32_t> &idsA,
                       const std::vector<int32_t> &idsB) {
  if (a.provider->vocab() != b.provider->vocab())
    return Error::make("the vocabulary of '", a.name, "' has ", a.provider->vocab(),
                       " tokens but that of '", b.name, "' has ", b.provider->vocab());
  size_t common = std::min(idsA.size(), idsB.size());
  for (size_t i = 0; i < common; ++i)
    if (idsA[i] != idsB[i])
      return Error::make("token ", i, " of the text is ", idsA[i], " by the tokenizer of '", a.name,
                         "' but ", idsB[i], " by that of '", b.name, "'");
  if (idsA.size() != idsB.size())
    return Error::make("the text has ", idsA.size(), " tokens by the tokenizer of '", a.name,
                       "' but ", idsB.size(), " by that of '", b.name, "'");
  return Error::success();
}

static Expected<size_t> chooseWindow(const NamedModel &a, const NamedModel *b,
                                     const TextOptions &options) {
  size_t window = options.window.value_or(usualWindow);
  for (const NamedModel *model : {&a, b}) {
    size_t context = model ? model->provider->maxContext() : 0;
    if (context == 0 || window <= context)
      continue;
    if (options.window)
      return Error::make("--window is ", window, " but '", model->name, "' has a context of ",
                         context, " tokens");
    window = context;
  }
  return window;
}

static Expected<TextWindows> readWindows(const NamedModel &a, const NamedModel *b,
                                         const TextOptions &options) {
  Expected<std::string> text = readFile(options.path);
  if (!text)
    return text.takeError();
  Expected<std::vector<int32_t>> ids = tokenize(a, options.path, *text);
  if (!ids)
    return ids.takeError();
  if (b) {
    Expected<std::vector<int32_t>> others = tokenize(*b, options.path, *text);
    if (!others)
      return others.takeError();
    if (Error error = checkSame(a, *b, *ids, *others))
      return error;
  }
  Expected<size_t> window = chooseWindow(a, b, options);
  if (!window)
    return window.takeError();
  Expected<TextWindows> windows = TextWindows::cut(*ids, *window);
  if (!windows)
    return windows.takeError().addContext(strCat("'", options.path, "'"));
  return windows;
}

/// "23938 predictions (23985 tokens, windows of 512)".
static std::string describe(const TextWindows &windows, size_t measured) {
  return strCat(measured, " predictions (", windows.tokens(), " tokens, windows of ",
                windows.window(), ")");
}

static void reportWindows(const TextWindows &windows, size_t measured, Json &report) {
  report["tokens"] = windows.tokens();
  report["predictions"] = measured;
  report["window"] = windows.window();
}

/// A mean as JSON; what is not finite is null.
static Json toJson(const Estimate &estimate) {
  return {{"mean", estimate.mean}, {"error", estimate.error}};
}

/// Says which predictions of a model were left out of the figures; nothing where none was.
static std::string describeLeftOut(const NamedModel &model, const TextWindows &windows,
                                   const std::vector<size_t> &notNumbers) {
  if (notNumbers.empty())
    return {};
  return strCat("'", model.name, "': the logits of ", notNumbers.size(), " of ",
                windows.predictions(),
                " predictions are not numbers and left out, the first are those for token ",
                windows.placeOf(notNumbers.front()), " of the text");
}

static Error evalOne(const NamedModel &model, const TextWindows &windows, Json &report) {
  Expected<std::vector<double>> losses = measureLosses(*model.provider, windows);
  if (!losses)
    return losses.takeError();
  Estimate perplexity = perplexityOf(*losses);
  std::printf("perplexity: %s over %s\n", perplexity.text(4).c_str(),
              describe(windows, perplexity.count).c_str());
  report["perplexity"] = perplexity.mean;
  report["perplexity_error"] = perplexity.error;
  reportWindows(windows, perplexity.count, report);
  std::vector<size_t> notNumbers;
  for (size_t i = 0; i < losses->size(); ++i)
    if (std::isnan((*losses)[i]))
      notNumbers.push_back(i);
  report["not_numbers"] = notNumbers.size();
  std::string leftOut = describeLeftOut(model, windows, notNumbers);
  return leftOut.empty() ? Error::success() : Error::make(leftOut);
}

static void printDivergence(const Divergence &found, const TextWindows &windows, Json &report) {
  Estimate a = perplexityOf(found.lossesA), b = perplexityOf(found.lossesB);
  Estimate ratio = estimateMean(found.differences), kl = estimateMean(found.divergences);
  Estimate agreement = estimateMean(found.agreements);
  double median = quantileOf(found.divergences, 0.5), p99 = quantileOf(found.divergences, 0.99);
  double most = quantileOf(found.divergences, 1);
  std::printf("perplexity: A %s, B %s, ln(B / A) %s\n", a.text(4).c_str(), b.text(4).c_str(),
              ratio.text(6).c_str());
  std::printf("KL(A || B) in nats: mean %s, median %s, p99 %s, max %s\n", kl.text(6).c_str(),
              formatFixed(median, 6).c_str(), formatFixed(p99, 6).c_str(),
              formatFixed(most, 6).c_str());
  Estimate percent{agreement.count, 100 * agreement.mean, 100 * agreement.error};
  std::printf("top-1 agreement: %s %%\n", percent.text(2).c_str());
  std::printf("over %s\n", describe(windows, kl.count).c_str());
  report["a"] = {{"perplexity", a.mean},
                 {"perplexity_error", a.error},
                 {"not_numbers", found.notNumbers[0].size()}};
  report["b"] = {{"perplexity", b.mean},
                 {"perplexity_error", b.error},
                 {"not_numbers", found.notNumbers[1].size()}};
  report["log_ratio"] = toJson(ratio);
  report["kl"] = toJson(kl);
  report["kl"].update({{"median", median}, {"p99", p99}, {"max", most}});
  report["top1_agreement"] = toJson(agreement);
  reportWindows(windows, kl.count, report);
}

static Error evalTwo(const NamedModel &a, const NamedModel &b, const TextWindows &windows,
                     const TextOptions &options, Json &report) {
  Expected<LayerErrors> layers = LayerErrors::create(
      *a.provider, *b.provider, windows.sequences().size(), windows.sequences().front().size());
  if (!layers)
    return layers.takeError();
  Expected<Divergence> found = measureDivergence(*a.provider, *b.provider, windows, options.batch,
                                                 keptBytes, options.perLayer ? &*layers : nullptr);
  if (!found)
    return found.takeError();
  printDivergence(*found, windows, report);
  if (options.perLayer) {
    layers->print();
    report["hidden_states"] = layers->json();
  }
  std::string ofA = describeLeftOut(a, windows, found->notNumbers[0]);
  std::string ofB = describeLeftOut(b, windows, found->notNumbers[1]);
  if (ofA.empty() && ofB.empty())
    return layers->verdict();
  return Error::make(ofA, ofA.empty() || ofB.empty() ? "" : "; ", ofB);
}

Error runtime::evalText(const NamedModel &a, const NamedModel *b, const TextOptions &options,
                        Json &report) {
  Expected<TextWindows> windows = readWindows(a, b, options);
  if (!windows)
    return windows.takeError();
  return b ? evalTwo(a, *b, *windows, options, report) : evalOne(a, *windows, report);
}
