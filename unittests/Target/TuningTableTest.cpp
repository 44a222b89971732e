//===- TuningTableTest.cpp - Tables of measured schedules -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is written is read again, what is wrong is refused, and a target with a table takes its
// schedules where it has rows.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/TuningTable.h"
#include "moec/InitAllDialects.h"

#include "mlir/AsmParser/AsmParser.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace moec;

namespace {

/// A machine with three block widths.
class Abacus : public Target {
public:
  std::string name() const override { return "abacus"; }
  std::string chip() const override { return "wood"; }
  std::string processor() const override { return "wood"; }
  std::vector<std::string> features() const override { return {}; }
  std::string codeFormat() const override { return "beads"; }
  tile::PackedAttr packedMap(mlir::RankedTensorType) const override { return {}; }
  tile::ScheduleAttr chooseSchedule(mlir::MLIRContext *context,
                                    const KernelShape &) const override {
    return parse(context, "BN = 32");
  }
  double predictMicroseconds(const KernelShape &, const KernelWork &work) const override {
    return work.weightBytes;
  }
  std::vector<tile::ScheduleAttr> candidates(mlir::MLIRContext *context,
                                             const KernelShape &shape) const override {
    std::vector<tile::ScheduleAttr> all = Target::candidates(context, shape);
    for (const char *text : {"BN = 64", "BN = 96, order = \"yx\""})
      all.push_back(parse(context, text));
    return all;
  }
  Expected<std::vector<CodeObject>> generateCode(mlir::ModuleOp,
                                                 const CodegenOptions &) const override {
    return Error::make("no code");
  }

  static tile::ScheduleAttr parse(mlir::MLIRContext *context, const std::string &choices) {
    return mlir::cast<tile::ScheduleAttr>(
        mlir::parseAttribute("#tile.schedule<" + choices + ">", context));
  }
};

class TuningTableTest : public ::testing::Test {
protected:
  void SetUp() override {
    context.loadAllAvailableDialects();
    table.target = "abacus";
    table.processor = "wood";
    table.device = "abacus, 10 fingers";
    KernelShape product = makeShape(moe::KernelFamily::GroupedGemm, 8, "bf16");
    product.rows = 64;
    product.n = 768;
    product.k = 2048;
    product.matrices = 128;
    product.operands = 2;
    product.weight =
        mlir::parseType("!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>", &context);
    table.rows.push_back({product, Abacus::parse(&context, "BN = 64"), 12.345, 14});
    KernelShape attention = makeShape(moe::KernelFamily::Attention, 512, "f32");
    table.rows.push_back(
        {attention, Abacus::parse(&context, "BN = 96, order = \"yx\""), 0.001, 0.001});
  }

  KernelShape makeShape(moe::KernelFamily family, int64_t tokens, const char *activation) {
    KernelShape shape;
    shape.family = family;
    shape.tokens = tokens;
    shape.activation = mlir::parseType(activation, &context);
    return shape;
  }

  /// What is said about the table's text with some of it changed by `edit`.
  std::string refuse(std::function<void(nlohmann::json &)> edit) {
    nlohmann::json json = nlohmann::json::parse(table.text());
    edit(json);
    return TuningTable::parse(json.dump(), "t.json", target, context).takeError().message();
  }

  static mlir::DialectRegistry getDialects() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  mlir::MLIRContext context{getDialects()};
  Abacus target;
  TuningTable table;
};

TEST_F(TuningTableTest, IsReadAsItWasWritten) {
  auto read = TuningTable::parse(table.text(), "t.json", target, context);
  ASSERT_TRUE(bool(read)) << read.takeError().message();
  EXPECT_EQ(read->text(), table.text());
  EXPECT_EQ(read->device, table.device);
  ASSERT_EQ(read->rows.size(), 2u);
  for (size_t i = 0; i != 2; ++i) {
    EXPECT_EQ(read->rows[i].shape, table.rows[i].shape) << i;
    EXPECT_EQ(read->rows[i].schedule, table.rows[i].schedule) << i;
    EXPECT_EQ(read->rows[i].microseconds, table.rows[i].microseconds) << i;
    EXPECT_EQ(read->rows[i].predictedMicroseconds, table.rows[i].predictedMicroseconds) << i;
  }
}

TEST_F(TuningTableTest, PredictionsAreNoMeasurements) {
  table.predicted = true;
  auto read = TuningTable::parse(table.text(), "t.json", target, context);
  ASSERT_TRUE(bool(read)) << read.takeError().message();
  EXPECT_TRUE(read->predicted);
  EXPECT_EQ(read->text(), table.text());
  ScheduledTarget tuned = withTuning(target, *read);
  EXPECT_EQ(tuned.chooseSchedule(&context, table.rows[1].shape), table.rows[1].schedule);
  EXPECT_EQ(tuned.tunedRow(table.rows[1].shape).number, 2);
  EXPECT_FALSE(tuned.tunedRow(table.rows[1].shape).measured);
  EXPECT_EQ(refuse([](auto &json) { json["predicted"] = 1; }),
            "'t.json': 'predicted' is 1, neither true nor false");
}

TEST_F(TuningTableTest, RowsAreFoundByEveryNumberOfTheShape) {
  EXPECT_EQ(table.find(table.rows[1].shape), 2u);
  for (int64_t KernelShape::*number :
       {&KernelShape::tokens, &KernelShape::rows, &KernelShape::n, &KernelShape::k,
        &KernelShape::matrices, &KernelShape::operands}) {
    KernelShape other = table.rows[0].shape;
    ++(other.*number);
    EXPECT_EQ(table.find(other), 0u);
  }
  KernelShape other = table.rows[0].shape;
  std::swap(other.activation, other.weight);
  EXPECT_EQ(table.find(other), 0u);
}

TEST_F(TuningTableTest, MeasuredSchedulesSayWhichRowTheyAre) {
  ScheduledTarget tuned = withTuning(target, table);
  EXPECT_EQ(tuned.chooseSchedule(&context, table.rows[1].shape),
            Abacus::parse(&context, "BN = 96, order = \"yx\""));
  EXPECT_EQ(tuned.tunedRow(table.rows[1].shape).number, 2);
  EXPECT_TRUE(tuned.tunedRow(table.rows[1].shape).measured);
  // Costs stay what the cost model says.
  KernelWork work;
  work.weightBytes = 7;
  EXPECT_EQ(tuned.predictMicroseconds(table.rows[1].shape, work), 7);
  KernelShape unknown = makeShape(moe::KernelFamily::Gemm, 8, "f32");
  EXPECT_EQ(tuned.chooseSchedule(&context, unknown), Abacus::parse(&context, "BN = 32"));
  EXPECT_EQ(tuned.tunedRow(unknown).number, 0);
  EXPECT_FALSE(tuned.tunedRow(unknown).measured);
}

TEST_F(TuningTableTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(refuse([](auto &json) { json["version"] = 4; }),
            "'t.json': is a tuning table of version 4, this moec reads 3");
  EXPECT_EQ(refuse([](auto &json) { json["target"] = "sundial"; }),
            "'t.json': was measured on sundial wood, and the model is compiled for abacus wood");
  EXPECT_EQ(refuse([](auto &json) { json["processor"] = "brass"; }),
            "'t.json': was measured on abacus brass, and the model is compiled for abacus wood");
  EXPECT_EQ(refuse([](auto &json) { json.erase("device"); }), "'t.json': has no 'device'");
  EXPECT_EQ(refuse([](auto &json) { json["mood"] = 1; }), "'t.json': has an unknown 'mood'");
  EXPECT_EQ(refuse([](auto &json) { json["rows"] = 3; }), "'t.json': 'rows' is no array");
  EXPECT_EQ(refuse([](auto &json) { json = 3; }), "'t.json': is no object");
  EXPECT_EQ(refuse([](auto &json) { json["rows"][0] = 3; }), "'t.json': row 1: is no object");
}

TEST_F(TuningTableTest, WhatIsWrongInARowIsNamed) {
  auto row = [&](const char *field, nlohmann::json value) {
    return refuse([&](auto &json) { json["rows"][1][field] = value; });
  };
  EXPECT_EQ(row("tokens", -4), "'t.json': row 2: 'tokens' is -4, not an integer of at least 0");
  EXPECT_EQ(row("k", 1.5), "'t.json': row 2: 'k' is 1.5, not an integer of at least 0");
  EXPECT_EQ(row("n", uint64_t(1) << 63),
            "'t.json': row 2: 'n' is 9223372036854775808, not an integer of at least 0");
  EXPECT_EQ(row("microseconds", -1.5),
            "'t.json': row 2: 'microseconds' is -1.5, not a positive number");
  EXPECT_EQ(row("predicted_schedule_microseconds", "3"),
            "'t.json': row 2: 'predicted_schedule_microseconds' is \"3\", not a positive number");
  EXPECT_EQ(row("family", 7), "'t.json': row 2: 'family' is 7, not a text");
  EXPECT_EQ(row("family", "poem"),
            "'t.json': row 2: 'family' is 'poem', which is no kernel family");
  EXPECT_EQ(row("weight", "bf"), "'t.json': row 2: 'weight' is 'bf', not a type");
  EXPECT_EQ(row("schedule", "#tile.schedule<BN = -1>"),
            "'t.json': row 2: 'schedule' is '#tile.schedule<BN = -1>', not a #tile.schedule");
  EXPECT_EQ(row("schedule", "3 : i32"),
            "'t.json': row 2: 'schedule' is '3 : i32', not a #tile.schedule");
  EXPECT_EQ(row("schedule", "#tile.schedule<BN = 48>"),
            "'t.json': row 2: '#tile.schedule<BN = 48>' is none of the schedules that target "
            "abacus has for this shape; tune again");
  EXPECT_EQ(row("mood", 1), "'t.json': row 2: has an unknown 'mood'");
  EXPECT_EQ(refuse([](auto &json) { json["rows"][1].erase("k"); }), "'t.json': row 2: has no 'k'");
  EXPECT_EQ(refuse([](auto &json) { json["rows"].push_back(json["rows"][0]); }),
            "'t.json': row 3: has the shape of row 1");
}

} // namespace
