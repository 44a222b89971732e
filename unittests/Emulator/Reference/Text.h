//===- Text.h - Assembly text, taken apart ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Splits one instruction in LLVM's syntax into mnemonic, operands and modifiers.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_TEXT_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_TEXT_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moec::gfx950::test::reference {

/// One operand as written.
struct Operand {
  char kind = 0; ///< v, a, s; c vcc, e exec, m m0; k a number; o off; ? anything else.
  unsigned first = 0, count = 1;
  bool neg = false, abs = false, sext = false;
  std::string text; ///< The number or word.
  bool isVector() const { return kind == 'v' || kind == 'a'; }
  /// A constant's bits as an operand of `type` (u w q integers, f h d floats).
  uint64_t constant(char type) const;
};

/// One instruction as written.
struct Text {
  std::string mnemonic; ///< Without _e32, _e64, _sdwa and _dpp.
  std::string encoding; ///< e32, e64, sdwa, dpp or empty.
  std::vector<Operand> operands;
  std::map<std::string, std::vector<std::string>> modifiers; ///< Name to values.

  explicit Text(const std::string &line);
  bool has(const std::string &modifier) const { return modifiers.count(modifier) != 0; }
  /// Value `i` of a modifier as a number, or `otherwise`.
  int value(const std::string &modifier, unsigned i = 0, int otherwise = 0) const;
  /// A modifier's word, or `otherwise`.
  std::string word(const std::string &modifier, const std::string &otherwise) const;
};

/// Parses one operand.
Operand parseOperand(std::string text);
/// Splits at commas outside brackets.
std::vector<std::string> splitCommas(const std::string &text);

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_TEXT_H
