//===- TinyModel.cpp - An artifact made by hand -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The kernels in C, the plan through FlatBuffers' object interface, the answers in plain C++.
//
//===----------------------------------------------------------------------===//

#include "TinyModel.h"
#include "moec/Kernel.h"
#include "moec/Support/Checksums.h"
#include "moec/Support/DirectoryWriter.h"
#include "moec/Support/File.h"
#include "moec/Support/SafeTensors.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace moec;
using namespace moec::test;
using plan::ArgKind;
using plan::Dim;
using plan::FormulaOp;
using plan::StepArray;

static const char *kernelSource = R"(
#include "moec/Kernel.h"
enum { D = 8, P = 4, V = 24 };
/* ids, table, out: one block a token */
void embed(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const int32_t *ids = (const int32_t *)a[0];
  const float *table = (const float *)a[1];
  float *out = (float *)a[2];
  for (uint64_t t = begin; t < end; ++t)
    for (int d = 0; d < D; ++d) out[t * D + d] = table[ids[t] * D + d];
}
/* x, slots, cache, tokens: blocks of two tokens */
void append(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const float *x = (const float *)a[0];
  const int32_t *slots = (const int32_t *)a[1];
  float *cache = (float *)a[2];
  for (uint64_t t = 2 * begin; t < 2 * end && t < a[3]; ++t)
    for (int d = 0; d < D; ++d) cache[slots[t] * D + d] = x[t * D + d];
}
/* x, positions, token_sequence, block_table, cache, y, stride: one block a token */
void context(const moec_word *a, const uint32_t g[3], uint64_t begin, uint64_t end, void *s) {
  const float *x = (const float *)a[0];
  const int32_t *positions = (const int32_t *)a[1], *sequence = (const int32_t *)a[2];
  const int32_t *table = (const int32_t *)a[3];
  const float *cache = (const float *)a[4];
  float *y = (float *)a[5], *sum = (float *)s;
  for (uint64_t t = begin; t < end; ++t) {
    for (int d = 0; d < D; ++d) sum[d] = x[t * D + d];
    for (int p = 0; p <= positions[t]; ++p) {
      int row = table[sequence[t] * (int64_t)a[6] + p / P] * P + p % P;
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
std::unique_ptr<plan::FormulaT> formula(std::vector<plan::FormulaStep> steps) {
  auto result = std::make_unique<plan::FormulaT>();
  result->steps = std::move(steps);
  return result;
}
plan::FormulaStep dim(Dim d) { return {int64_t(d), FormulaOp::Dimension}; }

std::unique_ptr<plan::ArgT> arg(ArgKind kind, uint32_t index) {
  auto result = std::make_unique<plan::ArgT>();
  result->kind = kind;
  result->index = index;
  return result;
}
std::unique_ptr<plan::ArgT> step(StepArray array) { return arg(ArgKind::Step, uint32_t(array)); }
std::unique_ptr<plan::ArgT> scalar(Dim d) {
  auto result = arg(ArgKind::Scalar, 0);
  result->formula = formula({dim(d)});
  return result;
}

template <typename... Args>
std::unique_ptr<plan::LaunchT> launch(uint32_t kernel, const char *op,
                                      std::unique_ptr<plan::FormulaT> x, Args... args) {
  auto result = std::make_unique<plan::LaunchT>();
  result->kernel = kernel;
  result->op = op;
  result->group = "row";
  result->schedule = "none";
  result->grid_x = std::move(x);
  (result->args.push_back(std::move(args)), ...);
  return result;
}

std::unique_ptr<plan::VariantT> variant(uint32_t maxTokens) {
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
  auto x = [] { return arg(ArgKind::Buffer, 0); };
  auto y = [] { return arg(ArgKind::Buffer, 1); };
  auto cache = [] { return arg(ArgKind::Cache, 0); };
  auto tokens = [] { return formula({dim(Dim::Tokens)}); };
  auto pairs = formula({dim(Dim::Tokens), {2, FormulaOp::Constant}, {0, FormulaOp::CeilDiv}});
  result->launches.push_back(
      launch(0, "embed", tokens(), step(StepArray::Ids), arg(ArgKind::Weight, 0), x()));
  result->launches.push_back(launch(1, "append", std::move(pairs), x(), step(StepArray::Slots),
                                    cache(), scalar(Dim::Tokens)));
  result->launches.push_back(launch(2, "context", tokens(), x(), step(StepArray::Positions),
                                    step(StepArray::TokenSequence), step(StepArray::BlockTable),
                                    cache(), y(), scalar(Dim::BlockTableStride)));
  result->launches.push_back(launch(3, "head", formula({dim(Dim::LogitsRows)}), y(),
                                    step(StepArray::LogitsRows), arg(ArgKind::Weight, 1),
                                    step(StepArray::Logits)));
  result->launches.back()->grid_y = formula({{TinyModel::vocab / 4, FormulaOp::Constant}});
  return result;
}

plan::PlanT makePlan() {
  plan::PlanT plan;
  plan.version = plan::Version::Current;
  plan.kernel_abi = MOEC_KERNEL_ABI_VERSION;
  plan.target = "cpu";
  plan.model = "tiny";
  plan.vocab = TinyModel::vocab;
  plan.max_context = TinyModel::maxContext;
  plan.eos_ids = {TinyModel::eos};
  plan.page_size = TinyModel::pageSize;
  plan.max_tokens = TinyModel::maxTokens;
  plan.code_objects.push_back(std::make_unique<plan::CodeObjectT>());
  plan.code_objects[0]->file = "kernels/tiny.so";
  const std::pair<const char *, uint32_t> kernels[] = {
      {"embed", 3}, {"append", 4}, {"context", 7}, {"head", 4}};
  for (auto [name, arguments] : kernels) {
    auto kernel = std::make_unique<plan::KernelT>();
    kernel->name = kernel->symbol = name;
    kernel->arguments = arguments;
    kernel->scratch_bytes = TinyModel::width * sizeof(float);
    plan.kernels.push_back(std::move(kernel));
  }
  plan.weight_files.push_back(std::make_unique<plan::WeightFileT>());
  plan.weight_files[0]->file = "weights-0.safetensors";
  for (const char *name : {"embedding", "head"}) {
    auto weight = std::make_unique<plan::WeightT>();
    weight->name = weight->tensor = name;
    weight->bytes = TinyModel::vocab * TinyModel::width * sizeof(float);
    plan.weights.push_back(std::move(weight));
  }
  plan.caches.push_back(std::make_unique<plan::CacheT>());
  plan.caches[0]->name = "layers.0.kv";
  plan.caches[0]->kind = "key_value";
  plan.caches[0]->element = "f32";
  plan.caches[0]->row_bytes = TinyModel::width * sizeof(float);
  plan.variants.push_back(variant(4));
  plan.variants.push_back(variant(TinyModel::maxTokens));
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

void TinyModel::write(const std::string &dir, const std::function<void(plan::PlanT &)> &change) {
  plan::PlanT plan = makePlan();
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

std::vector<float> TinyModel::logits(const std::vector<int32_t> &tokens) {
  std::vector<float> y(width), result(vocab);
  for (uint32_t d = 0; d < width; ++d)
    y[d] = embedding(tokens.back(), d);
  for (size_t p = 0; p < tokens.size(); ++p)
    for (uint32_t d = 0; d < width; ++d)
      y[d] += embedding(tokens[p], d) / static_cast<float>(p + 1);
  for (uint32_t n = 0; n < vocab; ++n)
    for (uint32_t d = 0; d < width; ++d)
      result[n] += y[d] * headWeight(n, d);
  return result;
}

std::vector<int32_t> TinyModel::greedy(std::vector<int32_t> prompt, size_t count) {
  size_t promptTokens = prompt.size();
  while (prompt.size() < promptTokens + count) {
    std::vector<float> row = logits(prompt);
    prompt.push_back(static_cast<int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    if (prompt.back() == eos)
      break;
  }
  return {prompt.begin() + static_cast<ptrdiff_t>(promptTokens), prompt.end()};
}
