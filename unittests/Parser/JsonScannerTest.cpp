//===- JsonScannerTest.cpp - JSON, byte by byte -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/JsonScanner.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

using namespace moec::parser;

namespace {

/// How many bytes of a text are an object; 0 where it is none.
size_t scan(std::string_view text) {
  JsonScanner scanner;
  for (size_t i = 0; i < text.size(); ++i)
    switch (scanner.step(text[i])) {
    case JsonScanner::Step::Done:
      return i + 1;
    case JsonScanner::Step::Bad:
      return 0;
    case JsonScanner::Step::Inside:
      break;
    }
  return 0;
}

TEST(JsonScanner, KnowsWhatIsAnObject) {
  for (const char *text :
       {"{}", " {\n}",
        R"({"a": [1, -0.5e+7, "x\"\u00fc\\", true, false, null, {}], "b": {"c": []}})",
        R"({"\uD83D\ude00": "\uFFFF\uD7ff\ue000"})"})
    EXPECT_EQ(scan(text), std::string_view(text).size()) << text;
  for (const char *text : {"[]",
                           "1",
                           "{1: 2}",
                           "{\"a\"}",
                           "{\"a\": }",
                           "{\"a\": 1,}",
                           "{\"a\": [1,]}",
                           "{\"a\": 01}",
                           "{\"a\": 1.}",
                           "{\"a\": .5}",
                           "{\"a\": +1}",
                           "{\"a\": 1e}",
                           "{\"a\": tru}",
                           "{\"a\": \"\n\"}",
                           "{\"a\": \"\\x\"}",
                           "{\"a\": \"\\u12g4\"}",
                           "{\"a\": \"\\ud83d\"}",
                           "{\"a\": \"\\ud83d\\n\"}",
                           "{\"a\": \"\\ud83d\\ud83d\"}",
                           "{\"a\": \"\\ude00\"}",
                           "{\"a\": \"\\ud83dx\"}",
                           "{\"a\": [}",
                           "{,}",
                           "{\"a\": 1 2}",
                           "{\"a\": nulll}"})
    EXPECT_EQ(scan(text), 0u) << text;
  EXPECT_EQ(scan("{}}"), 2u) << "it ends where the object does";
  EXPECT_EQ(scan("{\"a\":" + std::string(300, '[')), 0u) << "too deep";
}

/// Objects with a byte changed, of which the library says whether they are any.
TEST(JsonScanner, AgreesWithTheLibrary) {
  const std::string whole = R"({"a": [12, -0.5e7, "x\"y\n", true], "b": {"c": null, "d": []}})";
  const std::string_view bytes = "{}[]:,\"\\0123.eE+-tfnul ax";
  std::mt19937 random(3);
  size_t sound = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (int change = 0; change < 2; ++change)
      text[1 + random() % (text.size() - 2)] = bytes[random() % bytes.size()];
    bool isSound = nlohmann::json::accept(text);
    sound += isSound;
    size_t size = scan(text);
    ASSERT_EQ(size == text.size(), isSound) << text;
    if (size != 0) {
      ASSERT_TRUE(nlohmann::json::accept(text.substr(0, size))) << text;
    }
  }
  EXPECT_GT(sound, 500u);
}

} // namespace
