//===- GroupPlan.cpp - Which op goes into which group -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Greedy, in program order: an op joins the best group that may take it, or opens one.
//
//===----------------------------------------------------------------------===//

#include "GroupPlan.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::moe;

/// The family of the group that an op opens.
static std::optional<KernelFamily> familyOf(Operation &op) {
  if (auto anchor = dyn_cast<AnchorOp>(op))
    return anchor.getKernelFamily();
  return isa<RowWiseOp>(op) ? KernelFamily::Row : std::optional<KernelFamily>();
}

/// The op as a product whose rows all take the same matrices.
static ProductOp asDenseProduct(Operation &op) {
  auto product = dyn_cast<ProductOp>(op);
  return product && !product.getRowBlocks() ? product : ProductOp();
}

GroupPlan::GroupPlan(Block &block) {
  // Every op may open a group, so ancestors never need to grow.
  groups.reserve(block.getOperations().size());
  for (Operation &op : block.without_terminator())
    if (!isa<GroupOp>(op))
      place(op);
}

std::optional<unsigned> GroupPlan::groupOf(Value value) const {
  auto it = assignment.find(value.getDefiningOp());
  return it == assignment.end() ? std::optional<unsigned>() : it->second;
}

std::vector<unsigned> GroupPlan::producers(Operation &op) const {
  std::vector<unsigned> result;
  for (Value operand : op.getOperands())
    if (std::optional<unsigned> group = groupOf(operand))
      if (!llvm::is_contained(result, *group))
        result.push_back(*group);
  return result;
}

bool GroupPlan::readsLogitsRows(Operation &op) const {
  return llvm::any_of(producers(op), [&](unsigned group) { return groups[group].onLogitsRows; });
}

bool GroupPlan::mayJoin(Operation &op, unsigned group) const {
  return llvm::none_of(producers(op), [&](unsigned producer) {
    return producer != group && groups[producer].ancestors.test(group);
  });
}

void GroupPlan::join(Operation &op, unsigned group) {
  groups[group].ops.push_back(&op);
  assignment[&op] = group;
  llvm::BitVector &ancestors = groups[group].ancestors;
  for (unsigned producer : producers(op)) {
    if (producer == group)
      continue;
    ancestors.set(producer);
    ancestors |= groups[producer].ancestors;
  }
  for (PlannedGroup &other : groups)
    if (other.ancestors.test(group))
      other.ancestors |= ancestors;
}

void GroupPlan::place(Operation &op) {
  std::optional<KernelFamily> family = familyOf(op);
  if (!family) {
    unknown = unknown ? unknown : &op;
    return;
  }
  if (std::optional<unsigned> host = findHost(op))
    return join(op, *host);
  PlannedGroup group;
  group.family = *family;
  group.onLogitsRows = isa<SelectRowsOp>(op) || readsLogitsRows(op);
  group.ancestors.resize(op.getBlock()->getOperations().size());
  groups.push_back(std::move(group));
  join(op, groups.size() - 1);
}

std::optional<unsigned> GroupPlan::findHost(Operation &op) {
  if (ProductOp product = asDenseProduct(op))
    return findGemmWithInput(product);
  if (!isa<RowWiseOp>(op))
    return std::nullopt;
  // A view costs nothing where its value is made, except of pairs of tokens and choices.
  if (isa<ViewOp>(op))
    if (std::optional<unsigned> producer = groupOf(op.getOperand(0)))
      if (groups[*producer].family != KernelFamily::GroupedGemm)
        return producer;
  if (std::optional<unsigned> host = findRowHost(op))
    return host;
  return findEpilogueHost(op);
}

/// The type and the matrices of a product's weight: what one schedule has to suit.
static std::pair<Type, int64_t> weightForm(ProductOp product) {
  WeightOp weight = lookupWeight(product, product.getMatrices().front());
  RankedTensorType type = weight.getTensorType();
  return {type.getElementType(), type.getRank() == 3 ? type.getDimSize(0) : 1};
}

/// A gemm whose first product multiplies the same value by weights of the same type.
std::optional<unsigned> GroupPlan::findGemmWithInput(ProductOp product) {
  for (Operation *user : product.getRowsOperand().get().getUsers()) {
    auto it = assignment.find(user);
    if (it == assignment.end() || user->getName() != product->getName() ||
        groups[it->second].ops.front() != user)
      continue;
    if (weightForm(cast<ProductOp>(user)) == weightForm(product) && mayJoin(*product, it->second))
      return it->second;
  }
  return std::nullopt;
}

/// Whether a block of the op's result would span two heads of the products behind which it is,
/// which are computed apart.
static bool splitsBlocks(Operation &op, Operation *product) {
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  mx::BlockType block = mx::getBlockElement(type);
  int64_t width = ShapedType::getNumElements(type.getShape().drop_front());
  return block && width / cast<ProductOp>(product).getNumHeads() % block.getBlockSize() != 0;
}

/// A gemm that makes an operand nothing else reads, if the op is elementwise on it.
std::optional<unsigned> GroupPlan::findEpilogueHost(Operation &op) {
  if (!op.hasTrait<OpTrait::Elementwise>() && !isa<mx::QuantizeOp>(op))
    return std::nullopt;
  for (Value operand : op.getOperands()) {
    std::optional<unsigned> group = groupOf(operand);
    if (group && groups[*group].family == KernelFamily::Gemm && operand.hasOneUse() &&
        !splitsBlocks(op, groups[*group].ops.front()) && mayJoin(op, *group))
      return group;
  }
  return std::nullopt;
}

/// The row group of an operand, or one beside it that reads results of the same kernels.
std::optional<unsigned> GroupPlan::findRowHost(Operation &op) {
  std::vector<unsigned> sources = producers(op);
  bool onLogitsRows = readsLogitsRows(op);
  auto suits = [&](unsigned group) {
    return groups[group].family == KernelFamily::Row &&
           groups[group].onLogitsRows == onLogitsRows && mayJoin(op, group);
  };
  for (unsigned source : llvm::reverse(sources))
    if (suits(source))
      return source;
  // Elementwise ops cost least behind the product that makes their operand.
  if (findEpilogueHost(op))
    return std::nullopt;
  for (unsigned source : sources)
    for (unsigned group = groups.size(); group-- > 0;) {
      bool readsSource = llvm::any_of(groups[group].ops, [&](Operation *member) {
        return llvm::is_contained(producers(*member), source);
      });
      if (readsSource && groups[source].family != KernelFamily::Embed && suits(group))
        return group;
    }
  return std::nullopt;
}

std::vector<const PlannedGroup *> GroupPlan::getOrder() const {
  std::vector<const PlannedGroup *> order;
  llvm::BitVector done(groups.empty() ? 0 : groups.front().ancestors.size());
  // The first group that waits for nothing open, again and again.
  while (order.size() < groups.size())
    for (auto [index, group] : llvm::enumerate(groups)) {
      if (done.test(index) || group.ancestors.test(done))
        continue;
      done.set(index);
      order.push_back(&group);
      break;
    }
  return order;
}
