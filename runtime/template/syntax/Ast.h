//===- Ast.h - A parsed template --------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_AST_H
#define MOEC_TEMPLATE_SYNTAX_AST_H

#include "runtime/template/syntax/Expr.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace moec::jinja {

/// What a variable of a scope is when the scope is entered.
struct Load {
  enum How : uint8_t {
    Global, ///< the variable `source.index` of the template's input
    Alias,  ///< what the slot `source` has
    Unset,
  } how;
  Slot source;
  uint32_t target;
};

/// The variables of a scope that are not parameters.
using Loads = std::vector<Load>;

/// What is assigned to: a variable, an attribute of a namespace, or several of them.
struct Target {
  enum Form : uint8_t { Variable, Attribute, Tuple } form = Variable;
  uint32_t line = 0;
  std::string name, attribute;
  Slot slot;
  std::vector<Target> parts;
};

enum class StmtKind : uint8_t {
  Text,
  Output,
  If,
  For,
  Set,
  SetBlock,
  Macro,
  CallBlock,
  FilterBlock,
  With,
  Break,
  Continue,
  Unsupported,
};

struct Stmt {
  Stmt(StmtKind kind, uint32_t line) : kind(kind), line(line) {}
  virtual ~Stmt() = default;
  StmtKind kind;
  uint32_t line;
};
using StmtPtr = std::unique_ptr<Stmt>;
using Body = std::vector<StmtPtr>;

struct TextStmt : Stmt {
  using Stmt::Stmt;
  std::string text;
};

struct OutputStmt : Stmt {
  using Stmt::Stmt;
  ExprPtr value;
};

struct IfStmt : Stmt {
  using Stmt::Stmt;
  /// if and elifs.
  std::vector<std::pair<ExprPtr, Body>> branches;
  Body otherwise;
};

struct ForStmt : Stmt {
  using Stmt::Stmt;
  Target target;
  ExprPtr sequence, test;
  /// The target as the test sees it, in variables of its own: a loop looks ahead while its body
  /// runs.
  Target testTarget;
  Body body, otherwise;
  Loads bodyLoads, testLoads, elseLoads;
  /// Where `loop` is, where the body or the test looks at it.
  std::optional<uint32_t> loopSlot;
};

struct SetStmt : Stmt {
  using Stmt::Stmt;
  Target target;
  ExprPtr value;
};

struct SetBlockStmt : Stmt {
  using Stmt::Stmt;
  Target target;
  ExprPtr filter; ///< a chain of filters whose first value is the block; may be null
  Body body;
  Loads loads;
};

/// What is called with arguments: a macro, the body of a call block, and a template.
struct Routine {
  std::string name;
  std::vector<std::string> parameters;
  /// Of the last parameters.
  std::vector<ExprPtr> defaults;
  Body body;
  Loads loads;
  std::vector<uint32_t> parameterSlots;
  std::optional<uint32_t> callerSlot, namedRestSlot, restSlot;
  uint32_t slots = 0;
  /// Whether a routine inside of it may outlive a call of it.
  bool isCaptured = false;
};

struct MacroStmt : Stmt {
  using Stmt::Stmt;
  Routine routine;
  Slot slot;
};

/// call … endcall, and generation … endgeneration, which has no call.
struct CallBlockStmt : Stmt {
  using Stmt::Stmt;
  Routine routine;
  ExprPtr call;
};

struct FilterBlockStmt : Stmt {
  using Stmt::Stmt;
  ExprPtr filter;
  Body body;
  Loads loads;
};

struct WithStmt : Stmt {
  using Stmt::Stmt;
  std::vector<std::pair<Target, ExprPtr>> variables;
  Body body;
  Loads loads;
};

/// A construct that ends a rendering that reaches it.
struct UnsupportedStmt : Stmt {
  using Stmt::Stmt;
  std::string what;
};

/// A template.
struct Syntax {
  Routine root;
  /// The names of variables that are not the template's own, by index.
  std::vector<std::string> globals;
  std::vector<std::string> unsupported;
  Arena arena{uint64_t(1) << 30}; ///< of its constants
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_AST_H
