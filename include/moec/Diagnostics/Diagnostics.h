//===- Diagnostics.h - What passes say, with its place ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIAGNOSTICS_DIAGNOSTICS_H
#define MOEC_DIAGNOSTICS_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <string>

namespace moec {

/// A location as people read it: `model.mlir:12:3`, `model.safetensors (layers.3)`; of ops that
/// were fused the first that has a file. Empty where nothing is known.
std::string describeLocation(mlir::Location location);

/// A diagnostic on one line: its place, what it says, and its notes with theirs in parentheses.
std::string describeDiagnostic(mlir::Diagnostic &diagnostic);

/// Keeps the first error of a context while it lives, and hands on warnings; nothing is printed.
class DiagnosticCollector {
public:
  using Warn = std::function<void(const std::string &)>;

  explicit DiagnosticCollector(mlir::MLIRContext *context, Warn warn = nullptr);

  /// What describeDiagnostic() made of the first error; empty without one.
  const std::string &error() const { return first; }

private:
  std::string first;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace moec

#endif // MOEC_DIAGNOSTICS_DIAGNOSTICS_H
