//===- ExecToPlan.h - The host plan as plan.fb ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TRANSLATION_EXECTOPLAN_H
#define MOEC_TRANSLATION_EXECTOPLAN_H

#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

#include <functional>
#include <string>
#include <vector>

namespace moec {

/// The machine's facts in a plan, which its target knows.
struct PlanMachine {
  std::string target, processor;
  std::vector<std::string> features;
};

/// Serialises the `exec.plan` of a module, once its kernels are built and its code objects known
/// (exec.code_object). The rest is read off the module: limits, configuration, and the groups that
/// launches compute. Fails with a sentence when something has no form in a plan.
Expected<std::string> translateToPlan(mlir::ModuleOp module, const PlanMachine &machine);

/// The same with the machine that the module names, made by the resolver of its context.
Expected<std::string> translateToPlan(mlir::ModuleOp module);

/// Adds `--exec-to-plan` to the translations of a tool, which says what its contexts contain.
void registerExecToPlanTranslation(std::function<void(mlir::DialectRegistry &)> registerDialects);

} // namespace moec

#endif // MOEC_TRANSLATION_EXECTOPLAN_H
