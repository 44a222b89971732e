//===- PlanStepsTest.cpp - Walking a plan -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Steps and launches in order, functions and choices by name.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/PlanSteps.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;

namespace {
/// A table made with the object interface, in a buffer of its own.
template <typename T> struct Packed {
  flatbuffers::FlatBufferBuilder builder;
  explicit Packed(const typename T::NativeTableType &made) {
    builder.Finish(T::Pack(builder, &made));
  }
  const T &operator*() const { return *flatbuffers::GetRoot<T>(builder.GetBufferPointer()); }
};

std::unique_ptr<plan::FormulaT> constant(int64_t value) {
  auto formula = std::make_unique<plan::FormulaT>();
  formula->steps.emplace_back(value, plan::FormulaOp::Constant);
  return formula;
}
std::unique_ptr<plan::StepT> launchStep(const char *op) {
  plan::LaunchT launch;
  launch.op = op;
  launch.grid_x = constant(1);
  auto step = std::make_unique<plan::StepT>();
  step->action.Set(std::move(launch));
  return step;
}
std::unique_ptr<plan::StepT> copyStep() {
  plan::CopyT copy;
  copy.source = std::make_unique<plan::ArgT>();
  copy.destination = std::make_unique<plan::ArgT>();
  copy.bytes = constant(0);
  auto step = std::make_unique<plan::StepT>();
  step->action.Set(std::move(copy));
  return step;
}
} // namespace

TEST(PlanSteps, LaunchesKeepTheNumbersOfTheirSteps) {
  plan::VariantT made;
  made.steps.push_back(copyStep());
  made.steps.push_back(launchStep("a"));
  made.steps.push_back(copyStep());
  made.steps.push_back(copyStep());
  made.steps.push_back(launchStep("b"));
  Packed<plan::Variant> variant(made);
  std::string all, launches;
  for (auto [index, step] : stepsOf(*variant))
    all += strCat(index, step.action_as_Copy() ? "c" : "l", " ");
  for (auto [index, launch] : launchesOf(*variant))
    launches += strCat(index, launch.op()->str(), " ");
  EXPECT_EQ(all, "0c 1l 2c 3c 4l ");
  EXPECT_EQ(launches, "1a 4b ");
  Packed<plan::Variant> empty(plan::VariantT{});
  for (auto [index, launch] : launchesOf(*empty))
    ADD_FAILURE() << index << launch.kernel();
}

TEST(PlanSteps, ChoicesAreNumbersAndTexts) {
  plan::LaunchT made;
  made.grid_x = constant(3);
  made.grid_z = constant(5);
  for (const char *name : {"BM", "BN", "order"}) {
    made.schedule.push_back(std::make_unique<plan::ChoiceT>());
    made.schedule.back()->name = name;
  }
  made.schedule[0]->number = 4;
  made.schedule[1]->number = -64;
  made.schedule[2]->text = "yx";
  Packed<plan::Launch> launch(made);
  EXPECT_EQ(choice(*launch, "BM", 1), 4);
  EXPECT_EQ(choice(*launch, "BN", 1), -64);
  EXPECT_EQ(choice(*launch, "BK", 7), 7);
  EXPECT_EQ(choice(*launch, "order", 7), 7) << "it is a text";
  EXPECT_EQ(choice(*launch, "order", "xy"), "yx");
  EXPECT_EQ(choice(*launch, "BM", "xy"), "xy") << "it is a number";
  EXPECT_EQ(formatSchedule(*launch), "BM = 4, BN = -64, order = \"yx\"");
  EXPECT_EQ(formatGrid(*launch), "3 x 5");
  made.schedule.clear();
  EXPECT_EQ(formatSchedule(*Packed<plan::Launch>(made)), "");
}
