//===- TinyModel.cpp - An artifact made by hand -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The kernels in C, the plan through FlatBuffers' object interface, the answers in plain C++.
//
//===----------------------------------------------------------------------===//

#include "TinyModel.h"
#include "moec/Kernel.h"
#include "moec/StepArrays.h"
#include "moec/Support/Checksums.h"
#include "moec/Support/DirectoryWriter.h"
#include "moec/Support/File.h"
#include "moec/Support/SafeTensors.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace moec;
using namespace moec::test;
using plan::ArgKind;
using plan::Dim;
using plan::FormulaOp;

static const char *kernelSource = R"(
#include "moec/Kernel.h"
enum { D = 8, V = 24 };
/* ids, table, out: one block a token */
void embed(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const int32_t *ids = (const int32_t *)a[0];
  const float *table = (const float *)a[1];
  float *out = (float *)a[2];
  for (uint64_t t = begin; t < end; ++t)
    for (int d = 0; d < D; ++d) out[t * D + d] = table[ids[t] * D + d];
}
/* x, cache_rows, cache, tokens: blocks of two tokens */
void append(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const float *x = (const float *)a[0];
  const int32_t *rows = (const int32_t *)a[1];
  float *cache = (float *)a[2];
  for (uint64_t t = 2 * begin; t < 2 * end && t < a[3]; ++t)
    for (int d = 0; d < D; ++d) cache[rows[t] * D + d] = x[t * D + d];
}
/* positions, token_sequence, block_table, cache, y, stride, page size, window: one block a token */
void context(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const int32_t *positions = (const int32_t *)a[0], *sequence = (const int32_t *)a[1];
  const int32_t *table = (const int32_t *)a[2];
  const float *cache = (const float *)a[3];
  float *y = (float *)a[4], *sum = (float *)s;
  int64_t page = (int64_t)a[6], window = (int64_t)a[7];
  for (uint64_t t = begin; t < end; ++t) {
    for (int d = 0; d < D; ++d) sum[d] = y[t * D + d];
    int64_t first = window && positions[t] >= window ? positions[t] - window + 1 : 0;
    for (int64_t p = first; p <= positions[t]; ++p) {
      int64_t row = table[sequence[t] * (int64_t)a[5] + p / page] * page + p % page;
      for (int d = 0; d < D; ++d) sum[d] += cache[row * D + d] / (float)(p + 1);
    }
    for (int d = 0; d < D; ++d) y[t * D + d] = sum[d];
  }
}
/* y, logits_rows, head, logits: grid (R, V / 4) */
void head(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const float *y = (const float *)a[0];
  const int32_t *rows = (const int32_t *)a[1];
  const float *head = (const float *)a[2];
  float *logits = (float *)a[3];
  for (uint64_t block = begin; block < end; ++block) {
    uint64_t r = block % g[0], n0 = block / g[0] * 4;
    for (uint64_t n = n0; n < n0 + 4; ++n) {
      float sum = 0;
      for (int d = 0; d < D; ++d) sum += y[rows[r] * D + d] * head[n * D + d];
      logits[r * V + n] = sum;
    }
  }
}
/* x, sequence_start, state_read, state_write, state, y: one block a sequence */
void fold(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const float *x = (const float *)a[0];
  const int32_t *start = (const int32_t *)a[1], *read = (const int32_t *)a[2];
  const int32_t *write = (const int32_t *)a[3];
  float *state = (float *)a[4], *y = (float *)a[5], *h = (float *)s;
  for (uint64_t q = begin; q < end; ++q) {
    for (int d = 0; d < D; ++d) h[d] = read[q] < 0 ? 0 : state[read[q] * D + d];
    for (int t = start[q]; t < start[q + 1]; ++t)
      for (int d = 0; d < D; ++d) {
        h[d] = h[d] / 2 + x[t * D + d];
        y[t * D + d] += h[d];
        if (write[t] >= 0) state[write[t] * D + d] = h[d];
      }
  }
}
/* hidden, y: one block a token */
void turn(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const float *hidden = (const float *)a[0];
  float *y = (float *)a[1];
  for (uint64_t i = begin * D; i < end * D; ++i) y[i] = -hidden[i];
}
)";

/// The shared library of the kernels, compiled once.
static const std::string &kernelLibrary() {
  static const std::string bytes = [] {
    std::string base = strCat(testing::TempDir(), "/moec-tiny-", ::getpid());
    EXPECT_FALSE(writeFileAtomic(base + ".c", kernelSource));
    std::string command = strCat(MOEC_TEST_CC, " -std=c11 -O1 -ffp-contract=off -fPIC -shared -I ",
                                 MOEC_TEST_ABI_DIR, " -o ", base, ".so ", base, ".c");
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    std::string result = *readFile(base + ".so");
    std::remove((base + ".c").c_str());
    std::remove((base + ".so").c_str());
    return result;
  }();
  return bytes;
}

/// Some number in [-1, 1) that depends on `index`.
static float pseudo(uint32_t index) {
  index = (index ^ 61) ^ (index >> 16);
  index *= 9;
  index = (index ^ (index >> 4)) * 0x27d4eb2d;
  return static_cast<float>(static_cast<int32_t>(index ^ (index >> 15))) * 0x1p-31f;
}
static float embedding(int32_t id, uint32_t d) { return pseudo(id * TinyModel::width + d); }
static float headWeight(uint32_t n, uint32_t d) { return pseudo(7777 + n * TinyModel::width + d); }

namespace {
/// The kernels' numbers in the plan.
enum KernelNumber : uint32_t { Embed, Append, Context, Head, Fold, Turn };

using Formula = std::unique_ptr<plan::FormulaT>;
using Arg = std::unique_ptr<plan::ArgT>;

Formula formula(std::vector<plan::FormulaStep> steps) {
  auto result = std::make_unique<plan::FormulaT>();
  result->steps = std::move(steps);
  return result;
}
plan::FormulaStep dim(Dim d) { return {int64_t(d), FormulaOp::Dimension}; }
plan::FormulaStep constant(int64_t value) { return {value, FormulaOp::Constant}; }
plan::FormulaStep op(FormulaOp o) { return {0, o}; }
/// Bytes of a row for each token.
Formula tokenBytes() {
  return formula({dim(Dim::Tokens), constant(TinyModel::width * 4), op(FormulaOp::Mul)});
}

Arg arg(ArgKind kind, uint32_t index) {
  auto result = std::make_unique<plan::ArgT>();
  result->kind = kind;
  result->index = index;
  return result;
}
Arg scalar(plan::FormulaStep step) {
  auto result = arg(ArgKind::Scalar, 0);
  result->formula = formula({step});
  return result;
}

Formula extentOf(ArrayRows rows) {
  switch (rows) {
  case ArrayRows::Sequences:
    return formula({dim(Dim::Sequences)});
  case ArrayRows::SequencesAndOne:
    return formula({dim(Dim::Sequences), constant(1), op(FormulaOp::Add)});
  case ArrayRows::TableEntries:
    return formula({dim(Dim::Sequences), dim(Dim::BlockTableStride), op(FormulaOp::Mul)});
  case ArrayRows::LogitsRows:
    return formula({dim(Dim::LogitsRows)});
  default:
    return formula({dim(Dim::Tokens)});
  }
}

/// Makes one function; arrays are declared when they are first used.
class FunctionBuilder {
public:
  explicit FunctionBuilder(std::string_view name) { function->name = name; }
  virtual ~FunctionBuilder() = default;

  std::unique_ptr<plan::FunctionT> build() {
    for (uint32_t maxTokens : {4u, TinyModel::maxTokens}) {
      function->variants.push_back(makeVariant(maxTokens));
      variant = function->variants.back().get();
      addSteps();
    }
    return std::move(function);
  }

protected:
  virtual void addSteps() = 0;

  static Arg x() { return arg(ArgKind::Buffer, 0); }
  static Arg y() { return arg(ArgKind::Buffer, 1); }
  static Formula tokens() { return formula({dim(Dim::Tokens)}); }

  Arg input(StepInput input, int32_t pool = -1) {
    return arg(ArgKind::Input, declare(function->inputs, infoOf(input), pool));
  }
  Arg output(StepOutput output) {
    return arg(ArgKind::Output, declare(function->outputs, infoOf(output), -1));
  }

  template <typename... Args>
  plan::LaunchT &launch(KernelNumber kernel, const char *op, Formula x, Args... args) {
    plan::LaunchT made;
    made.kernel = kernel;
    made.op = op;
    made.grid_x = std::move(x);
    (made.args.push_back(std::move(args)), ...);
    made.estimates.emplace_back(variant->max_tokens, 0, 1.5, 64, 32);
    function->variants.back()->steps.push_back(std::make_unique<plan::StepT>());
    plan::ActionUnion &action = variant->steps.back()->action;
    action.Set(std::move(made));
    return *action.AsLaunch();
  }
  void copy(Arg source, Arg destination) {
    plan::CopyT made;
    made.source = std::move(source);
    made.destination = std::move(destination);
    made.bytes = tokenBytes();
    variant->steps.push_back(std::make_unique<plan::StepT>());
    variant->steps.back()->action.Set(std::move(made));
  }
  void head() {
    launch(Head, "head", formula({dim(Dim::LogitsRows)}), y(), input(StepInput::LogitsRows),
           arg(ArgKind::Weight, 1), output(StepOutput::Logits))
        .grid_y = formula({constant(TinyModel::vocab / 4)});
    copy(y(), output(StepOutput::Hidden));
  }

private:
  static std::unique_ptr<plan::VariantT> makeVariant(uint32_t maxTokens) {
    auto result = std::make_unique<plan::VariantT>();
    result->max_tokens = maxTokens;
    uint64_t bytes = maxTokens * TinyModel::width * sizeof(float);
    for (const char *name : {"x", "y"}) {
      auto buffer = std::make_unique<plan::BufferT>();
      buffer->name = name;
      buffer->offset = result->arena_bytes;
      buffer->bytes = bytes;
      result->arena_bytes += bytes;
      result->buffers.push_back(std::move(buffer));
    }
    return result;
  }
  static uint32_t declare(std::vector<std::unique_ptr<plan::ArrayT>> &arrays, const ArrayInfo &info,
                          int32_t pool) {
    for (uint32_t i = 0; i < arrays.size(); ++i)
      if (arrays[i]->name == info.name && arrays[i]->pool == pool)
        return i;
    auto array = std::make_unique<plan::ArrayT>();
    array->name = info.name;
    array->pool = pool;
    array->element =
        info.elements == ArrayElements::Int32 ? plan::Element::I32 : plan::Element::F32;
    array->width = info.isScalar ? 1 : info.name == "logits" ? TinyModel::vocab : TinyModel::width;
    array->extent = extentOf(info.rows);
    arrays.push_back(std::move(array));
    return uint32_t(arrays.size() - 1);
  }

  std::unique_ptr<plan::FunctionT> function = std::make_unique<plan::FunctionT>();
  plan::VariantT *variant = nullptr;
};

class ForwardBuilder : public FunctionBuilder {
public:
  explicit ForwardBuilder(const TinyModel::Pools &pools)
      : FunctionBuilder(forwardFunction), pools(pools) {}

private:
  void addSteps() override {
    launch(Embed, "embed", tokens(), input(StepInput::TokenIds), arg(ArgKind::Weight, 0), x());
    copy(x(), y());
    for (uint32_t i = 0; i < pools.size(); ++i)
      pools[i].hasPages() ? readPages(i) : readSlots(i);
    head();
  }
  void readPages(uint32_t pool) {
    auto pairs = formula({dim(Dim::Tokens), constant(2), op(FormulaOp::CeilDiv)});
    auto state = [&] { return arg(ArgKind::State, pool); };
    int32_t number = int32_t(pool);
    launch(Append, "append", std::move(pairs), x(), input(StepInput::CacheRows, number), state(),
           scalar(dim(Dim::Tokens)));
    plan::LaunchT &made = launch(
        Context, "context", tokens(), input(StepInput::Positions), input(StepInput::TokenSequence),
        input(StepInput::BlockTable, number), state(), y(), scalar(dim(Dim::BlockTableStride)),
        scalar(constant(pools[pool].pageSize)), scalar(constant(pools[pool].window)));
    made.estimates = {{made.estimates[0].tokens(), 16, 2.0, 100, 32},
                      {made.estimates[0].tokens(), 64, 8.0, 400, 32}};
    for (const char *name : {"BM", "order"}) {
      made.schedule.push_back(std::make_unique<plan::ChoiceT>());
      made.schedule.back()->name = name;
    }
    made.schedule[0]->number = 4;
    made.schedule[1]->text = "yx";
  }
  void readSlots(uint32_t pool) {
    int32_t number = int32_t(pool);
    launch(Fold, "fold", formula({dim(Dim::Sequences)}), x(), input(StepInput::SequenceStart),
           input(StepInput::StateRead, number), input(StepInput::StateWrite, number),
           arg(ArgKind::State, pool), y());
  }

  const TinyModel::Pools &pools;
};

class DraftBuilder : public FunctionBuilder {
public:
  DraftBuilder() : FunctionBuilder(draftFunction) {}

private:
  void addSteps() override {
    launch(Turn, "turn", tokens(), input(StepInput::Hidden), y());
    head();
  }
};

void addStates(plan::PlanT &plan, const TinyModel::Pools &pools) {
  for (const runtime::PoolRule &rule : pools) {
    plan.pools.push_back(std::make_unique<plan::PoolT>());
    plan.pools.back()->allocation = rule.allocation;
    plan.pools.back()->page_size = rule.pageSize;
    plan.pools.back()->window = rule.window;
    plan.states.push_back(std::make_unique<plan::StateT>());
    plan.states.back()->name = strCat("layers.", plan.states.size() - 1, ".kv");
    plan.states.back()->pool = uint32_t(plan.pools.size() - 1);
    plan.states.back()->bytes = TinyModel::width * sizeof(float);
    plan.states.back()->description = "rows f32";
  }
}

void addKernels(plan::PlanT &plan) {
  struct Row {
    const char *name, *family;
    uint32_t arguments;
  };
  plan.code_objects.push_back(std::make_unique<plan::CodeObjectT>());
  plan.code_objects[0]->file = "kernels/tiny.so";
  for (const Row &row :
       {Row{"embed", "gather", 3}, Row{"append", "append", 4}, Row{"context", "attention", 8},
        Row{"head", "gemm", 4}, Row{"fold", "scan", 6}, Row{"turn", "row", 2}}) {
    auto kernel = std::make_unique<plan::KernelT>();
    kernel->name = kernel->symbol = row.name;
    kernel->family = row.family;
    kernel->arguments = row.arguments;
    kernel->scratch_bytes = TinyModel::width * sizeof(float);
    plan.kernels.push_back(std::move(kernel));
  }
}

plan::PlanT makePlan(const TinyModel::Pools &pools) {
  plan::PlanT plan;
  plan.version = plan::Version::Current;
  plan.kernel_abi = MOEC_KERNEL_ABI_VERSION;
  plan.target = "cpu";
  plan.model = "tiny";
  plan.vocab = TinyModel::vocab;
  plan.max_context = TinyModel::maxContext;
  plan.eos_ids = {TinyModel::eos};
  plan.max_tokens = TinyModel::maxTokens;
  addKernels(plan);
  plan.weight_files.push_back(std::make_unique<plan::WeightFileT>());
  plan.weight_files[0]->file = "weights-0.safetensors";
  for (const char *name : {"embedding", "head"}) {
    auto weight = std::make_unique<plan::WeightT>();
    weight->name = weight->tensor = name;
    weight->bytes = TinyModel::vocab * TinyModel::width * sizeof(float);
    plan.weights.push_back(std::move(weight));
  }
  addStates(plan, pools);
  plan.functions.push_back(ForwardBuilder(pools).build());
  plan.functions.push_back(DraftBuilder().build());
  return plan;
}

void writeWeights(const std::string &path) {
  constexpr int64_t rows = TinyModel::vocab, columns = TinyModel::width;
  Expected<SafeTensorsWriter> writer = SafeTensorsWriter::create(
      path, {{"embedding", DType::F32, {rows, columns}}, {"head", DType::F32, {rows, columns}}});
  ASSERT_TRUE(writer);
  std::vector<float> values;
  for (auto f : {+[](uint32_t n, uint32_t d) { return embedding(int32_t(n), d); }, headWeight})
    for (uint32_t n = 0; n < rows; ++n)
      for (uint32_t d = 0; d < columns; ++d)
        values.push_back(f(n, d));
  ASSERT_FALSE(writer->append(std::as_bytes(std::span(values))));
  ASSERT_FALSE(writer->finish());
}
} // namespace

void TinyModel::write(const std::string &dir, const std::function<void(plan::PlanT &)> &change,
                      const Pools &pools) {
  plan::PlanT plan = makePlan(pools);
  if (change)
    change(plan);
  flatbuffers::FlatBufferBuilder builder;
  plan::FinishPlanBuffer(builder, plan::CreatePlan(builder, &plan));
  std::string_view bytes(reinterpret_cast<const char *>(builder.GetBufferPointer()),
                         builder.GetSize());

  Expected<DirectoryWriter> writer = DirectoryWriter::create(dir, "plan.fb");
  ASSERT_TRUE(writer);
  ASSERT_FALSE(writer->writeFile("plan.fb", bytes));
  ASSERT_FALSE(writer->writeFile("kernels/tiny.so", kernelLibrary()));
  writeWeights(writer->path() + "/weights-0.safetensors");
  Checksums sums;
  for (const char *name : {"plan.fb", "kernels/tiny.so", "weights-0.safetensors"})
    ASSERT_FALSE(sums.addFile(writer->path(), name));
  ASSERT_FALSE(writer->writeFile(Checksums::fileName, sums.text()));
  ASSERT_FALSE(writer->commit());
}

std::vector<float> TinyModel::hidden(const std::vector<int32_t> &tokens, const Pools &pools) {
  std::vector<float> y(width);
  for (uint32_t d = 0; d < width; ++d)
    y[d] = embedding(tokens.back(), d);
  for (const runtime::PoolRule &rule : pools) {
    if (!rule.hasPages()) {
      for (uint32_t d = 0; d < width; ++d) {
        float h = 0;
        for (int32_t token : tokens)
          h = h / 2 + embedding(token, d);
        y[d] += h;
      }
      continue;
    }
    size_t reads = rule.window ? rule.window : tokens.size();
    for (size_t p = tokens.size() - std::min(reads, tokens.size()); p < tokens.size(); ++p)
      for (uint32_t d = 0; d < width; ++d)
        y[d] += embedding(tokens[p], d) / static_cast<float>(p + 1);
  }
  return y;
}

std::vector<float> TinyModel::headOf(const std::vector<float> &hidden) {
  std::vector<float> result(vocab);
  for (uint32_t n = 0; n < vocab; ++n)
    for (uint32_t d = 0; d < width; ++d)
      result[n] += hidden[d] * headWeight(n, d);
  return result;
}

std::vector<float> TinyModel::logits(const std::vector<int32_t> &tokens, const Pools &pools) {
  return headOf(hidden(tokens, pools));
}

std::vector<int32_t> TinyModel::greedy(std::vector<int32_t> prompt, size_t count,
                                       const Pools &pools) {
  size_t promptTokens = prompt.size();
  while (prompt.size() < promptTokens + count) {
    std::vector<float> row = logits(prompt, pools);
    prompt.push_back(static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    if (prompt.back() == eos)
      break;
  }
  return {prompt.begin() + static_cast<ptrdiff_t>(promptTokens), prompt.end()};
}
