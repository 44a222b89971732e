//===- TargetTest.cpp - The registry, and the machine to copy -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A whole model goes through the stages for the skeleton of examples/target, so that what a new
// machine starts from keeps working.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/Compiler/Stages.h"
#include "moec/InitAllDialects.h"
#include "moec/Support/File.h"

#include "mlir/Parser/Parser.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace mlir;
using namespace moec;

namespace moec {
void registerSkeletonTarget(TargetRegistry &registry);
}

namespace {
class TargetTest : public testing::Test {
protected:
  void SetUp() override {
    registerSkeletonTarget(registry);
    options.input = MOEC_SOURCE_DIR "/examples/model";
    options.target = "skeleton";
    options.output = testing::TempDir() + "/skeleton-" + std::to_string(::getpid()) + ".moec";
  }
  void TearDown() override { std::filesystem::remove_all(options.output); }

  std::string compileModel() {
    std::ostringstream out, log;
    return compile(options, registry, out, log).message();
  }

  TargetRegistry registry;
  CompileOptions options;
};
} // namespace

TEST_F(TargetTest, UnknownNamesAreRefusedWithTheKnownOnes) {
  EXPECT_EQ(registry.names(), std::vector<std::string>{"skeleton"});
  EXPECT_EQ(registry.create("abacus", "native").takeError().message(),
            "no target is called 'abacus'; this build has: skeleton");
  EXPECT_EQ(registry.create("skeleton", "flesh").takeError().message(),
            "the skeleton has no chip 'flesh'; known is: bones");
}

TEST_F(TargetTest, TheSkeletonTakesAWholeModel) {
  options.strict = true;
  ASSERT_EQ(compileModel(), "");
  Expected<std::string> code = readFile(options.output + "/kernels/kernels.mlir");
  ASSERT_TRUE(bool(code));
  // Its code is all kernels: they parse, and there is one for each name that the plan calls.
  DialectRegistry dialects;
  registerAllDialects(dialects);
  MLIRContext context(dialects);
  auto module = parseSourceString<ModuleOp>(*code, &context);
  ASSERT_TRUE(bool(module));
  Expected<std::string> report = readFile(options.output + "/report.json");
  ASSERT_TRUE(bool(report));
  size_t kernels = 0;
  for (auto kernel : module->getOps<tile::KernelOp>()) {
    ++kernels;
    EXPECT_NE(report->find("\"" + kernel.getSymName().str() + "\""), std::string::npos);
  }
  EXPECT_GT(kernels, 10u);
}

TEST_F(TargetTest, WhatTheSkeletonCannotLowerIsOneSentence) {
  options.quantize = "experts=int8";
  options.quantizeActivations = "experts=int8";
  std::string message = compileModel();
  EXPECT_NE(message.find("the skeleton has no lowering for tile.mma_scaled"), std::string::npos)
      << message;
  EXPECT_FALSE(std::filesystem::exists(options.output));
}
