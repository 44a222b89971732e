//===- Scopes.cpp - Which variable a name is --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// As in Jinja, a scope's names are all looked at before any is given its slot: `analyze` does the
// former, without going into inner scopes, `resolve` the latter.
//
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/Scopes.h"

#include "runtime/template/library/Library.h"
#include "runtime/template/syntax/Children.h"
#include "runtime/template/syntax/Symbols.h"
#include "runtime/template/syntax/Undeclared.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

static void analyze(const Expr &expr, Symbols &symbols) {
  if (expr.kind == ExprKind::Name)
    symbols.load(static_cast<const NameExpr &>(expr).name);
  forEachChild(expr, [&](Expr &child) { analyze(child, symbols); });
}

static void analyzeTarget(const Target &target, Symbols &symbols, bool isParameter = false) {
  if (target.form == Target::Attribute)
    symbols.load(target.name);
  else if (target.form == Target::Variable && isParameter)
    symbols.declareParameter(target.name);
  else if (target.form == Target::Variable)
    symbols.store(target.name);
  for (const Target &part : target.parts)
    analyzeTarget(part, symbols, isParameter);
}

static void analyze(const Body &body, Symbols &symbols);

/// The conditions and bodies behind the first of an `if`.
static void analyzeIf(const IfStmt &statement, Symbols &symbols) {
  analyze(*statement.branches[0].first, symbols);
  std::vector<Symbols> branches(3, symbols);
  analyze(statement.branches[0].second, branches[0]);
  for (size_t i = 1; i < statement.branches.size(); ++i) {
    // Each elif is an if without else, in the scope of those before it.
    Symbols &others = branches[1];
    analyze(*statement.branches[i].first, others);
    std::vector<Symbols> inner(3, others);
    analyze(statement.branches[i].second, inner[0]);
    others.join(inner);
  }
  analyze(statement.otherwise, branches[2]);
  symbols.join(branches);
}

static void analyze(const Stmt &statement, Symbols &symbols) {
  switch (statement.kind) {
  case StmtKind::Output:
    return analyze(*static_cast<const OutputStmt &>(statement).value, symbols);
  case StmtKind::If:
    return analyzeIf(static_cast<const IfStmt &>(statement), symbols);
  case StmtKind::For:
    return analyze(*static_cast<const ForStmt &>(statement).sequence, symbols);
  case StmtKind::Set:
    analyze(*static_cast<const SetStmt &>(statement).value, symbols);
    return analyzeTarget(static_cast<const SetStmt &>(statement).target, symbols);
  case StmtKind::SetBlock:
    return analyzeTarget(static_cast<const SetBlockStmt &>(statement).target, symbols);
  case StmtKind::Macro:
    return symbols.store(static_cast<const MacroStmt &>(statement).routine.name);
  case StmtKind::CallBlock:
    if (const ExprPtr &call = static_cast<const CallBlockStmt &>(statement).call)
      analyze(*call, symbols);
    return;
  case StmtKind::FilterBlock:
    return analyze(*static_cast<const FilterBlockStmt &>(statement).filter, symbols);
  case StmtKind::With:
    for (const auto &[target, value] : static_cast<const WithStmt &>(statement).variables)
      analyze(*value, symbols);
    return;
  default:
    return;
  }
}

static void analyze(const Body &body, Symbols &symbols) {
  for (const StmtPtr &statement : body)
    analyze(*statement, symbols);
}

namespace {
class Resolver {
public:
  explicit Resolver(Syntax &syntax) : syntax(syntax) {}

  void run() {
    Symbols symbols(syntax, syntax.root, nullptr, true);
    analyze(syntax.root.body, symbols);
    syntax.root.loads = symbols.loads();
    routine = &syntax.root;
    resolve(syntax.root.body, symbols);
  }

private:
  void resolve(Expr &expr, const Symbols &symbols);
  void resolve(const Body &body, const Symbols &symbols) {
    for (const StmtPtr &statement : body)
      resolve(*statement, symbols);
  }
  void resolve(Stmt &statement, const Symbols &symbols);
  void resolveTarget(Target &target, const Symbols &symbols);
  void resolveIf(IfStmt &statement, const Symbols &symbols);
  void resolveFor(ForStmt &statement, const Symbols &symbols);
  void resolveWith(WithStmt &statement, const Symbols &symbols);
  void resolveRoutine(Routine &inner, const Symbols &symbols);
  /// A block with a scope of its own; its filter sees `filterSymbols`, that scope if null.
  void resolveBlock(const Body &body, Expr *filter, Loads &loads, const Symbols &symbols,
                    const Symbols *filterSymbols);
  void checkFilter(const FilterExpr &filter) const;

  Syntax &syntax;
  Routine *routine = nullptr;
  /// Whether what is looked at may not be reached, so that an unknown filter is no error yet.
  bool isSoft = false;

  /// Sets isSoft for as long as it lives.
  struct Softness {
    Softness(Resolver &resolver, bool isSoft) : resolver(resolver), before(resolver.isSoft) {
      resolver.isSoft = isSoft;
    }
    ~Softness() { resolver.isSoft = before; }
    Resolver &resolver;
    bool before;
  };
};
} // namespace

void Resolver::checkFilter(const FilterExpr &filter) const {
  bool isFilter = filter.kind == ExprKind::Filter;
  if (!isSoft && !filter.function && !isForeign(filter.name, isFilter))
    fail("line ", filter.line, ": there is no ", isFilter ? "filter" : "test", " named '",
         filter.name, "'");
}

void Resolver::resolve(Expr &expr, const Symbols &symbols) {
  Softness softness(*this, isSoft || expr.kind == ExprKind::Conditional);
  if (expr.kind == ExprKind::Name)
    static_cast<NameExpr &>(expr).slot = symbols.find(static_cast<NameExpr &>(expr).name);
  else if (expr.kind == ExprKind::Filter || expr.kind == ExprKind::Test)
    checkFilter(static_cast<FilterExpr &>(expr));
  forEachChild(expr, [&](Expr &child) { resolve(child, symbols); });
}

void Resolver::resolveTarget(Target &target, const Symbols &symbols) {
  if (target.form != Target::Tuple)
    target.slot = symbols.find(target.name);
  for (Target &part : target.parts)
    resolveTarget(part, symbols);
}

void Resolver::resolveIf(IfStmt &statement, const Symbols &symbols) {
  Softness softness(*this, true);
  for (auto &[condition, body] : statement.branches) {
    resolve(*condition, symbols);
    resolve(body, symbols);
  }
  resolve(statement.otherwise, symbols);
}

void Resolver::resolveFor(ForStmt &statement, const Symbols &symbols) {
  resolve(*statement.sequence, symbols);
  Softness softness(*this, false);
  Symbols body(syntax, *routine, &symbols, false),
      otherwise = Symbols(syntax, *routine, &symbols, false);
  if (hasUndeclared(statement.body, "loop"))
    statement.loopSlot = body.declareParameter("loop");
  analyzeTarget(statement.target, body, /*isParameter=*/true);
  analyze(statement.body, body);
  analyze(statement.otherwise, otherwise);
  statement.testTarget = statement.target;
  resolveTarget(statement.target, body);
  statement.bodyLoads = body.loads();
  if (statement.test) {
    Symbols test(syntax, *routine, &symbols, false);
    analyzeTarget(statement.testTarget, test, /*isParameter=*/true);
    analyze(*statement.test, test);
    resolveTarget(statement.testTarget, test);
    resolve(*statement.test, test);
    statement.testLoads = test.loads();
  }
  resolve(statement.body, body);
  resolve(statement.otherwise, otherwise);
  statement.elseLoads = otherwise.loads();
}

void Resolver::resolveWith(WithStmt &statement, const Symbols &symbols) {
  for (auto &[target, value] : statement.variables)
    resolve(*value, symbols);
  Softness softness(*this, false);
  Symbols inner(syntax, *routine, &symbols, false);
  for (auto &[target, value] : statement.variables)
    analyzeTarget(target, inner, /*isParameter=*/true);
  analyze(statement.body, inner);
  for (auto &[target, value] : statement.variables)
    resolveTarget(target, inner);
  statement.loads = inner.loads();
  resolve(statement.body, inner);
}

void Resolver::resolveBlock(const Body &body, Expr *filter, Loads &loads, const Symbols &symbols,
                            const Symbols *filterSymbols) {
  Softness softness(*this, false);
  Symbols inner(syntax, *routine, &symbols, false);
  analyze(body, inner);
  // The filter of a block that is assigned is not looked at before, but its names have to be some
  // variable.
  if (filter && !filterSymbols)
    analyze(*filter, inner);
  loads = inner.loads();
  if (filter)
    resolve(*filter, filterSymbols ? *filterSymbols : inner);
  resolve(body, inner);
}

void Resolver::resolveRoutine(Routine &inner, const Symbols &symbols) {
  Softness softness(*this, false);
  Routine *outer = routine;
  outer->isCaptured = true;
  routine = &inner;
  Symbols own(syntax, inner, &symbols, true);
  for (const std::string &parameter : inner.parameters)
    inner.parameterSlots.push_back(own.declareParameter(parameter));
  for (const ExprPtr &value : inner.defaults)
    analyze(*value, own);
  analyze(inner.body, own);
  auto declare = [&](const char *name, std::optional<uint32_t> &slot) {
    bool isParameter = std::ranges::find(inner.parameters, name) != inner.parameters.end();
    if (!isParameter && hasUndeclared(inner.body, name))
      slot = own.declareParameter(name);
  };
  declare("caller", inner.callerSlot);
  declare("kwargs", inner.namedRestSlot);
  declare("varargs", inner.restSlot);
  inner.loads = own.loads();
  for (const ExprPtr &value : inner.defaults)
    resolve(*value, own);
  resolve(inner.body, own);
  routine = outer;
}

void Resolver::resolve(Stmt &statement, const Symbols &symbols) {
  switch (statement.kind) {
  case StmtKind::Output:
    return resolve(*static_cast<OutputStmt &>(statement).value, symbols);
  case StmtKind::If:
    return resolveIf(static_cast<IfStmt &>(statement), symbols);
  case StmtKind::For:
    return resolveFor(static_cast<ForStmt &>(statement), symbols);
  case StmtKind::Set:
    resolve(*static_cast<SetStmt &>(statement).value, symbols);
    return resolveTarget(static_cast<SetStmt &>(statement).target, symbols);
  case StmtKind::SetBlock: {
    auto &set = static_cast<SetBlockStmt &>(statement);
    resolveBlock(set.body, set.filter.get(), set.loads, symbols, nullptr);
    return resolveTarget(set.target, symbols);
  }
  case StmtKind::Macro: {
    auto &macro = static_cast<MacroStmt &>(statement);
    resolveRoutine(macro.routine, symbols);
    macro.slot = symbols.find(macro.routine.name);
    return;
  }
  case StmtKind::CallBlock: {
    auto &block = static_cast<CallBlockStmt &>(statement);
    resolveRoutine(block.routine, symbols);
    if (block.call)
      resolve(*block.call, symbols);
    return;
  }
  case StmtKind::FilterBlock: {
    auto &block = static_cast<FilterBlockStmt &>(statement);
    return resolveBlock(block.body, block.filter.get(), block.loads, symbols, &symbols);
  }
  case StmtKind::With:
    return resolveWith(static_cast<WithStmt &>(statement), symbols);
  default:
    return;
  }
}

void jinja::resolveScopes(Syntax &syntax) { Resolver(syntax).run(); }
