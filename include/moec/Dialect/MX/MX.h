//===- MX.h - Types, attributes and ops of the mx dialect -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one header to include for anything about number formats in the IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MX_MX_H
#define MOEC_DIALECT_MX_MX_H

#include "moec/Dialect/MX/MXDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "moec/Dialect/MX/MXEnums.h.inc"
#include "moec/Formats/BlockFormat.h"

namespace moec::mx {
/// What an array of a block-scaled weight or ref holds.
enum class BlockStream : uint8_t {
  Codes,
  Scales, ///< one a block
  Zeros,  ///< one a block, i8
  Global  ///< one a matrix, f32
};
} // namespace moec::mx

#define GET_TYPEDEF_CLASSES
#include "moec/Dialect/MX/MXTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/MX/MXAttrs.h.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/MX/MXOps.h.inc"

namespace moec::mx {

/// Verifies that `rounding` is given exactly where `result` (a tensor or element type) needs one to
/// choose a power-of-two scale. For every op that may round to a block-scaled result.
::mlir::LogicalResult verifyRounding(::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError,
                                     ::mlir::Type result, RoundingAttr rounding);

/// An element type as people name it: `mxfp4`, `bf16`; one without a name as it is printed.
std::string describe(::mlir::Type type);

/// The block type of a tensor's elements, or null.
BlockType getBlockElement(::mlir::Type type);

} // namespace moec::mx

#endif // MOEC_DIALECT_MX_MX_H
