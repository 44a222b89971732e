//===- FormulaTest.cpp - Grid and argument formulas -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Values, checks and printing.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Formula.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;
using plan::Dim;
using plan::FormulaOp;
using plan::FormulaStep;

namespace {
/// A formula in its own buffer.
struct Built {
  flatbuffers::FlatBufferBuilder builder;
  const plan::Formula *operator->() { return get(); }
  const plan::Formula *get() {
    return flatbuffers::GetRoot<plan::Formula>(builder.GetBufferPointer());
  }
};

Built build(std::vector<FormulaStep> steps) {
  Built built;
  auto vector = built.builder.CreateVectorOfStructs(steps);
  built.builder.Finish(plan::CreateFormula(built.builder, vector));
  return built;
}
FormulaStep constant(int64_t value) { return {value, FormulaOp::Constant}; }
FormulaStep dim(Dim d) { return {int64_t(d), FormulaOp::Dimension}; }
FormulaStep op(FormulaOp o) { return {0, o}; }

int64_t binary(FormulaOp o, int64_t a, int64_t b) {
  Built built = build({constant(a), constant(b), op(o)});
  Expected<int64_t> value = evaluate(*built.get(), {});
  return value ? *value : INT64_MIN;
}
std::string checkMessage(std::vector<FormulaStep> steps) {
  return checkFormula(*build(std::move(steps)).get()).message();
}
} // namespace

TEST(Formula, DivisionsRoundDownAndUpForAllSigns) {
  for (int64_t a = -9; a <= 9; ++a)
    for (int64_t b : {-4, -3, -1, 1, 2, 3, 5}) {
      EXPECT_EQ(binary(FormulaOp::FloorDiv, a, b), int64_t(std::floor(double(a) / double(b))));
      EXPECT_EQ(binary(FormulaOp::CeilDiv, a, b), int64_t(std::ceil(double(a) / double(b))));
    }
}

TEST(Formula, UsesTheDimensionsOfTheStep) {
  Built built =
      build({dim(Dim::Tokens), constant(8), op(FormulaOp::Mul), constant(31), op(FormulaOp::Add),
             constant(32), op(FormulaOp::FloorDiv), dim(Dim::Sequences), op(FormulaOp::Max)});
  EXPECT_FALSE(checkFormula(*built.get()));
  StepDims dims;
  dims[Dim::Tokens] = 5;
  dims[Dim::Sequences] = 1;
  EXPECT_EQ(*evaluate(*built.get(), dims), 2);
  dims[Dim::Sequences] = 9;
  EXPECT_EQ(*evaluate(*built.get(), dims), 9);
  EXPECT_EQ(formatFormula(*built.get()), "max((((T * 8) + 31) floordiv 32), S)");
}

TEST(Formula, ArithmeticIsChecked) {
  Built overflow = build({constant(INT64_MAX), constant(2), op(FormulaOp::Mul)});
  EXPECT_EQ(evaluate(*overflow.get(), {}).takeError().message(),
            "formula 9223372036854775807 * 2 overflows or divides by zero at 9223372036854775807 "
            "and 2");
  EXPECT_EQ(binary(FormulaOp::FloorDiv, 1, 0), INT64_MIN);
  EXPECT_EQ(binary(FormulaOp::CeilDiv, INT64_MIN, -1), INT64_MIN);
}

TEST(Formula, MalformedOnesAreRefused) {
  EXPECT_EQ(checkMessage({}), "the formula leaves 0 values instead of 1");
  EXPECT_EQ(checkMessage({constant(1), constant(1)}), "the formula leaves 2 values instead of 1");
  EXPECT_EQ(checkMessage({constant(1), op(FormulaOp::Add)}),
            "the formula has an operator that finds 1 of 2 operands");
  EXPECT_EQ(checkMessage({{4, FormulaOp::Dimension}}), "the formula has dimension 4 of 4");
  EXPECT_EQ(checkMessage({{0, FormulaOp(9)}}), "the formula has operator 9 of 9");
  EXPECT_EQ(checkMessage(std::vector<FormulaStep>(17, constant(1))),
            "the formula needs more than 16 values at once");
}
