//===- TargetResolver.cpp - From #moec.target to a machine ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Target/TargetResolver.h"

namespace moec {
#define GEN_PASS_DEF_MOECSETTARGET
#include "moec/Target/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

//===----------------------------------------------------------------------===//
// The resolver
//===----------------------------------------------------------------------===//

Expected<const Target *> TargetResolver::make(TargetAttr attribute) const {
  Expected<std::unique_ptr<Target>> base =
      registry.create(attribute.getName().str(), attribute.getChip().str());
  if (!base)
    return base.takeError();
  Made entry;
  entry.base = std::move(*base);
  if (StringAttr tuning = attribute.getTuning()) {
    Expected<TuningTable> table =
        TuningTable::read(tuning.str(), *entry.base, *attribute.getContext());
    if (!table)
      return table.takeError();
    entry.table = std::move(*table);
  }
  made.push_back(std::move(entry));
  Made &kept = made.back();
  if (!attribute.getTuning())
    return kept.base.get();
  kept.tuned = std::make_unique<ScheduledTarget>(withTuning(*kept.base, kept.table));
  return kept.tuned.get();
}

Expected<const Target *> TargetResolver::resolve(TargetAttr attribute) const {
  std::lock_guard<std::mutex> lock(mutex);
  const Target *&target = known[attribute];
  if (target)
    return target;
  Expected<const Target *> result = make(attribute);
  if (result)
    target = *result;
  return result;
}

void TargetResolver::provide(TargetAttr attribute, const Target &target) {
  std::lock_guard<std::mutex> lock(mutex);
  known[attribute] = &target;
}

namespace {
/// Adds the resolver when a context loads the dialect.
struct ResolverExtension : DialectExtension<ResolverExtension, MoecDialect> {
  explicit ResolverExtension(TargetRegistry registry) : registry(std::move(registry)) {}
  void apply(MLIRContext *, MoecDialect *dialect) const override {
    dialect->addInterface(std::make_unique<TargetResolver>(dialect, registry));
  }
  TargetRegistry registry;
};
} // namespace

void moec::registerTargetResolver(DialectRegistry &dialects, const TargetRegistry &registry) {
  dialects.addExtension(TypeID::get<ResolverExtension>(),
                        std::make_unique<ResolverExtension>(registry));
}

TargetResolver *moec::getTargetResolver(MLIRContext *context) {
  return context->getOrLoadDialect<MoecDialect>()->getRegisteredInterface<TargetResolver>();
}

TargetAttr moec::makeTargetAttr(MLIRContext *context, const Target &target, StringRef tuning) {
  return TargetAttr::get(context, target.name(), target.chip(),
                         tuning.empty() ? StringAttr() : StringAttr::get(context, tuning));
}

FailureOr<const Target *> moec::findTarget(ModuleOp module) {
  TargetAttr attribute = getTargetAttr(module);
  if (!attribute)
    return static_cast<const Target *>(nullptr);
  TargetResolver *resolver = getTargetResolver(module.getContext());
  if (!resolver) {
    module.emitError() << "is for " << attribute << ", but this program knows no machines";
    return failure();
  }
  Expected<const Target *> target = resolver->resolve(attribute);
  if (!target) {
    emitError(module.getLoc()) << target.takeError().message();
    return failure();
  }
  return *target;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct MoecSetTarget : moec::impl::MoecSetTargetBase<MoecSetTarget> {
  using MoecSetTargetBase::MoecSetTargetBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    MLIRContext *context = &getContext();
    auto named = TargetAttr::get(context, target, chip,
                                 tuning.empty() ? StringAttr() : StringAttr::get(context, tuning));
    TargetAttr before = getTargetAttr(module);
    setTargetAttr(module, named);
    FailureOr<const Target *> found = findTarget(module);
    if (failed(found))
      return signalPassFailure();
    TargetAttr exact = makeTargetAttr(context, **found, tuning);
    if (before && before != exact) {
      module.emitError() << "is for " << before << " already, not for " << exact;
      return signalPassFailure();
    }
    setTargetAttr(module, exact);
  }
};
} // namespace
