//===- FuseGroups.cpp - Put every op into its group -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Makes the groups that GroupPlan decides, and names them for people.
//
//===----------------------------------------------------------------------===//

#include "GroupPlan.h"

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace moec::moe {
#define GEN_PASS_DEF_MOEFUSEGROUPS
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

namespace {
struct FuseGroupsPass : moe::impl::MoEFuseGroupsBase<FuseGroupsPass> {
  void runOnOperation() override;

private:
  LogicalResult fuse(func::FuncOp function);
};

/// Names groups after the weights and caches they use, or else after what they do.
class GroupNamer {
public:
  std::string name(const PlannedGroup &group);

private:
  std::string layer; ///< `layers.3.` of the last symbol seen
};
} // namespace

/// Cuts a symbol behind its first component that is a number, the layer's; what follows is without
/// the module that it is in: `layers.3.mlp.experts.up` gives `layers.3.` and `experts.up`.
static std::pair<StringRef, StringRef> splitLayer(StringRef symbol) {
  size_t begin = 0;
  for (size_t end; (end = symbol.find('.', begin)) != StringRef::npos; begin = end + 1)
    if (end > begin && llvm::all_of(symbol.slice(begin, end), llvm::isDigit)) {
      auto [layer, rest] = std::pair(symbol.take_front(end + 1), symbol.drop_front(end + 1));
      StringRef inModule = rest.split('.').second;
      return {layer, inModule.empty() ? rest : inModule};
    }
  return {"", symbol};
}

std::string GroupNamer::name(const PlannedGroup &group) {
  llvm::SetVector<StringRef> parts;
  for (Operation *op : group.ops) {
    SmallVector<FlatSymbolRefAttr> symbols = getWeightRefs(op);
    if (auto append = dyn_cast<CacheAppendOp>(op))
      symbols.push_back(append.getCacheAttr());
    for (FlatSymbolRefAttr symbol : symbols) {
      auto [prefix, text] = splitLayer(symbol.getValue());
      layer = prefix.str();
      parts.insert(text);
    }
  }
  if (parts.empty())
    parts.insert(group.family == KernelFamily::Row ? group.ops.front()->getName().stripDialect()
                                                   : stringifyKernelFamily(group.family));
  constexpr size_t most = 4; // A name stays short; the group itself tells the rest.
  std::string text = llvm::join(parts.getArrayRef().take_front(most), "+");
  return layer + text + (parts.size() > most ? "+..." : "");
}

/// Moves the ops of a planned group into a moe.group at the builder's place.
static void makeGroup(OpBuilder &builder, const PlannedGroup &plan, StringRef name) {
  DenseSet<Operation *> members(plan.ops.begin(), plan.ops.end());
  llvm::SetVector<Value> inputs, outputs;
  for (Operation *op : plan.ops) {
    for (Value operand : op->getOperands())
      if (!members.contains(operand.getDefiningOp()))
        inputs.insert(operand);
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !members.contains(user); }))
        outputs.insert(result);
  }
  SmallVector<Location> locations;
  for (Operation *op : plan.ops)
    locations.push_back(op->getLoc());
  Location loc = builder.getFusedLoc(locations);
  SmallVector<Type> types = llvm::map_to_vector(outputs, [](Value v) { return v.getType(); });
  auto group =
      GroupOp::create(builder, loc, types, KernelFamilyAttr::get(builder.getContext(), plan.family),
                      /*id=*/IntegerAttr(), builder.getStringAttr(name), inputs.getArrayRef());
  for (auto [output, result] : llvm::zip(outputs, group.getResults()))
    Value(output).replaceUsesWithIf(
        result, [&](OpOperand &use) { return !members.contains(use.getOwner()); });

  Block &body = group.getBody().emplaceBlock();
  IRMapping arguments;
  for (Value input : inputs)
    arguments.map(input, body.addArgument(input.getType(), input.getLoc()));
  for (Operation *op : plan.ops) {
    op->moveBefore(&body, body.end());
    for (OpOperand &operand : op->getOpOperands())
      operand.set(arguments.lookupOrDefault(operand.get()));
  }
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&body);
  YieldOp::create(builder, loc, outputs.getArrayRef());
}

LogicalResult FuseGroupsPass::fuse(func::FuncOp function) {
  Block &block = function.getBody().front();
  GroupPlan plan(block);
  if (Operation *op = plan.getUnknownOp())
    return op->emitOpError("is computed by no kernel family");
  OpBuilder builder(block.getTerminator());
  GroupNamer namer;
  for (const PlannedGroup *group : plan.getOrder())
    makeGroup(builder, *group, namer.name(*group));
  return success();
}

/// A value that nobody reads has no group.
static void eraseUnread(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

void FuseGroupsPass::runOnOperation() {
  splitExperts(getOperation());
  for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
    if (!function.isDeclaration())
      eraseUnread(function);
  for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
    if (!function.isDeclaration() && failed(fuse(function)))
      return signalPassFailure();
  // Numbers of their own, by which plans name them.
  int64_t id = 0;
  getOperation().walk([&](GroupOp group) { group.setId(id++); });
}
