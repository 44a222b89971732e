//===- ElementTest.cpp - Ops of single elements ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "KernelText.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::test;

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// What `op` makes of numbers of type T, as a number of type To.
template <typename T, typename To = T>
std::string apply(const std::string &op, const std::string &from, const std::string &to,
                  std::vector<std::vector<T>> operands, To &result) {
  std::string arguments, loads, names;
  std::vector<interpreter::Argument> passed;
  for (size_t i = 0; i != operands.size(); ++i) {
    std::string n = std::to_string(i);
    arguments += "%x" + n + ": !tile.ref<1x" + from + ">, ";
    loads += "%v" + n + " = tile.load %x" + n + "[%c0] : !tile.ref<1x" + from + "> -> tensor<1x" +
             from + ">\n";
    names += (i ? ", %v" : "%v") + n;
    passed.push_back(arrayOf(operands[i]));
  }
  std::vector<To> out(1);
  passed.push_back(arrayOf(out));
  std::string text = op;
  text.replace(text.find("$"), 1, names);
  KernelText kernel(arguments + "%y: !tile.ref<1x" + to + ">",
                    "%c0 = arith.constant 0 : index\n" + loads + "%r = " + text +
                        "\ntile.store %r, %y[%c0] : tensor<1x" + to + ">, !tile.ref<1x" + to + ">");
  std::string said = kernel.run(passed);
  result = out[0];
  return said;
}

void expectFloat(const std::string &op, const std::vector<float> &operands, float expected) {
  std::vector<std::vector<float>> columns;
  for (float operand : operands)
    columns.push_back({operand});
  float result = 0;
  EXPECT_EQ(apply<float>(op + " $ : tensor<1xf32>", "f32", "f32", columns, result), "") << op;
  if (std::isnan(expected))
    EXPECT_TRUE(std::isnan(result)) << op << " is " << result;
  else
    EXPECT_EQ(result, expected) << op;
}

TEST(Element, Floats) {
  expectFloat("arith.addf", {1, 0x1p-24f}, 1);
  expectFloat("arith.subf", {1, 3}, -2);
  expectFloat("arith.mulf", {3, 0.5f}, 1.5f);
  expectFloat("arith.divf", {1, 3}, 1.0f / 3.0f);
  expectFloat("arith.remf", {-7, 4}, -3);
  expectFloat("arith.negf", {2}, -2);
  expectFloat("arith.maxnumf", {nan, 2}, 2);
  expectFloat("arith.minnumf", {3, 2}, 2);
  expectFloat("arith.maximumf", {nan, 2}, nan);
  expectFloat("arith.minimumf", {3, 2}, 2);
  expectFloat("math.absf", {-2}, 2);
  expectFloat("math.ceil", {1.25f}, 2);
  expectFloat("math.floor", {-1.25f}, -2);
  expectFloat("math.trunc", {-1.75f}, -1);
  expectFloat("math.roundeven", {2.5f}, 2);
  expectFloat("math.copysign", {2, -0.0f}, -2);
  expectFloat("math.sqrt", {2}, std::sqrt(2.0f));
  expectFloat("math.rsqrt", {4}, 0.5f);
  expectFloat("math.exp2", {-3}, 0.125f);
  expectFloat("math.log2", {8}, 3);
  expectFloat("math.exp", {1}, 2.71828182845904523536f);
  expectFloat("math.log", {10}, 2.30258509299404568402f);
  expectFloat("math.log1p", {1}, 0.69314718055994530942f);
  expectFloat("math.sin", {1}, 0.84147098480789650665f);
  expectFloat("math.cos", {1}, 0.54030230586813971740f);
  expectFloat("math.tanh", {1}, 0.76159415595576488812f);
  expectFloat("math.erf", {1}, 0.84270079294971486934f);
  // The product of these needs more than 24 bits, which a sum that is rounded twice has not.
  float a = 1 + 0x1p-12f;
  expectFloat("math.fma", {a, a, -1}, 0x1p-11f + 0x1p-24f);
}

void expectInteger(const std::string &op, const std::vector<int32_t> &operands, int32_t expected) {
  std::vector<std::vector<int32_t>> columns;
  for (int32_t operand : operands)
    columns.push_back({operand});
  int32_t result = 0;
  EXPECT_EQ(apply<int32_t>(op + " $ : tensor<1xi32>", "i32", "i32", columns, result), "") << op;
  EXPECT_EQ(result, expected) << op;
}

TEST(Element, Integers) {
  expectInteger("arith.addi", {INT32_MAX, 1}, INT32_MIN);
  expectInteger("arith.subi", {INT32_MIN, 1}, INT32_MAX);
  expectInteger("arith.muli", {65537, 65537}, 131073);
  expectInteger("arith.divsi", {-7, 2}, -3);
  expectInteger("arith.floordivsi", {-7, 2}, -4);
  expectInteger("arith.ceildivsi", {7, 2}, 4);
  expectInteger("arith.remsi", {-7, 2}, -1);
  expectInteger("arith.divui", {-2, 2}, INT32_MAX);
  expectInteger("arith.ceildivui", {7, 2}, 4);
  expectInteger("arith.remui", {-1, 16}, 15);
  expectInteger("arith.maxsi", {-1, 1}, 1);
  expectInteger("arith.minsi", {-1, 1}, -1);
  expectInteger("arith.maxui", {-1, 1}, -1);
  expectInteger("arith.minui", {-1, 1}, 1);
  expectInteger("arith.andi", {-4, 7}, 4);
  expectInteger("arith.ori", {-4, 1}, -3);
  expectInteger("arith.xori", {5, 3}, 6);
  expectInteger("arith.shli", {3, 31}, INT32_MIN);
  expectInteger("arith.shrsi", {-8, 1}, -4);
  expectInteger("arith.shrui", {-8, 1}, INT32_MAX - 3);
  expectInteger("math.absi", {-3}, 3);
  expectInteger("math.ctpop", {-1}, 32);
  expectInteger("math.ctlz", {1}, 31);
  expectInteger("math.cttz", {0}, 32);
}

TEST(Element, Undefined) {
  int32_t result = 0;
  EXPECT_EQ(apply<int32_t>("arith.divsi $ : tensor<1xi32>", "i32", "i32", {{1}, {0}}, result),
            "kernel.mlir:5:6: arith.divsi in kernel 'k', block 0, 0, 0: divides by 0");
  EXPECT_EQ(apply<int32_t>("arith.shli $ : tensor<1xi32>", "i32", "i32", {{1}, {32}}, result),
            "kernel.mlir:5:6: arith.shli in kernel 'k', block 0, 0, 0: shifts 32 bits by 32");
  EXPECT_EQ((apply<float, int32_t>("arith.fptosi $ : tensor<1xf32> to tensor<1xi32>", "f32", "i32",
                                   {{3e9f}}, result)),
            "kernel.mlir:4:6: arith.fptosi in kernel 'k', block 0, 0, 0: converts 3e+09, which an "
            "integer of 32 bits cannot hold");
}

// Integers of 64 bits are held as far as 53 bits go.
TEST(Element, WideIntegers) {
  int64_t result = 0;
  EXPECT_EQ((apply<int64_t>("arith.addi $ : tensor<1xi64>", "i64", "i64",
                            {{(int64_t(1) << 52)}, {-1}}, result)),
            "");
  EXPECT_EQ(result, (int64_t(1) << 52) - 1);
  const std::string tooWide = "an integer of more than 53 bits, which the interpreter cannot hold";
  EXPECT_EQ((apply<int64_t>("arith.muli $ : tensor<1xi64>", "i64", "i64", {{int64_t(1) << 52}, {2}},
                            result)),
            "kernel.mlir:5:6: arith.muli in kernel 'k', block 0, 0, 0: gives " + tooWide);
  EXPECT_EQ(
      (apply<int64_t>("arith.muli $ : tensor<1xi64>", "i64", "i64", {{INT64_MAX}, {2}}, result)),
      "kernel.mlir:3:7: tile.load in kernel 'k', block 0, 0, 0: reads " + tooWide);
  KernelText kernel("%t: index", "%c = arith.constant 9007199254740993 : i64");
  EXPECT_EQ(kernel.run({1}),
            "kernel.mlir:2:6: arith.constant in kernel 'k', block 0, 0, 0: is " + tooWide);
  EXPECT_EQ(kernel.run({INT64_MIN}),
            "kernel 'k' is given -9223372036854775808 as argument 0, " + tooWide);
}

template <typename T, typename To>
void expectConversion(const std::string &op, const std::string &from, const std::string &to,
                      T operand, To expected) {
  To result{};
  std::string text = op + " $ : tensor<1x" + from + "> to tensor<1x" + to + ">";
  EXPECT_EQ((apply<T, To>(text, from, to, {{operand}}, result)), "") << op;
  EXPECT_EQ(result, expected) << op;
}

TEST(Element, Conversions) {
  expectConversion<float, uint16_t>("arith.truncf", "f32", "bf16", 1 + 0x1p-8f, 0x3f80);
  expectConversion<uint16_t, float>("arith.extf", "bf16", "f32", 0x3f81, 1 + 0x1p-7f);
  expectConversion<int8_t, int32_t>("arith.extsi", "i8", "i32", -1, -1);
  expectConversion<int8_t, int32_t>("arith.extui", "i8", "i32", -1, 255);
  expectConversion<int32_t, int8_t>("arith.trunci", "i32", "i8", 255, -1);
  expectConversion<int32_t, float>("arith.sitofp", "i32", "f32", -3, -3);
  expectConversion<int32_t, float>("arith.uitofp", "i32", "f32", -1, 0x1p32f);
  expectConversion<float, int32_t>("arith.fptosi", "f32", "i32", -2.75f, -2);
  expectConversion<float, int32_t>("arith.fptoui", "f32", "i32", 3e9f, int32_t(3000000000u));
  expectConversion<float, int32_t>("arith.bitcast", "f32", "i32", 1, 0x3f800000);
}

/// Whether the predicate holds, by a select between 1 and 0.
template <typename T>
void expectComparison(const std::string &predicate, const std::string &type, T a, T b, bool holds) {
  std::string letter = type[0] == 'f' ? "f" : "i";
  std::vector<T> x{a}, y{b};
  std::vector<int32_t> out{-1};
  KernelText kernel("%x: !tile.ref<1x" + type + ">, %y: !tile.ref<1x" + type +
                        ">, %o: !tile.ref<1xi32>",
                    "%c0 = arith.constant 0 : index\n"
                    "%zero = arith.constant dense<0> : tensor<1xi32>\n"
                    "%one = arith.constant dense<1> : tensor<1xi32>\n"
                    "%a = tile.load %x[%c0] : !tile.ref<1x" +
                        type + "> -> tensor<1x" + type +
                        ">\n"
                        "%b = tile.load %y[%c0] : !tile.ref<1x" +
                        type + "> -> tensor<1x" + type +
                        ">\n"
                        "%c = arith.cmp" +
                        letter + " " + predicate + ", %a, %b : tensor<1x" + type +
                        ">\n"
                        "%s = arith.select %c, %one, %zero : tensor<1xi1>, tensor<1xi32>\n"
                        "tile.store %s, %o[%c0] : tensor<1xi32>, !tile.ref<1xi32>");
  EXPECT_EQ(kernel.run({arrayOf(x), arrayOf(y), arrayOf(out)}), "");
  EXPECT_EQ(out[0], int(holds)) << predicate << " of " << a << " and " << b;
}

TEST(Element, Comparisons) {
  // Of less, equal, greater, unordered: those for which a predicate holds.
  struct Case {
    const char *predicate;
    bool less, equal, greater, unordered;
  };
  for (Case c : {Case{"false", false, false, false, false},
                 {"true", true, true, true, true},
                 {"ord", true, true, true, false},
                 {"uno", false, false, false, true},
                 {"oeq", false, true, false, false},
                 {"one", true, false, true, false},
                 {"olt", true, false, false, false},
                 {"ole", true, true, false, false},
                 {"ogt", false, false, true, false},
                 {"oge", false, true, true, false},
                 {"ueq", false, true, false, true},
                 {"une", true, false, true, true},
                 {"ult", true, false, false, true},
                 {"ule", true, true, false, true},
                 {"ugt", false, false, true, true},
                 {"uge", false, true, true, true}}) {
    expectComparison<float>(c.predicate, "f32", 1, 2, c.less);
    expectComparison<float>(c.predicate, "f32", 2, 2, c.equal);
    expectComparison<float>(c.predicate, "f32", 3, 2, c.greater);
    expectComparison<float>(c.predicate, "f32", nan, 2, c.unordered);
  }
  for (Case c : {Case{"eq", false, true, false, false},
                 {"ne", true, false, true, true},
                 {"slt", true, false, false, true},
                 {"sle", true, true, false, true},
                 {"sgt", false, false, true, false},
                 {"sge", false, true, true, false},
                 {"ult", true, false, false, false},
                 {"ule", true, true, false, false},
                 {"ugt", false, false, true, true},
                 {"uge", false, true, true, true}}) {
    expectComparison<int32_t>(c.predicate, "i32", 1, 2, c.less);
    expectComparison<int32_t>(c.predicate, "i32", 2, 2, c.equal);
    expectComparison<int32_t>(c.predicate, "i32", 3, 2, c.greater);
    // Less as a signed number, more as an unsigned one.
    expectComparison<int32_t>(c.predicate, "i32", -1, 2, c.unordered);
  }
}

// Every op of the dialect has a meaning, and those of other dialects that have none are refused.
TEST(Element, EveryOp) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  for (mlir::RegisteredOperationName name : context.getRegisteredOperationsByDialect("tile"))
    if (!llvm::is_contained({"tile.kernel", "tile.return"}, name.getStringRef()))
      EXPECT_TRUE(interpreter::hasMeaning(name.getStringRef())) << name.getStringRef().str();
  KernelText kernel("%x: index", "%c1 = arith.constant 1 : i32\n"
                                 "%a, %b = arith.addui_extended %c1, %c1 : i32, i1");
  EXPECT_EQ(kernel.run({1}), "kernel.mlir:3:10: arith.addui_extended in kernel 'k', block 0, 0, 0: "
                             "the interpreter knows no such op");
}

} // namespace
