//===- OnigProperty.cpp - Character properties by Oniguruma's names -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// PCRE2 knows general categories by their short names and scripts; Oniguruma also knows the POSIX
// classes and the long names. Both ignore case, spaces, hyphens and underscores.
//
//===----------------------------------------------------------------------===//

#include "OnigPattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>

namespace moec::tokenizer {

namespace {
struct Named {
  std::string_view name, body;
  bool complement = false;
};
} // namespace

static constexpr std::string_view spaceSet = "\\x{9}-\\x{D}\\x{85}\\p{Z}";
static constexpr std::string_view wordSet = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";

static constexpr std::array posixClasses = {
    Named{"alnum", "\\p{Alphabetic}\\p{Nd}"},
    Named{"alpha", "\\p{Alphabetic}"},
    Named{"ascii", "\\x{0}-\\x{7F}"},
    Named{"blank", "\\x{9}\\p{Zs}"},
    Named{"cntrl", "\\p{Cc}"},
    Named{"digit", "\\p{Nd}"},
    Named{"graph", "\\x{9}-\\x{D}\\x{85}\\p{Z}\\p{Cc}\\p{Cn}\\p{Cs}", true},
    Named{"lower", "\\p{Lowercase}"},
    Named{"print", "\\p{Zl}\\p{Zp}\\p{Cc}\\p{Cn}\\p{Cs}", true},
    Named{"punct", "\\p{P}"},
    Named{"space", spaceSet},
    Named{"upper", "\\p{Uppercase}"},
    Named{"xdigit", "0-9A-Fa-f"},
    Named{"word", wordSet},
    Named{"any", "\\x{0}-\\x{10FFFF}"},
    Named{"assigned", "\\p{Cn}", true},
    Named{"alphabetic", "\\p{Alphabetic}"},
    Named{"lowercase", "\\p{Lowercase}"},
    Named{"uppercase", "\\p{Uppercase}"},
    Named{"whitespace", spaceSet},
    Named{"lc", "\\p{L&}"},
    Named{"casedletter", "\\p{L&}"},
};

/// General categories: the long name and the short one.
static constexpr std::array<std::array<std::string_view, 2>, 38> categories = {{
    {"other", "C"},
    {"control", "Cc"},
    {"format", "Cf"},
    {"unassigned", "Cn"},
    {"privateuse", "Co"},
    {"surrogate", "Cs"},
    {"letter", "L"},
    {"lowercaseletter", "Ll"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"titlecaseletter", "Lt"},
    {"uppercaseletter", "Lu"},
    {"mark", "M"},
    {"combiningmark", "M"},
    {"spacingmark", "Mc"},
    {"enclosingmark", "Me"},
    {"nonspacingmark", "Mn"},
    {"number", "N"},
    {"decimalnumber", "Nd"},
    {"letternumber", "Nl"},
    {"othernumber", "No"},
    {"punctuation", "P"},
    {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"},
    {"closepunctuation", "Pe"},
    {"finalpunctuation", "Pf"},
    {"initialpunctuation", "Pi"},
    {"otherpunctuation", "Po"},
    {"openpunctuation", "Ps"},
    {"symbol", "S"},
    {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"},
    {"mathsymbol", "Sm"},
    {"othersymbol", "So"},
    {"separator", "Z"},
    {"spaceseparator", "Zs"},
    {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"},
}};

static std::string foldName(std::string_view name) {
  std::string out;
  for (char c : name)
    if (c != ' ' && c != '-' && c != '_')
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Whether PCRE2 knows the property that `item` asks for.
static bool compiles(const std::string &item) {
  int code = 0;
  size_t offset = 0;
  pcre2_code *compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(item.data()), item.size(),
                                       PCRE2_UTF | PCRE2_UCP, &code, &offset, nullptr);
  pcre2_code_free(compiled);
  return compiled != nullptr;
}

std::string_view shorthandSet(char letter) {
  switch (letter) {
  case 'w':
    return wordSet;
  case 's':
    return spaceSet;
  case 'd':
    return "\\p{Nd}";
  default:
    return "0-9A-Fa-f";
  }
}

ClassBody propertySet(std::string_view name) {
  const std::string folded = foldName(name);
  if (folded.empty() ||
      folded.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != folded.npos)
    return {};
  for (const Named &entry : posixClasses)
    if (entry.name == folded)
      return {std::string(entry.body), entry.complement};
  for (const auto &[longName, shortName] : categories)
    if (folded == longName || folded == foldName(shortName))
      return {strCat("\\p{", shortName, "}"), false};
  for (const std::string &item : {strCat("\\p{sc:", folded, "}"), strCat("\\p{", folded, "}")})
    if (compiles(item))
      return {item, false};
  return {};
}

} // namespace moec::tokenizer
