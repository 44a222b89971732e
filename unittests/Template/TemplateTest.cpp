//===- TemplateTest.cpp - What templates print -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Expected texts are those of Jinja 3.1.6. What models' templates use is in test/Template.
//
//===----------------------------------------------------------------------===//

#include "Render.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::jinja;

TEST(Template, ValuesOfGenerators) {
  EXPECT_EQ(
      render("{% set a = l | select('number') %}{{ a is iterable }}{{ a | list }}{{ a | list }}"
             "{{ 1 if a else 2 }}",
             R"({"l": [1, "b"]})"),
      "True[1][]1");
  // A filter over nothing does not look at what it would be asked.
  EXPECT_EQ(render("{{ none | selectattr('a', 'equalto', 1) | list }}"), "[]");
  EXPECT_EQ(render("{{ none | list }}"), "error: t: line 1: 'NoneType' object is not iterable");
}

TEST(Template, UndefinedValuesOfFilters) {
  EXPECT_EQ(
      render("[{{ x | last }}{{ x | reverse | list }}{{ x | length }}{{ {(1, 2): 3}[1, 2] }}]"),
      "[[]03]");
  EXPECT_EQ(render("{{ x | int }}"), "error: t: line 1: 'x' is undefined");
}

TEST(Template, MarkupEscapesWhatIsAdded) {
  EXPECT_EQ(render("{{ ('<' | safe) + '<' }}|{{ ('<' | safe) ~ '<' }}|{{ ['<' | e] }}{{ ['ab' | e "
                   "| first] }}"),
            "<&lt;|<<|[Markup('&lt;')]['a']");
}

TEST(Template, FormatsOfTexts) {
  EXPECT_EQ(render("{{ '%5.1f|%-4d|%04d|%s|%r|%%' % (2.25, 7, -7, none, 'a') }}"),
            "  2.2|7   |-007|None|'a'|%");
  EXPECT_EQ(render("{{ '{:>4}|{:*^5}|{a:,}|{{}}|{b!r}'.format(5, 'x', a=1234567, b='q') }}"),
            "   5|**x**|1,234,567|{}|'q'");
  EXPECT_EQ(render("{{ '%s' % (1, 2) }}"),
            "error: t: line 1: not all arguments converted during string formatting");
}

TEST(Template, LettersOfOtherLanguages) {
  EXPECT_EQ(render("{{ 'straße ΑΣ'.upper() }} {{ 'ΑΣ'.lower() }} {{ 'éa'.capitalize() }} {{ 'ŉ' | "
                   "title }} {{ 'Straße'.casefold() }}"),
            "STRASSE ΑΣ ας Éa ʼN strasse");
  EXPECT_EQ(render("[{{ '\\u00a0\\u3000x\\u200b '.strip() }}]"), "[x\u200b]");
}

TEST(Template, IntegersBeyond64Bits) {
  EXPECT_EQ(
      render("{{ a }} {{ a * 2 }} {{ b }} {{ [b] }} {{ b | tojson }}",
             R"({"a": 18446744073709551615, "b": -1234567890123456789012345678901234567890})"),
      "18446744073709551615 36893488147419103230 -1234567890123456789012345678901234567890 "
      "[-1234567890123456789012345678901234567890] -1234567890123456789012345678901234567890");
  EXPECT_EQ(render("{{ 2 ** 127 }}"), "error: t: line 1: the result has more than 128 bits, with "
                                      "which templates cannot compute here");
}

TEST(Template, ElseOfALoopWithoutAWholeTurn) {
  EXPECT_EQ(render("{% for i in [1, 2] %}{% continue %}{% else %}none{% endfor %}"), "none");
}

TEST(Template, LoopLooksAheadWithItsOwnVariable) {
  EXPECT_EQ(render("{% for i in [1, 2, 3, 4] if i is even %}{{ loop.last }}{{ i }} {% endfor %}"),
            "False2 True4 ");
}

TEST(Template, ErrorsNameTheirLine) {
  EXPECT_EQ(render("a\n{% set x = 'a' + 1 %}"),
            "error: t: line 2: can only concatenate str (not \"int\") to str");
  EXPECT_EQ(render("{{ raise_exception('word for word') }}"), "error: word for word");
  EXPECT_EQ(render("a\n{% foo %}"), "error: t: line 2: there is no such tag, at 'foo'");
}

TEST(Template, UnsupportedConstructsAreNamed) {
  Expected<Template> parsed =
      Template::parse("{% include 'x' %}\n{{ a | pprint }}{{ 'x'.encode() }}"
                      "{% for a in b recursive %}{% endfor %}{{ lipsum() }}",
                      "t");
  ASSERT_TRUE(bool(parsed));
  EXPECT_EQ(parsed->unsupported(),
            (std::vector<std::string>{"line 1: the tag 'include' is not supported",
                                      "line 2: the filter 'pprint' is not supported",
                                      "line 2: the method 'encode' is not supported",
                                      "line 2: a recursive loop is not supported",
                                      "the function 'lipsum' is not supported"}));
  Expected<std::string> text = parsed->render({});
  ASSERT_FALSE(bool(text));
  EXPECT_EQ(text.takeError().message(), "t: line 1: the tag 'include' is not supported");
  // What Jinja does not know either is an error of the template, unless it may never be reached.
  EXPECT_EQ(render("{{ a | nope }}"), "error: t: line 1: there is no filter named 'nope'");
  EXPECT_EQ(render("{% if false %}{{ a | nope }}{% endif %}x"), "x");
}

TEST(Template, ContinuesTheFinalMessage) {
  ChatOptions options;
  options.continueFinalMessage = true;
  const char *source = "{% for m in messages %}<{{ m.content }}>{% endfor %}";
  EXPECT_EQ(render(source, R"({"messages": [{"content": "a"}, {"content": "b "}]})", options),
            "<a><b ");
  EXPECT_EQ(render("{% for m in messages %}<{{ m.content | trim }}>{% endfor %}",
                   R"({"messages": [{"content": "a"}, {"content": "b "}]})", options),
            "<a><b");
  EXPECT_EQ(render("{{ messages[-1].content[0].text }}!",
                   R"({"messages": [{"content": [{"type": "text", "text": "b"}]}]})", options),
            "b");
  EXPECT_EQ(
      render("x", R"({"messages": [{"content": "a"}]})", options),
      "error: continue_final_message is set but the final message does not appear in the chat "
      "after applying the chat template");
}
