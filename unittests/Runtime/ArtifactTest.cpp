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
            "'M/plan.fb': version is 7 but this runtime reads 1; compile the model again");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.kernel_abi = 9; }),
            "'M/plan.fb': kernel_abi is 9 but this runtime calls 1; compile the model again");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.page_size = 0; }),
            "'M/plan.fb': page_size is 0, not in 1 … 65536");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.vocab = 0; }),
            "'M/plan.fb': vocab is 0, not in 1 … 1073741824");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.max_sequences = 33; }),
            "'M/plan.fb': max_sequences is 33, not in 0 … 32");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.caches[0]->row_bytes = 0; }),
            "'M/plan.fb': cache 'layers.0.kv': row_bytes is 0, not in 1 … 1073741824");
  EXPECT_EQ(messageFor([](plan::PlanT &p) {
              p.caches[0]->row_bytes = 1 << 30;
              for (int i = 0; i < 4; ++i)
                p.caches.push_back(std::make_unique<plan::CacheT>(*p.caches[0]));
            }),
            "'M/plan.fb': row_bytes of all caches is 5368709120, not in 0 … 4294967296");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants.clear(); }),
            "'M/plan.fb': variants is empty");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[0]->max_tokens = 32; }),
            "'M/plan.fb': variants[1]: max_tokens is 32, not more than the 32 before");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.max_tokens = 64; }),
            "'M/plan.fb': max_tokens is 64 but the last variant has 32");
}

TEST_F(ArtifactTest, IndicesAndOffsets) {
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.kernels[2]->code_object = 1; }),
            "'M/plan.fb': kernel 'context': code_object is 1 but there are 1 code objects");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weights[1]->file = 4; }),
            "'M/plan.fb': weight 'head': file is 4 but there are 1 weight files");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[0]->launches[1]->kernel = 4; }),
            "'M/plan.fb': variants[0].launches[1]: kernel is 4 but there are 4 kernels");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[1]->launches[0]->args.pop_back(); }),
            "'M/plan.fb': variants[1].launches[0]: args has 2 words but kernel 'embed' takes 3");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[1]->launches[0]->args[2]->index = 2; }),
            "'M/plan.fb': variants[1].launches[0]: args[2]: index is 2 but there are 2 buffers");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[1]->launches[0]->args[1]->index = 9; }),
            "'M/plan.fb': variants[1].launches[0]: args[1]: index is 9 but there are 2 weights");
  EXPECT_EQ(
      messageFor([](plan::PlanT &p) { p.variants[1]->launches[0]->args[0]->index = 9; }),
      "'M/plan.fb': variants[1].launches[0]: args[0]: index is 9 but there are 9 step arrays");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[1]->launches[1]->args[2]->index = 1; }),
            "'M/plan.fb': variants[1].launches[1]: args[2]: index is 1 but there are 1 caches");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[1]->launches[1]->args[3]->formula = {}; }),
            "'M/plan.fb': variants[1].launches[1]: args[3]: a scalar has no formula");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[0]->launches[0]->grid_x->steps.clear(); }),
            "'M/plan.fb': variants[0].launches[0]: grid: the formula leaves 0 values instead "
            "of 1");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[0]->buffers[1]->offset = 192; }),
            "'M/plan.fb': variants[0]: buffer 'y' has 128 bytes at 192 of an arena of 256");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.variants[0]->buffers[1]->offset = 100; }),
            "'M/plan.fb': variants[0]: buffer 'y' has offset 100, not a multiple of 64");
  EXPECT_EQ(
      messageFor([](plan::PlanT &p) { p.variants[0]->buffers[1]->bytes = ~0ull; }),
      "'M/plan.fb': variants[0]: buffer 'y' has 18446744073709551615 bytes at 128 of an arena "
      "of 256");
}

TEST_F(ArtifactTest, WeightsThatAreNotThere) {
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weights[0]->tensor = "x"; }),
            "'M/weights-0.safetensors': weight 'embedding' is tensor 'x', which the file does not "
            "have");
  EXPECT_EQ(messageFor([](plan::PlanT &p) { p.weights[1]->offset = 64; }),
            "'M/weights-0.safetensors': weight 'head' has 768 bytes at 64 of a tensor of 768");
  EXPECT_EQ(
      messageFor([](plan::PlanT &p) { p.weights[1]->offset = 4, p.weights[1]->bytes = 4; }),
      "'M/weights-0.safetensors': weight 'head' is at byte 4868 of the file, not a multiple of "
      "64");
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
  auto caches = builder.CreateVector(std::vector<flatbuffers::Offset<plan::Cache>>());
  auto variants = builder.CreateVector(std::vector<flatbuffers::Offset<plan::Variant>>());
  plan::PlanBuilder plan(builder);
  plan.add_version(plan::Version::Current);
  plan.add_target(target);
  plan.add_code_objects(codes);
  plan.add_kernels(kernels);
  plan.add_weight_files(files);
  plan.add_weights(weights);
  plan.add_caches(caches);
  plan.add_variants(variants);
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
