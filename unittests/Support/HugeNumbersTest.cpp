//===- HugeNumbersTest.cpp - Numbers beyond a double ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Support/HugeNumbers.h"

#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>

using namespace moec;

namespace {

TEST(HugeNumbers, BecomeTheLargestOnes) {
  const char *text = R"({"1e400": [-1e400, 1e400, 1e-400, "1e400\"1e400"]})";
  EXPECT_FALSE(nlohmann::json::accept(text));
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(nlohmann::json::parse(replaceHugeNumbers(text))["1e400"],
            nlohmann::json({-most, most, 0.0, "1e400\"1e400"}));
}

TEST(HugeNumbers, AreReplacedAlone) {
  EXPECT_EQ(replaceHugeNumbers(R"([1e308, -1e309, 12E+999,"1e400", 1e-400])", "x"),
            R"([1e308, -x, x,"1e400", 1e-400])");
  EXPECT_EQ(replaceHugeNumbers(R"(["1e400\)", "x"), R"(["1e400\)") << "a text that is cut off";
}

} // namespace
