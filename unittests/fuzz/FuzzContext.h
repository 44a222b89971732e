//===- FuzzContext.h - A context for many inputs ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_FUZZCONTEXT_H
#define MOEC_UNITTESTS_FUZZCONTEXT_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"

#include <memory>

namespace moec::fuzz {

/// What a context has interned stays with it, so that one serves only so many inputs.
constexpr unsigned inputsPerContext = 2000;

/// A context with every dialect that `addDialects` registers, the same for some inputs.
inline mlir::MLIRContext &freshContext(void (*addDialects)(mlir::DialectRegistry &)) {
  static std::unique_ptr<mlir::MLIRContext> context;
  static unsigned uses = 0;
  if (!context || ++uses == inputsPerContext) {
    mlir::DialectRegistry registry;
    addDialects(registry);
    context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
    uses = 0;
  }
  return *context;
}

} // namespace moec::fuzz

#endif // MOEC_UNITTESTS_FUZZCONTEXT_H
