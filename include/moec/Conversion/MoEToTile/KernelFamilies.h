//===- KernelFamilies.h - What is known of a kernel family ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One record a family: how its kernels are built, which numbers a schedule may choose, and what a
// launch has to do. A new family is a case of `moe.kernel_family` and one file in
// lib/Conversion/MoEToTile/Families, <Name>.cpp, which defines describe<Name>(); the build finds
// it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOTILE_KERNELFAMILIES_H
#define MOEC_CONVERSION_MOETOTILE_KERNELFAMILIES_H

#include "moec/Conversion/MoEToTile/Builders.h"
#include "moec/Target/KernelShape.h"

namespace moec {

/// A launch whose work is counted.
struct WorkRequest {
  moe::GroupOp group;
  StepSize step;
  /// How many rows its results have: the step's tokens, or its rows of logits.
  int64_t rows = 1;
  /// That of its kernel.
  tile::ScheduleAttr schedule;

  /// What the schedule chooses for a number of the family's record.
  int64_t choose(const ScheduleKey &key) const {
    return tile::ScheduleAttr(schedule).getInt(key.name, std::get<int64_t>(key.fallback));
  }
};

/// All that the compiler knows of a kernel family.
struct KernelFamilyRecord {
  moe::KernelFamily family;
  /// Builds the kernel of a group. Fails with a diagnostic on the group when it cannot compute it.
  mlir::FailureOr<BuiltKernel> (*build)(const KernelRequest &request);
  /// The numbers of a schedule that `build` reads.
  llvm::ArrayRef<ScheduleKey> keys;
  /// What one launch has to do in a step, and a block of it.
  KernelWork (*countWork)(const WorkRequest &request);
  /// Whether that depends on StepSize::context.
  bool readsContext = false;
};

/// The record of a family.
const KernelFamilyRecord &getKernelFamily(moe::KernelFamily family);

/// What a group's kernel has to do when each result row needs one row of each input, all weights
/// once, and no products, and a block computes `blockRows` rows: most families are this, and more.
KernelWork countRowWork(const WorkRequest &request, int64_t blockRows = 1);

/// Experts and blocks that a step may expect where all experts are alike.
struct ExpectedBlocks {
  /// Of `rows` tokens, in blocks of `blockRows` pairs.
  ExpectedBlocks(int64_t rows, moe::ExpertBlocksType type, int64_t blockRows);

  /// The mean rows of a block that are computed, where an expert's last block is computed as one of
  /// half as many rows as often as they are enough, down to `least`; 0 for none.
  double countRows(int64_t least) const;

  /// Experts that have a pair, and their blocks.
  double experts, blocks;

private:
  /// Pairs of an expert that has some, and rows of a block.
  double pairs, height;
};

/// Bytes of `count` stored numbers, their share of scales included.
double getStoredBytes(mlir::Type element, double count);

// describe<Name>() of every file of the folder.
#define MOEC_KERNEL_FAMILY(NAME) KernelFamilyRecord describe##NAME();
#include "KernelFamilyList.inc"
#undef MOEC_KERNEL_FAMILY

} // namespace moec

#endif // MOEC_CONVERSION_MOETOTILE_KERNELFAMILIES_H
