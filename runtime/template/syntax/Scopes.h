//===- Scopes.h - Which variable a name is ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_SCOPES_H
#define MOEC_TEMPLATE_SYNTAX_SCOPES_H

#include "runtime/template/syntax/Ast.h"

namespace moec::jinja {

/// Gives each name of a parsed template its slot, and each scope what is done when it is entered.
/// Throws a Failure where Jinja's compiler refuses a template.
void resolveScopes(Syntax &syntax);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_SCOPES_H
