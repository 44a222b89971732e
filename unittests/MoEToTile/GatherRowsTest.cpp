//===- GatherRowsTest.cpp - Kernels of embed and select_rows --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

using namespace moec::test;

namespace {

TEST(GatherRows, Embed) {
  constexpr int64_t vocabulary = 11;
  for (int64_t width : {1, 24, 64, 100})
    for (int64_t count : {1, 7, 8, 19})
      for (const char *schedule : {"", "BM = 4, BN = 16"}) {
        std::string result = tokens({width});
        KernelTest test("moe.weight @table : tensor<11x" + std::to_string(width) +
                            "xbf16> from \"t\"\nfunc.func @f(%i: tensor<?xi32>) -> " + result +
                            " {\n%r = moe.group embed \"e\" (%i0 = %i : tensor<?xi32>) -> " +
                            result + " {\n%0 = moe.embed %i0, @table : " + result +
                            "\nmoe.yield %0 : " + result + "\n}\nreturn %r : " + result + "\n}\n",
                        schedule);
        ASSERT_TRUE(test.isBuilt()) << test.getDiagnostics();
        Random random(2);
        test.setTokens(count, count);
        test.weight("table") = random.numbers(vocabulary * width, /*bf16=*/true);
        Array want;
        for (int64_t token = 0; token != count; ++token) {
          int64_t id = random.below(vocabulary);
          test.input(0).push_back(double(id));
          for (int64_t column = 0; column != width; ++column)
            want.push_back(test.weight("table")[id * width + column]);
        }
        test.output(0).resize(count * width);
        ASSERT_EQ(test.run(), "") << test.print();
        EXPECT_EQ(test.output(0), want) << "width " << width << ", " << count << " tokens";
      }
}

TEST(GatherRows, SelectRows) {
  std::string type = tokens({24});
  KernelTest test("func.func @f(%x: " + type + ", %b: !moe.batch) -> " + type +
                      " {\n%r = moe.group select_rows \"s\" (%x0 = %x : " + type +
                      ", %b0 = %b : !moe.batch) -> " + type +
                      " {\n%0 = moe.select_rows %x0, %b0 : " + type + "\nmoe.yield %0 : " + type +
                      "\n}\nreturn %r : " + type + "\n}\n",
                  "BM = 2, BN = 16");
  ASSERT_TRUE(test.isBuilt()) << test.getDiagnostics();
  Random random(2);
  std::vector<int64_t> rows = {4, 0, 8};
  test.setTokens(9, int64_t(rows.size()));
  test.setLogitsRows(rows);
  test.input(0) = random.numbers(9 * 24);
  Array want;
  for (int64_t row : rows)
    for (int64_t column = 0; column != 24; ++column)
      want.push_back(test.input(0)[row * 24 + column]);
  test.output(0).resize(rows.size() * 24);
  ASSERT_EQ(test.run(), "") << test.print();
  EXPECT_EQ(test.output(0), want);
}

} // namespace
