//===- Expr.h - Parsed expressions ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_EXPR_H
#define MOEC_TEMPLATE_SYNTAX_EXPR_H

#include "runtime/template/library/Library.h"
#include "runtime/template/value/Number.h"
#include "runtime/template/value/Value.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace moec::jinja {

/// Where a variable is: a slot of the frame of the function so many functions around.
struct Slot {
  uint32_t hops = 0, index = 0;
};

enum class ExprKind : uint8_t {
  Const,
  Name,
  Tuple,
  List,
  Concat,
  Dict,
  Attribute,
  Item,
  Slice,
  Call,
  Filter,
  Test,
  Not,
  Negate,
  Plus,
  Arithmetic,
  Sum,
  And,
  Or,
  Compare,
  Conditional,
};

struct Expr {
  Expr(ExprKind kind, uint32_t line) : kind(kind), line(line) {}
  virtual ~Expr() = default;
  ExprKind kind;
  uint32_t line;
  /// Levels of expressions, this one included.
  uint32_t height = 1;
};
using ExprPtr = std::unique_ptr<Expr>;

struct ConstExpr : Expr {
  using Expr::Expr;
  Value value; ///< in the template's arena
};

struct NameExpr : Expr {
  using Expr::Expr;
  std::string name;
  Slot slot;
};

/// Tuple, List, Concat.
struct ListExpr : Expr {
  using Expr::Expr;
  std::vector<ExprPtr> items;
};

struct DictExpr : Expr {
  using Expr::Expr;
  std::vector<std::pair<ExprPtr, ExprPtr>> items;
};

struct AttributeExpr : Expr {
  using Expr::Expr;
  ExprPtr object;
  std::string name;
  /// The methods of that name; null where no type has any.
  const MethodEntry *method = nullptr;
};

struct ItemExpr : Expr {
  using Expr::Expr;
  ExprPtr object, index;
};

/// object[begin:end:step], each of which may be null.
struct SliceExpr : Expr {
  using Expr::Expr;
  ExprPtr object, begin, end, step;
};

struct Arguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  /// Behind * and **; null without.
  ExprPtr rest, namedRest;
};

struct CallExpr : Expr {
  using Expr::Expr;
  ExprPtr callee;
  Arguments arguments;
};

/// Filter, Test. The value is null in a block's filter.
struct FilterExpr : Expr {
  using Expr::Expr;
  ExprPtr value;
  std::string name;
  Arguments arguments;
  LibraryFunction function = nullptr; ///< null where the library has none of that name
};

/// Not, Negate, Plus.
struct UnaryExpr : Expr {
  using Expr::Expr;
  ExprPtr operand;
};

/// Arithmetic but for sums, And, Or.
struct BinaryExpr : Expr {
  using Expr::Expr;
  Arithmetic operation = Arithmetic::Multiply;
  ExprPtr left, right;
};

/// first + … - …, of which texts are joined at once.
struct SumExpr : Expr {
  using Expr::Expr;
  ExprPtr first;
  std::vector<std::pair<Arithmetic, ExprPtr>> rest;
};

enum class Comparison : uint8_t {
  Equal,
  Unequal,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
  NotIn
};

struct CompareExpr : Expr {
  using Expr::Expr;
  ExprPtr first;
  std::vector<std::pair<Comparison, ExprPtr>> rest;
};

struct ConditionalExpr : Expr {
  using Expr::Expr;
  ExprPtr condition, yes, no; ///< `no` may be null
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_EXPR_H
