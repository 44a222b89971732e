//===- StatementsTest.cpp - Every claimed opcode, stated again --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each instruction of Inputs/claimed.s runs in several forms on random and special values, and the
// whole state that it leaves is what the interpreter in Reference/ says. An opcode about which that
// says nothing fails the test.
//
//===----------------------------------------------------------------------===//

#include "StatementCases.h"
#include "StatementRunner.h"
#include "StatementScripts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace moec::gfx950::test {
namespace {

using reference::Image;
using reference::Machine;

std::vector<std::string> claimed() {
  std::ifstream in(MOEC_TEST_INPUTS "/claimed.s");
  std::vector<std::string> result;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '/')
      result.push_back(line);
  return result;
}

std::string mnemonicOf(const std::string &line) { return line.substr(0, line.find(' ')); }

/// Runs one text on `waves` states and compares. The first difference, or nothing.
std::string runOne(StatementRunner &runner, size_t index, const std::string &text, unsigned waves,
                   std::mt19937 &rng) {
  std::vector<Machine> machines(waves);
  std::vector<Image> states;
  const Script *script = scriptFor(mnemonicOf(text));
  for (unsigned w = 0; w < waves; ++w) {
    Machine &m = machines[w];
    m.memory.resize(reference::kMemoryBytes);
    m.memoryAddress = reinterpret_cast<uint64_t>(runner.memory(w));
    prepare(m, text, w, rng);
    if (script && script->prepare)
      script->prepare(m, w);
    std::copy(m.memory.begin(), m.memory.end(), runner.memory(w));
    states.push_back(m.state);
    if (script)
      script->expect(m);
    else if (!m.execute(text))
      return "no statement about it";
  }
  std::string message = runner(index, states, usesLocalMemory(text));
  if (script && !script->fault.empty())
    return message.find(script->fault) == std::string::npos ? "no fault: " + message : "";
  if (!message.empty())
    return message;
  for (unsigned w = 0; w < waves; ++w)
    if (std::string d = difference(machines[w], states[w], runner.memory(w)); !d.empty())
      return "wave " + std::to_string(w) + ": " + d;
  return "";
}

class Statements : public testing::TestWithParam<const char *> {};

TEST_P(Statements, HoldForEveryClaimedOpcode) {
  std::string prefix = GetParam();
  std::mt19937 rng(20);
  std::vector<std::string> texts, pieces;
  for (const std::string &line : claimed()) {
    if (!line.starts_with(prefix))
      continue;
    if (const Script *script = scriptFor(mnemonicOf(line))) {
      texts.push_back(line);
      pieces.push_back(script->code);
      continue;
    }
    for (const std::string &text : variantsOf(line, rng)) {
      texts.push_back(text);
      pieces.push_back("  " + text);
    }
  }
  ASSERT_FALSE(texts.empty());
  StatementRunner runner(pieces);
  ASSERT_TRUE(runner.ok());
  const char *only = std::getenv("MOEC_STATEMENT"); // One mnemonic, for debugging.
  for (size_t i = 0; i < texts.size(); ++i)
    if (!only || texts[i].starts_with(only)) {
      if (std::string d = runOne(runner, i, texts[i], 4, rng); !d.empty())
        ADD_FAILURE() << texts[i] << ": " << d;
    }
}

const char *const kFamilies[] = {
    "buffer_", "ds_",   "flat_", "global_", "scratch_", "s_",   "v_mfma", "v_cmp", "v_a",  "v_b",
    "v_ce",    "v_cl",  "v_cn",  "v_co",    "v_cu",     "v_cv", "v_d",    "v_e",   "v_f",  "v_l",
    "v_mad",   "v_max", "v_mac", "v_mb",    "v_me",     "v_mi", "v_mo",   "v_ms",  "v_mu", "v_n",
    "v_o",     "v_p",   "v_r",   "v_s",     "v_t",      "v_w",  "v_x"};
INSTANTIATE_TEST_SUITE_P(Families, Statements, testing::ValuesIn(kFamilies),
                         [](const auto &info) { return std::string(info.param); });

/// Code that is about several instructions together.
TEST(StatementsAll, HoldTogether) {
  std::mt19937 rng(21);
  for (const char *name : {"s_indexed_lanes"}) {
    const Script *script = scriptFor(name);
    ASSERT_NE(script, nullptr) << name;
    StatementRunner runner({script->code});
    ASSERT_TRUE(runner.ok());
    EXPECT_EQ(runOne(runner, 0, name, 4, rng), "") << name;
  }
}

/// The families above leave no line out.
TEST(StatementsAll, AreRun) {
  size_t lines = claimed().size();
  EXPECT_EQ(lines, 2801u);
  for (const std::string &line : claimed())
    EXPECT_EQ(std::count_if(std::begin(kFamilies), std::end(kFamilies),
                            [&](const char *f) { return line.starts_with(f); }),
              1)
        << line;
}

} // namespace
} // namespace moec::gfx950::test
