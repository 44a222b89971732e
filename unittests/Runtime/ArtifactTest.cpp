//===- ArtifactTest.cpp - Damaged artifacts ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every wrong thing is refused before anything is executed, in one sentence that names the file,
// the field and both numbers.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Artifact.h"
#include "TinyModel.h"
#include "moec/Support/File.h"
#include "moec/runtime/Engine.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;
using test::TinyModel;
namespace fs = std::filesystem;

namespace {
class ArtifactTest : public testing::Test {
protected:
  void SetUp() override { dir = strCat(testing::TempDir(), "/artifact-", ::getpid(), ".moec"); }
  void TearDown() override { fs::remove_all(dir); }

  /// The message for an artifact whose plan `change` damaged; "" when it opens.
  std::string messageFor(const std::function<void(plan::PlanT &)> &change) {
    TinyModel::write(dir, change);
    return open();
  }
  std::string open() {
    std::string message = Artifact::open(dir).takeError().message();
    // The folder's name is noise in the expectations.
    for (size_t at; (at = message.find(dir)) != std::string::npos;)
      message.replace(at, dir.size(), "M");
    return message;
  }
  void rewrite(const char *name, const std::function<void(std::string &)> &change) {
    std::string contents = *readFile(strCat(dir, "/", name));
    change(contents);
    ASSERT_FALSE(writeFileAtomic(strCat(dir, "/", name), contents));
  }
  std::string dir;
};
} // namespace

TEST_F(ArtifactTest, AGoodOneOpensAndVerifies) {
  EXPECT_EQ(messageFor(nullptr), "");
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(dir + "/");
  ASSERT_TRUE(artifact);
  EXPECT_EQ((*artifact)->plan().model()->str(), "tiny");
  EXPECT_EQ((*artifact)->weight(1).size(), TinyModel::vocab * TinyModel::width * 4u);
  EXPECT_EQ((*artifact)->verifyAll().message(), "");
}

TEST_F(ArtifactTest, NumbersOutOfRange) {
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.version = plan::Version(7); }),
            "'M/plan.fb': version is 7 but this runtime reads 2; compile the model again");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.kernel_abi = 9; }),
            "'M/plan.fb': kernel_abi is 9 but this runtime calls 1; compile the model again");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.vocab = 0; }),
            "'M/plan.fb': vocab is 0, not in 1 … 1073741824");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.max_sequences = 33; }),
            "'M/plan.fb': max_sequences is 33, not in 0 … 32");
  EXPECT_EQ(messageFor([](plan::PlanT &p) {
              for (int i = 0; i < 64; ++i)
                p.functions.push_back(std::make_unique<plan::FunctionT>(*p.functions[1]));
            }),
            "'M/plan.fb': the number of functions is 66, not in 0 … 64");
  auto forward = [](plan::PlanT &p) -> plan::FunctionT & { return *p.functions[0]; };
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { forward(p).variants.clear(); }),
            "'M/plan.fb': function 'forward': variants is empty");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { forward(p).variants[0]->max_tokens = 32; }),
            "'M/plan.fb': function 'forward': variants[1]: max_tokens is 32, not more than the 32 "
            "before");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.max_tokens = 64; }),
            "'M/plan.fb': function 'forward': max_tokens is 64 but the last variant has 32");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { p.functions[1]->name = "forward"; }),
            "'M/plan.fb': there are two functions 'forward'");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { p.kernels[1]->name = "embed"; }),
            "'M/plan.fb': there are two kernels 'embed'");
}

TEST_F(ArtifactTest, APlanOfTheFirstVersionSaysSo) {
  Expected<MappedFile> old = MappedFile::open(MOEC_TEST_INPUTS "/plan-1.fb");
  ASSERT_TRUE(old) << old.takeError().message();
  EXPECT_EQ(checkPlan(old->bytes()).takeError().message(),
            "version is 1 but this runtime reads 2; compile the model again");
}

// What `moec compile test/golden/mixtral --chip x86-64-v3 --max-tokens 8` wrote; it stays as it is
// until the version rises.
TEST_F(ArtifactTest, APlanOfTheSecondVersionIsRead) {
  Expected<MappedFile> kept = MappedFile::open(MOEC_TEST_INPUTS "/plan-2.fb");
  ASSERT_TRUE(kept) << kept.takeError().message();
  Expected<const plan::Plan *> checked = checkPlan(kept->bytes());
  ASSERT_TRUE(checked) << checked.takeError().message();
  const plan::Plan &read = **checked;
  EXPECT_EQ(read.target()->str(), "cpu");
  ASSERT_EQ(read.functions()->size(), 1u);
  const plan::Function &forward = *read.functions()->Get(0);
  EXPECT_EQ(forward.name()->str(), "forward");
  EXPECT_EQ(forward.inputs()->size(), 6u);
  ASSERT_EQ(forward.outputs()->size(), 1u);
  EXPECT_EQ(forward.outputs()->Get(0)->name()->str(), "logits");
  ASSERT_EQ(forward.variants()->size(), 1u);
  EXPECT_EQ(forward.variants()->Get(0)->steps()->size(), 27u);
  ASSERT_EQ(read.pools()->size(), 1u);
  EXPECT_EQ(read.pools()->Get(0)->allocation(), plan::Allocation::Paged);
  EXPECT_EQ(read.pools()->Get(0)->page_size(), 16u);
  EXPECT_EQ(read.states()->size(), 2u);
}

TEST_F(ArtifactTest, PoolsAndStates) {
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.pools[0]->page_size = 0; }),
            "'M/plan.fb': pools[0] (Paged): page_size is 0, not in 1 … 65536");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.pools[0]->window = 8; }),
            "'M/plan.fb': pools[0] (Paged): window is 8, not in 0 … 0");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.pools[0]->allocation = plan::Allocation::Window; }),
            "'M/plan.fb': pools[0] (Window): window is 0, not in 1 … 1073741824");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.pools[0]->allocation = plan::Allocation::Slots; }),
            "'M/plan.fb': pools[0] (Slots): page_size is 4, not in 0 … 0");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.pools[0]->allocation = plan::Allocation(3); }),
            "'M/plan.fb': pools[0]: allocation is 3, not in 0 … 2");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.states[0]->pool = 1; }),
            "'M/plan.fb': state 'layers.0.kv': pool is 1 but there are 1 pools");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.states[0]->bytes = 0; }),
            "'M/plan.fb': state 'layers.0.kv': bytes is 0, not in 1 … 1073741824");
  EXPECT_EQ(messageFor([](plan::PlanT &p) {
              p.states[0]->bytes = 1 << 30;
              for (int i = 0; i < 4; ++i)
                p.states.push_back(std::make_unique<plan::StateT>(*p.states[0]));
            }),
            "'M/plan.fb': bytes of all states is 5368709120, not in 0 … 4294967296");
}

namespace {
/// The array of a function's interface with that name.
plan::ArrayT &arrayOf(plan::PlanT &plan, const std::string &name, size_t function = 0) {
  for (auto *arrays : {&plan.functions[function]->inputs, &plan.functions[function]->outputs})
    for (const std::unique_ptr<plan::ArrayT> &array : *arrays)
      if (array->name == name)
        return *array;
  ADD_FAILURE() << "no array " << name;
  return *plan.functions[function]->inputs[0];
}
} // namespace

TEST_F(ArtifactTest, InterfacesOfFunctions) {
  auto messageOf = [&](const char *name, const std::function<void(plan::ArrayT &)> &change,
                       size_t function = 0) {
    std::string message = messageFor([&](plan::PlanT &p) { change(arrayOf(p, name, function)); });
    std::string start = "'M/plan.fb': function '";
    EXPECT_TRUE(message.starts_with(start)) << message;
    return message.substr(std::min(message.size(), start.size()));
  };
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.name = "colours"; }),
            "forward': input 'colours' is unknown to this runtime, which knows token_ids, "
            "positions, token_sequence, sequence_start, context_length, block_table, cache_rows, "
            "logits_rows, state_read, state_write, hidden, selected_keys");
  EXPECT_EQ(messageOf("hidden", [](plan::ArrayT &a) { a.name = "token_ids"; }),
            "forward': output 'token_ids' is unknown to this runtime, which knows logits, hidden, "
            "routed_experts, selected_keys");
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.element = plan::Element::F32; }),
            "forward': input 'positions': its elements are f32, not i32");
  EXPECT_EQ(messageOf("logits", [](plan::ArrayT &a) { a.element = plan::Element::BF16; }),
            "forward': output 'logits': its elements are bf16, not f32");
  EXPECT_EQ(messageOf(
                "hidden", [](plan::ArrayT &a) { a.element = plan::Element::I32; }, 1),
            "draft': input 'hidden': its elements are i32, not f32, bf16 or f16");
  EXPECT_EQ(messageOf("hidden", [](plan::ArrayT &a) { a.element = plan::Element(4); }),
            "forward': output 'hidden': element is 4, not in 0 … 3");
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.width = 2; }),
            "forward': input 'positions': width is 2, not in 1 … 1");
  EXPECT_EQ(messageOf("logits", [](plan::ArrayT &a) { a.width = uint64_t(1) << 40; }),
            "forward': output 'logits': width is 1099511627776, not in 1 … 1073741824");
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.pool = 0; }),
            "forward': input 'positions': pool is 0 but it describes no pool, which is -1");
  EXPECT_EQ(messageOf("cache_rows", [](plan::ArrayT &a) { a.pool = -1; }),
            "forward': input 'cache_rows': pool is -1 but it describes one of 1 pools");
  EXPECT_EQ(messageOf("cache_rows", [](plan::ArrayT &a) { a.pool = 1; }),
            "forward': input 'cache_rows': pool is 1 but there are 1 pools");
  EXPECT_EQ(messageOf("cache_rows", [](plan::ArrayT &a) { a.name = "state_write"; }),
            "forward': input 'state_write': pool is 0, a pool of pages, but it describes pools of "
            "slots");
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.name = "token_ids"; }),
            "forward': input 'token_ids' is there twice");
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.name = "cache_rows", a.pool = 0; }),
            "forward': input 'cache_rows' is there twice for pool 0");
  EXPECT_EQ(messageOf("positions",
                      [](plan::ArrayT &a) {
                        a.extent->steps[0] = {int64_t(plan::Dim::Sequences),
                                              plan::FormulaOp::Dimension};
                      }),
            "forward': input 'positions': extent is S, not T");
  EXPECT_EQ(
      messageOf("hidden",
                [](plan::ArrayT &a) { a.extent->steps[0] = {32, plan::FormulaOp::Constant}; }),
      "forward': output 'hidden': extent is 32, not T or R");
  EXPECT_EQ(messageOf("positions", [](plan::ArrayT &a) { a.extent->steps.clear(); }),
            "forward': input 'positions': extent: the formula leaves 0 values instead of 1");
}

// What would take too much memory, or overflow on the way to it.
TEST_F(ArtifactTest, ArraysOfTooManyBytes) {
  EXPECT_EQ(messageFor([](plan::PlanT &p) {
              p.max_tokens = 1 << 24;
              for (std::unique_ptr<plan::FunctionT> &function : p.functions)
                function->variants[1]->max_tokens = p.max_tokens;
              arrayOf(p, "hidden").width = 1 << 30;
            }),
            "'M/plan.fb': function 'forward': output 'hidden': has 16777216 rows of 4294967296 "
            "bytes, more than 281474976710656 bytes");
}

TEST_F(ArtifactTest, IndicesAndOffsets) {
  std::string first = "'M/plan.fb': function 'forward': variants[0]";
  std::string second = "'M/plan.fb': function 'forward': variants[1]";
  auto launch = [](plan::PlanT &p, size_t variant, size_t step) -> plan::LaunchT & {
    return TinyModel::launch(p, variant, step);
  };
  auto buffer = [](plan::PlanT &p) -> plan::BufferT & {
    return *p.functions[0]->variants[0]->buffers[1];
  };
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.kernels[2]->code_object = 1; }),
            "'M/plan.fb': kernel 'context': code_object is 1 but there are 1 code objects");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weights[1]->file = 4; }),
            "'M/plan.fb': weight 'head': file is 4 but there are 1 weight files");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 0, 2).kernel = 6; }),
            first + ": steps[2]: kernel is 6 but there are 6 kernels");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 0).args.pop_back(); }),
            second + ": steps[0]: args has 2 words but kernel 'embed' takes 3");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 0).args[2]->index = 2; }),
            second + ": steps[0]: args[2]: index is 2 but there are 2 buffers");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 0).args[1]->index = 9; }),
            second + ": steps[0]: args[1]: index is 9 but there are 2 weights");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 0).args[0]->index = 6; }),
            second + ": steps[0]: args[0]: index is 6 but there are 6 inputs");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 4).args[3]->index = 2; }),
            second + ": steps[4]: args[3]: index is 2 but there are 2 outputs");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 2).args[2]->index = 1; }),
            second + ": steps[2]: args[2]: index is 1 but there are 1 states");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 2).args[2]->kind = plan::ArgKind(6); }),
            second + ": steps[2]: args[2]: kind is 6 but there are 6 kinds");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 1, 2).args[3]->formula = {}; }),
            second + ": steps[2]: args[3]: a scalar has no formula");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { launch(p, 0, 0).grid_x->steps.clear(); }),
            first + ": steps[0]: grid: the formula leaves 0 values instead of 1");
  EXPECT_EQ(messageFor(
                [&](plan::PlanT &p) { launch(p, 0, 0).schedule_source = plan::ScheduleSource(3); }),
            first + ": steps[0]: schedule_source is 3, not in 0 … 2");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) {
              launch(p, 0, 3).estimates[1] = launch(p, 0, 3).estimates[0];
            }),
            first + ": steps[3]: estimates has 4 tokens with a context of 16 after 4 with 16");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { buffer(p).offset = 192; }),
            first + ": buffer 'y' has 128 bytes at 192 of an arena of 256");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { buffer(p).offset = 100; }),
            first + ": buffer 'y' has offset 100, not a multiple of 64");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { buffer(p).bytes = ~0ull; }),
            first + ": buffer 'y' has 18446744073709551615 bytes at 128 of an arena of 256");
}

TEST_F(ArtifactTest, CopiesAndCollectives) {
  std::string where = "'M/plan.fb': function 'forward': variants[0]: steps[1]: ";
  auto step = [](plan::PlanT &p) -> plan::StepT & {
    return *p.functions[0]->variants[0]->steps[1];
  };
  auto copy = [&](plan::PlanT &p) -> plan::CopyT & { return *step(p).action.AsCopy(); };
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { copy(p).source->index = 2; }),
            where + "source: index is 2 but there are 2 buffers");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { copy(p).destination->kind = plan::ArgKind::Weight; }),
            where + "the destination of a copy is a weight, not a buffer, a state, an input or an "
                    "output");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { copy(p).source->kind = plan::ArgKind::Scalar; }),
            where + "the source of a copy is a scalar, not a buffer, a state, an input or an "
                    "output");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) { copy(p).bytes->steps.pop_back(); }),
            where + "bytes: the formula leaves 2 values instead of 1");
  EXPECT_EQ(messageFor([&](plan::PlanT &p) {
              plan::CollectiveT all;
              all.kind = "all_reduce";
              step(p).action.Set(std::move(all));
            }),
            where + "a collective (all_reduce) needs ranks, which this runtime does not have");
  // An action of a kind that this schema does not have, which FlatBuffers' verifier lets pass.
  TinyModel::write(dir);
  std::string bytes = *readFile(dir + "/plan.fb");
  const plan::Step *last =
      plan::GetPlan(bytes.data())->functions()->Get(0)->variants()->Get(0)->steps()->Get(1);
  auto *table =
      const_cast<flatbuffers::Table *>(reinterpret_cast<const flatbuffers::Table *>(last));
  ASSERT_TRUE(table->SetField<uint8_t>(plan::Step::VT_ACTION_TYPE, 9, 0));
  EXPECT_EQ(checkPlan(asBytes(bytes)).takeError().message(),
            "function 'forward': variants[0]: steps[1]: action is 9, not in 1 … 3");
}

TEST_F(ArtifactTest, WeightsThatAreNotThere) {
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weights[0]->tensor = "x"; }),
            "'M/weights-0.safetensors': weight 'embedding' is tensor 'x', which the file does not "
            "have");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weights[1]->bytes = 769; }),
            "'M/weights-0.safetensors': weight 'head' has 769 bytes of a tensor of 768");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weight_files[0]->file = "../w"; }),
            "'M/plan.fb': weight_files: '../w' is not a path below the artifact");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.code_objects[0]->file = "/bin/true"; }),
            "'M/plan.fb': code_objects: '/bin/true' is not a path below the artifact");
}

TEST_F(ArtifactTest, APlanThatNamesOneTableOverAndOverIsRefused) {
  // Four bytes for each time that one table is checked: a small file that would take long.
  flatbuffers::FlatBufferBuilder builder;
  auto code = plan::CreateCodeObject(builder, builder.CreateString("k.so"));
  auto codes = builder.CreateVector(std::vector(1000, code));
  auto target = builder.CreateString("cpu");
  auto kernels = builder.CreateVector(std::vector<flatbuffers::Offset<plan::Kernel>>());
  auto files = builder.CreateVector(std::vector<flatbuffers::Offset<plan::WeightFile>>());
  auto weights = builder.CreateVector(std::vector<flatbuffers::Offset<plan::Weight>>());
  auto pools = builder.CreateVector(std::vector<flatbuffers::Offset<plan::Pool>>());
  auto states = builder.CreateVector(std::vector<flatbuffers::Offset<plan::State>>());
  auto functions = builder.CreateVector(std::vector<flatbuffers::Offset<plan::Function>>());
  plan::PlanBuilder plan(builder);
  plan.add_version(plan::Version::Current);
  plan.add_target(target);
  plan.add_code_objects(codes);
  plan.add_kernels(kernels);
  plan.add_weight_files(files);
  plan.add_weights(weights);
  plan.add_pools(pools);
  plan.add_states(states);
  plan.add_functions(functions);
  plan::FinishPlanBuffer(builder, plan.Finish());
  auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  EXPECT_EQ(checkPlan(bytes).takeError().message(),
            strCat("is damaged: FlatBuffers' verifier refuses its ", bytes.size(), " bytes"));
}

TEST_F(ArtifactTest, ChangedFilesAreFoundByTheirHashes) {
  TinyModel::write(dir);
  rewrite("kernels/tiny.so", [](std::string &bytes) { bytes[100] ^= 1; });
  EXPECT_EQ(open().find("'M': 'kernels/tiny.so' has SHA-256 "), 0u) << open();
  TinyModel::write(dir);
  rewrite("plan.fb", [](std::string &bytes) { bytes[40] ^= 1; });
  EXPECT_EQ(open().find("'M': 'plan.fb' has SHA-256 "), 0u) << open();
  TinyModel::write(dir);
  rewrite("SHA256SUMS", [](std::string &text) { text.erase(0, text.find('\n') + 1); });
  EXPECT_EQ(open(), "'M': 'kernels/tiny.so' is not listed in SHA256SUMS");

  // Weights are hashed on request only.
  TinyModel::write(dir);
  rewrite("weights-0.safetensors", [](std::string &bytes) { bytes.back() ^= 1; });
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(dir);
  ASSERT_TRUE(artifact);
  EXPECT_NE((*artifact)->verifyAll().message().find("'weights-0.safetensors' has SHA-256 "),
            std::string::npos);
}

TEST_F(ArtifactTest, MissingAndTruncatedFiles) {
  EXPECT_EQ(open(), "'M' is not a compiled model: cannot open 'M/SHA256SUMS': No such file or "
                    "directory");
  TinyModel::write(dir);
  fs::remove(dir + "/kernels/tiny.so");
  EXPECT_EQ(open(), "cannot open 'M/kernels/tiny.so': No such file or directory");
  TinyModel::write(dir);
  fs::resize_file(dir + "/weights-0.safetensors", 5000);
  EXPECT_EQ(open(), "'M/weights-0.safetensors': tensor 'head' has data_offsets [768, 1536] outside "
                    "of the 904 bytes of data");
}

TEST_F(ArtifactTest, ThePlanIsRefusedOrReadAtEveryFlippedByte) {
  // No hash protects checkPlan here: it must survive anything, and what it accepts must be sound.
  TinyModel::write(dir);
  std::string good = *readFile(dir + "/plan.fb");
  unsigned refused = 0;
  for (size_t i = 0; i < good.size(); ++i)
    for (uint8_t flip : {0x01, 0x80, 0xff}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      Expected<const plan::Plan *> plan = checkPlan(asBytes(bad));
      refused += !plan;
      if (!plan)
        EXPECT_FALSE(plan.takeError().message().empty());
    }
  EXPECT_GT(refused, good.size() / 2);
  for (size_t length = 0; length < good.size(); length += 7)
    EXPECT_FALSE(checkPlan(asBytes(std::string_view(good).substr(0, length))));
}

TEST_F(ArtifactTest, FeaturesAndSymbolsThatAreMissing) {
  auto engineError = [&](const std::function<void(plan::PlanT &)> &change) {
    TinyModel::write(dir, change);
    EngineOptions options;
    options.manifest = MOEC_TEST_MANIFEST;
    return Engine::open(dir, options).takeError().message();
  };
  std::string message = engineError([](plan::PlanT &p) {
    p.features = {"x87", "quantum"};
    p.processor = "future";
  });
  EXPECT_NE(message.find("was compiled for future: this processor ("), std::string::npos);
  EXPECT_NE(message.find(") lacks quantum; compile the model for this machine"), std::string::npos);
  message = engineError([](plan::PlanT &p) { p.kernels[0]->symbol = "nowhere"; });
  EXPECT_NE(message.find("kernel 'embed': '"), std::string::npos) << message;
  EXPECT_NE(message.find("exports no symbol 'nowhere'"), std::string::npos) << message;
  message = engineError([](plan::PlanT &p) { p.target = "abacus"; });
  EXPECT_EQ(message.find("no device runs code for target 'abacus'; '"), 0u) << message;
}
