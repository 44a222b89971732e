//===- GoldenGroupsTest.cpp - Groups of whole models ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every group that the passes make of the golden checkpoints, as native code on the inputs that the
// reference has for it: exact and rounded, with dense and with quantised weights.
//
//===----------------------------------------------------------------------===//

#include "Harness/GroupCheck.h"

#include "../GoldenModels.h"

#include "moec/Dialect/MoE/Transforms/Passes.h"
#include "moec/Import/Import.h"
#include "moec/InitAllDialects.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include <gtest/gtest.h>

#include <mutex>

using namespace moec;
using namespace moec::test;

namespace {

/// A model after the passes of a pipeline.
void expectModel(const std::string &name, const std::string &pipeline, double tolerance,
                 const CheckOptions &check = {}) {
  static std::once_flag once;
  std::call_once(once, [] { moe::registerMoEPasses(); });
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  std::string folder = std::string(MOEC_SOURCE_DIR) + "/test/golden/" + name;
  ImportOptions options;
  options.path = options.outputDir = folder;
  auto module = importModel(context, options);
  ASSERT_TRUE(bool(module)) << module.takeError().message();
  mlir::PassManager passes(&context);
  ASSERT_TRUE(mlir::succeeded(mlir::parsePassPipeline(pipeline, passes)));
  ASSERT_TRUE(mlir::succeeded(passes.run(**module)));
  NativeTarget native;
  Comparisons comparisons;
  checkGroups(**module, folder, {{3, 9}, {30, 1}, {0, 7}}, check, native, comparisons);
  expectClose(comparisons, tolerance);
}

class GoldenGroups : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Models, GoldenGroups, ::testing::ValuesIn(listGoldenModels()),
                         [](const auto &info) { return info.param; });

TEST_P(GoldenGroups, Exact) { expectModel(GetParam(), "moe-absorb-mla,moe-fuse-groups", 1e-5); }

TEST_P(GoldenGroups, RoundedAndQuantised) {
  expectModel(GetParam(),
              "moe-absorb-mla,moe-set-activation-type{type=bf16 kv=bf16},"
              "moe-quantize-weights{experts=mxfp4 expert-activations=mxfp4 default=int8 "
              "default-activations=int8},moe-fuse-groups",
              1e-5);
}

// What a tuning table may choose.
TEST(GoldenGroupsCandidates, Exact) {
  CheckOptions check;
  for (check.candidate = 1; check.candidate != 8; ++check.candidate)
    for (const char *model : {"glm_moe_dsa", "mixtral"})
      expectModel(model, "moe-absorb-mla,moe-fuse-groups", 1e-5, check);
}

} // namespace
