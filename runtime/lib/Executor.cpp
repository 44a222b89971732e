//===- Executor.cpp - Runs a plan, step by step -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One upload of the batch, then the steps of one variant in order, then what the caller reads.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Executor.h"

#include <algorithm>
#include <chrono>

using namespace moec;
using namespace moec::runtime;
using plan::ArgKind;

static uint64_t largestArena(const plan::Plan &plan) {
  uint64_t bytes = 0;
  for (const plan::Function *function : *plan.functions())
    for (const plan::Variant *variant : *function->variants())
      bytes = std::max<uint64_t>(bytes, variant->arena_bytes());
  return bytes;
}

uint64_t Executor::workspaceBytes(const plan::Plan &plan, uint64_t logitsRows) {
  return largestArena(plan) + stepMemoryBytes(plan, logitsRows);
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<Executor>> Executor::create(const Artifact &artifact, Device &device,
                                                     std::span<const uint32_t> poolSizes) {
  std::unique_ptr<Executor> executor(new Executor(artifact, device));
  if (Error error = executor->load(poolSizes))
    return error;
  return executor;
}

Error Executor::load(std::span<const uint32_t> poolSizes) {
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
  if (Error error = allocateStates(poolSizes))
    return error;
  Expected<DeviceMemory> allocated = DeviceMemory::allocate(device, largestArena(plan));
  if (!allocated)
    return allocated.takeError().addContext("arena");
  arena = std::move(*allocated);
  memory = std::make_unique<StepMemory>(plan, device, *stream);
  return memory->allocate();
}

Error Executor::allocateStates(std::span<const uint32_t> poolSizes) {
  const plan::Plan &plan = artifact.plan();
  if (poolSizes.size() != plan.pools()->size())
    return Error::make("sizes are given for ", poolSizes.size(), " pools but the plan has ",
                       plan.pools()->size());
  for (const plan::State *state : *plan.states()) {
    const plan::Pool &pool = *plan.pools()->Get(state->pool());
    uint64_t rows = uint64_t(std::max(1u, pool.page_size())) * poolSizes[state->pool()];
    Expected<DeviceMemory> allocated = DeviceMemory::allocate(device, state->bytes() * rows);
    if (!allocated)
      return allocated.takeError().addContext(strCat("state '", state->name()->c_str(), "'"));
    states.push_back(std::move(*allocated));
  }
  return Error::success();
}

Error Executor::touchStates() {
  std::vector<std::byte> zeros(1 << 20);
  for (const DeviceMemory &state : states)
    for (uint64_t begin = 0; begin < state.size(); begin += zeros.size()) {
      uint64_t count = std::min<uint64_t>(zeros.size(), state.size() - begin);
      if (Error error = stream->copyToDevice(state.address() + begin, {zeros.data(), count}))
        return error;
    }
  return stream->synchronize();
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

//===----------------------------------------------------------------------===//
// Words, grids and ranges
//===----------------------------------------------------------------------===//

DeviceAddress Executor::addressOf(ArgKind kind, uint32_t index) const {
  switch (kind) {
  case ArgKind::Buffer:
    return arena.address() + current->buffers()->Get(index)->offset();
  case ArgKind::Weight:
    return weights[index];
  case ArgKind::State:
    return states[index].address();
  case ArgKind::Input:
    return memory->input(callee, index);
  case ArgKind::Output:
    return memory->output(callee, index);
  case ArgKind::Scalar:
    break;
  }
  return 0;
}

Expected<uint64_t> Executor::bytesOf(ArgKind kind, uint32_t index) const {
  if (kind == ArgKind::Buffer)
    return current->buffers()->Get(index)->bytes();
  if (kind == ArgKind::Weight)
    return artifact.plan().weights()->Get(index)->bytes();
  if (kind == ArgKind::State)
    return states[index].size();
  if (kind == ArgKind::Scalar)
    return uint64_t(sizeof(moec_word));
  const auto &arrays = kind == ArgKind::Input ? *function().inputs() : *function().outputs();
  const plan::Array &array = *arrays.Get(index);
  Expected<uint64_t> rows = rowsOf(array, dims);
  if (!rows)
    return rows.takeError();
  return *rows * rowBytes(array);
}

Expected<moec_word> Executor::wordOf(const plan::Arg &arg) const {
  if (arg.kind() != ArgKind::Scalar)
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

Expected<Grid> Executor::evaluateLaunch(const plan::Launch &launch,
                                        std::vector<moec_word> &words) const {
  for (const plan::Arg *arg : *launch.args()) {
    Expected<moec_word> word = wordOf(*arg);
    if (!word)
      return word.takeError();
    words.push_back(*word);
  }
  return evaluateGrid(launch, dims);
}

Expected<Executor::CopyRange> Executor::evaluateCopy(const plan::Copy &copy) const {
  const plan::Arg &source = *copy.source(), &destination = *copy.destination();
  Expected<int64_t> bytes = evaluate(*copy.bytes(), dims);
  if (!bytes)
    return bytes.takeError();
  for (const plan::Arg *arg : {&source, &destination}) {
    Expected<uint64_t> room = bytesOf(arg->kind(), arg->index());
    if (!room)
      return room.takeError();
    if (*bytes < 0 || uint64_t(*bytes) > *room)
      return Error::make("a copy has ", *bytes, " bytes but its ",
                         arg == &source ? "source" : "destination", " has ", *room);
  }
  CopyRange range{addressOf(destination.kind(), destination.index()),
                  addressOf(source.kind(), source.index()), uint64_t(*bytes)};
  uint64_t low = std::min(range.source, range.destination);
  uint64_t high = std::max(range.source, range.destination);
  if (high - low < range.bytes)
    return Error::make("a copy has ", range.bytes, " bytes but its source and destination are ",
                       high - low, " bytes apart");
  return range;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Error Executor::launch(const plan::Launch &launch) {
  words.clear();
  Expected<Grid> grid = evaluateLaunch(launch, words);
  if (!grid)
    return grid.takeError();
  if ((*grid)[0] == 0 || (*grid)[1] == 0 || (*grid)[2] == 0)
    return Error::success();
  if (launchInspector)
    if (Error error = launchInspector(*this, launch))
      return error;
  return stream->launch(*kernels[launch.kernel()], words, *grid);
}

Error Executor::copy(const plan::Copy &copy) {
  Expected<CopyRange> range = evaluateCopy(copy);
  if (!range)
    return range.takeError();
  return stream->copyOnDevice(range->destination, range->source, range->bytes);
}

/// "step 3 (layers.0.route)".
static std::string stepName(size_t index, const plan::Step &step) {
  const plan::Launch *launch = step.action_as_Launch();
  const char *op = launch && launch->op() ? launch->op()->c_str() : launch ? "unnamed" : "a copy";
  return strCat("step ", index, " (", op, ")");
}

Error Executor::runStep(size_t index) {
  const plan::Step &step = *current->steps()->Get(static_cast<uint32_t>(index));
  Error error =
      step.action_as_Launch() ? launch(*step.action_as_Launch()) : copy(*step.action_as_Copy());
  return error ? error.addContext(stepName(index, step)) : Error::success();
}

Error Executor::launchObserved(const LaunchAt &at, const StepBatch &batch) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin = Clock::now();
  if (Error error = runStep(at.index))
    return error;
  if (Error error = stream->synchronize())
    return error;
  launchObserver(at.launch, batch, std::chrono::duration<double>(Clock::now() - begin).count());
  return Error::success();
}

Expected<StepGraphs::Description> Executor::describe() const {
  StepGraphs::Description description;
  for (auto [index, step] : stepsOf(*current)) {
    const plan::Launch *next = step.action_as_Launch();
    // A copy is told from a launch by a number that no kernel has.
    description.push_back(next ? next->kernel() : UINT64_MAX);
    if (!next) {
      Expected<CopyRange> range = evaluateCopy(*step.action_as_Copy());
      if (!range)
        return range.takeError().addContext(stepName(index, step));
      description.insert(description.end(), {range->destination, range->source, range->bytes});
      continue;
    }
    Expected<Grid> grid = evaluateLaunch(*next, description);
    if (!grid)
      return grid.takeError().addContext(stepName(index, step));
    description.insert(description.end(), grid->begin(), grid->end());
  }
  return description;
}

void Executor::capture(std::vector<CapturedValue> values) {
  captures = std::move(values);
  capturedRows.assign(captures.size(), {});
}

std::span<const std::byte> Executor::captured(size_t value, size_t row) const {
  uint64_t bytes = captures[value].width * elementBytes(captures[value].element);
  return std::span(capturedRows[value]).subspan(row * bytes, bytes);
}

Expected<DeviceAddress> Executor::addressOf(const CapturedValue &value, uint64_t bytes) const {
  auto place = [&](ArgKind kind, uint32_t index) -> Expected<DeviceAddress> {
    Expected<uint64_t> room = bytesOf(kind, index);
    if (!room)
      return room.takeError();
    if (bytes > *room)
      return Error::make(value.name, " has ", bytes, " bytes but its memory has ", *room);
    return addressOf(kind, index);
  };
  if (value.output)
    return place(ArgKind::Output, *value.output);
  const auto &buffers = *current->buffers();
  for (uint32_t i = 0; i < buffers.size(); ++i) {
    const plan::Buffer &buffer = *buffers.Get(i);
    if (buffer.group() == value.group && buffer.result() == value.result && buffer.stream() == 0)
      return place(ArgKind::Buffer, i);
  }
  return Error::make(value.name, ", result ", value.result, " of group ", value.group,
                     ", is in no buffer");
}

Error Executor::copyCaptured(const plan::Launch &launch) {
  for (size_t i = 0; i < captures.size(); ++i) {
    const CapturedValue &value = captures[i];
    if (value.group != launch.group())
      continue;
    int64_t rows = dims[value.overLogits ? plan::Dim::LogitsRows : plan::Dim::Tokens];
    std::vector<std::byte> &host = capturedRows[i];
    host.resize(uint64_t(rows) * value.width * elementBytes(value.element));
    Expected<DeviceAddress> address = addressOf(value, host.size());
    if (!address)
      return address.takeError();
    if (!host.empty())
      if (Error error = stream->copyToHost(host, *address))
        return error;
  }
  return Error::success();
}

Error Executor::issue(const StepBatch &batch) {
  auto runAll = [&]() -> Error {
    for (auto [index, step] : stepsOf(*current)) {
      const plan::Launch *next = step.action_as_Launch();
      if (Error error =
              launchObserver && next ? launchObserved({index, *next}, batch) : runStep(index))
        return error;
      if (next)
        if (Error error = copyCaptured(*next))
          return error.addContext(stepName(index, step));
    }
    return Error::success();
  };
  if (launchObserver || launchInspector || !captures.empty() || !device.hasGraphs() ||
      !batch.isDecode)
    return runAll();
  Expected<StepGraphs::Description> description = describe();
  if (!description)
    return description.takeError();
  return graphs.run(*stream, std::move(*description), runAll);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Expected<uint32_t> Executor::functionNumber(std::string_view name) const {
  const auto &functions = *artifact.plan().functions();
  std::string known;
  for (uint32_t i = 0; i < functions.size(); ++i) {
    if (functions.Get(i)->name()->string_view() == name)
      return i;
    known += strCat(known.empty() ? "" : ", ", functions.Get(i)->name()->string_view());
  }
  return Error::make("the plan has no function '", name, "'; it has ",
                     known.empty() ? "none" : known);
}

static const plan::Variant &variantFor(const plan::Function &function, uint32_t tokens) {
  const auto &variants = *function.variants();
  for (const plan::Variant *variant : variants)
    if (tokens <= variant->max_tokens())
      return *variant;
  return *variants.Get(variants.size() - 1);
}

Error Executor::checkDims(const StepDims &dims) const {
  const plan::Plan &plan = artifact.plan();
  int64_t tokens = dims[plan::Dim::Tokens], sequences = dims[plan::Dim::Sequences];
  if (tokens < 1 || tokens > plan.max_tokens())
    return Error::make("a step has ", tokens, " tokens, not in 1 … ", plan.max_tokens());
  if (sequences < 1 || sequences > sequenceLimit(plan))
    return Error::make("a step has ", sequences, " sequences, not in 1 … ", sequenceLimit(plan));
  return Error::success();
}

Error Executor::begin(std::string_view function, const StepBatch &batch) {
  Expected<uint32_t> number = functionNumber(function);
  if (!number)
    return number.takeError();
  if (Error error = checkDims(batch.dims))
    return error;
  callee = *number;
  dims = batch.dims;
  current = &variantFor(this->function(), static_cast<uint32_t>(batch.tokens()));
  hostOutputs.resize(this->function().outputs()->size());
  if (Error error = memory->reserveOutputs(callee, dims))
    return error.addContext(strCat("function '", function, "'"));
  if (Error error = memory->upload(callee, batch))
    return error.addContext(strCat("function '", function, "'"));
  return Error::success();
}

Error Executor::give(uint32_t function, const StepBatch &batch, const GivenInput &given) {
  const plan::Function &target = *artifact.plan().functions()->Get(function);
  std::optional<uint32_t> index = arrayIndex(*target.inputs(), given.input);
  if (!index || !memory->isGiven(function, *index))
    return Error::make("has no input '", given.input, "' that a caller gives");
  const plan::Array &array = *target.inputs()->Get(*index);
  Expected<uint64_t> rows = rowsOf(array, batch.dims);
  if (!rows)
    return rows.takeError();
  uint64_t bytes = *rows * rowBytes(array);
  DeviceAddress destination = memory->input(function, *index);
  if (given.output.empty()) {
    if (given.bytes.size() != bytes)
      return Error::make("input '", given.input, "' was given ", given.bytes.size(),
                         " bytes but has ", bytes);
    return stream->copyToDevice(destination, given.bytes);
  }
  if (!current)
    return Error::make("input '", given.input, "' shall be output '", given.output,
                       "' but no function was run before");
  std::optional<uint32_t> from = arrayIndex(*this->function().outputs(), given.output);
  if (!from)
    return Error::make("input '", given.input, "' shall be output '", given.output,
                       "', which function '", this->function().name()->string_view(),
                       "' does not have");
  const plan::Array &source = *this->function().outputs()->Get(*from);
  Expected<uint64_t> sourceRows = rowsOf(source, dims);
  if (!sourceRows)
    return sourceRows.takeError();
  bool same = *sourceRows == *rows && source.width() == array.width() &&
              source.element() == array.element();
  if (!same)
    return Error::make("input '", given.input, "' is ", *rows, " x ", array.width(), " ",
                       elementName(array.element()), " but output '", given.output, "' is ",
                       *sourceRows, " x ", source.width(), " ", elementName(source.element()));
  return stream->copyOnDevice(destination, memory->output(callee, *from), bytes);
}

Error Executor::giveAll(uint32_t function, const StepBatch &batch,
                        std::span<const GivenInput> given) {
  const plan::Function &target = *artifact.plan().functions()->Get(function);
  for (uint32_t i = 0; i < target.inputs()->size(); ++i) {
    std::string_view name = target.inputs()->Get(i)->name()->string_view();
    auto isIt = [&](const GivenInput &one) { return one.input == name; };
    if (memory->isGiven(function, i) && std::none_of(given.begin(), given.end(), isIt))
      return Error::make("takes input '", name, "', which was not given");
  }
  for (const GivenInput &one : given)
    if (Error error = give(function, batch, one))
      return error;
  return Error::success();
}

Expected<StepOutputs> Executor::call(std::string_view function, const StepBatch &batch,
                                     std::span<const GivenInput> given) {
  Expected<uint32_t> number = functionNumber(function);
  if (!number)
    return number.takeError();
  if (Error error = checkDims(batch.dims))
    return error;
  // Before begin(), which makes room for outputs that may be given here.
  if (Error error = giveAll(*number, batch, given))
    return error.addContext(strCat("function '", function, "'"));
  if (Error error = begin(function, batch))
    return error;
  if (Error error = issue(batch))
    return error;
  return finish();
}

Expected<StepOutputs> Executor::finish() {
  if (Error error = stream->synchronize())
    return error;
  return StepOutputs(*this);
}

Expected<OutputRows> StepOutputs::read(std::string_view name) const {
  return executor->readOutput(name);
}

Expected<OutputRows> StepOutputs::read(std::string_view name, std::span<const int32_t> rows) const {
  return executor->readOutput(name, rows);
}

Expected<uint32_t> Executor::outputNumber(std::string_view name) const {
  if (std::optional<uint32_t> index = arrayIndex(*function().outputs(), name))
    return *index;
  std::string known;
  for (const plan::Array *array : *function().outputs())
    known += strCat(known.empty() ? "" : ", ", array->name()->string_view());
  return Error::make("function '", function().name()->string_view(), "' has no output '", name,
                     "'; it has ", known.empty() ? "none" : known);
}

Expected<OutputRows> Executor::readOutput(std::string_view name, std::span<const int32_t> rows) {
  Expected<uint32_t> index = outputNumber(name);
  if (!index)
    return index.takeError();
  const plan::Array &array = *function().outputs()->Get(*index);
  Expected<uint64_t> most = rowsOf(array, dims);
  if (!most)
    return most.takeError();
  uint64_t bytes = rowBytes(array);
  std::vector<std::byte> &host = hostOutputs[*index];
  host.resize(rows.size() * bytes);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0 || uint64_t(rows[i]) >= *most)
      return Error::make("output '", name, "' has ", *most, " rows, of which row ", rows[i],
                         " is asked for");
    auto to = std::span(host).subspan(i * bytes, bytes);
    DeviceAddress from = memory->output(callee, *index) + uint64_t(rows[i]) * bytes;
    if (Error error = stream->copyToHost(to, from))
      return error;
  }
  if (Error error = stream->synchronize())
    return error;
  return OutputRows{array.element(), rows.size(), array.width(), host};
}

Expected<OutputRows> Executor::readOutput(std::string_view name) {
  Expected<uint32_t> index = outputNumber(name);
  if (!index)
    return index.takeError();
  const plan::Array &array = *function().outputs()->Get(*index);
  Expected<uint64_t> rows = rowsOf(array, dims);
  if (!rows)
    return rows.takeError();
  std::vector<std::byte> &host = hostOutputs[*index];
  host.resize(*rows * rowBytes(array));
  if (!host.empty())
    if (Error error = stream->copyToHost(host, memory->output(callee, *index)))
      return error;
  if (Error error = stream->synchronize())
    return error;
  return OutputRows{array.element(), *rows, array.width(), host};
}

Expected<std::span<const float>> Executor::run(const StepBatch &batch) {
  if (Error error = begin(forwardFunction, batch))
    return error;
  if (Error error = issue(batch))
    return error;
  Expected<OutputRows> logits = readOutput(infoOf(StepOutput::Logits).name);
  if (!logits)
    return logits.takeError();
  return std::span(reinterpret_cast<const float *>(logits->bytes.data()),
                   logits->bytes.size() / sizeof(float));
}
