//===- Undeclared.h - Names that a body takes from outside ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_SYNTAX_UNDECLARED_H
#define MOEC_TEMPLATE_SYNTAX_UNDECLARED_H

#include "runtime/template/syntax/Ast.h"

namespace moec::jinja {

/// Whether a body, or anything in it, uses a name that nothing before in it assigns: so Jinja
/// decides whether a loop needs `loop`, and a macro `caller`, `kwargs` and `varargs`.
bool hasUndeclared(const Body &body, std::string_view name);

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_SYNTAX_UNDECLARED_H
