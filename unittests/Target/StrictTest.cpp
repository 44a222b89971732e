//===- StrictTest.cpp - A family that a machine does not know ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each kernel family is taken away from each machine of this build in turn: the compiler has to
// call its schedules defaults, and --strict has to fail and name a launch.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/Compiler.h"
#include "moec/Conversion/MoEToTile/KernelFamilies.h"
#include "moec/Target/ScheduledTarget.h"

#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace moec;

namespace {

/// A machine that does not know one family.
class Forgetful : public ScheduledTarget {
public:
  Forgetful(const Target &base, moe::KernelFamily family)
      : ScheduledTarget(base, [](const KernelShape &) { return Choice(); }), family(family) {}

  tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                                    const KernelShape &shape) const override {
    return shape.family == family ? tile::ScheduleAttr()
                                  : ScheduledTarget::chooseSchedule(context, shape);
  }

private:
  moe::KernelFamily family;
};

/// A machine that adds a choice to the schedules of kernels of rows.
class Inventive : public ScheduledTarget {
public:
  Inventive(const Target &base, const char *name, mlir::Attribute value)
      : ScheduledTarget(base, [](const KernelShape &) { return Choice(); }), name(name),
        value(value) {}

  tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                                    const KernelShape &shape) const override {
    tile::ScheduleAttr schedule = ScheduledTarget::chooseSchedule(context, shape);
    return shape.family == moe::KernelFamily::Row ? schedule.with(name, value) : schedule;
  }

private:
  const char *name;
  mlir::Attribute value;
};

struct Case {
  std::string target;
  moe::KernelFamily family;
};

std::vector<moe::KernelFamily> getFamilies() {
  std::vector<moe::KernelFamily> families;
  for (uint64_t i = 0; i <= moe::getMaxEnumValForKernelFamily(); ++i)
    if (auto family = moe::symbolizeKernelFamily(uint32_t(i)))
      families.push_back(*family);
  return families;
}

std::vector<std::string> getTargets() {
  TargetRegistry registry;
  registerAllTargets(registry);
  return registry.names();
}

std::vector<Case> getCases() {
  std::vector<Case> cases;
  for (const std::string &name : getTargets())
    for (moe::KernelFamily family : getFamilies())
      cases.push_back({name, family});
  return cases;
}

class StrictCompilation : public testing::Test {
protected:
  explicit StrictCompilation(const std::string &name) {
    registerAllTargets(registry);
    target = std::move(*registry.create(name, "native"));
    // An indexer, experts, attention.
    options.input = MOEC_SOURCE_DIR "/test/golden/glm_moe_dsa";
    options.output = testing::TempDir() + "/strict-" + std::to_string(::getpid()) + ".moec";
    options.stopAfter = "target";
    options.strict = true;
    options.maxTokens = 64;
  }

  std::string compileFor(const Target &machine) {
    std::ostringstream out, log;
    return moec::compileFor(machine, options, *context, out, log).message();
  }

  TargetRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context = createContext(&registry);
  std::unique_ptr<Target> target;
  CompileOptions options;
};

class StrictTest : public StrictCompilation, public testing::WithParamInterface<Case> {
protected:
  StrictTest() : StrictCompilation(GetParam().target) {
    using moe::KernelFamily;
    // All other families are in the first model.
    if (GetParam().family == KernelFamily::CausalConv ||
        GetParam().family == KernelFamily::GatedDelta)
      options.input = MOEC_SOURCE_DIR "/test/golden/qwen3_next";
  }
};

/// One family is enough: all are asked in one place.
class ChoicesTest : public StrictCompilation, public testing::WithParamInterface<std::string> {
protected:
  ChoicesTest() : StrictCompilation(GetParam()) {}
};

TEST_P(StrictTest, AForgottenFamilyIsADefault) {
  std::string family = moe::stringifyKernelFamily(GetParam().family).str();
  std::string said = compileFor(Forgetful(*target, GetParam().family));
  EXPECT_NE(said.find("launches have a default schedule, the first is "), std::string::npos)
      << family << ": " << said;
}

TEST_P(StrictTest, AFamilyThatNobodyKnowsHasNoSchedule) {
  KernelShape shape;
  shape.family = moe::KernelFamily(moe::getMaxEnumValForKernelFamily() + 1);
  shape.tokens = shape.rows = shape.n = shape.k = 64;
  EXPECT_FALSE(target->chooseSchedule(context.get(), shape));
}

TEST_P(ChoicesTest, WhatNobodyReadsIsRefused) {
  mlir::Builder builder(context.get());
  auto say = [&](const char *name, mlir::Attribute value) {
    return compileFor(Inventive(*target, name, value));
  };
  auto refused = [](const char *name) {
    return std::string(" chooses '") + name + "' for family row, which neither of them reads";
  };
  std::string said = say("mood", builder.getI64IntegerAttr(3));
  EXPECT_NE(said.find(refused("mood")), std::string::npos) << said;
  // Where a schedule came from is the compiler's to say.
  said = say("source", builder.getStringAttr("measured"));
  EXPECT_NE(said.find(refused("source")), std::string::npos) << said;
  said = say("pow2", builder.getI64IntegerAttr(2));
  EXPECT_NE(said.find("chooses 2 : i64 for 'pow2', which takes 1, or is not chosen"),
            std::string::npos)
      << said;
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, ChoicesTest, testing::ValuesIn(getTargets()),
                         [](const testing::TestParamInfo<std::string> &info) {
                           return info.param;
                         });

INSTANTIATE_TEST_SUITE_P(EveryTargetAndFamily, StrictTest, testing::ValuesIn(getCases()),
                         [](const testing::TestParamInfo<Case> &info) {
                           return info.param.target + "_" +
                                  moe::stringifyKernelFamily(info.param.family).str();
                         });

TEST(KernelFamilies, EachHasItsRecord) {
  for (moe::KernelFamily family : getFamilies())
    EXPECT_EQ(getKernelFamily(family).family, family);
}

} // namespace
