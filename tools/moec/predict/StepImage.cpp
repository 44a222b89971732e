//===- StepImage.cpp - The memory of one step -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "StepImage.h"

#include "moec/runtime/BatchBuilder.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/StateMemory.h"
#include "moec/runtime/StepMemory.h"

#include <algorithm>
#include <cstring>
#include <deque>

using namespace moec;
using namespace moec::runtime;
using plan::ArgKind;

Error StepImage::makeArrays() {
  std::vector<uint32_t> lengths(size_t(size.sequences), uint32_t(size.context));
  poolSizes = poolSizesFor(plan, lengths);
  std::vector<PoolRule> rules = poolRules(plan);
  StatePools pools(rules, poolSizes);
  auto count = uint32_t(size.tokens / size.sequences);
  std::deque<Sequence> sequences(lengths.size());
  std::vector<ScheduledChunk> chunks;
  for (Sequence &sequence : sequences) {
    sequence.tokens.assign(size_t(size.context), 0);
    auto start = uint32_t(size.context) - count;
    if (!pools.grow(sequence.state, uint32_t(size.context)))
      return Error::make("the states of ", size.sequences, " sequences of ", size.context,
                         " tokens do not fit");
    pools.trim(sequence.state, start);
    chunks.push_back({&sequence, start, count});
  }
  makeBatch(chunks, rules, arrays);
  return Error::success();
}

Error StepImage::create() {
  if (Error error = makeArrays())
    return error;
  Expected<uint64_t> mapped = machine.reserve(variant.arena_bytes());
  if (!mapped)
    return mapped.takeError();
  arena = *mapped;
  for (uint32_t i = 0; i < function.inputs()->size(); ++i) {
    const plan::Array &array = *function.inputs()->Get(i);
    size_t input = findArray(stepInputs, array.name()->string_view());
    if (input == numStepInputs || StepInput(input) == StepInput::Hidden)
      continue;
    const std::vector<int32_t> &values = arrays.values(StepInput(input), array.pool());
    if (Error error = fill(ArgKind::Input, i, values))
      return error;
  }
  return Error::success();
}

Expected<uint64_t> StepImage::sizeOf(ArgKind kind, uint32_t index) const {
  if (kind == ArgKind::Buffer)
    return variant.buffers()->Get(index)->bytes();
  if (kind == ArgKind::Weight)
    return plan.weights()->Get(index)->bytes();
  if (kind == ArgKind::State) {
    const plan::State &state = *plan.states()->Get(index);
    uint64_t rows = std::max(1u, plan.pools()->Get(state.pool())->page_size());
    return state.bytes() * rows * poolSizes[state.pool()];
  }
  const auto &of = kind == ArgKind::Input ? *function.inputs() : *function.outputs();
  Expected<uint64_t> rows = rowsOf(*of.Get(index), arrays.dims);
  if (!rows)
    return rows.takeError();
  return *rows * rowBytes(*of.Get(index));
}

double StepImage::liveBytesOf(ArgKind kind, uint32_t index, uint64_t bytes) const {
  if (kind == ArgKind::Buffer)
    return double(bytes) * std::min(1.0, double(size.tokens) / double(variant.max_tokens()));
  if (kind != ArgKind::State)
    return double(bytes);
  const plan::State &state = *plan.states()->Get(index);
  const plan::Pool &pool = *plan.pools()->Get(state.pool());
  double rows = pool.page_size() ? double(size.context) : 1;
  if (pool.window())
    rows = std::min(rows, double(pool.window()) + double(size.tokens / size.sequences));
  return rows * double(size.sequences) * double(state.bytes());
}

Expected<MemoryArgument> StepImage::find(ArgKind kind, uint32_t index) {
  Expected<uint64_t> bytes = sizeOf(kind, index);
  if (!bytes)
    return bytes.takeError();
  if (kind == ArgKind::Buffer) {
    uint64_t begin = arena + variant.buffers()->Get(index)->offset();
    return MemoryArgument{kind, index, {begin, begin + *bytes}, liveBytesOf(kind, index, *bytes)};
  }
  auto place = found.find({kind, index});
  if (place != found.end())
    return place->second;
  Expected<uint64_t> begin = machine.reserve(*bytes);
  if (!begin)
    return begin.takeError();
  MemoryArgument made{kind, index, {*begin, *begin + *bytes}, liveBytesOf(kind, index, *bytes)};
  found.emplace(std::pair(kind, index), made);
  return made;
}

Error StepImage::fill(ArgKind kind, uint32_t index, std::span<const int32_t> values) {
  Expected<MemoryArgument> argument = find(kind, index);
  if (!argument)
    return argument.takeError();
  uint64_t room = argument->range.end - argument->range.begin;
  if (values.size_bytes() > room)
    return Error::make("an array has ", room, " bytes but its numbers ", values.size_bytes());
  // The model's addresses are those of this process.
  std::memcpy(reinterpret_cast<void *>(argument->range.begin), values.data(), values.size_bytes());
  return Error::success();
}

Expected<LaunchArguments> StepImage::argumentsOf(const plan::Launch &launch) {
  LaunchArguments arguments;
  for (const plan::Arg *arg : *launch.args()) {
    if (arg->kind() == ArgKind::Scalar) {
      Expected<int64_t> value = evaluate(*arg->formula(), arrays.dims);
      if (!value)
        return value.takeError();
      arguments.words.push_back(uint64_t(*value));
      continue;
    }
    Expected<MemoryArgument> memory = find(arg->kind(), arg->index());
    if (!memory)
      return memory.takeError();
    arguments.words.push_back(memory->range.begin);
    arguments.memory.push_back(*memory);
  }
  Expected<Grid> grid = evaluateGrid(launch, arrays.dims);
  if (!grid)
    return grid.takeError();
  arguments.grid = *grid;
  return arguments;
}
