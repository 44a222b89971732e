//===- GatherRows.h - Kernels that copy listed rows -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_ROWS_GATHERROWS_H
#define MOEC_LIB_CONVERSION_MOETOTILE_ROWS_GATHERROWS_H

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

namespace moec {

/// Block shapes of kernels that copy rows of `width` numbers.
struct RowBlocks {
  RowBlocks(const KernelRequest &request, int64_t width);

  static constexpr ScheduleKey blockRows{"BM", ScheduleValue::Extent, 8,
                                         "rows of a block, a power of two"};
  static constexpr ScheduleKey blockColumns{"BN", ScheduleValue::Extent, 1024,
                                            "most columns of a block, a power of two"};
  static constexpr ScheduleKey keys[] = {blockRows, blockColumns};

  llvm::SmallVector<mlir::AffineMap> getGrid(mlir::MLIRContext *context) const;

  int64_t width, rows, columns;
};

/// What a launch has to do that copies rows of `width` numbers, `rowBytes` bytes each in the table.
KernelWork countGatheredWork(const WorkRequest &request, int64_t width, double rowBytes);

/// Fills the kernel: row `i` of its only result is row `list[i]` of `table`, converted to the
/// result's element.
BuiltKernel gatherRows(GroupKernel &kernel, const RowBlocks &blocks, mlir::Value table,
                       mlir::Value list);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_ROWS_GATHERROWS_H
