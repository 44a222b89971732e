//===- Children.cpp - The parts of an expression ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/Children.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

using Visit = std::function<void(Expr &)>;

static void visitIf(const ExprPtr &expr, const Visit &visit) {
  if (expr)
    visit(*expr);
}

static void visitArguments(const Arguments &arguments, const Visit &visit) {
  for (const ExprPtr &argument : arguments.positional)
    visit(*argument);
  for (const auto &[name, argument] : arguments.named)
    visit(*argument);
  visitIf(arguments.rest, visit);
  visitIf(arguments.namedRest, visit);
}

template <typename T> static const T &as(const Expr &expr) { return static_cast<const T &>(expr); }

/// Of those with a fixed number of parts.
static void visitFixed(const Expr &expr, const Visit &visit) {
  switch (expr.kind) {
  case ExprKind::Attribute:
    return visit(*as<AttributeExpr>(expr).object);
  case ExprKind::Item:
    visit(*as<ItemExpr>(expr).object);
    return visit(*as<ItemExpr>(expr).index);
  case ExprKind::Slice: {
    const auto &slice = as<SliceExpr>(expr);
    for (const ExprPtr *part : {&slice.object, &slice.begin, &slice.end, &slice.step})
      visitIf(*part, visit);
    return;
  }
  case ExprKind::Not:
  case ExprKind::Negate:
  case ExprKind::Plus:
    return visit(*as<UnaryExpr>(expr).operand);
  case ExprKind::Arithmetic:
  case ExprKind::And:
  case ExprKind::Or:
    visit(*as<BinaryExpr>(expr).left);
    return visit(*as<BinaryExpr>(expr).right);
  case ExprKind::Conditional:
    visit(*as<ConditionalExpr>(expr).condition);
    visit(*as<ConditionalExpr>(expr).yes);
    return visitIf(as<ConditionalExpr>(expr).no, visit);
  default:
    return;
  }
}

void jinja::forEachChild(const Expr &expr, const Visit &visit) {
  switch (expr.kind) {
  case ExprKind::Tuple:
  case ExprKind::List:
  case ExprKind::Concat:
    for (const ExprPtr &item : as<ListExpr>(expr).items)
      visit(*item);
    return;
  case ExprKind::Dict:
    for (const auto &[key, value] : as<DictExpr>(expr).items) {
      visit(*key);
      visit(*value);
    }
    return;
  case ExprKind::Call:
    visit(*as<CallExpr>(expr).callee);
    return visitArguments(as<CallExpr>(expr).arguments, visit);
  case ExprKind::Filter:
  case ExprKind::Test:
    visitIf(as<FilterExpr>(expr).value, visit);
    return visitArguments(as<FilterExpr>(expr).arguments, visit);
  case ExprKind::Sum:
    visit(*as<SumExpr>(expr).first);
    for (const auto &[operation, operand] : as<SumExpr>(expr).rest)
      visit(*operand);
    return;
  case ExprKind::Compare:
    visit(*as<CompareExpr>(expr).first);
    for (const auto &[comparison, operand] : as<CompareExpr>(expr).rest)
      visit(*operand);
    return;
  default:
    visitFixed(expr, visit);
  }
}

ExprPtr jinja::finish(ExprPtr expr) {
  static constexpr uint32_t most = 400;
  uint32_t height = 0;
  forEachChild(*expr, [&](Expr &child) { height = std::max(height, child.height); });
  expr->height = height + 1;
  if (expr->height > most)
    fail("line ", expr->line, ": an expression has more than ", most, " levels");
  return expr;
}
