//===- RawJsonTest.cpp - JSON as it was written -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/request/RawJson.h"

#include <gtest/gtest.h>

using namespace moec::server;

namespace {

TEST(RawJson, FindsMembersAsTheyAreWritten) {
  const char *object = R"( {"a": {"b": "}", "c": [1.0, 2]} , "b":-1e5,"c\u0022":"x\\\"",
                           "d" : [ ] , "a b": null, "b": true} )";
  EXPECT_EQ(findMember(object, "a"), R"({"b": "}", "c": [1.0, 2]})");
  EXPECT_EQ(findMember(object, "b"), "true") << "the last one counts";
  EXPECT_EQ(findMember(object, "c\""), R"("x\\\"")");
  EXPECT_EQ(findMember(object, "d"), "[ ]");
  EXPECT_EQ(findMember(object, "a b"), "null");
  EXPECT_EQ(findMember(object, "c"), "");
  EXPECT_EQ(findMember("{}", "a"), "");
  EXPECT_EQ(findMember("\xEF\xBB\xBF{\"a\": 1}", "a"), "1") << "behind a byte order mark";
}

TEST(RawJson, FindsElements) {
  EXPECT_EQ(findElements(R"( [1, "a,]", {"b": [2]} ,[]] )"),
            (std::vector<std::string_view>{"1", "\"a,]\"", "{\"b\": [2]}", "[]"}));
  EXPECT_TRUE(findElements("[ ]").empty());
}

TEST(RawJson, ChangesOnlyStrings) {
  auto change = [](const std::string &text) { return text == "\xC3\xBC" ? "\"" : text; };
  EXPECT_EQ(
      mapStrings(R"({"ü": ["\u00fc", "\u0041", 1.0, true, 12345678901234567890123]})", change),
      R"({"\"": ["\"", "\u0041", 1.0, true, 12345678901234567890123]})");
}

} // namespace
