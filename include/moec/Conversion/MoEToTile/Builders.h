//===- Builders.h - From a group to its kernel ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One builder a kernel family. It reads a moe.group and a schedule and returns the tile.kernel; it
// never learns which machine asked.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOTILE_BUILDERS_H
#define MOEC_CONVERSION_MOETOTILE_BUILDERS_H

#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/Target/KernelShape.h"

#include "mlir/IR/Builders.h"

namespace moec {

/// What a builder is given. The group must be nested in a module that declares its weights.
struct KernelRequest {
  /// Where the kernel goes, and its symbol.
  mlir::OpBuilder &builder;
  llvm::StringRef name;
  moe::GroupOp group;
  const KernelSignature &signature;
  tile::ScheduleAttr schedule;
  /// Rows of a cache page; a power of two or not.
  int64_t pageSize;

  mlir::Location getLoc() const { return moe::GroupOp(group).getLoc(); }
  /// What the schedule chooses for a number of the family's record.
  int64_t choose(const ScheduleKey &key) const {
    return schedule.getInt(key.name, std::get<int64_t>(key.fallback));
  }
};

/// A kernel, and which of the signature's arguments it takes, in order.
struct BuiltKernel {
  tile::KernelOp kernel;
  llvm::SmallVector<unsigned> arguments;
};

/// Builds the kernel of the group as its family's record says. Fails with a diagnostic on the group
/// when the family cannot compute it.
mlir::FailureOr<BuiltKernel> buildKernel(const KernelRequest &request);

/// A kernel that takes the whole signature, being filled. `finish` drops what was not used.
class GroupKernel {
public:
  /// Starts a kernel; `grid` is three formulas over the KernelDims, in their order.
  GroupKernel(const KernelRequest &request, llvm::ArrayRef<mlir::AffineMap> grid);

  /// The kernel's arguments, by what they are.
  mlir::Value getInput(unsigned operand, unsigned part = 0) const;
  /// The same for an argument of the group's body.
  mlir::Value getInput(mlir::Value bodyArgument, unsigned part = 0) const;
  mlir::Value getOutput(unsigned result, unsigned part = 0) const;
  mlir::Value getWeight(mlir::FlatSymbolRefAttr symbol) const;
  mlir::Value getCache(mlir::FlatSymbolRefAttr symbol) const;
  mlir::Value getState(mlir::FlatSymbolRefAttr symbol) const;
  mlir::Value getStep(StepInput array) const;
  mlir::Value getDim(KernelDim dim) const;
  mlir::Value getBlockId(unsigned axis) { return kernel.getBlockId(axis); }

  /// Inserts at the end of the kernel's body.
  mlir::ImplicitLocOpBuilder &getBuilder() { return builder; }

  /// Ends the body and drops the ops and arguments that nothing reads.
  BuiltKernel finish();

  /// Takes the kernel back, for a builder that can't go on.
  void discard() { kernel.erase(); }

private:
  mlir::Value argument(unsigned number) const;

  const KernelRequest &request;
  tile::KernelOp kernel;
  mutable mlir::ImplicitLocOpBuilder builder;
};

} // namespace moec

#endif // MOEC_CONVERSION_MOETOTILE_BUILDERS_H
