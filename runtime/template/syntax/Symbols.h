//===- Symbols.h - The names of a scope -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Jinja decides when it compiles which variable a name is: each scope has variables of its own for
// what is assigned in it and for what nobody around knows, and gives them their values where it is
// entered. These are its rules (jinja2.idtracking).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_SYMBOLS_H
#define MOEC_TEMPLATE_SYNTAX_SYMBOLS_H

#include "runtime/template/syntax/Ast.h"

#include <map>
#include <memory>
#include <set>
#include <span>

namespace moec::jinja {

class Symbols {
public:
  /// A scope in `parent`, of the same routine or, where `isRoutine`, of one of its own.
  Symbols(Syntax &syntax, Routine &routine, const Symbols *parent, bool isRoutine);

  /// A variable that gets its value from outside.
  uint32_t declareParameter(const std::string &name);
  /// An assignment to a name.
  void store(const std::string &name);
  /// A use of a name.
  void load(const std::string &name);
  /// Takes over what branches, copies of this, have found.
  void join(std::span<const Symbols> branches);

  /// The variable that a name is, which load or store have seen.
  Slot find(const std::string &name) const { return *reference(name); }
  /// What entering the scope does.
  Loads loads() const;

private:
  /// What a variable's value is at first; none for parameters.
  using Origin = std::optional<Load>;

  std::optional<Slot> reference(const std::string &name) const;
  uint32_t define(const std::string &name, Origin origin);
  Load global(const std::string &name);

  Syntax &syntax;
  Routine &routine;
  const Symbols *parent;
  uint32_t routineDepth;
  /// Of this scope and its copies.
  std::shared_ptr<std::map<std::string, uint32_t>> slots;
  std::map<std::string, uint32_t> references;
  std::map<uint32_t, Origin> origins;
  std::set<std::string> stores;
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_SYMBOLS_H
