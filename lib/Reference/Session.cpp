//===- Session.cpp - Sequences and their caches -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What lives from step to step.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <set>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

struct ReferenceSession::State {
  ModuleOp module;
  std::unique_ptr<Weights> weights;
  SessionMemory memory;
  std::map<int64_t, int64_t> lengths;
  Observer observer;
  std::optional<double> relativeBound;
};

ReferenceSession::ReferenceSession() : state(std::make_unique<State>()) {}
ReferenceSession::ReferenceSession(ReferenceSession &&) = default;
ReferenceSession &ReferenceSession::operator=(ReferenceSession &&) = default;
ReferenceSession::~ReferenceSession() = default;

Expected<ReferenceSession> ReferenceSession::create(ModuleOp module,
                                                    const std::string &baseFolder) {
  ReferenceSession session;
  session.state->module = module;
  if (!module.lookupSymbol<func::FuncOp>("forward"))
    return Error::make("the module has no function @forward");
  Expected<std::unique_ptr<WeightReader>> reader = WeightReader::open(module, baseFolder);
  if (!reader)
    return reader.takeError();
  if (!*reader)
    return Error::make("the module has no weights: it names no checkpoint and no random seed");
  session.state->weights = std::make_unique<Weights>(std::move(*reader));
  for (CacheOp cache : module.getOps<CacheOp>()) {
    KVType type = cache.getCacheType();
    session.state->memory.caches[cache.getSymName()] = {type, type.getKind().getWidth()};
  }
  for (StateOp declared : module.getOps<StateOp>()) {
    RankedTensorType type = declared.getTensorType();
    session.state->memory.states[declared.getSymName()] = {type.getShape().vec(),
                                                           type.getNumElements()};
  }
  return session;
}

void ReferenceSession::observe(Observer observer) { state->observer = std::move(observer); }

void ReferenceSession::trackBounds(double relative) { state->relativeBound = relative; }

int64_t ReferenceSession::length(int64_t sequence) const {
  auto it = state->lengths.find(sequence);
  return it == state->lengths.end() ? 0 : it->second;
}

Tensor ReferenceSession::cacheRows(StringRef symbol, int64_t sequence) const {
  Tensor tensor;
  auto cache = state->memory.caches.find(symbol);
  if (cache == state->memory.caches.end())
    return tensor;
  auto rows = cache->second.rows.find(sequence);
  if (rows != cache->second.rows.end())
    return rows->second;
  tensor.shape = {0, cache->second.width};
  return tensor;
}

std::pair<Tensor, Tensor> ReferenceSession::stateOf(StringRef symbol, int64_t sequence) const {
  std::pair<Tensor, Tensor> result;
  auto declared = state->memory.states.find(symbol);
  if (declared == state->memory.states.end())
    return result;
  const RecurrentState &of = declared->second;
  result.first.shape = result.second.shape = of.shape;
  result.first.values.resize(of.size);
  result.second.values.resize(of.size);
  auto found = of.sequences.find(sequence);
  if (found != of.sequences.end()) {
    result.first.values = found->second.before.values;
    result.second.values = found->second.after.values;
    result.second.bounds = found->second.after.bounds;
  }
  return result;
}

void ReferenceSession::drop(int64_t sequence) {
  state->lengths.erase(sequence);
  for (auto &cache : state->memory.caches)
    cache.second.rows.erase(sequence);
  for (auto &declared : state->memory.states)
    declared.second.sequences.erase(sequence);
}

/// The name of an argument or a result; `fallback` where it has none.
static std::string nameOf(StringAttr attribute, std::string_view fallback) {
  return attribute ? attribute.str() : std::string(fallback);
}

/// The tokens of a step with their positions, each sequence once.
static Expected<std::vector<Token>> listTokens(const ReferenceSession &session,
                                               const std::vector<SequenceStep> &batch) {
  using Logits = SequenceStep::Logits;
  std::vector<Token> tokens;
  std::set<int64_t> seen;
  for (const SequenceStep &part : batch) {
    if (!seen.insert(part.sequence).second)
      return Error::make("sequence ", part.sequence, " is in the batch twice");
    int64_t position = session.length(part.sequence);
    for (auto [i, id] : llvm::enumerate(part.tokens)) {
      bool last = i + 1 == part.tokens.size();
      tokens.push_back({id, part.sequence, position++,
                        part.logits == Logits::All || (part.logits == Logits::Last && last)});
    }
  }
  return tokens;
}

Expected<ReferenceSession::Named> ReferenceSession::call(StringRef name,
                                                         const std::vector<SequenceStep> &batch,
                                                         const Named &inputs) {
  auto function = state->module.lookupSymbol<func::FuncOp>(name);
  if (!function)
    return Error::make("the module has no function @", name.str());
  Expected<std::vector<Token>> tokens = listTokens(*this, batch);
  if (!tokens)
    return tokens.takeError();
  // Room for this step's rows, which cache_append fills.
  for (auto &cache : state->memory.caches)
    for (const SequenceStep &part : batch)
      cache.second.resize(part.sequence, length(part.sequence) + int64_t(part.tokens.size()));

  Interpreter step(*state->weights, state->memory, *tokens, state->observer, state->relativeBound);
  Tensor ids;
  ids.shape = {int64_t(tokens->size())};
  for (const Token &token : *tokens)
    ids.integers.push_back(token.id);
  Block &body = function.getBody().front();
  StringRef attribute = MoEDialect::getNameAttrName();
  for (BlockArgument argument : body.getArguments()) {
    if (isa<BatchType>(argument.getType()))
      continue;
    unsigned number = argument.getArgNumber();
    std::string array =
        nameOf(function.getArgAttrOfType<StringAttr>(number, attribute), "token_ids");
    auto given = inputs.find(array);
    if (array != "token_ids" && given == inputs.end())
      return Error::make("function @", name.str(), " takes '", array, "', which is not given");
    step.set(argument, array == "token_ids" ? ids : given->second);
    step.show(argument);
  }
  if (Error error = step.run(body))
    return error;
  Named results;
  for (auto [number, value] : llvm::enumerate(body.getTerminator()->getOperands()))
    results[nameOf(function.getResultAttrOfType<StringAttr>(number, attribute), "logits")] =
        step.get(value);
  return results;
}

void ReferenceSession::advance(const std::vector<SequenceStep> &batch) {
  for (const SequenceStep &part : batch)
    state->lengths[part.sequence] += int64_t(part.tokens.size());
}

Expected<Tensor> ReferenceSession::forward(const std::vector<SequenceStep> &batch) {
  Expected<Named> results = call("forward", batch);
  if (!results)
    return results.takeError();
  auto logits = results->find("logits");
  if (logits == results->end())
    return Error::make("function @forward gives no logits");
  advance(batch);
  return std::move(logits->second);
}
