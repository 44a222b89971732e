//===- ExecutorTest.cpp - Functions, their inputs and outputs ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tiny model's functions called by hand, on the host's device and on the one without kernels:
// every output of every step against plain C++, hidden states handed from function to function.
//
//===----------------------------------------------------------------------===//

#include "FakeDevice.h"
#include "TinyModel.h"
#include "moec/runtime/Engine.h"
#include "moec/runtime/StateMemory.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using namespace moec::test;
using Tokens = std::vector<int32_t>;

namespace {
/// The tiny model with a pool of each rule on a device, and sequences for it.
class ExecutorTest : public testing::TestWithParam<bool> {
protected:
  void SetUp() override {
    dir = strCat(testing::TempDir(), "/executor-", ::getpid(), ".moec");
    open(nullptr);
  }
  void TearDown() override {
    executor.reset();
    device.reset();
    std::filesystem::remove_all(dir);
  }
  bool isFake() const { return GetParam(); }

  void open(const std::function<void(plan::PlanT &)> &change) {
    executor.reset();
    device.reset();
    TinyModel::write(dir, change, pools);
    auto opened = Artifact::open(dir);
    ASSERT_TRUE(opened) << opened.takeError().message();
    artifact = std::move(*opened);
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    if (isFake()) {
      device = std::make_unique<FakeDevice>();
    } else {
      auto found = openDevice(*artifact, options);
      if (!found)
        GTEST_SKIP() << found.takeError().message();
      device = std::move(*found);
    }
    std::vector<uint32_t> sizes = poolSizesFor(artifact->plan(), std::vector<uint32_t>{20, 20, 20});
    auto made = Executor::create(*artifact, *device, sizes);
    ASSERT_TRUE(made) << made.takeError().message();
    executor = std::move(*made);
    SchedulerOptions limits;
    limits.maxTokens = 16;
    limits.maxChunk = 7;
    limits.maxContext = TinyModel::maxContext;
    scheduler = std::make_unique<Scheduler>(limits, StatePools(pools, sizes));
  }

  void addSequences() {
    for (RequestId id : {0, 1, 2}) {
      auto sequence = std::make_unique<Sequence>();
      sequence->id = id;
      for (uint32_t i = 0; i < 9 + 4 * id; ++i)
        sequence->tokens.push_back(int32_t((5 * i * i + 7 * id + i) % TinyModel::vocab));
      sequence->promptTokens = uint32_t(sequence->tokens.size());
      sequence->allLogits = true;
      ASSERT_FALSE(scheduler->add(std::move(sequence)));
    }
  }

  /// The bytes of the hidden state at `position` of a sequence; `draft`, after so many drafts.
  std::vector<float> hiddenOf(const Sequence &sequence, uint32_t position, int drafts) const {
    Tokens tokens(sequence.tokens.begin(), sequence.tokens.begin() + position + 1);
    std::vector<float> row;
    if (isFake()) {
      TinyContext context(pools);
      for (int32_t token : tokens)
        context.add(token);
      uint64_t hidden = context.hidden();
      for (int i = 0; i < drafts; ++i)
        hidden = TinyContext::drafted(hidden);
      row.resize(2);
      std::memcpy(row.data(), &hidden, sizeof hidden);
      return row;
    }
    row = TinyModel::hidden(tokens, pools);
    for (float &value : row)
      value = drafts % 2 ? -value : value;
    return row;
  }
  std::vector<float> logitsOf(const std::vector<float> &hidden) const {
    if (!isFake())
      return TinyModel::headOf(hidden);
    uint64_t value;
    std::memcpy(&value, hidden.data(), sizeof value);
    std::vector<float> row(TinyModel::vocab);
    row[size_t(TinyContext::next(value))] = 1;
    return row;
  }

  /// Compares both outputs of a function for every token of a step.
  void expectOutputs(const StepOutputs &outputs, const std::vector<ScheduledChunk> &chunks,
                     const StepBatch &batch, int drafts) {
    Expected<OutputRows> hidden = outputs.read("hidden");
    ASSERT_TRUE(hidden) << hidden.takeError().message();
    EXPECT_EQ(hidden->element, plan::Element::F32);
    EXPECT_EQ(hidden->width, TinyModel::width);
    ASSERT_EQ(hidden->rows, batch.tokens());
    ASSERT_EQ(hidden->bytes.size(), batch.tokens() * TinyModel::width * sizeof(float));
    Expected<OutputRows> logits = outputs.read("logits");
    ASSERT_TRUE(logits) << logits.takeError().message();
    ASSERT_EQ(logits->rows, batch.rows.size());
    size_t token = 0;
    for (const ScheduledChunk &chunk : chunks)
      for (uint32_t p = chunk.start; p < chunk.start + chunk.count; ++p, ++token) {
        std::vector<float> row = hiddenOf(*chunk.sequence, p, drafts);
        EXPECT_EQ(std::memcmp(hidden->bytes.data() + token * TinyModel::width * 4, row.data(),
                              4 * row.size()),
                  0)
            << "token " << token;
        row = logitsOf(row);
        EXPECT_EQ(
            std::memcmp(logits->bytes.data() + token * row.size() * 4, row.data(), 4 * row.size()),
            0)
            << "token " << token;
      }
  }

  const TinyModel::Pools pools = TinyModel::threePools();
  std::string dir;
  std::unique_ptr<Artifact> artifact;
  std::unique_ptr<Device> device;
  std::unique_ptr<Executor> executor;
  std::unique_ptr<Scheduler> scheduler;
};
} // namespace

TEST_P(ExecutorTest, HiddenStatesGoFromFunctionToFunction) {
  addSequences();
  StepBatch batch;
  size_t steps = 0;
  for (auto chunks = scheduler->schedule(); !chunks.empty(); chunks = scheduler->schedule()) {
    makeBatch(chunks, pools, batch);
    auto outputs = executor->call("forward", batch);
    ASSERT_TRUE(outputs) << outputs.takeError().message();
    expectOutputs(*outputs, chunks, batch, 0);

    // On the device, from another function, and from the same one.
    std::vector<GivenInput> given = {{"hidden", {}, "hidden"}};
    for (int drafts : {1, 2, 3}) {
      outputs = executor->call("draft", batch, given);
      ASSERT_TRUE(outputs) << outputs.takeError().message();
      expectOutputs(*outputs, chunks, batch, drafts);
    }
    // From the host.
    Expected<OutputRows> last = outputs->read("hidden");
    ASSERT_TRUE(last);
    std::vector<std::byte> bytes(last->bytes.begin(), last->bytes.end());
    given[0] = {"hidden", bytes};
    outputs = executor->call("draft", batch, given);
    ASSERT_TRUE(outputs) << outputs.takeError().message();
    expectOutputs(*outputs, chunks, batch, 4);

    scheduler->complete(chunks);
    EXPECT_EQ(scheduler->checkIntegrity().message(), "");
    ++steps;
  }
  EXPECT_GE(steps, 3u) << "chunks of at most 7";
}

TEST_P(ExecutorTest, StepByStepIsTheSame) {
  addSequences();
  StepBatch batch;
  auto chunks = scheduler->schedule();
  makeBatch(chunks, pools, batch);
  ASSERT_EQ(executor->begin("forward", batch).message(), "");
  EXPECT_EQ(executor->function().name()->string_view(), "forward");
  size_t launches = 0;
  for (auto [index, launch] : launchesOf(executor->variant())) {
    ++launches;
    EXPECT_EQ(executor->variant().steps()->Get(uint32_t(index))->action(), &launch);
  }
  EXPECT_EQ(launches, 7u);
  for (auto [index, step] : stepsOf(executor->variant()))
    ASSERT_EQ(executor->runStep(index).message(), "");
  auto outputs = executor->finish();
  ASSERT_TRUE(outputs);
  expectOutputs(*outputs, chunks, batch, 0);
  // Where things are, and how many bytes of each.
  using plan::ArgKind;
  EXPECT_EQ(*executor->bytesOf(ArgKind::Output, 0), batch.rows.size() * TinyModel::vocab * 4);
  EXPECT_EQ(*executor->bytesOf(ArgKind::Input, 0), batch.tokens() * 4);
  EXPECT_EQ(*executor->bytesOf(ArgKind::State, 0), 15u * 4 * 32);
  EXPECT_EQ(*executor->bytesOf(ArgKind::State, 2), 3u * 32);
  Tokens ids(batch.tokens());
  DeviceAddress address = executor->addressOf(ArgKind::Input, 0);
  ASSERT_FALSE(executor->queue().copyToHost(std::as_writable_bytes(std::span(ids)), address));
  ASSERT_FALSE(executor->queue().synchronize());
  EXPECT_EQ(ids, batch.tokenIds());
}

TEST_P(ExecutorTest, ObserversSeeLaunchesAndCopiesAreDone) {
  addSequences();
  StepBatch batch;
  auto chunks = scheduler->schedule();
  makeBatch(chunks, pools, batch);
  std::vector<std::string> seen;
  executor->observe([&](const plan::Launch &launch, const StepBatch &, double seconds) {
    seen.push_back(launch.op()->str());
    EXPECT_GE(seconds, 0.0);
  });
  auto outputs = executor->call("forward", batch);
  ASSERT_TRUE(outputs) << outputs.takeError().message();
  expectOutputs(*outputs, chunks, batch, 0);
  EXPECT_EQ(seen, (std::vector<std::string>{"embed", "append", "context", "append", "context",
                                            "fold", "head"}));
}

TEST_P(ExecutorTest, InspectorsAreAskedBeforeLaunches) {
  addSequences();
  StepBatch batch;
  makeBatch(scheduler->schedule(), pools, batch);
  std::vector<std::string> seen;
  executor->inspect([&](const Executor &asked, const plan::Launch &launch) -> Error {
    EXPECT_EQ(&asked, executor.get());
    seen.push_back(launch.op()->str());
    return seen.size() < 4 ? Error::success() : Error::make("no more");
  });
  EXPECT_EQ(executor->call("forward", batch).takeError().message(), "step 4 (append): no more");
  EXPECT_EQ(seen, (std::vector<std::string>{"embed", "append", "context", "append"}));
  executor->inspect(nullptr);
  EXPECT_TRUE(executor->call("forward", batch));
}

TEST_P(ExecutorTest, RefusalsAreOneSentence) {
  addSequences();
  StepBatch batch;
  makeBatch(scheduler->schedule(), pools, batch);
  auto callError = [&](const char *function, std::vector<GivenInput> given) {
    return executor->call(function, batch, given).takeError().message();
  };
  EXPECT_EQ(callError("backward", {}),
            "the plan has no function 'backward'; it has forward, draft");
  EXPECT_EQ(callError("draft", {}), "function 'draft': takes input 'hidden', which was not given");
  EXPECT_EQ(callError("draft", {{"hidden", {}, "hidden"}}),
            "function 'draft': input 'hidden' shall be output 'hidden' but no function was run "
            "before");
  std::vector<std::byte> bytes(100);
  EXPECT_EQ(callError("draft", {{"hidden", bytes}}),
            "function 'draft': input 'hidden' was given 100 bytes but has 512");
  EXPECT_EQ(callError("forward", {{"positions", bytes}}),
            "function 'forward': has no input 'positions' that a caller gives");
  auto outputs = executor->call("forward", batch);
  ASSERT_TRUE(outputs) << outputs.takeError().message();
  EXPECT_EQ(outputs->read("routed_experts").takeError().message(),
            "function 'forward' has no output 'routed_experts'; it has logits, hidden");
  EXPECT_EQ(callError("draft", {{"hidden", {}, "routed_experts"}}),
            "function 'draft': input 'hidden' shall be output 'routed_experts', which function "
            "'forward' does not have");
  EXPECT_EQ(callError("draft", {{"hidden", {}, "logits"}}),
            "function 'draft': input 'hidden' is 16 x 8 f32 but output 'logits' is 16 x 24 f32");
  batch.values(StepInput::Positions).pop_back();
  EXPECT_EQ(callError("forward", {}),
            "function 'forward': input 'positions' has 15 rows in the batch but 16 in the step, at "
            "most 32");
  batch.pools.pop_back();
  batch.values(StepInput::Positions).push_back(0);
  EXPECT_EQ(callError("forward", {}),
            "function 'forward': input 'state_read' describes pool 2 but the batch has 2");
  batch.dims[plan::Dim::Tokens] = 33;
  EXPECT_EQ(callError("forward", {}), "a step has 33 tokens, not in 1 … 32");
}

TEST_P(ExecutorTest, CopiesStayInTheirArrays) {
  auto messageFor = [&](const std::function<void(plan::CopyT &)> &change) {
    open([&](plan::PlanT &p) {
      for (std::unique_ptr<plan::VariantT> &variant : p.functions[0]->variants)
        change(*variant->steps[1]->action.AsCopy());
    });
    addSequences();
    StepBatch batch;
    makeBatch(scheduler->schedule(), pools, batch);
    return executor->call("forward", batch).takeError().message();
  };
  auto constant = [](int64_t value) {
    return std::vector<plan::FormulaStep>{{value, plan::FormulaOp::Constant}};
  };
  EXPECT_EQ(messageFor([&](plan::CopyT &copy) { copy.bytes->steps = constant(1025); }),
            "step 1 (a copy): a copy has 1025 bytes but its source has 1024");
  EXPECT_EQ(messageFor([&](plan::CopyT &copy) { copy.bytes->steps = constant(-1); }),
            "step 1 (a copy): a copy has -1 bytes but its source has 1024");
  EXPECT_EQ(messageFor([&](plan::CopyT &copy) {
              copy.destination->kind = plan::ArgKind::State;
              copy.destination->index = 2;
            }),
            "step 1 (a copy): a copy has 512 bytes but its destination has 96");
  EXPECT_EQ(messageFor([&](plan::CopyT &copy) { copy.destination->index = 0; }),
            "step 1 (a copy): a copy has 512 bytes but its source and destination are 0 bytes "
            "apart");
  EXPECT_EQ(messageFor([&](plan::CopyT &) {}), "");
}

#ifdef MOEC_TEST_SKELETON_MANIFEST
// Two steps whose launches are equal and whose copies differ are not one graph.
TEST(ExecutorGraphs, CopiesTellStepsApart) {
  std::string dir = strCat(testing::TempDir(), "/executor-graphs-", ::getpid(), ".moec");
  TinyModel::write(dir,
                   [](plan::PlanT &plan) {
                     for (std::unique_ptr<plan::VariantT> &variant : plan.functions[0]->variants) {
                       // embed, and x to the output `hidden` as far as there are rows of logits.
                       variant->steps.resize(2);
                       plan::CopyT &copy = *variant->steps[1]->action.AsCopy();
                       copy.destination->kind = plan::ArgKind::Output;
                       copy.bytes->steps[0] = {int64_t(plan::Dim::LogitsRows),
                                               plan::FormulaOp::Dimension};
                     }
                   },
                   {});
  auto artifact = Artifact::open(dir);
  ASSERT_TRUE(artifact) << artifact.takeError().message();
  EngineOptions options;
  options.manifest = MOEC_TEST_SKELETON_MANIFEST;
  auto device = openDevice(**artifact, options);
  ASSERT_TRUE(device) << device.takeError().message();
  auto executor = Executor::create(**artifact, **device, {});
  ASSERT_TRUE(executor) << executor.takeError().message();

  // The first elements of the rows of `hidden` behind a step of two sequences.
  auto run = [&](int32_t first, int32_t second, uint32_t rows) {
    Sequence a, b;
    a.tokens = {first};
    b.tokens = {second};
    StepBatch batch;
    makeBatch(std::vector<ScheduledChunk>{{&a, 0, 1}, {&b, 0, 1}}, {}, batch);
    batch.rows.resize(rows);
    batch.values(StepInput::LogitsRows).resize(rows);
    batch.dims[plan::Dim::LogitsRows] = rows;
    auto outputs = (*executor)->call("forward", batch);
    EXPECT_TRUE(outputs) << outputs.takeError().message();
    std::vector<float> values(2 * TinyModel::width);
    std::memcpy(values.data(), outputs->read("hidden")->bytes.data(), 4 * values.size());
    return std::pair(values[0], values[TinyModel::width]);
  };
  auto embedded = [](int32_t token) { return TinyModel::hidden({token}, {})[0]; };
  for (int round = 0; round < 3; ++round)
    EXPECT_EQ(run(1, 2, 2), std::pair(embedded(1), embedded(2)));
  EXPECT_EQ((*executor)->stepGraphs().captured(), 1u);
  EXPECT_EQ(run(3, 4, 1), std::pair(embedded(3), embedded(2))) << "one row was asked for";
  EXPECT_EQ(run(5, 6, 2), std::pair(embedded(5), embedded(6)));
  EXPECT_GE((*executor)->stepGraphs().replayed(), 2u);
  std::filesystem::remove_all(dir);
}
#endif

INSTANTIATE_TEST_SUITE_P(Devices, ExecutorTest, testing::Bool(), [](const auto &info) {
  return info.param ? "WithoutKernels" : "OfTheHost";
});
