//===- BoundsTest.cpp - Templates that ask for too much --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Render.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::jinja;

static std::string repeated(const std::string &text, size_t count) {
  std::string all;
  while (count--)
    all += text;
  return all;
}

TEST(Bounds, MacrosThatCallThemselves) {
  EXPECT_EQ(render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"),
            "error: t: line 1: macro 'f': calls are nested deeper than 200");
  // As deep as it may be.
  EXPECT_EQ(render("{% macro f(n) %}{% if n %}{{ f(n - 1) }}{% else %}end{% endif %}{% endmacro %}"
                   "{{ f(199) }}"),
            "end");
}

TEST(Bounds, WhatIsNestedInMacros) {
  std::string body = repeated("{% if true %}", 80) + "{{ " + repeated("[", 30) + "f()" +
                     repeated("]", 30) + " }}" + repeated("{% endif %}", 80);
  EXPECT_EQ(render("{% macro f() %}" + body + "{% endmacro %}{{ f() }}"),
            "error: t: line 1: what the template does is nested deeper than 2500");
}

TEST(Bounds, StepsOutputAndMemory) {
  const char *loops =
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
  ChatOptions options;
  options.limits.time = std::chrono::hours(1);
  EXPECT_EQ(render(loops, "{}", options),
            "error: t: line 1: the template takes more than 50000000 steps");
  options.limits.output = 1000;
  EXPECT_EQ(render("{% for a in range(1001) %}x{% endfor %}", "{}", options),
            "error: t: line 1: the template writes more than 1000 bytes");
  EXPECT_EQ(render("{{ ['x' * 4000000000] * 4000000000 }}", "{}", options),
            "error: t: line 1: the template takes more than 50000000 steps");
  EXPECT_EQ(render("{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}"
                   "{% set ns.s = ns.s + ns.s %}{% endfor %}",
                   "{}", options),
            "error: t: line 1: the template's values take more than 512 MiB of memory");
}

/// One step may compare or write what is larger than all memory, as its parts are shared, or search
/// for long.
TEST(Bounds, Time) {
  ChatOptions options;
  options.limits.time = std::chrono::milliseconds(50);
  const char *late = "error: t: line 1: the template takes longer than 50 ms";
  const std::string doubled = "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}"
                              "{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}"
                              "{% endfor %}";
  for (const char *expression : {"ns.l | tojson", "ns.l | string", "ns.l == ns.m", "ns.l < ns.m"})
    EXPECT_EQ(render(doubled + "{{ " + expression + " }}", "{}", options), late) << expression;
  EXPECT_EQ(render("{% set s = 'a' * 1000000 %}{% for i in range(1000) %}{% set x = s | upper %}"
                   "{% endfor %}",
                   "{}", options),
            late);
  EXPECT_EQ(render("{{ ('a' * 500000 + 'b') in ('a' * 1000000) }}"), "False");
}

TEST(Bounds, TextsAndListsThatAreMade) {
  ChatOptions options;
  options.limits.memory = uint64_t(16) << 20;
  options.limits.time = std::chrono::hours(1);
  for (const char *made : {"(['a'] * 10000) | join('b' * 10000)",
                           "[1] | batch(10 ** 10, 'x') | list", "[1] | slice(10 ** 9) | list"})
    EXPECT_EQ(render(std::string("{{ ") + made + " }}", "{}", options),
              "error: t: line 1: the template makes a value of more than 16777216 bytes")
        << made;
}

TEST(Bounds, ValuesInValues) {
  EXPECT_EQ(render("{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns }}"),
            "error: t: line 1: values are nested deeper than 500");
  EXPECT_EQ(render("{% set ns = namespace(l=[]) %}{% for i in range(1000) %}"
                   "{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l == ns.l }}{{ ns.l | tojson }}"),
            "error: t: line 1: values are nested deeper than 500");
}

TEST(Bounds, DeepSyntax) {
  EXPECT_EQ(render("{{ " + repeated("(", 5000) + "1" + repeated(")", 5000) + " }}"),
            "error: t: line 1: expressions and blocks are nested deeper than 200, at '('");
  EXPECT_EQ(render("{{ 1" + repeated(" or 1", 5000) + " }}"),
            "error: t: line 1: an expression has more than 400 levels");
  EXPECT_EQ(render("{{ 'a'" + repeated(" + 'a'", 500) + " }}"), repeated("a", 501));
  EXPECT_EQ(render(repeated("{% if true %}", 300) + repeated("{% endif %}", 300)),
            "error: t: line 1: expressions and blocks are nested deeper than 200, at 'true'");
}
