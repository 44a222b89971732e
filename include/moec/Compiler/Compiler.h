//===- Compiler.h - From a model to an artifact -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The compiler as a library: import, the stages, the artifact.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_COMPILER_COMPILER_H
#define MOEC_COMPILER_COMPILER_H

#include "moec/Compiler/Options.h"
#include "moec/Support/Error.h"
#include "moec/Target/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <iosfwd>
#include <memory>

namespace moec {

/// A context with every dialect that models and plans contain. With `targets` it can make the
/// machine that a module names.
std::unique_ptr<mlir::MLIRContext> createContext(const TargetRegistry *targets = nullptr);

/// Reads the model that `options.input` names: parses a model.mlir, imports anything else. The
/// checkpoint's path in it is relative to the folder of `options.output`, or to the working folder
/// without one.
Expected<mlir::OwningOpRef<mlir::ModuleOp>> loadModel(mlir::MLIRContext &context,
                                                      const CompileOptions &options);

/// The folder that a model's checkpoint path is relative to.
std::string modelFolder(const CompileOptions &options);

/// The checkpoint's folder, for a module whose path is relative to `base`; empty without one.
std::string checkpointFolder(mlir::ModuleOp module, const std::string &base);

/// A module, whose checkpoint's path is relative to `base`, as it is written to a file of `folder`.
std::string printModule(mlir::ModuleOp module, const std::string &base, const std::string &folder,
                        bool withLocations = false);

/// Rows of the vocabulary, by the model's configuration.
int64_t vocabularyOf(mlir::ModuleOp module);

/// Writes the imported model to `options.output`; `-` is standard output.
Error importToFile(const CompileOptions &options);

/// Runs the stages behind `options.startFrom` up to `options.stopAfter`, and writes the artifact.
/// Says on `log` how far it is, and prints the IR of `stopAfter` on `out`.
Error compile(const CompileOptions &options, const TargetRegistry &targets, std::ostream &out,
              std::ostream &log);

/// The same for a target that is there already, in a context that can make machines; what `options`
/// say of target, chip and tuning counts for nothing.
Error compileFor(const Target &target, const CompileOptions &options, mlir::MLIRContext &context,
                 std::ostream &out, std::ostream &log);

} // namespace moec

#endif // MOEC_COMPILER_COMPILER_H
