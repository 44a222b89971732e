//===- FunctionTest.cpp - The functions that every machine has ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each float function that a tile.kernel may use, against the C library's in double precision.
//
//===----------------------------------------------------------------------===//

#include "Harness/NativeKernel.h"

#include "moec/InitAllDialects.h"

#include "mlir/Parser/Parser.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::test;

namespace {

struct Function {
  const char *name;
  double (*exact)(double);
  float low, high;
};

std::ostream &operator<<(std::ostream &os, const Function &function) { return os << function.name; }

class Functions : public ::testing::TestWithParam<Function> {};

/// Compiles the kernel and runs it.
void run(const std::string &text, const std::vector<Word> &words) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  ASSERT_TRUE(module) << text;
  tile::KernelOp kernel = *module->getOps<tile::KernelOp>().begin();
  NativeTarget target;
  mlir::OwningOpRef<mlir::ModuleOp> compiled(module->clone());
  if (const NativeKernel *native = target.compile(*compiled))
    native->run(kernel, words, 1);
}

/// The ops `body` of every number: they take %v, a 1x64xf32, and make %w.
std::vector<float> evaluate(const std::string &body, std::vector<float> x) {
  std::string text = "tile.kernel @f(%x: !tile.ref<?x64xf32>, %y: !tile.ref<?x64xf32>, %n: index) "
                     "grid(%bx = affine_map<(n) -> (n)>, %by = affine_map<(n) -> (1)>, "
                     "%bz = affine_map<(n) -> (1)>) {\n"
                     "  %c0 = arith.constant 0 : index\n"
                     "  %v = tile.load %x[%bx, %c0] : !tile.ref<?x64xf32> -> tensor<1x64xf32>\n"
                     "  " +
                     body +
                     "\n"
                     "  tile.store %w, %y[%bx, %c0] : tensor<1x64xf32>, !tile.ref<?x64xf32>\n"
                     "  tile.return\n}";
  std::vector<float> y(x.size(), NAN);
  run(text, {{.address = x.data(), .bytes = x.size() * 4},
             {.address = y.data(), .bytes = y.size() * 4},
             {.index = int64_t(x.size() / 64)}});
  return y;
}

} // namespace

TEST_P(Functions, AreAccurate) {
  const Function &function = GetParam();
  std::vector<float> x(16 * 64);
  for (size_t i = 0; i != x.size(); ++i)
    x[i] = function.low + (function.high - function.low) * float(i) / float(x.size() - 1);
  std::vector<float> y =
      evaluate("%w = math." + std::string(function.name) + " %v : tensor<1x64xf32>", x);
  for (size_t i = 0; i != x.size(); ++i) {
    double exact = function.exact(x[i]);
    ASSERT_NEAR(y[i], exact, 2e-6 * std::max(1.0, std::abs(exact))) << x[i];
  }
}

// What machines may have a shorter way for: near one half, in both tails, where e^x has no f32, and
// of what is no number.
TEST(Logistic, IsRightEverywhere) {
  std::vector<float> x(16 * 64);
  for (size_t i = 0; i != x.size(); ++i)
    x[i] = -110 + 220 * float(i) / float(x.size() - 1);
  const float ends[] = {INFINITY, -INFINITY, 0.0f,    -0.0f,    88.8f, -88.8f,
                        1e-40f,   -1e-40f,   3.4e38f, -3.4e38f, NAN};
  std::copy(std::begin(ends), std::end(ends), x.begin() + 512);
  std::vector<float> y = evaluate(R"(%one = arith.constant dense<1.0> : tensor<1x64xf32>
    %e = math.exp %v : tensor<1x64xf32>
    %sum = arith.addf %one, %e : tensor<1x64xf32>
    %w = arith.divf %one, %sum : tensor<1x64xf32>)",
                                  x);
  for (size_t i = 0; i != x.size(); ++i) {
    if (std::isnan(x[i])) {
      EXPECT_TRUE(std::isnan(y[i]));
      continue;
    }
    // In the tail an error of x of half a unit is one of the result.
    double exact = 1 / (1 + std::exp(double(x[i])));
    EXPECT_NEAR(y[i], exact, 1e-5 * exact + 0x1p-126) << x[i];
  }
}

// A block with a number that is not finite, of either sign, has NaN for a scale and zeros for
// codes, and no other has. The rest are numbers that FP4 has. One row at a time, and so many that a
// lane has several blocks.
TEST(Quantize, BlocksThatAreNotFiniteAreNaN) {
  constexpr int allRows = 256;
  const float numbers[] = {0, 0.5f, -1, 1.5f, -2, 3, -4, 6};
  const uint8_t pairs[] = {0x10, 0x3a, 0x5c, 0x7e};
  std::vector<float> x(allRows * 64);
  for (size_t i = 0; i != x.size(); ++i)
    x[i] = numbers[i % 8];
  // Blocks of 32: the second, fourth, sixth and eighth, both of the sixth row, one of the last.
  const std::pair<size_t, float> broken[] = {{37, NAN},           {96, std::copysign(NAN, -1.0f)},
                                             {191, INFINITY},     {240, -INFINITY},
                                             {330, NAN},          {383, -INFINITY},
                                             {64 * 255, INFINITY}};
  std::vector<bool> isBroken(x.size() / 32);
  for (auto [place, value] : broken) {
    x[place] = value;
    isBroken[place / 32] = true;
  }
  // Of bf16 a lane has eight numbers of a block in a row, a word of codes.
  std::vector<uint16_t> narrow(x.size());
  for (size_t i = 0; i != x.size(); ++i)
    narrow[i] = uint16_t(std::bit_cast<uint32_t>(x[i]) >> 16);
  for (auto [rows, isNarrow] : {std::pair(1, false), {allRows, false}, {allRows, true}}) {
    SCOPED_TRACE(std::to_string(rows) + (isNarrow ? " rows of bf16" : " rows of f32"));
    const std::string type = isNarrow ? "bf16" : "f32";
    const std::string block = "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
    const std::string count = std::to_string(rows), row = "tensor<" + count + "x64x";
    std::vector<uint8_t> codes(x.size() / 2, 0xee), scales(x.size() / 32, 0xee);
    run("tile.kernel @f(%x: !tile.ref<?x64x" + type + ">, %y: !tile.ref<?x64x" + block +
            ">, %n: index) grid(%bx = affine_map<(n) -> (n)>, %by = affine_map<(n) -> (1)>, "
            "%bz = affine_map<(n) -> (1)>) {\n  %c0 = arith.constant 0 : index\n"
            "  %rows = arith.constant " +
            count +
            " : index\n  %row = arith.muli %bx, %rows : index\n"
            "  %v = tile.load %x[%row, %c0] : !tile.ref<?x64x" +
            type + "> -> " + row + type + ">\n" +
            (isNarrow ? "  %w = arith.extf %v : " + row + "bf16> to " + row + "f32>\n" : "") +
            "  %q = tile.quantize " + (isNarrow ? "%w" : "%v") + " rounding even : " + row +
            "f32> -> " + row + block + ">\n  tile.store %q, %y[%row, %c0] : " + row + block +
            ">, !tile.ref<?x64x" + block + ">\n  tile.return\n}",
        {isNarrow ? Word{.address = narrow.data(), .bytes = narrow.size() * 2}
                  : Word{.address = x.data(), .bytes = x.size() * 4},
         {.address = codes.data(), .bytes = codes.size()},
         {.address = scales.data(), .bytes = scales.size()},
         {.index = allRows / rows}});
    for (size_t i = 0; i != scales.size(); ++i)
      EXPECT_EQ(scales[i], isBroken[i] ? 255 : 127) << "block " << i;
    for (size_t i = 0; i != codes.size(); ++i)
      EXPECT_EQ(codes[i], isBroken[i / 16] ? 0 : pairs[i % 4]) << "byte " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Math, Functions,
    ::testing::Values(Function{"absf", std::fabs, -3, 3}, Function{"ceil", std::ceil, -3, 3},
                      Function{"cos", std::cos, -9, 9}, Function{"erf", std::erf, -5, 5},
                      Function{"exp", std::exp, -20, 20}, Function{"exp2", std::exp2, -30, 30},
                      Function{"floor", std::floor, -3, 3}, Function{"log", std::log, 1e-3f, 50},
                      Function{"log1p", std::log1p, -0.9f, 5},
                      Function{"log2", std::log2, 1e-3f, 50},
                      Function{"roundeven", std::nearbyint, -3, 3},
                      Function{"rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1e-2f, 50},
                      Function{"sin", std::sin, -9, 9}, Function{"sqrt", std::sqrt, 0, 50},
                      Function{"tanh", std::tanh, -9, 9}, Function{"trunc", std::trunc, -3, 3}),
    [](const auto &info) { return info.param.name; });
