//===- RowForm.h - The form in which a machine reads a weight ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is checked of a product and what is packed for it are of one form.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOEXEC_ROWFORM_H
#define MOEC_LIB_CONVERSION_MOETOEXEC_ROWFORM_H

#include "moec/Target/Target.h"

namespace moec {

/// Blocks of rows of `columns` numbers, as long as `target` reads them.
inline mx::BlockType getRowForm(const Target &target, mx::BlockType block, int64_t columns) {
  return block.getRowForm(columns, target.longestBlock(block));
}

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOEXEC_ROWFORM_H
