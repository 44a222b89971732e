//===- PatternTest.cpp - Oniguruma's syntax in PCRE2's ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What patterns match is tested against Oniguruma (ComponentTest); here is what is refused, and
// how.
//
//===----------------------------------------------------------------------===//

#include "TokenizerTesting.h"

#include "runtime/tokenizer/regex/Regex.h"

using namespace moec;
using namespace moec::tokenizer;

TEST(Pattern, RefusesWithAReason) {
  const std::pair<std::string, const char *> cases[] = {
      {"(a", "missing ) at byte 2 of 2"},
      {"a)", "unmatched ) at byte 1 of 2"},
      {"[a", "a class without ] at byte 2 of 2"},
      {"*a", "nothing to repeat before * at byte 0 of 2"},
      {"a\\", "a \\ at the end at byte 2 of 2"},
      {"[b-a]", "a range from 98 down to 97 at byte 4 of 5"},
      {"\\p{Klingon}", "unknown property \"Klingon\" at byte 11 of 11"},
      {"\\p{L", "\\p{ without } at byte 4 of 4"},
      {"[[:nope:]]", "unknown class [:nope:] at byte 9 of 10"},
      {"(?~ab)", "(?~ is not supported at byte 2 of 6"},
      {"(*FAIL)", "callouts are not supported at byte 1 of 7"},
      {"\\x{110000}", "an escape is no Unicode character at byte 10 of 10"},
      {"\\xE3\\x81",
       "a \\x that is one byte of a longer character is not supported at byte 4 of 8"},
      {"\\X", "\\X is not supported at byte 1 of 2"},
      {"(a)\\81", "a reference to group 10 or higher is not supported at byte 4 of 6"},
      {"\\y", "\\y is not supported at byte 1 of 2"},
      {"(?q)", "group option q is not supported at byte 3 of 4"},
      {"(?<a b>x)", "a group name may have letters, digits and _ only at byte 5 of 9"},
      {std::string(300, '('), "groups nested deeper than 200 at byte 201 of 300"},
      {std::string(100, '['), "classes nested deeper than 50 at byte 52 of 100"},
  };
  for (const auto &[pattern, message] : cases) {
    Expected<Regex> regex = Regex::compile(pattern);
    ASSERT_FALSE(static_cast<bool>(regex)) << pattern;
    EXPECT_EQ(regex.takeError().message(), message) << pattern;
  }
}

TEST(Pattern, GivesUpOnExponentialWork) {
  Expected<Regex> regex = Regex::compile("(a|b|ab)*(?=c)");
  ASSERT_TRUE(static_cast<bool>(regex));
  MatchScratch scratch;
  std::vector<Match> matches;
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += "ab";
  const std::string message = regex->split(text, scratch, matches).message();
  EXPECT_TRUE(message.starts_with("the regular expression gave up at byte 0 of 400: ")) << message;
}

TEST(Pattern, LongMatchesNeedNoStack) {
  Expected<Regex> regex = Regex::compile("(?:a|b)+c?");
  ASSERT_TRUE(static_cast<bool>(regex));
  MatchScratch scratch;
  std::vector<Match> matches;
  EXPECT_EQ(regex->split(std::string(300'000, 'b'), scratch, matches).message(), "");
  EXPECT_EQ(matches.size(), 1u);
}
