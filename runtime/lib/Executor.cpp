//===- Executor.cpp - Runs a plan, step by step -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One upload of the step arrays, then the launches of one variant in order, then one download of
// the logits.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Executor.h"

#include <algorithm>
#include <chrono>
#include <cstring>

using namespace moec;
using namespace moec::runtime;
using plan::StepArray;

/// Sequences that a step of this plan can have.
static uint64_t sequenceLimit(const plan::Plan &plan) {
  return plan.max_sequences() ? plan.max_sequences() : plan.max_tokens();
}

static uint64_t largestArena(const plan::Plan &plan) {
  uint64_t bytes = 0;
  for (const plan::Variant *variant : *plan.variants())
    bytes = std::max<uint64_t>(bytes, variant->arena_bytes());
  return bytes;
}

/// A count of int32 rounded up so that the next array is aligned.
static uint64_t alignedCount(uint64_t count) {
  constexpr uint64_t perLine = MOEC_BUFFER_ALIGNMENT / sizeof(int32_t);
  return (count + perLine - 1) / perLine * perLine;
}

uint64_t Executor::pageBytes(const plan::Plan &plan) {
  uint64_t row = 0;
  for (const plan::Cache *cache : *plan.caches())
    row += cache->row_bytes();
  return row * plan.page_size();
}

uint64_t Executor::workspaceBytes(const plan::Plan &plan) {
  return largestArena(plan) +
         sizeof(int32_t) *
             (5 * alignedCount(plan.max_tokens()) + 2 * alignedCount(sequenceLimit(plan) + 1)) +
         sizeof(float) * sequenceLimit(plan) * plan.vocab();
}

Expected<std::unique_ptr<Executor>> Executor::create(const Artifact &artifact, Device &device,
                                                     uint32_t pages) {
  std::unique_ptr<Executor> executor(new Executor(artifact, device));
  if (Error error = executor->load(pages))
    return error;
  return executor;
}

Error Executor::reserve(DeviceMemory &memory, uint64_t bytes) {
  if (memory.address() && memory.size() >= bytes)
    return Error::success();
  Expected<DeviceMemory> grown = DeviceMemory::allocate(device, std::max(bytes, memory.size() * 2));
  if (!grown)
    return grown.takeError();
  memory = std::move(*grown);
  return Error::success();
}

Error Executor::load(uint32_t pages) {
  const plan::Plan &plan = artifact.plan();
  std::vector<std::string> features;
  if (plan.features())
    for (const flatbuffers::String *feature : *plan.features())
      features.push_back(feature->str());
  if (Error error = device.checkFeatures(features))
    return error.addContext(strCat("'", artifact.path(), "' was compiled for ",
                                   plan.processor() ? plan.processor()->str() : "another machine"));
  Expected<std::unique_ptr<Stream>> opened = device.createStream();
  if (!opened)
    return opened.takeError();
  stream = std::move(*opened);
  if (Error error = loadKernels())
    return error;
  if (Error error = loadWeights())
    return error;

  for (const plan::Cache *cache : *plan.caches()) {
    Expected<DeviceMemory> memory =
        DeviceMemory::allocate(device, cache->row_bytes() * plan.page_size() * pages);
    if (!memory)
      return memory.takeError().addContext(strCat("cache '", cache->name()->c_str(), "'"));
    caches.push_back(std::move(*memory));
  }
  if (Error error = reserve(arena, largestArena(plan)))
    return error.addContext("arena");

  // The arrays with a fixed bound lie in one block at fixed places; one copy fills it.
  const uint64_t tokens = plan.max_tokens(), sequences = sequenceLimit(plan);
  const std::pair<StepArray, uint64_t> layout[] = {{StepArray::SequenceStart, sequences + 1},
                                                   {StepArray::ContextLength, sequences},
                                                   {StepArray::Ids, tokens},
                                                   {StepArray::Positions, tokens},
                                                   {StepArray::TokenSequence, tokens},
                                                   {StepArray::Slots, tokens},
                                                   {StepArray::LogitsRows, tokens}};
  uint64_t total = 0;
  for (const auto &[array, count] : layout) {
    stepArrays[size_t(array)] = total * sizeof(int32_t);
    total += alignedCount(count);
  }
  if (Error error = reserve(inputs, total * sizeof(int32_t)))
    return error.addContext("step arrays");
  for (const auto &[array, count] : layout)
    stepArrays[size_t(array)] += inputs.address();
  staging.assign(total, 0);
  return Error::success();
}

Error Executor::loadKernels() {
  const plan::Plan &plan = artifact.plan();
  for (size_t i = 0; i < plan.code_objects()->size(); ++i) {
    std::string name = strCat(artifact.path(), "/", plan.code_objects()->Get(i)->file()->c_str());
    Expected<std::unique_ptr<CodeObject>> object = device.loadCode(name, artifact.codeObject(i));
    if (!object)
      return object.takeError();
    code.push_back(std::move(*object));
  }
  for (const plan::Kernel *kernel : *plan.kernels()) {
    KernelInfo info{kernel->symbol()->str(), kernel->scratch_bytes(), kernel->block_threads()};
    Expected<std::unique_ptr<Kernel>> found = code[kernel->code_object()]->kernel(info);
    if (!found)
      return found.takeError().addContext(strCat("kernel '", kernel->name()->c_str(), "'"));
    kernels.push_back(std::move(*found));
  }
  return Error::success();
}

Error Executor::loadWeights() {
  const plan::Plan &plan = artifact.plan();
  if (plan.weights()->size() != 0 && plan.weight_files()->size() == 0)
    return Error::make("the artifact was compiled without weights: it names ",
                       plan.weights()->size(),
                       " and has 0 weight files; compile it with a checkpoint");
  std::vector<DeviceAddress> files;
  for (size_t i = 0; i < plan.weight_files()->size(); ++i) {
    Expected<DeviceAddress> base = device.importHost(artifact.weightFile(i));
    if (!base)
      return base.takeError().addContext(plan.weight_files()->Get(i)->file()->string_view());
    files.push_back(*base);
    weightsInPlace &= *base == reinterpret_cast<DeviceAddress>(artifact.weightFile(i).data());
  }
  for (size_t i = 0; i < plan.weights()->size(); ++i)
    weights.push_back(files[plan.weights()->Get(i)->file()] + artifact.weightOffset(i));
  return Error::success();
}

const plan::Variant &Executor::variantFor(uint32_t tokens) const {
  const auto &variants = *artifact.plan().variants();
  for (const plan::Variant *variant : variants)
    if (tokens <= variant->max_tokens())
      return *variant;
  return *variants.Get(variants.size() - 1);
}

Error Executor::upload(const StepBatch &batch) {
  const std::pair<StepArray, const std::vector<int32_t> *> arrays[] = {
      {StepArray::SequenceStart, &batch.sequenceStart},
      {StepArray::ContextLength, &batch.contextLength},
      {StepArray::Ids, &batch.ids},
      {StepArray::Positions, &batch.positions},
      {StepArray::TokenSequence, &batch.tokenSequence},
      {StepArray::Slots, &batch.slots},
      {StepArray::LogitsRows, &batch.logitsRows}};
  for (const auto &[array, values] : arrays) {
    uint64_t begin = (stepArrays[size_t(array)] - inputs.address()) / sizeof(int32_t);
    std::copy(values->begin(), values->end(), staging.begin() + static_cast<ptrdiff_t>(begin));
  }
  if (Error error = stream->copyToDevice(inputs.address(), std::as_bytes(std::span(staging))))
    return error;
  if (Error error =
          reserve(blockTable, std::max<uint64_t>(1, batch.blockTable.size()) * sizeof(int32_t)))
    return error.addContext("block table");
  if (Error error = reserve(logits, std::max<uint64_t>(1, batch.rows.size()) *
                                        artifact.plan().vocab() * sizeof(float)))
    return error.addContext("logits");
  stepArrays[size_t(StepArray::BlockTable)] = blockTable.address();
  stepArrays[size_t(StepArray::Logits)] = logits.address();
  return stream->copyToDevice(blockTable.address(), std::as_bytes(std::span(batch.blockTable)));
}

DeviceAddress Executor::addressOf(plan::ArgKind kind, uint32_t index) const {
  switch (kind) {
  case plan::ArgKind::Buffer:
    return arena.address() + current->buffers()->Get(index)->offset();
  case plan::ArgKind::Weight:
    return weights[index];
  case plan::ArgKind::Cache:
    return caches[index].address();
  case plan::ArgKind::Step:
    return stepArrays[index];
  case plan::ArgKind::Scalar:
    break;
  }
  return 0;
}

Expected<moec_word> Executor::wordOf(const plan::Arg &arg, const StepDims &dims) const {
  if (arg.kind() != plan::ArgKind::Scalar)
    return addressOf(arg.kind(), arg.index());
  Expected<int64_t> value = evaluate(*arg.formula(), dims);
  if (!value)
    return value.takeError();
  return static_cast<moec_word>(*value);
}

Expected<Grid> runtime::evaluateGrid(const plan::Launch &launch, const StepDims &dims) {
  Grid grid = {1, 1, 1};
  const plan::Formula *extents[] = {launch.grid_x(), launch.grid_y(), launch.grid_z()};
  for (size_t i = 0; i < 3; ++i) {
    if (!extents[i])
      continue;
    Expected<int64_t> value = evaluate(*extents[i], dims);
    if (!value)
      return value.takeError();
    if (*value < 0 || *value > UINT32_MAX)
      return Error::make("the grid ", formatFormula(*extents[i]), " is ", *value);
    grid[i] = static_cast<uint32_t>(*value);
  }
  return grid;
}

Expected<Grid> Executor::evaluateLaunch(const plan::Launch &launch, const StepDims &dims,
                                        std::vector<moec_word> &words) const {
  for (const plan::Arg *arg : *launch.args()) {
    Expected<uint64_t> word = wordOf(*arg, dims);
    if (!word)
      return word.takeError();
    words.push_back(*word);
  }
  return evaluateGrid(launch, dims);
}

Error Executor::launch(const plan::Launch &launch, const StepDims &dims) {
  words.clear();
  Expected<Grid> grid = evaluateLaunch(launch, dims, words);
  if (!grid)
    return grid.takeError();
  if ((*grid)[0] == 0 || (*grid)[1] == 0 || (*grid)[2] == 0)
    return Error::success();
  return stream->launch(*kernels[launch.kernel()], words, *grid);
}

Expected<StepGraphs::Description> Executor::describe(const StepBatch &batch) const {
  StepGraphs::Description description;
  for (const plan::Launch *next : *current->launches()) {
    description.push_back(next->kernel());
    Expected<Grid> grid = evaluateLaunch(*next, batch.dims, description);
    if (!grid)
      return grid.takeError();
    description.insert(description.end(), grid->begin(), grid->end());
  }
  return description;
}

Error Executor::issue(const StepBatch &batch) {
  auto launchAll = [&]() -> Error {
    for (size_t i = 0; i < current->launches()->size(); ++i)
      if (Error error = launchObserver ? launchObserved(batch, i) : launchOne(batch, i))
        return error;
    return Error::success();
  };
  if (launchObserver)
    return launchAll();
  // Only steps of one token a sequence come again.
  if (!device.hasGraphs() || batch.ids.size() != batch.contextLength.size())
    return launchAll();
  Expected<StepGraphs::Description> description = describe(batch);
  if (!description)
    return description.takeError();
  return graphs.run(*stream, std::move(*description), launchAll);
}

Error Executor::begin(const StepBatch &batch) {
  const plan::Plan &plan = artifact.plan();
  if (batch.ids.empty() || batch.ids.size() > plan.max_tokens())
    return Error::make("a step has ", batch.ids.size(), " tokens, not in 1 … ", plan.max_tokens());
  if (batch.contextLength.size() > sequenceLimit(plan))
    return Error::make("a step has ", batch.contextLength.size(), " sequences, more than ",
                       sequenceLimit(plan));
  current = &variantFor(static_cast<uint32_t>(batch.ids.size()));
  return upload(batch);
}

Error Executor::launchOne(const StepBatch &batch, size_t index) {
  const plan::Launch &next = *current->launches()->Get(index);
  if (Error error = launch(next, batch.dims))
    return error.addContext(
        strCat("launch ", index, " (", next.op() ? next.op()->str() : "unnamed", ")"));
  return Error::success();
}

Error Executor::launchObserved(const StepBatch &batch, size_t index) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
  if (Error error = launchOne(batch, index))
    return error;
  if (Error error = stream->synchronize())
    return error;
  launchObserver(*current->launches()->Get(index), batch,
                 std::chrono::duration<double>(Clock::now() - begin).count());
  return Error::success();
}

Expected<std::span<const float>> Executor::finish(const StepBatch &batch) {
  hostLogits.resize(batch.rows.size() * artifact.plan().vocab());
  if (!hostLogits.empty())
    if (Error error =
            stream->copyToHost(std::as_writable_bytes(std::span(hostLogits)), logits.address()))
      return error;
  if (Error error = stream->synchronize())
    return error;
  return std::span<const float>(hostLogits);
}

Expected<std::span<const float>> Executor::run(const StepBatch &batch) {
  if (Error error = begin(batch))
    return error;
  if (Error error = issue(batch))
    return error;
  return finish(batch);
}
