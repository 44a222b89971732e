//===- StopStringsTest.cpp - Texts that end a text ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every way to cut a text gives what the whole text gives.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/service/StopStrings.h"

#include <gtest/gtest.h>
#include <random>

using namespace moec::runtime;
using Strings = std::vector<std::string>;

/// All that comes out of a text in pieces, and the string that was found.
static std::pair<std::string, std::string> run(const Strings &stops, const Strings &pieces,
                                               bool include = false) {
  StopStrings watch(stops, include);
  std::string out;
  for (const std::string &piece : pieces)
    out += watch.push(piece);
  if (!watch.found())
    out += watch.finish();
  return {out, watch.found().value_or("")};
}

using Result = std::pair<std::string, std::string>;

TEST(StopStrings, EndsBeforeTheFirstThatIsComplete) {
  EXPECT_EQ(run({"stop"}, {"one st", "op two"}), Result("one ", "stop"));
  EXPECT_EQ(run({"stop"}, {"one st", "op two"}, /*include=*/true), Result("one stop", "stop"));
  // "bc" is complete a byte before "abcd".
  EXPECT_EQ(run({"abcd", "bc"}, {"xabcd"}), Result("xa", "bc"));
  // Both end at the same byte.
  EXPECT_EQ(run({"b", "aab"}, {"xaaab"}), Result("xa", "aab"));
  // What began as a stop string is text after all, and can begin the real one.
  EXPECT_EQ(run({"aab"}, {"aa", "a", "a", "b"}), Result("aa", "aab"));
  EXPECT_EQ(run({"aab"}, {"aa"}), Result("aa", ""));
  EXPECT_EQ(run({}, {"a", "b"}), Result("ab", ""));
}

TEST(StopStrings, HoldsBackNoMoreThanCanStillMatch) {
  StopStrings watch({"\n\n", "ab"}, false);
  EXPECT_EQ(watch.push("x\n"), "x");
  EXPECT_EQ(watch.push("y"), "\ny");
  EXPECT_EQ(watch.push("a"), "");
  EXPECT_EQ(watch.pass("b"), "ab") << "passed text does not match, nor what it continues";
  EXPECT_EQ(watch.push("c\n"), "c");
  EXPECT_EQ(watch.finish(), "\n");
}

TEST(StopStrings, CutsMakeNoDifference) {
  std::mt19937 random(7);
  auto draw = [&](size_t least, size_t most) {
    std::string text(least + random() % (most - least + 1), ' ');
    for (char &c : text)
      c = char('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 3000; ++round) {
    Strings stops, pieces;
    for (size_t i = random() % 4; i-- > 0;)
      stops.push_back(draw(1, 5));
    std::string text = draw(0, 30);
    for (size_t at = 0; at < text.size();) {
      size_t count = 1 + random() % 4;
      pieces.push_back(text.substr(at, count));
      at += count;
    }
    bool include = random() % 2;
    // The shortest beginning of the text that ends with one of them.
    Result expected(text, "");
    for (size_t end = 1; end <= text.size() && expected.second.empty(); ++end)
      for (const std::string &stop : stops)
        if (text.substr(0, end).ends_with(stop) && stop.size() > expected.second.size())
          expected = {text.substr(0, include ? end : end - stop.size()), stop};
    EXPECT_EQ(run(stops, pieces, include), expected) << text;
  }
}
