//===- TargetResolver.h - From #moec.target to a machine --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// IR names a machine by an attribute; passes find the machine through this interface of the moec
// dialect. A context has one resolver, which keeps every machine it made.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_TARGETRESOLVER_H
#define MOEC_TARGET_TARGETRESOLVER_H

#include "moec/Dialect/Moec/Moec.h"
#include "moec/Target/TuningTable.h"

#include "mlir/IR/DialectInterface.h"

#include <list>
#include <mutex>

namespace moec {

/// Makes machines of attributes.
class TargetResolver : public mlir::DialectInterface::Base<TargetResolver> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TargetResolver)

  TargetResolver(mlir::Dialect *dialect, TargetRegistry registry)
      : Base(dialect), registry(std::move(registry)) {}

  /// The machine of an attribute: of the registry, with the schedules of the tuning table that it
  /// names. The same attribute gives the same machine. Fails with a sentence that says what is not
  /// known here. Thread-safe.
  Expected<const Target *> resolve(TargetAttr attribute) const;

  /// From now on `attribute` is `target`, which outlives its use: for who chooses schedules.
  void provide(TargetAttr attribute, const Target &target);

private:
  /// A machine of ours, and the table and wrapper that give it measured schedules.
  struct Made {
    std::unique_ptr<Target> base;
    TuningTable table;
    std::unique_ptr<Target> tuned;
  };
  Expected<const Target *> make(TargetAttr attribute) const;

  TargetRegistry registry;
  mutable std::mutex mutex;
  mutable std::list<Made> made;
  mutable llvm::DenseMap<mlir::Attribute, const Target *> known;
};

/// Gives contexts of `dialects` a resolver over all machines of `registry`, once they load the moec
/// dialect.
void registerTargetResolver(mlir::DialectRegistry &dialects, const TargetRegistry &registry);

/// The resolver of a context, or null.
TargetResolver *getTargetResolver(mlir::MLIRContext *context);

/// The attribute that names a machine.
TargetAttr makeTargetAttr(mlir::MLIRContext *context, const Target &target,
                          llvm::StringRef tuning = "");

/// The machine that a module is for; null if it names none. Emits a diagnostic at the module where
/// it cannot be made.
mlir::FailureOr<const Target *> findTarget(mlir::ModuleOp module);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Target/Passes.h.inc"

} // namespace moec

#endif // MOEC_TARGET_TARGETRESOLVER_H
