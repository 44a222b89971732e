//===- PlanFuzzer.cpp - Hostile plans of an artifact ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An input is a plan.fb, its kernel table included. Whatever is accepted can be walked as the
// executor walks it: each index finds its table, each size adds up without wrapping, each formula
// has a value or an error.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/Kernel.h"
#include "moec/runtime/Executor.h"
#include "moec/runtime/Formula.h"

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

static void walkLaunch(const plan::Plan &plan, const plan::Variant &variant,
                       const plan::Launch &launch) {
  const plan::Kernel &kernel = *plan.kernels()->Get(launch.kernel());
  require(plan.code_objects()->Get(kernel.code_object())->file()->size() > 0, "code has a file");
  require(launch.args()->size() == kernel.arguments(), "a launch passes all arguments");
  for (const plan::Formula *extent : {launch.grid_x(), launch.grid_y(), launch.grid_z()})
    if (extent)
      checkValue(*extent);
  for (const plan::Arg *arg : *launch.args()) {
    if (arg->kind() == plan::ArgKind::Buffer) {
      const plan::Buffer &buffer = *variant.buffers()->Get(arg->index());
      require(buffer.offset() + buffer.bytes() <= variant.arena_bytes(),
              "a buffer is in the arena");
    } else if (arg->kind() == plan::ArgKind::Weight) {
      const plan::Weight &weight = *plan.weights()->Get(arg->index());
      require(plan.weight_files()->size() == 0 ||
                  plan.weight_files()->Get(weight.file())->file()->size() > 0,
              "a weight has a file");
    } else if (arg->kind() == plan::ArgKind::Cache) {
      require(plan.caches()->Get(arg->index())->row_bytes() > 0, "a cache has rows");
    } else if (arg->kind() == plan::ArgKind::Scalar) {
      checkValue(*arg->formula());
    }
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
  uint64_t pageBytes = 0;
  for (const plan::Cache *cache : *root.caches())
    require(!__builtin_add_overflow(pageBytes, cache->row_bytes() * root.page_size(), &pageBytes),
            "the bytes of a page add up");
  require(pageBytes == Executor::pageBytes(root), "a page has the bytes of its caches");
  uint64_t limit = std::numeric_limits<int64_t>::max();
  require(Executor::workspaceBytes(root) < limit, "the workspace is a number of bytes");
  for (const plan::Variant *variant : *root.variants())
    for (const plan::Launch *launch : *variant->launches())
      walkLaunch(root, *variant, *launch);
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
    switch (random() % 8) {
    case 0:
      return numbers(plan.vocab, plan.max_context, plan.page_size, plan.max_tokens,
                     plan.max_sequences);
    case 1:
      return resize(plan.kernels), resize(plan.code_objects), resize(plan.weight_files);
    case 2:
      if (plan::KernelT *kernel = pick(plan.kernels))
        numbers(kernel->code_object, kernel->scratch_bytes, kernel->arguments);
      return;
    case 3:
      if (plan::WeightT *weight = pick(plan.weights))
        numbers(weight->file, weight->offset, weight->bytes);
      return;
    case 4:
      if (plan::CacheT *cache = pick(plan.caches))
        numbers(cache->row_bytes);
      return resize(plan.caches);
    default:
      if (plan::VariantT *variant = pick(plan.variants))
        change(*variant);
    }
  }

private:
  void change(plan::VariantT &variant) {
    switch (random() % 4) {
    case 0:
      return numbers(variant.max_tokens, variant.arena_bytes);
    case 1:
      if (plan::BufferT *buffer = pick(variant.buffers))
        numbers(buffer->offset, buffer->bytes);
      return;
    default:
      if (plan::LaunchT *launch = pick(variant.launches))
        change(*launch);
    }
  }
  void change(plan::LaunchT &launch) {
    numbers(launch.kernel);
    if (launch.grid_x)
      change(*launch.grid_x);
    if (plan::ArgT *arg = pick(launch.args)) {
      arg->kind = plan::ArgKind(random() % 6);
      numbers(arg->index);
      if (arg->formula)
        change(*arg->formula);
    }
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
