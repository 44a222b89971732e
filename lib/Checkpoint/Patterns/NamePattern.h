//===- NamePattern.h - Which modules a configuration names ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every tool has its own rule for what an entry of its lists names.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_NAMEPATTERN_H
#define MOEC_LIB_CHECKPOINT_NAMEPATTERN_H

#include "Regex.h"

#include <optional>

namespace moec::checkpoint {

/// How an entry is read.
enum class Syntax : uint8_t {
  ExactOrRegex, ///< A module's name, or `re:` and a pattern that matches where a name starts.
  GlobOrRegex,  ///< A glob over a whole name, or `re:` as before.
  Ancestor,     ///< A module, or one that it is part of.
  Modules,      ///< The same with globs, or the last parts of its name.
  Substring,    ///< A part of a name and a dot.
  Regex,        ///< A pattern that matches where a name starts.
  Everything    ///< All modules: an entry that names a class of them.
};

/// One entry of a list.
class NamePattern {
public:
  static Expected<NamePattern> make(Syntax syntax, std::string text);

  /// Fails where a pattern takes too long.
  Expected<bool> matches(std::string_view module) const;
  /// The entry as the configuration has it.
  const std::string &text() const { return entry; }

private:
  Syntax syntax = Syntax::Everything;
  std::string entry;
  /// Of a glob or a regular expression, and that of modules below.
  std::optional<checkpoint::Regex> regex, below;
};

} // namespace moec::checkpoint

#endif // MOEC_LIB_CHECKPOINT_NAMEPATTERN_H
