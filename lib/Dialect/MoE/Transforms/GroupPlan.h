//===- GroupPlan.h - Which op goes into which group -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The decisions of moe-fuse-groups, apart from making them so.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DIALECT_MOE_TRANSFORMS_GROUPPLAN_H
#define MOEC_LIB_DIALECT_MOE_TRANSFORMS_GROUPPLAN_H

#include "moec/Dialect/MoE/MoE.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>
#include <vector>

namespace moec::moe {

/// Ops that one kernel computes, in program order.
struct PlannedGroup {
  KernelFamily family;
  std::vector<mlir::Operation *> ops;
  /// Whether rows are those whose logits are asked for, and not tokens.
  bool onLogitsRows = false;
  /// The groups that this one waits for, also indirectly.
  llvm::BitVector ancestors;
};

/// Assigns the ops of a block to groups, one by one in program order.
class GroupPlan {
public:
  explicit GroupPlan(mlir::Block &block);

  /// An op that no family takes, if there is one.
  mlir::Operation *getUnknownOp() const { return unknown; }
  /// The groups in an order that respects their values.
  std::vector<const PlannedGroup *> getOrder() const;

private:
  void place(mlir::Operation &op);
  std::optional<unsigned> findHost(mlir::Operation &op);
  std::optional<unsigned> findGemmWithInput(ProductOp product);
  std::optional<unsigned> findEpilogueHost(mlir::Operation &op);
  std::optional<unsigned> findRowHost(mlir::Operation &op);

  std::optional<unsigned> groupOf(mlir::Value value) const;
  /// The groups that the op's operands come from.
  std::vector<unsigned> producers(mlir::Operation &op) const;
  bool readsLogitsRows(mlir::Operation &op) const;
  /// Whether the op may join without groups waiting for each other.
  bool mayJoin(mlir::Operation &op, unsigned group) const;
  void join(mlir::Operation &op, unsigned group);

  std::vector<PlannedGroup> groups;
  llvm::DenseMap<mlir::Operation *, unsigned> assignment;
  mlir::Operation *unknown = nullptr;
};

} // namespace moec::moe

#endif // MOEC_LIB_DIALECT_MOE_TRANSFORMS_GROUPPLAN_H
