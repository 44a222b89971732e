//===- JsonTest.cpp - JSON for templates -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Render.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::jinja;

TEST(Json, KeepsOrderAndNumbers) {
  const char *text = R"({"b": 1, "a": 1.0, "9": [1e2, -0.0, 9007199254740993, null, true, {}]})";
  EXPECT_EQ(render("{{ x | tojson }}", strCat("{\"x\": ", text, "}")),
            R"({"b": 1, "a": 1.0, "9": [100.0, -0.0, 9007199254740993, null, true, {}]})");
  // The last of equal keys counts, at the place of the first.
  EXPECT_EQ(render("{{ x }}", R"({"x": {"a": 1, "b": 2, "a": 3}})"), "{'a': 3, 'b': 2}");
}

/// As Python reads and writes them.
TEST(Json, NumbersBeyondADoubleAreInfinite) {
  EXPECT_EQ(render("{{ x | tojson }} {{ x[0] }}", R"({"x": [1e400, -1E+309, 1e-400, "1e400"]})"),
            R"([Infinity, -Infinity, 0.0, "1e400"] inf)");
  EXPECT_FALSE(bool(Json::parse("[1e400,]")));
}

TEST(Json, ManyKeys) {
  std::string text = "{\"x\": {\"k0\": 0";
  for (int i = 1; i < 500; ++i)
    text += strCat(", \"k", i, "\": ", i);
  EXPECT_EQ(render("{{ x.k0 }} {{ x.k499 }} {{ x.k500 is defined }} {{ x | length }}", text + "}}"),
            "0 499 False 500");
}

TEST(Json, Members) {
  Json value = json(R"({"a": [1, "x"], "b": {"c": true}, "d": null})");
  EXPECT_EQ(value.member("a").elements().size(), 2u);
  EXPECT_EQ(value.member("a").elements()[1].text(), "x");
  EXPECT_TRUE(value.member("b").member("c").isTrue());
  EXPECT_TRUE(value.has("d") && value.member("d").isNull() && !value.has("e"));
  Json rest = value.without({"a", "d"});
  EXPECT_TRUE(rest.has("b") && !rest.has("a") && !rest.has("d"));
  value = Json();
  EXPECT_TRUE(rest.member("b").member("c").isTrue()) << "it outlives the whole";
}

TEST(Json, Errors) {
  auto problem = [](const std::string &text) {
    Expected<Json> parsed = Json::parse(text);
    return parsed ? "" : parsed.takeError().message();
  };
  EXPECT_TRUE(problem("{\"a\": }").starts_with("the JSON is not JSON at byte 7"))
      << problem("{\"a\": }");
  EXPECT_EQ(problem(std::string(201, '[')), "the JSON is nested deeper than 200");
  EXPECT_NE(problem("[\"\xFF\"]"), "");
}
