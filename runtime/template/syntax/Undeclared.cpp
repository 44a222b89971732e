//===- Undeclared.cpp - Names that a body takes from outside ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/Undeclared.h"

#include "runtime/template/syntax/Children.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

namespace {
/// Goes over a body until the name is used or assigned.
class Search {
public:
  explicit Search(std::string_view name) : name(name) {}
  bool isUsed = false;

  void visit(const Body &body) {
    for (const StmtPtr &statement : body)
      visit(*statement);
  }

private:
  bool isDone() const { return isUsed || isAssigned; }
  void visit(const ExprPtr &expr) {
    if (expr)
      visit(*expr);
  }
  void visit(const Expr &expr) {
    if (isDone())
      return;
    if (expr.kind == ExprKind::Name)
      isUsed = static_cast<const NameExpr &>(expr).name == name;
    forEachChild(expr, [this](Expr &child) { visit(child); });
  }
  void visit(const Target &target) {
    if (!isDone())
      isAssigned = target.form == Target::Variable && target.name == name;
    for (const Target &part : target.parts)
      visit(part);
  }
  void visit(const Routine &routine) {
    if (!isDone())
      isAssigned = std::ranges::find(routine.parameters, name) != routine.parameters.end();
    for (const ExprPtr &value : routine.defaults)
      visit(value);
    visit(routine.body);
  }
  void visit(const Stmt &statement);

  std::string_view name;
  bool isAssigned = false;
};
} // namespace

void Search::visit(const Stmt &statement) {
  switch (statement.kind) {
  case StmtKind::Output:
    return visit(static_cast<const OutputStmt &>(statement).value);
  case StmtKind::If: {
    const auto &node = static_cast<const IfStmt &>(statement);
    for (const auto &[condition, body] : node.branches) {
      visit(condition);
      visit(body);
    }
    return visit(node.otherwise);
  }
  case StmtKind::For: {
    const auto &loop = static_cast<const ForStmt &>(statement);
    visit(loop.target);
    visit(loop.sequence);
    visit(loop.body);
    visit(loop.otherwise);
    return visit(loop.test);
  }
  case StmtKind::Set:
    visit(static_cast<const SetStmt &>(statement).target);
    return visit(static_cast<const SetStmt &>(statement).value);
  case StmtKind::SetBlock:
    visit(static_cast<const SetBlockStmt &>(statement).target);
    visit(static_cast<const SetBlockStmt &>(statement).filter);
    return visit(static_cast<const SetBlockStmt &>(statement).body);
  case StmtKind::Macro:
    return visit(static_cast<const MacroStmt &>(statement).routine);
  case StmtKind::CallBlock:
    visit(static_cast<const CallBlockStmt &>(statement).call);
    return visit(static_cast<const CallBlockStmt &>(statement).routine);
  case StmtKind::FilterBlock:
    visit(static_cast<const FilterBlockStmt &>(statement).body);
    return visit(static_cast<const FilterBlockStmt &>(statement).filter);
  case StmtKind::With:
    for (const auto &[target, value] : static_cast<const WithStmt &>(statement).variables)
      visit(target);
    for (const auto &[target, value] : static_cast<const WithStmt &>(statement).variables)
      visit(value);
    return visit(static_cast<const WithStmt &>(statement).body);
  default:
    return;
  }
}

bool jinja::hasUndeclared(const Body &body, std::string_view name) {
  Search search(name);
  search.visit(body);
  return search.isUsed;
}
