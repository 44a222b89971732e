//===- ArtifactTest.cpp - What is said about a plan -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which launches --strict refuses, and what the report says of them.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Artifact.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/InitAllDialects.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace moec;

namespace {

class PlanReport : public ::testing::Test {
protected:
  void SetUp() override {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    std::string grid = " grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, "
                       "%bz = affine_map<() -> (1)>)";
    std::string text = "exec.plan {\n";
    for (auto [name, schedule] : {std::pair("silent", ""),
                                  {"guessed", "BM = 4, source = \"default\""},
                                  {"predicted", "BM = 4, source = \"predicted\""},
                                  {"measured", "source = \"measured\""}}) {
      text += std::string("tile.kernel @") + name + "()" + grid;
      if (*schedule)
        text += std::string(" attributes {schedule = #tile.schedule<") + schedule + ">}";
      text += " {\ntile.return\n}\n";
    }
    text += "exec.func @forward inputs [] outputs [] {\n"
            "exec.variant max_tokens 8 arena_bytes 4096 {\n";
    for (const char *name : {"predicted", "silent", "measured", "guessed"})
      text += std::string("exec.launch @") + name + "() outputs 0 label \"op." + name +
              "\" cost <<tokens = 1, context = 0, microseconds = 1.0, read = 1, written = 1>, "
              "<tokens = 8, context = 0, microseconds = 2.5, read = 64, written = 16>>\n";
    module = mlir::parseSourceString<mlir::ModuleOp>(text + "}\n}\n}\n", &context);
    ASSERT_TRUE(module) << text;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST_F(PlanReport, LaunchesWithoutAReasonForTheirScheduleAreFound) {
  EXPECT_EQ(findDefaultSchedules(*module), (std::vector<std::string>{"op.silent", "op.guessed"}));
}

TEST_F(PlanReport, EveryLaunchNamesItsKernelAndSource) {
  nlohmann::json report = nlohmann::json::parse(makeReport(*module, {}));
  ASSERT_EQ(report["functions"].size(), 1u);
  EXPECT_EQ(report["functions"][0]["name"], "forward");
  ASSERT_EQ(report["functions"][0]["variants"].size(), 1u);
  const nlohmann::json &variant = report["functions"][0]["variants"][0];
  EXPECT_EQ(variant["max_tokens"], 8);
  EXPECT_EQ(variant["arena_bytes"], 4096);
  std::vector<std::string> sources, kernels;
  for (const nlohmann::json &launch : variant["launches"]) {
    sources.push_back(launch["source"]);
    kernels.push_back(launch["kernel"]);
    // Costs are those of the variant's largest step.
    EXPECT_EQ(launch["predicted_microseconds"], 2.5);
    EXPECT_EQ(launch["bytes_read"], 64);
    EXPECT_EQ(launch["bytes_written"], 16);
  }
  EXPECT_EQ(sources, (std::vector<std::string>{"predicted", "default", "measured", "default"}));
  EXPECT_EQ(kernels, (std::vector<std::string>{"predicted", "silent", "measured", "guessed"}));
}

} // namespace
