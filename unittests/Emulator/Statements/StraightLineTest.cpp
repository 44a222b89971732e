//===- StraightLineTest.cpp - Random straight-line VALU code ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sequences of random vector instructions (every encoding, modifiers, DPP, SDWA) that feed each
// other, against the interpreter in Reference/. Every bit of the state must agree.
//
//===----------------------------------------------------------------------===//

#include "StatementCases.h"
#include "StatementRunner.h"

#include "../Reference/Conversion.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

namespace moec::gfx950::test {
namespace {

using namespace reference;

constexpr unsigned kPieces = 96, kLength = 11, kWaves = 4;

/// Puts the vector operands into v4 … v31, so that later instructions read earlier results.
std::string crowded(const std::string &text, std::mt19937 &rng) {
  static const std::regex kRegister(R"(\bv(\d+)\b|\bv\[(\d+):(\d+)\])");
  std::string out;
  size_t space = text.find(' '), at = space;
  if (space == std::string::npos)
    return text;
  out = text.substr(0, space);
  for (std::sregex_iterator it(text.begin() + long(space), text.end(), kRegister), end; it != end;
       ++it) {
    size_t position = space + size_t(it->position());
    unsigned first = 4 + 2 * unsigned(rng() % 13);
    out += text.substr(at, position - at);
    out += (*it)[1].matched ? "v" + std::to_string(first + rng() % 2)
                            : "v[" + std::to_string(first) + ":" + std::to_string(first + 1) + "]";
    at = position + size_t(it->length());
  }
  return out + text.substr(at);
}

bool holdsNan(const Machine &m) {
  for (auto [row, l] : m.loose) {
    for (unsigned lane = 0; lane < 64; ++lane) {
      uint32_t v = m.state.vector[row][lane];
      if (l.type == 'u')
        continue;
      uint64_t wide = v | uint64_t(m.state.vector[row + 1][lane]) << 32;
      char half = l.type == 'P' ? 'h' : 'b';
      bool nan = l.type == 'd'   ? number(formatOf('d'), wide).isNaN()
                 : l.type == 'f' ? number(formatOf('f'), v).isNaN()
                 : l.type == 'h' ? number(formatOf('h'), v & 0xffff).isNaN()
                                 : number(formatOf(half), v & 0xffff).isNaN() ||
                                       number(formatOf(half), v >> 16).isNaN();
      if (nan)
        return true;
    }
  }
  return false;
}

/// Executes `text` on all machines if its results are exact in every bit: no NaN (whose payload is
/// open), nothing approximate.
bool step(std::vector<Machine> &machines, const std::string &text) {
  std::vector<Machine> next = machines;
  for (Machine &m : next) {
    if (!m.execute(text) || holdsNan(m) || !m.magnitude.empty())
      return false;
    for (auto [row, lanes] : m.ignored)
      if (lanes)
        return false;
    for (auto [row, l] : m.loose)
      if (l.ulps > 0)
        return false;
    m.loose.clear(), m.ignored.clear();
    if (!m.exec()) // After a v_cmpx that nobody passed the rest would do nothing.
      return false;
  }
  machines = std::move(next);
  return true;
}

TEST(StraightLine, AgreesWithTheInterpreter) {
  std::ifstream in(MOEC_TEST_INPUTS "/claimed.s");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("v_") && line.find("mfma") == std::string::npos &&
        !SmallConversion::known(line.substr(0, line.find(' '))) && // Overflow is MODE's affair.
        line.find("permlane") == std::string::npos && line.find(" a") == std::string::npos)
      lines.push_back(line);
  std::mt19937 rng(77);
  std::vector<std::string> pieces;
  std::vector<std::vector<Machine>> wanted;
  std::vector<std::vector<Image>> starts;
  size_t accepted = 0;
  for (unsigned p = 0; p < kPieces; ++p) {
    std::vector<Machine> machines(kWaves);
    std::vector<Image> start;
    for (unsigned w = 0; w < kWaves; ++w) {
      prepare(machines[w], "v_nop", w, rng);
      start.push_back(machines[w].state);
    }
    std::string piece;
    for (unsigned tries = 0, n = 0; n < kLength && tries < 200; ++tries) {
      std::vector<std::string> variants = variantsOf(lines[rng() % lines.size()], rng);
      std::string text = crowded(variants[rng() % variants.size()], rng);
      if (!step(machines, text))
        continue;
      piece += "  " + text + "\n";
      ++n, ++accepted;
    }
    pieces.push_back(piece);
    wanted.push_back(machines);
    starts.push_back(start);
  }
  EXPECT_GE(accepted, kPieces * kLength / 2);
  StatementRunner runner(pieces);
  ASSERT_TRUE(runner.ok());
  for (unsigned p = 0; p < kPieces; ++p) {
    std::vector<Image> states = starts[p];
    ASSERT_EQ(runner(p, states, false), "") << pieces[p];
    for (unsigned w = 0; w < kWaves; ++w)
      EXPECT_EQ(difference(wanted[p][w], states[w], nullptr), "") << "wave " << w << "\n"
                                                                  << pieces[p];
  }
}

} // namespace
} // namespace moec::gfx950::test
