//===- PlanFuzzer.cpp - Hostile plans of an artifact ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An input is a plan.fb, its kernel table included. Whatever is accepted can be walked as the
// executor walks it: each index finds its table, each size adds up without wrapping, each formula
// has a value or an error.
//
//===----------------------------------------------------------------------===//

// The mutator writes plans that lack what the schema requires, which the builder would assert.
#define FLATBUFFERS_ASSERT(condition) static_cast<void>(condition)

#include "FuzzTarget.h"

#include "moec/Kernel.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/StateMemory.h"

#include <cstring>
#include <limits>
#include <random>

using namespace moec;
using moec::fuzz::require;
using namespace moec::runtime;

/// Evaluates `formula` for a small and for an absurd step.
static void checkValue(const plan::Formula &formula) {
  require(reinterpret_cast<uintptr_t>(formula.steps()->Data()) % alignof(plan::FormulaStep) == 0,
          "steps are aligned");
  require(!formatFormula(formula).empty(), "a formula has a text");
  for (int64_t scale : {int64_t(1), int64_t(1) << 40}) {
    StepDims dims;
    for (int dim = 0; dim <= int(plan::Dim::MAX); ++dim)
      dims[plan::Dim(dim)] = scale * (dim + 1);
    Expected<int64_t> value = evaluate(formula, dims);
    if (!value)
      require(!value.takeError().message().empty(), "an error has a message");
  }
}

static void walkArg(const plan::Plan &plan, const plan::Function &function,
                    const plan::Variant &variant, const plan::Arg &arg) {
  switch (arg.kind()) {
  case plan::ArgKind::Buffer: {
    const plan::Buffer &buffer = *variant.buffers()->Get(arg.index());
    require(buffer.offset() + buffer.bytes() <= variant.arena_bytes(), "a buffer is in the arena");
    return;
  }
  case plan::ArgKind::Weight: {
    const plan::Weight &weight = *plan.weights()->Get(arg.index());
    require(plan.weight_files()->size() == 0 ||
                plan.weight_files()->Get(weight.file())->file()->size() > 0,
            "a weight has a file");
    return;
  }
  case plan::ArgKind::State:
    require(plan.states()->Get(arg.index())->bytes() > 0, "a state has bytes");
    return;
  case plan::ArgKind::Input:
    require(function.inputs()->Get(arg.index())->width() > 0, "an input has elements");
    return;
  case plan::ArgKind::Output:
    require(function.outputs()->Get(arg.index())->width() > 0, "an output has elements");
    return;
  case plan::ArgKind::Scalar:
    return checkValue(*arg.formula());
  }
  require(false, "an argument has a kind");
}

static void walkStep(const plan::Plan &plan, const plan::Function &function,
                     const plan::Variant &variant, const plan::Step &step) {
  if (const plan::Copy *copy = step.action_as_Copy()) {
    checkValue(*copy->bytes());
    walkArg(plan, function, variant, *copy->source());
    walkArg(plan, function, variant, *copy->destination());
    return;
  }
  require(step.action_as_Launch() != nullptr, "a step is a launch or a copy");
  const plan::Launch &launch = *step.action_as_Launch();
  const plan::Kernel &kernel = *plan.kernels()->Get(launch.kernel());
  require(plan.code_objects()->Get(kernel.code_object())->file()->size() > 0, "code has a file");
  require(launch.args()->size() == kernel.arguments(), "a launch passes all arguments");
  for (const plan::Formula *extent : {launch.grid_x(), launch.grid_y(), launch.grid_z()})
    if (extent)
      checkValue(*extent);
  for (const plan::Arg *arg : *launch.args())
    walkArg(plan, function, variant, *arg);
  require(choice(launch, "row", 7) == 7 || !formatSchedule(launch).empty(), "a choice has a text");
}

/// What an engine and an executor allocate for a plan adds up without wrapping.
static void checkMemory(const plan::Plan &plan) {
  uint64_t limit = std::numeric_limits<int64_t>::max();
  require(Executor::workspaceBytes(plan) < limit, "the workspace is a number of bytes");
  InputLayout layout(plan);
  for (const InputLayout::Place &place : layout.places)
    require(place.filling != InputLayout::Filling::Block || place.bytes <= layout.blockBytes,
            "an input fits the block");
  StateLimits limits{plan.max_tokens(), sequenceLimit(plan)};
  Expected<std::vector<uint32_t>> sizes = sizePools(plan, limits, limit);
  require(bool(sizes), "all pools fit into all memory");
  for (const plan::State *state : *plan.states()) {
    uint64_t rows = std::max(1u, plan.pools()->Get(state->pool())->page_size());
    uint64_t bytes = 0;
    require(!__builtin_mul_overflow(rows * (*sizes)[state->pool()], state->bytes(), &bytes) &&
                bytes < limit,
            "a state is a number of bytes");
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // The format wants aligned bytes, as a mapped file has them.
  static std::vector<uint64_t> words;
  words.assign(size / 8 + 1, 0);
  if (size != 0)
    std::memcpy(words.data(), data, size);
  Expected<const plan::Plan *> plan = checkPlan(std::as_bytes(std::span(words)).first(size));
  if (!plan) {
    require(!plan.takeError().message().empty(), "an error has a message");
    return 0;
  }
  const plan::Plan &root = **plan;
  checkMemory(root);
  for (const plan::Function *function : *root.functions())
    for (const plan::Variant *variant : *function->variants())
      for (auto [index, step] : stepsOf(*variant))
        walkStep(root, *function, *variant, step);
  return 0;
}

#ifdef MOEC_FUZZ

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {
/// Changes one number of a plan, or repeats or removes one row of a table.
class PlanMutator {
public:
  explicit PlanMutator(unsigned seed) : random(seed) {}

  void change(plan::PlanT &plan) {
    switch (random() % 9) {
    case 0:
      return numbers(plan.vocab, plan.max_context, plan.max_tokens, plan.max_sequences);
    case 1:
      return resize(plan.kernels), resize(plan.code_objects), resize(plan.weight_files);
    case 2:
      if (plan::KernelT *kernel = pick(plan.kernels))
        numbers(kernel->code_object, kernel->scratch_bytes, kernel->arguments);
      return;
    case 3:
      if (plan::WeightT *weight = pick(plan.weights))
        numbers(weight->file, weight->bytes);
      return;
    case 4:
      if (plan::StateT *state = pick(plan.states))
        numbers(state->pool, state->bytes);
      return resize(plan.states);
    case 5:
      if (plan::PoolT *pool = pick(plan.pools)) {
        pool->allocation = plan::Allocation(random() % 4);
        numbers(pool->page_size, pool->window);
      }
      return resize(plan.pools);
    default:
      if (plan::FunctionT *function = pick(plan.functions))
        change(*function);
    }
  }

private:
  void change(plan::FunctionT &function) {
    switch (random() % 5) {
    case 0:
      if (plan::ArrayT *array = pick(function.inputs))
        change(*array);
      return;
    case 1:
      if (plan::ArrayT *array = pick(function.outputs))
        change(*array);
      return resize(function.inputs);
    default:
      if (plan::VariantT *variant = pick(function.variants))
        change(*variant);
    }
  }
  void change(plan::ArrayT &array) {
    switch (random() % 4) {
    case 0:
      array.name = random() % 2 ? stepInputs[random() % numStepInputs].name
                                : stepOutputs[random() % numStepOutputs].name;
      return;
    case 1:
      array.element = plan::Element(random() % 5);
      return;
    case 2:
      return numbers(array.pool, array.width);
    default:
      if (array.extent)
        change(*array.extent);
    }
  }
  void change(plan::VariantT &variant) {
    switch (random() % 5) {
    case 0:
      return numbers(variant.max_tokens, variant.arena_bytes);
    case 1:
      if (plan::BufferT *buffer = pick(variant.buffers))
        numbers(buffer->offset, buffer->bytes);
      return;
    case 2:
      return resize(variant.steps);
    default:
      if (plan::StepT *step = pick(variant.steps))
        change(*step);
    }
  }
  void change(plan::StepT &step) {
    if (plan::LaunchT *launch = step.action.AsLaunch())
      return change(*launch);
    plan::CopyT *copy = step.action.AsCopy();
    if (!copy)
      return;
    if (random() % 8 == 0)
      return step.action.Set(plan::CollectiveT());
    change(*(random() % 2 ? copy->source : copy->destination));
    change(*copy->bytes);
  }
  void change(plan::LaunchT &launch) {
    numbers(launch.kernel);
    if (launch.grid_x)
      change(*launch.grid_x);
    if (plan::ArgT *arg = pick(launch.args))
      change(*arg);
    if (!launch.estimates.empty() && random() % 4 == 0)
      launch.estimates.push_back(launch.estimates[random() % launch.estimates.size()]);
  }
  void change(plan::ArgT &arg) {
    arg.kind = plan::ArgKind(random() % 7);
    numbers(arg.index);
    if (arg.formula)
      change(*arg.formula);
  }
  void change(plan::FormulaT &formula) {
    size_t place = random() % (formula.steps.size() + 1);
    formula.steps.insert(formula.steps.begin() + place,
                         plan::FormulaStep(interesting(), plan::FormulaOp(random() % 10)));
    if (random() % 2)
      formula.steps.pop_back();
  }
  int64_t interesting() {
    int64_t power = int64_t(1) << random() % 63;
    return random() % 2 ? power - int64_t(random() % 3) : int64_t(random() % 16);
  }
  template <typename... Ts> void numbers(Ts &...fields) {
    unsigned chosen = random() % sizeof...(fields), index = 0;
    ((index++ == chosen ? void(fields = static_cast<Ts>(interesting())) : void()), ...);
  }
  template <typename T> T *pick(std::vector<std::unique_ptr<T>> &table) {
    return table.empty() ? nullptr : table[random() % table.size()].get();
  }
  template <typename T> void resize(std::vector<std::unique_ptr<T>> &table) {
    if (random() % 3 == 0 && !table.empty())
      table.pop_back();
    else if (T *row = pick(table))
      table.push_back(std::make_unique<T>(*row));
  }

  std::minstd_rand random;
};
} // namespace

/// Half of the time changes bytes, otherwise fields of a plan that FlatBuffers can read.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  std::vector<uint64_t> words(size / 8 + 1);
  std::memcpy(words.data(), data, size);
  const auto *bytes = reinterpret_cast<const uint8_t *>(words.data());
  flatbuffers::Verifier verifier(bytes, size, 16, 10'000);
  if (seed % 2 || size < 8 || !plan::VerifyPlanBuffer(verifier))
    return LLVMFuzzerMutate(data, size, maxSize);
  plan::PlanT plan;
  plan::GetPlan(bytes)->UnPackTo(&plan);
  PlanMutator(seed).change(plan);
  flatbuffers::FlatBufferBuilder builder;
  plan::FinishPlanBuffer(builder, plan::CreatePlan(builder, &plan));
  if (builder.GetSize() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  std::memcpy(data, builder.GetBufferPointer(), builder.GetSize());
  return builder.GetSize();
}

#endif // MOEC_FUZZ
