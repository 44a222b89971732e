//===- LaunchCheck.h - Every launch on the reference's inputs ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs sequences through the reference interpreter and, group by group, the launches of a compiled
// model on a device, each on the very inputs that the reference had: activations, expert blocks
// and cache rows. So a launch is judged by itself, whatever happened before it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_CHECK_LAUNCHCHECK_H
#define MOEC_TOOLS_MOEC_CHECK_LAUNCHCHECK_H

#include "ResultCheck.h"

#include "moec/runtime/commands/Commands.h"

namespace moec {

/// Checks the launches of the artifact `arguments.model` while it computes `ids`. `weights` names
/// other weights for the reference, as WeightSource spells them; empty takes those that the
/// artifact's model names. Fails when something cannot be run; results are judged by `check`.
Error checkLaunches(const runtime::EvalArguments &arguments, const runtime::TokenRows &ids,
                    const std::string &weights, ResultCheck &check);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_CHECK_LAUNCHCHECK_H
