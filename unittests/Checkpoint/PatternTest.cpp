//===- PatternTest.cpp - Names that configurations list ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Patterns match what Python's `re.match` and `fnmatch` say they match; each tool's rule holds.
//
//===----------------------------------------------------------------------===//

#include "Patterns/NamePattern.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::checkpoint;

namespace {
struct Case {
  const char *pattern, *text;
  bool matches;
};
} // namespace

/// Each line was asked of Python: `bool(re.match(pattern, text))`.
TEST(RegexTest, MatchesWhatPythonMatches) {
  const Case cases[] = {
      {R"(.*mlp\.(gate|up)_proj$)", "model.layers.0.mlp.gate_proj", true},
      {R"(.*mlp\.(gate|up)_proj$)", "model.layers.0.mlp.gate_proj.weight", false},
      {R"(.*layers\.\d+\.mlp)", "x.layers.12.mlp.gate", true},
      {"lm_head", "lm_head2", true},
      {"lm_head", "model.lm_head", false},
      {R"((?!.*experts).*_proj)", "a.experts.q_proj", false},
      {R"((?!.*experts).*_proj)", "a.q_proj", true},
      {R"((?=.*\.3\.).*proj)", "layers.3.q_proj", true},
      {R"((?=.*\.3\.).*proj)", "layers.2.q_proj", false},
      {"a{2,3}$", "aaaa", false},
      {"a{2,3}$", "aaa", true},
      {"a{0}b", "b", true},
      {"a{x", "a{x", true},
      {R"([^.]+\.b)", "aa.b", true},
      {R"([^.]+\.b)", "a.a.b", false},
      {"[]a]", "]", true},
      {R"([\d_]+$)", "1_2", true},
      {"a|b", "b", true},
      {"(?:ab)*c", "ababc", true},
      {R"(\bq_)", "q_", true},
      {R"(x.\bq)", "x.q", true},
      {R"(x\Bq)", "xq", true},
      {"a??b", "ab", true},
      {"(?P<n>a)b", "ab", true},
      {"", "anything", true},
      {"a$b", "a", false},
      {R"([a-c]+\Z)", "abcabd", false},
      {"(a*)*b", "aaab", true},
  };
  for (const Case &test : cases) {
    Expected<Regex> regex = Regex::parse(test.pattern);
    ASSERT_TRUE(regex) << test.pattern << ": " << regex.takeError().message();
    EXPECT_EQ(*regex->matchesStart(test.text), test.matches) << test.pattern << " " << test.text;
  }
}

/// Each line was asked of Python: `fnmatch.fnmatchcase(text, pattern)`.
TEST(RegexTest, MatchesWhatFnmatchMatches) {
  const Case cases[] = {
      {"*.mlp.gate", "model.layers.0.mlp.gate", true},
      {"*.mlp.gate", "model.layers.0.mlp.gate_proj", false},
      {"model.layers.?.q", "model.layers.3.q", true},
      {"model.layers.?.q", "model.layers.13.q", false},
      {"[qk]_proj", "k_proj", true},
      {"[!qk]_proj", "k_proj", false},
      {"[a-c]*", "bx", true},
      {"[a", "[a", true},
      {"a.b", "axb", false},
      {"*self_attn*", "model.layers.0.self_attn.q_proj", true},
      {"a*b*c", "aXbXbYc", true},
      {"a*b*c", "acb", false},
      {"**", "x", true},
      {"*a*a*", "ba", false},
      {"*a*a*", "baba", true},
      {"*.layers.*.[!m]*.w", "x.layers.1.q.w", true},
      {"*.layers.*.[!m]*.w", "x.layers.1.mlp.w", false},
      {"", "a", false},
      {"*b", "abab", true},
      {"a*ab", "aab", true},
  };
  for (const Case &test : cases) {
    Expected<Regex> regex = Regex::glob(test.pattern);
    ASSERT_TRUE(regex);
    EXPECT_EQ(*regex->matchesWhole(test.text), test.matches) << test.pattern << " " << test.text;
  }
}

/// Each star of these could end anywhere; trying all of that would take 10^30 steps.
TEST(RegexTest, GlobsWithManyStarsTakeFewSteps) {
  std::string pattern, text(1000, 'a');
  for (int i = 0; i < 30; ++i)
    pattern += "*a";
  EXPECT_TRUE(*Regex::glob(pattern + "*")->matchesWhole(text));
  EXPECT_FALSE(*Regex::glob(pattern + "*b")->matchesWhole(text));
}

TEST(RegexTest, RefusesWhatIsNoPattern) {
  for (const char *pattern :
       {"(", ")", "[", "[b-a]", "*a", "\\", "(a)\\1", "a{3,2}", "((a{100}){100}){100}", "(?P<name"})
    EXPECT_FALSE(Regex::parse(pattern)) << pattern;
  std::string deep(1000, '(');
  EXPECT_FALSE(Regex::parse(deep));
}

/// Without an end to its steps backtracking would take 2^64.
TEST(RegexTest, StopsWhereAPatternTakesTooLong) {
  Expected<Regex> regex = Regex::parse("(a|a)*(a*)*b");
  ASSERT_TRUE(regex);
  Expected<bool> found = regex->matchesStart(std::string(10000, 'a') + "c");
  EXPECT_FALSE(found && *found);
  if (!found)
    EXPECT_NE(found.takeError().message().find("match limit"), std::string::npos);
}

static bool matches(Syntax syntax, const char *entry, const char *module) {
  Expected<NamePattern> pattern = NamePattern::make(syntax, entry);
  EXPECT_TRUE(pattern) << entry;
  return pattern && *pattern->matches(module);
}

TEST(NamePatternTest, EachToolHasItsRule) {
  const char *gate = "model.layers.1.mlp.gate", *up = "model.layers.1.mlp.gate_proj";
  EXPECT_TRUE(matches(Syntax::ExactOrRegex, gate, gate));
  EXPECT_FALSE(matches(Syntax::ExactOrRegex, gate, up));
  EXPECT_FALSE(matches(Syntax::ExactOrRegex, "*.gate", gate)) << "a glob is none there";
  EXPECT_TRUE(matches(Syntax::ExactOrRegex, "re:.*gate", up));
  EXPECT_TRUE(matches(Syntax::GlobOrRegex, "*.gate", gate));
  EXPECT_FALSE(matches(Syntax::GlobOrRegex, "*.gate", up));
  EXPECT_TRUE(matches(Syntax::GlobOrRegex, "re:.*gate$", gate));
  EXPECT_FALSE(matches(Syntax::GlobOrRegex, "model.layers.1", gate));
  EXPECT_TRUE(matches(Syntax::Ancestor, "model.layers.1", gate));
  EXPECT_FALSE(matches(Syntax::Ancestor, "model.layers", "model.layers2.x"));
  EXPECT_TRUE(matches(Syntax::Modules, "gate", gate)) << "a last name";
  EXPECT_FALSE(matches(Syntax::Modules, "gate", up));
  EXPECT_TRUE(matches(Syntax::Modules, "model.layers.1", up)) << "a whole layer";
  EXPECT_FALSE(matches(Syntax::Modules, "model.layers.1", "model.layers.10.mlp.gate"));
  EXPECT_TRUE(matches(Syntax::Modules, "model.layers.*.mlp", gate)) << "globs of what is above";
  EXPECT_TRUE(matches(Syntax::Substring, "mlp.gate.", gate));
  EXPECT_FALSE(matches(Syntax::Substring, "mlp.gate.", up));
  EXPECT_TRUE(matches(Syntax::Regex, R"(.*\.mlp\..*)", gate));
  EXPECT_TRUE(matches(Syntax::Everything, "Linear", gate));
}
