//===- Check.cpp - A random program, compiled and interpreted -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Check.h"

#include "ReferenceRun.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Support/File.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/LogitsProvider.h"
#include "moec/runtime/StateMemory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <sstream>

using namespace moec;
using namespace moec::random;

using Rows = std::vector<std::vector<float>>; // of each sequence, [tokens, vocabulary]

/// Writes config.json and the imported model into `folder`; the model's path.
static Expected<std::string> writeModel(const Program &program, const std::string &folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  CompileOptions options = program.options;
  options.input = folder + "/config.json";
  options.output = folder + "/model.mlir";
  if (Error error = writeFileAtomic(options.input, program.config))
    return error;
  if (Error error = importToFile(options))
    return error;
  return options.output;
}

//===----------------------------------------------------------------------===//
// The compiled program
//===----------------------------------------------------------------------===//

static Error compileModel(const CompileOptions &options) {
  TargetRegistry targets;
  registerAllTargets(targets);
  std::ostringstream out, log;
  return compile(options, targets, out, log);
}

/// Bytes of a cache that holds the longest sequence and the program's spare pages, and of the slots
/// of all sequences.
static Expected<uint64_t> stateBytes(const Program &program, const std::string &path) {
  Expected<std::unique_ptr<runtime::Artifact>> artifact = runtime::Artifact::open(path);
  if (!artifact)
    return artifact.takeError();
  size_t longest = 0;
  for (const std::vector<int32_t> &tokens : program.sequences)
    longest = std::max(longest, tokens.size());
  uint64_t pageSize = uint64_t(program.options.pageSize);
  uint64_t pages = (longest + pageSize - 1) / pageSize + program.sparePages;
  const plan::Plan &plan = (*artifact)->plan();
  uint64_t bytes = runtime::fixedStateBytes(plan, {plan.max_tokens(), uint32_t(program.batch)});
  std::vector<runtime::PoolRule> rules = runtime::poolRules(plan);
  for (size_t pool = 0; pool < rules.size(); ++pool)
    if (rules[pool].allocation == plan::Allocation::Paged)
      bytes += pages * runtime::unitBytes(plan, pool);
  // A model without states needs none, which the engine would take for no limit.
  return std::max<uint64_t>(bytes, 1);
}

static Expected<Rows> runCompiled(const Program &program, const std::string &path,
                                  unsigned threads) {
  Expected<uint64_t> bytes = stateBytes(program, path);
  if (!bytes)
    return bytes.takeError();
  runtime::EngineOptions options;
  options.deviceOptions.threads = threads;
  options.kvMemoryBytes = *bytes;
  options.maxChunk = program.chunk;
  options.maxSequences = program.batch;
  Expected<std::unique_ptr<runtime::Engine>> engine = runtime::Engine::open(path, options);
  if (!engine)
    return engine.takeError();
  auto provider = runtime::makeEngineLogits(std::move(*engine));
  Rows rows(program.sequences.size());
  Error error =
      provider->logits(program.sequences, [&](size_t sequence, size_t, std::span<const float> row) {
        rows[sequence].insert(rows[sequence].end(), row.begin(), row.end());
      });
  if (error)
    return error;
  return rows;
}

//===----------------------------------------------------------------------===//
// Comparing
//===----------------------------------------------------------------------===//

namespace {
/// How far two rows of logits are apart, over the second's largest (at least 1).
struct Distance {
  size_t sequence, position;
  double value;
};
} // namespace

/// The distance of each row. NaN counts as infinitely far, unless both are NaN.
static std::vector<Distance> distances(const Program &program, const Rows &actual,
                                       const std::vector<ReferenceRun> &expected) {
  std::vector<Distance> all;
  for (size_t s = 0; s < expected.size(); ++s) {
    size_t tokens = program.sequences[s].size(), vocabulary = expected[s].logits.size() / tokens;
    for (size_t t = 0; t < tokens; ++t) {
      double largest = 1, worst = 0;
      for (size_t i = t * vocabulary; i < (t + 1) * vocabulary; ++i) {
        double got = actual[s][i], want = expected[s].logits[i];
        largest = std::max(largest, std::abs(want));
        if (std::isnan(got) != std::isnan(want))
          worst = INFINITY;
        else if (!std::isnan(got))
          worst = std::max(worst, std::abs(got - want));
      }
      all.push_back({s, t, worst / largest});
    }
  }
  return all;
}

static Outcome differs(const Distance &row, const std::string &limit) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::Differs;
  outcome.worst = row.value;
  outcome.message = strCat("the logits at position ", row.position, " of sequence ", row.sequence,
                           " differ by ", row.value, " of the largest, ", limit);
  return outcome;
}

static Outcome compareExactly(const std::vector<Distance> &rows,
                              const std::vector<ReferenceRun> &reference) {
  Outcome outcome;
  for (const Distance &row : rows) {
    if (row.position >= reference[row.sequence].firstOpen) {
      ++outcome.leftOut;
      continue;
    }
    if (row.value > exactTolerance)
      return differs(row, strCat("at most ", exactTolerance, " is expected"));
    ++outcome.rows;
    outcome.worst = std::max(outcome.worst, row.value);
  }
  return outcome;
}

/// The distance that a part of the rows does not exceed.
static Distance quantile(std::vector<Distance> rows, double part) {
  std::sort(rows.begin(), rows.end(), [](auto &a, auto &b) { return a.value < b.value; });
  return rows[size_t(part * double(rows.size() - 1))];
}

/// Half of the rows, and nine in ten, against what roundings do to the same part of the
/// reference's.
static Outcome compareRoughly(const std::vector<Distance> &rows,
                              const std::vector<Distance> &yardstick) {
  for (double part : {0.5, 0.9}) {
    Distance row = quantile(rows, part);
    double limit = quantile(yardstick, part).value + exactTolerance;
    if (!(row.value <= limit))
      return differs(row, strCat("and ", 100 * (1 - part), " % of all as much; ", limit,
                                 " is expected, which is what rounding does"));
  }
  Outcome outcome;
  outcome.rows = rows.size();
  outcome.worst = quantile(rows, 1).value;
  return outcome;
}

static Outcome refused(Error error) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::Refused;
  outcome.message = error.message();
  return outcome;
}

Outcome random::check(const Program &program, const std::string &model, const std::string &folder) {
  Expected<std::string> own = writeModel(program, folder);
  if (!own)
    return refused(own.takeError());
  CompileOptions options = program.options;
  options.input = model.empty() ? *own : model;
  options.output = folder + "/model.moec";
  options.weights.clear(); // the model names them
  if (Error error = compileModel(options))
    return refused(std::move(error));
  Expected<Rows> actual = runCompiled(program, options.output, 1);
  if (!actual)
    return refused(actual.takeError());
  Expected<Rows> threaded = runCompiled(program, options.output, 3);
  if (!threaded)
    return refused(threaded.takeError());
  for (size_t s = 0; s < actual->size(); ++s)
    if ((*actual)[s].size() != (*threaded)[s].size() ||
        std::memcmp((*actual)[s].data(), (*threaded)[s].data(), 4 * (*actual)[s].size()) != 0)
      return {Outcome::Kind::Differs, strCat("the logits of sequence ", s,
                                             " are other bytes on three threads than on one")};

  auto reference = runReference(options, program.sequences, tieGap);
  if (!reference)
    return refused(reference.takeError());
  for (size_t s = 0; s < actual->size(); ++s)
    if ((*actual)[s].size() != (*reference)[s].logits.size())
      return refused(Error::make("sequence ", s, " has ", (*actual)[s].size(),
                                 " logits compiled and ", (*reference)[s].logits.size(),
                                 " in the reference"));
  std::vector<Distance> rows = distances(program, *actual, *reference);
  if (program.isExact())
    return compareExactly(rows, *reference);

  CompileOptions unrounded = options;
  unrounded.activations = unrounded.kvCache = "f32";
  unrounded.quantizeActivations.clear();
  auto exact = runReference(unrounded, program.sequences, tieGap);
  if (!exact)
    return refused(exact.takeError());
  Rows rounded;
  for (ReferenceRun &run : *reference)
    rounded.push_back(std::move(run.logits));
  return compareRoughly(rows, distances(program, rounded, *exact));
}
