//===- Children.h - The parts of an expression ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_CHILDREN_H
#define MOEC_TEMPLATE_SYNTAX_CHILDREN_H

#include "runtime/template/syntax/Ast.h"

#include <functional>

namespace moec::jinja {

/// Calls a function with each expression that is a direct part of another, in the order in which
/// they are written.
void forEachChild(const Expr &expr, const std::function<void(Expr &)> &visit);

/// Notes how high an expression is. Fails on one that is too high for recursion.
ExprPtr finish(ExprPtr expr);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_CHILDREN_H
