//===- MXDialect.cpp - The number formats dialect ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers the dialect, and prints the usual formats by short aliases (`!mxfp4`).
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MX/MX.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec::mx;

#include "moec/Dialect/MX/MXDialect.cpp.inc"
#include "moec/Dialect/MX/MXEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/MX/MXAttrs.cpp.inc"

namespace {
struct MXAliases : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Type type, raw_ostream &os) const final {
    auto block = dyn_cast<BlockType>(type);
    if (!block)
      return AliasResult::NoAlias;
    StringRef name = block.getFormatName();
    if (name.empty())
      return AliasResult::NoAlias;
    os << (name.starts_with("int") ? "mx" : "") << name;
    return AliasResult::FinalAlias;
  }
};
} // namespace

void MXDialect::initialize() {
  registerTypes();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "moec/Dialect/MX/MXAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "moec/Dialect/MX/MXOps.cpp.inc"
      >();
  addInterfaces<MXAliases>();
}
