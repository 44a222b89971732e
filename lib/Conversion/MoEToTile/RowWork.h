//===- RowWork.h - What ops on rows compute ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_ROWWORK_H
#define MOEC_LIB_CONVERSION_MOETOTILE_ROWWORK_H

namespace mlir {
class Operation;
} // namespace mlir

namespace moec {

/// Numbers that operations make of one token's row for an op of a group's body, each operation's
/// counted, as the builder of rows writes them.
double countRowNumbers(mlir::Operation &op);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_ROWWORK_H
