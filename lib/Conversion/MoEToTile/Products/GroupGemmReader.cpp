//===- GroupGemmReader.cpp - What a group asks of the product family ------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Finds the products of a group, checks that one block can compute what is behind them, and sorts
// the results into parts.
//
//===----------------------------------------------------------------------===//

#include "../Anchor.h"
#include "GroupGemm.h"

using namespace mlir;
using namespace moec;

int64_t Product::getHeads() const { return cast<moe::ProductOp>(op).getNumHeads(); }

/// The op as a product, or nothing.
static std::optional<Product> readProduct(Operation *op) {
  auto typed = dyn_cast<moe::ProductOp>(op);
  if (!typed)
    return std::nullopt;
  return Product{op,
                 stripViews(typed.getRowsOperand().get()),
                 typed.getRowBlocks(),
                 cast<TypedValue<RankedTensorType>>(op->getResult(0)),
                 typed.getMatrices(),
                 typed.getBiases(),
                 typed.getGatedActivation()};
}

/// Numbers in a token's row.
static int64_t getRowSize(Value value) {
  return ShapedType::getNumElements(
      cast<RankedTensorType>(value.getType()).getShape().drop_front());
}

/// Checks that each element of the op's result comes from that element of its operands, where rows
/// are flat.
static LogicalResult checkEpilogue(Operation *op, bool byPairs) {
  if (isa<moe::ViewOp>(op) && !byPairs)
    return success();
  bool isElementwise =
      op->hasTrait<OpTrait::Elementwise>() || isa<moe::MulOp, mx::QuantizeOp, mx::DequantizeOp>(op);
  if (!isElementwise)
    return op->emitOpError("cannot follow a product in its kernel");
  for (Value operand : op->getOperands()) {
    int64_t size = getRowSize(operand), expected = getRowSize(op->getResult(0));
    if (size != expected && (size != 1 || byPairs))
      return op->emitOpError() << "multiplies rows of " << expected << " by " << size
                               << ", which a tile of a product cannot";
  }
  return success();
}

/// Adds the products that `value` depends on.
static void collectProducts(Value value, const llvm::MapVector<Operation *, Product> &products,
                            llvm::SetVector<Operation *> &found) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return;
  if (products.contains(op)) {
    found.insert(op);
    return;
  }
  for (Value operand : op->getOperands())
    collectProducts(operand, products, found);
}

/// Sorts the results into parts; joins parts that share a product.
static FailureOr<SmallVector<GemmPart>>
makeParts(moe::GroupOp group, const llvm::MapVector<Operation *, Product> &products) {
  struct Draft {
    llvm::SetVector<Operation *> products;
    SmallVector<unsigned> results;
  };
  SmallVector<Draft> drafts;
  for (auto [number, value] : llvm::enumerate(group.getYields())) {
    Draft draft;
    collectProducts(value, products, draft.products);
    if (draft.products.empty())
      return group.emitOpError() << "result " << number << " comes from no product";
    llvm::erase_if(drafts, [&](Draft &other) {
      if (llvm::none_of(other.products, [&](Operation *op) { return draft.products.contains(op); }))
        return false;
      draft.products.insert(other.products.begin(), other.products.end());
      draft.results.append(other.results);
      return true;
    });
    draft.results.push_back(number);
    drafts.push_back(std::move(draft));
  }

  SmallVector<GemmPart> parts;
  for (const Draft &draft : drafts) {
    GemmPart part;
    part.results = draft.results;
    for (auto &[op, product] : products)
      if (draft.products.contains(op))
        part.products.push_back(product);
    int64_t width = part.products.front().getWidth();
    for (const Product &product : part.products)
      if (product.getWidth() != width)
        return product.op->emitOpError()
               << "has rows of " << product.getWidth() << ", but meets a product of " << width;
    parts.push_back(std::move(part));
  }
  return parts;
}

FailureOr<GemmGroup> GemmGroup::read(moe::GroupOp group) {
  llvm::MapVector<Operation *, Product> products;
  SmallVector<Operation *> others;
  for (Operation &op : group.getBody().front().without_terminator()) {
    if (std::optional<Product> product = readProduct(&op))
      products.insert({&op, *product});
    else
      others.push_back(&op);
  }
  if (products.empty())
    return group.emitOpError("has no product for its kernel to compute");

  const Product &first = products.front().second;
  for (auto &[op, product] : products) {
    if (!isa<BlockArgument>(product.input))
      return op->emitOpError("multiplies a value that its own kernel computes");
    if (op->getName() != first.op->getName() || product.input != first.input ||
        product.expertBlocks != first.expertBlocks || product.getHeads() != first.getHeads()) {
      InFlightDiagnostic error = op->emitOpError("reads other rows than a product beside it");
      error.attachNote(first.op->getLoc()) << "the other product";
      return error;
    }
  }
  bool byPairs = bool(first.expertBlocks);
  for (Operation *op : others) {
    // Views of the input are not behind a product.
    if (isa<moe::ViewOp>(op) && stripViews(op->getResult(0)) == first.input)
      continue;
    if (failed(checkEpilogue(op, byPairs)))
      return failure();
  }
  FailureOr<SmallVector<GemmPart>> parts = makeParts(group, products);
  if (failed(parts))
    return failure();
  return GemmGroup{group, std::move(*parts)};
}

/// Checks that neither a tile nor a head ends within a block of a block-scaled type.
static LogicalResult checkBlocks(const GemmGroup &read, int64_t blockColumns) {
  moe::GroupOp group = read.group;
  for (Operation &op : group.getBody().front())
    for (Type type : op.getResultTypes()) {
      mx::BlockType block = mx::getBlockElement(type);
      if (!block)
        continue;
      if (blockColumns % block.getBlockSize() != 0)
        return op.emitOpError() << "makes blocks of " << block.getBlockSize()
                                << ", which tiles of BN = " << blockColumns << " columns split";
      // What is behind a product is as wide as its rows, all heads of them.
      int64_t heads = read.getProduct().getHeads();
      int64_t width = ShapedType::getNumElements(cast<ShapedType>(type).getShape().drop_front());
      if (width / heads % block.getBlockSize() != 0)
        return op.emitOpError() << "makes blocks of " << block.getBlockSize() << ", which heads of "
                                << width / heads << " split";
    }
  return success();
}

FailureOr<BuiltKernel> moec::buildGemmKernel(const KernelRequest &request) {
  FailureOr<GemmGroup> group = GemmGroup::read(request.group);
  if (failed(group) || failed(checkBlocks(*group, request.choose(GemmKernel::columnsKey))))
    return failure();
  return GemmKernel(request, *group).build();
}
