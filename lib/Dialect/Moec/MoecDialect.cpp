//===- MoecDialect.cpp - What a module is compiled for --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Moec/Moec.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;

#include "moec/Dialect/Moec/MoecDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Moec/MoecAttrs.cpp.inc"

void MoecDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "moec/Dialect/Moec/MoecAttrs.cpp.inc"
      >();
}

void MoecDialect::initialize() { registerAttributes(); }

LogicalResult MoecDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (!isa<ModuleOp>(op))
    return op->emitOpError() << "attribute " << name << " belongs on a module";
  if (name != getTargetAttrName())
    return op->emitOpError() << "unknown attribute " << name;
  if (!isa<TargetAttr>(attribute.getValue()))
    return op->emitOpError() << name << " is " << attribute.getValue() << ", not a #moec.target";
  return success();
}

TargetAttr moec::getTargetAttr(ModuleOp module) {
  return module->getAttrOfType<TargetAttr>(MoecDialect::getTargetAttrName());
}

void moec::setTargetAttr(ModuleOp module, TargetAttr target) {
  module->setAttr(MoecDialect::getTargetAttrName(), target);
}
