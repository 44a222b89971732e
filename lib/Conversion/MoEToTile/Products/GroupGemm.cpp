//===- GroupGemm.cpp - The builder of product kernels ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Emits the kernel of a group that GroupGemmReader.cpp has read: which rows and columns a block
// has, its products, and the ops behind them on the block's tile.
//
//===----------------------------------------------------------------------===//

#include "GroupGemm.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;

using Tile = TileMath::Tile;

GemmKernel::GemmKernel(const KernelRequest &request, const GemmGroup &group)
    : group(group), listedRows(request.choose(rowsKey)), shortRows(request.choose(shortKey)),
      blockRows(listedRows), blockColumns(request.choose(columnsKey)),
      step(request.choose(depthKey)), walk(request.choose(walkKey)),
      split(request.choose(splitKey)), kernel(request, getGrid(request, group)),
      b(kernel.getBuilder()), math(b) {}

//===----------------------------------------------------------------------===//
// The grid
//===----------------------------------------------------------------------===//

static int64_t getNumTiles(const GemmPart &part, int64_t blockColumns) {
  return llvm::divideCeil(part.products.front().getWidth(), blockColumns);
}

int64_t GemmKernel::getTiles(const GemmPart &part) const { return getNumTiles(part, blockColumns); }

std::array<AffineMap, 3> GemmKernel::getGrid(const KernelRequest &request, const GemmGroup &group) {
  MLIRContext *context = request.builder.getContext();
  int64_t blockRows = request.choose(rowsKey), tiles = 0;
  for (const GemmPart &part : group.parts)
    tiles += getNumTiles(part, request.choose(columnsKey));
  const Product &product = group.getProduct();
  AffineExpr rows = getAffineDimExpr(unsigned(KernelDim::Rows), context);
  AffineMap blocks = AffineMap::get(numKernelDims, 0, rows.ceilDiv(blockRows));
  if (product.expertBlocks) {
    auto type = cast<moe::ExpertBlocksType>(product.expertBlocks.getType());
    blocks = getMaxBlocks(context, type.getTopK(), type.getExperts(), blockRows)
                 .replaceDimsAndSymbols(rows, {}, numKernelDims, 0);
  }
  auto constant = [&](int64_t value) {
    return AffineMap::get(numKernelDims, 0, getAffineConstantExpr(value, context));
  };
  return {constant(llvm::divideCeil(tiles, request.choose(walkKey))), blocks,
          constant(product.getHeads())};
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

Value GemmKernel::flatten(Value ref, bool byPairs) {
  auto type = cast<tile::RefType>(ref.getType());
  if (type.getRank() == 2)
    return ref;
  ArrayRef<int64_t> row = type.getShape().drop_front();
  int64_t width = byPairs ? row.back() : ShapedType::getNumElements(row);
  auto flat = tile::RefType::get({ShapedType::kDynamic, width}, type.getElementType());
  return tile::ViewOp::create(b, flat, ref);
}

/// Dimensions of a product's weight: 3 where it has a matrix for each head, be it one.
static int64_t getMatrixRank(const Product &product) {
  return moe::lookupWeight(product.op, product.weights.front()).getTensorType().getRank();
}

void GemmKernel::findRows() {
  Value first = kernel.getBlockId(1), left;
  if (blockRows > 1) {
    first = arith::MulIOp::create(b, first, math.index(blockRows));
    left = arith::SubIOp::create(b, kernel.getDim(KernelDim::Rows), first);
  }
  rows = inputRows = {blockRows, first, left, {}};
  if (group.getProduct().getHeads() > 1)
    matrix = head = kernel.getBlockId(2);
  else if (getMatrixRank(group.getProduct()) == 3)
    matrix = math.index(0);
}

void GemmKernel::findListedRows(Value count) {
  const Product &product = group.getProduct();
  auto type = RankedTensorType::get(blockRows, b.getI32Type());
  Value first = arith::MulIOp::create(b, kernel.getBlockId(1), math.index(listedRows));
  Value list = kernel.getInput(product.expertBlocks, unsigned(ExpertBlocksArray::Pairs));
  Value pairs = tile::LoadOp::create(b, type, list, first, ValueRange());
  rows = inputRows = {blockRows, {}, count, pairs};
  if (cast<RankedTensorType>(product.input.getType()).getRank() == 3)
    return;
  // The input has a row for each token, whatever the choice. No pair stays no token.
  auto fill = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(b, type, DenseElementsAttr::get(type, value));
  };
  auto expertBlocks = cast<moe::ExpertBlocksType>(product.expertBlocks.getType());
  // Unsigned: of no pair it is no token either, and what is divided by takes no sign.
  Value tokens = arith::DivUIOp::create(b, pairs, fill(expertBlocks.getTopK()));
  Value none = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, pairs, fill(0));
  inputRows.list = arith::SelectOp::create(b, none, fill(-1), tokens);
}

//===----------------------------------------------------------------------===//
// A tile of a part
//===----------------------------------------------------------------------===//

Tile GemmKernel::loadBias(FlatSymbolRefAttr symbol) {
  Value ref = kernel.getWeight(symbol);
  auto type = cast<tile::RefType>(ref.getType());
  SmallVector<Value> indices, bounds;
  if (type.getRank() == 2)
    indices.push_back(matrix);
  indices.push_back(column);
  if (columnsLeft)
    bounds.push_back(columnsLeft);
  auto tile = RankedTensorType::get(blockColumns, type.getElementType());
  Tile bias = math.widen(tile::LoadOp::create(b, tile, ref, indices, bounds));
  return math.broadcast(math.reshape(bias, {1, blockColumns}), {blockRows, blockColumns});
}

Tile GemmKernel::finish(const Product &product, ArrayRef<Value> sums) {
  SmallVector<Value, 2> results;
  for (auto [sum, bias] : llvm::zip_equal(sums, product.biases))
    results.push_back(bias ? Value(math.add(sum, loadBias(bias))) : sum);
  if (product.activation)
    return math.activation(product.activation, results[0], results[1]);
  return cast<Tile>(results.front());
}

Tile GemmKernel::getTile(Value value) {
  if (Tile known = tiles.lookup(value))
    return known;
  auto type = cast<RankedTensorType>(value.getType());
  Tile tile;
  if (isa<BlockArgument>(value)) {
    Value ref = flatten(kernel.getInput(value), bool(rows.list));
    bool isOneNumber = cast<tile::RefType>(ref.getType()).getDim(1) == 1;
    tile = cast<Tile>(isOneNumber ? rows.load(b, ref, math.index(0), 1, {})
                                  : rows.load(b, ref, rowColumn, blockColumns, columnsLeft));
  } else if (auto view = value.getDefiningOp<moe::ViewOp>()) {
    tile = getTile(view.getInput());
  } else {
    Operation *op = value.getDefiningOp();
    Tile result = math.elementwise(op, [&](Value operand) { return getNumbers(operand); });
    tile = math.convert(result, type.getElementType(),
                        op->getAttrOfType<mx::RoundingAttr>("rounding"));
  }
  return tiles[value] = tile;
}

void GemmKernel::emitPart(const GemmPart &part, Value tile) {
  int64_t width = part.products.front().getWidth();
  column = getTiles(part) == 1 ? math.index(0)
                               : Value(arith::MulIOp::create(b, tile, math.index(blockColumns)));
  columnsLeft = width % blockColumns == 0
                    ? Value()
                    : Value(arith::SubIOp::create(b, math.index(width), column));
  rowColumn = column;
  if (head)
    rowColumn = arith::AddIOp::create(b, arith::MulIOp::create(b, head, math.index(width)), column);

  GemmSpec spec;
  Value input = group.getProduct().input;
  spec.left = flatten(kernel.getInput(input), bool(rows.list));
  spec.rows = inputRows;
  spec.depth = cast<tile::RefType>(spec.left.getType()).getDim(1);
  if (head) {
    spec.depth /= group.getProduct().getHeads();
    spec.leftColumn = arith::MulIOp::create(b, head, math.index(spec.depth));
  }
  if (matrix)
    spec.matrix = {matrix};
  spec.columns = blockColumns;
  spec.column = column;
  spec.columnsLeft = columnsLeft;
  spec.step = step;
  spec.isOneStep = walk > 1;
  spec.split = split;
  for (const Product &product : part.products)
    for (FlatSymbolRefAttr weight : product.weights)
      spec.weights.push_back(kernel.getWeight(weight));

  tiles.clear();
  SmallVector<Value> sums = emitProducts(b, spec);
  ArrayRef<Value> rest = sums;
  for (const Product &product : part.products) {
    size_t count = product.weights.size();
    tiles[product.result] = math.convert(finish(product, rest.take_front(count)),
                                         product.result.getType().getElementType(),
                                         product.op->getAttrOfType<mx::RoundingAttr>("rounding"));
    rest = rest.drop_front(count);
  }
  moe::GroupOp op = group.group;
  for (unsigned result : part.results)
    rows.store(b, getTile(op.getYields()[result]),
               flatten(kernel.getOutput(result), bool(rows.list)), rowColumn, columnsLeft);
}

void GemmKernel::emitParts(size_t part, Value tile) {
  if (part + 1 == group.parts.size())
    return emitPart(group.parts[part], tile);
  Value end = math.index(getTiles(group.parts[part]));
  Value isHere = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, tile, end);
  auto choice = scf::IfOp::create(b, isHere, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(choice.thenYield());
  emitPart(group.parts[part], tile);
  b.setInsertionPoint(choice.elseYield());
  emitParts(part + 1, arith::SubIOp::create(b, tile, end));
}

void GemmKernel::emitListedBlock(int64_t height, Value count) {
  // An expert's last block has what is left of its pairs: half of the rows, if they are enough.
  if (shortRows > 0 && height / 2 >= shortRows) {
    Value isShort =
        arith::CmpIOp::create(b, arith::CmpIPredicate::sle, count, math.index(height / 2));
    auto choice = scf::IfOp::create(b, isShort, /*withElseRegion=*/true);
    b.setInsertionPoint(choice.thenYield());
    emitListedBlock(height / 2, count);
    b.setInsertionPoint(choice.elseYield());
  }
  blockRows = height;
  findListedRows(count);
  emitWalk();
}

LogicalResult GemmKernel::checkWalk() const {
  if (walk == 1)
    return success();
  const Product &product = group.getProduct();
  int64_t depth =
      moe::lookupWeight(product.op, product.weights.front()).getTensorType().getShape().back();
  int64_t blocks = getTiles(group.parts.front());
  if (group.parts.size() == 1 && depth == step && blocks % walk == 0)
    return success();
  moe::GroupOp op = group.group;
  return op.emitOpError() << "cannot walk over " << walk << " blocks of columns: it has " << blocks
                          << " in " << group.parts.size() << " parts, and K is " << depth
                          << " in steps of " << step
                          << "; walks are over a divisor of one part's blocks, with BK all of K";
}

LogicalResult GemmKernel::checkSplit() const {
  moe::GroupOp op = group.group;
  if (split < 1 || step % split != 0)
    return op.emitOpError() << "cannot split steps of BK = " << step << " into " << split
                            << " slices; split is a divisor of BK";
  // Blocks of K have one scale, and are not parted.
  for (const GemmPart &part : group.parts)
    for (const Product &product : part.products)
      if (mx::BlockType block = mx::getBlockElement(product.input.getType());
          block && step / split % block.getBlockSize() != 0)
        return op.emitOpError() << "cannot split steps of BK = " << step << " into " << split
                                << " slices: the rows have blocks of " << block.getBlockSize()
                                << " numbers, and slices are whole ones";
  return success();
}

void GemmKernel::emitWalk() {
  Value first = kernel.getBlockId(0);
  if (walk == 1)
    return emitParts(0, first);
  first = arith::MulIOp::create(b, first, math.index(walk));
  auto loop = scf::ForOp::create(b, math.index(0), math.index(walk), math.index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  emitParts(0, arith::AddIOp::create(b, first, loop.getInductionVar()));
}

FailureOr<BuiltKernel> GemmKernel::build() {
  if (failed(checkWalk()) || failed(checkSplit()))
    return failure();
  Value expertBlocks = group.getProduct().expertBlocks;
  if (!expertBlocks) {
    findRows();
    emitWalk();
    return kernel.finish();
  }
  OpBuilder::InsertionGuard guard(b);
  auto loadIndex = [&](ExpertBlocksArray array, Value place) -> Value {
    Value list = kernel.getInput(expertBlocks, unsigned(array));
    Value number = tile::LoadScalarOp::create(b, b.getI32Type(), list, place);
    return arith::IndexCastOp::create(b, b.getIndexType(), number);
  };
  // The grid is an upper bound; the device knows how many blocks there are.
  Value block = kernel.getBlockId(1);
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, block,
                                       loadIndex(ExpertBlocksArray::BlockCount, math.index(0)));
  auto choice = scf::IfOp::create(b, exists);
  b.setInsertionPoint(choice.thenYield());
  matrix = loadIndex(ExpertBlocksArray::BlockExpert, block);
  emitListedBlock(listedRows, loadIndex(ExpertBlocksArray::BlockPairs, block));
  b.setInsertionPointAfter(choice);
  return kernel.finish();
}
