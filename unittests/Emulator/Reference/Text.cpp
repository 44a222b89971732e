//===- Text.cpp - Assembly text, taken apart --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See Text.h.
//
//===----------------------------------------------------------------------===//

#include "Text.h"

#include <bit>
#include <cstdlib>

namespace moec::gfx950::test::reference {

static std::string trim(const std::string &s) {
  size_t a = s.find_first_not_of(' '), b = s.find_last_not_of(' ');
  return a == std::string::npos ? "" : s.substr(a, b - a + 1);
}

/// Splits at `separator` outside brackets, parentheses and quotes.
static std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (char c : text) {
    depth += (c == '[' || c == '(') - (c == ']' || c == ')');
    if (c == separator && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::vector<std::string> splitCommas(const std::string &text) { return split(text, ','); }

uint64_t Operand::constant(char type) const {
  bool isFloat = text.find('.') != std::string::npos && text.find("0x") == std::string::npos;
  if (isFloat) {
    double v = std::strtod(text.c_str(), nullptr);
    if (type == 'h' || type == 'w')
      return std::bit_cast<uint16_t>(static_cast<_Float16>(v));
    if (type == 'd' || type == 'q')
      return std::bit_cast<uint64_t>(v);
    if (type == 'b')
      return std::bit_cast<uint32_t>(float(v)) >> 16;
    return std::bit_cast<uint32_t>(float(v));
  }
  uint64_t v = uint64_t(std::strtoll(text.c_str(), nullptr, 0));
  if (type == 'h' || type == 'w')
    return v & 0xffff;
  return type == 'd' || type == 'q' ? v : uint32_t(v);
}

Operand parseOperand(std::string s) {
  Operand o;
  auto unwrap = [&](const std::string &before, const std::string &after) {
    if (s.size() <= before.size() + after.size() || s.compare(0, before.size(), before) != 0 ||
        s.compare(s.size() - after.size(), after.size(), after) != 0)
      return false;
    s = s.substr(before.size(), s.size() - before.size() - after.size());
    return true;
  };
  o.sext = unwrap("sext(", ")");
  if (s.size() > 1 && s[0] == '-' && !std::isdigit(s[1])) {
    o.neg = true;
    s = s.substr(1);
  }
  o.abs = unwrap("|", "|");
  o.text = s;
  if (s == "vcc" || s == "exec") {
    o.kind = s == "vcc" ? 'c' : 'e';
    o.count = 2;
  } else if (s == "m0") {
    o.kind = 'm';
  } else if (s == "off") {
    o.kind = 'o';
  } else if (s.size() > 1 && (s[0] == 'v' || s[0] == 'a' || s[0] == 's') &&
             (std::isdigit(s[1]) || s[1] == '[')) {
    o.kind = s[0];
    o.first = unsigned(std::atoi(s.c_str() + (s[1] == '[' ? 2 : 1)));
    if (size_t colon = s.find(':'); colon != std::string::npos)
      o.count = unsigned(std::atoi(s.c_str() + colon + 1)) - o.first + 1;
  } else if (!s.empty() && (std::isdigit(s[0]) || s[0] == '-')) {
    o.kind = 'k';
  } else {
    o.kind = '?';
  }
  return o;
}

Text::Text(const std::string &line) {
  std::string body = trim(line);
  size_t space = body.find(' ');
  mnemonic = body.substr(0, space);
  body = space == std::string::npos ? "" : trim(body.substr(space));
  for (const char *suffix : {"_e32", "_e64", "_sdwa", "_dpp"}) {
    std::string s = suffix;
    if (mnemonic.ends_with(s)) {
      mnemonic.resize(mnemonic.size() - s.size());
      encoding = s.substr(1);
    }
  }
  if (body.empty())
    return;
  std::vector<std::string> pieces = splitCommas(body);
  for (size_t i = 0; i < pieces.size(); ++i) {
    std::vector<std::string> words = split(trim(pieces[i]), ' ');
    for (size_t w = 0; w < words.size(); ++w) {
      std::string word = trim(words[w]);
      if (word.empty())
        continue;
      if (w == 0 && (i + 1 < pieces.size() || word.find(':') == std::string::npos ||
                     word.find(':') > word.find('['))) {
        operands.push_back(parseOperand(word));
        continue;
      }
      size_t colon = word.find(':');
      std::string name = word.substr(0, colon),
                  value = colon == std::string::npos ? "" : word.substr(colon + 1);
      if (!value.empty() && value[0] == '[')
        value = value.substr(1, value.size() - 2);
      modifiers[name] = splitCommas(value);
    }
  }
}

int Text::value(const std::string &modifier, unsigned i, int otherwise) const {
  auto it = modifiers.find(modifier);
  if (it == modifiers.end() || i >= it->second.size())
    return otherwise;
  return int(std::strtol(it->second[i].c_str(), nullptr, 0));
}

std::string Text::word(const std::string &modifier, const std::string &otherwise) const {
  auto it = modifiers.find(modifier);
  return it == modifiers.end() || it->second.empty() ? otherwise : it->second[0];
}

} // namespace moec::gfx950::test::reference
