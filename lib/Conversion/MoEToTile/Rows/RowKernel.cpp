//===- RowKernel.cpp - The builder of row kernels -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Walks the body of a row group and emits one tile op after the other. Every op computes in f32 and
// rounds to its result's type, so the roundings of the body are those of the kernel.
//
//===----------------------------------------------------------------------===//

#include "RowKernel.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;

/// Numbers in a row of the group's first result; 0 if it is no matrix.
static int64_t getRowWidth(moe::GroupOp group) {
  auto type = group.getNumResults() ? dyn_cast<RankedTensorType>(group.getResult(0).getType())
                                    : RankedTensorType();
  return type && type.getRank() == 2 ? type.getDimSize(1) : 0;
}

int64_t RowKernel::getBlockColumns(moe::GroupOp group, int64_t columns) {
  int64_t width = getRowWidth(group);
  if (columns == 0 || width == 0 || columns >= width || width % columns != 0)
    return 0;
  auto isRow = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getRank() == 2 && type.getDimSize(1) == width;
  };
  bool isColumnwise =
      llvm::all_of(group.getBody().front().without_terminator(), [&](Operation &op) {
        if (!llvm::all_of(op.getResults(), isRow))
          return false;
        if (auto sum = dyn_cast<moe::WeightedSumOp>(op))
          return isa<BlockArgument>(sum.getInput()) && sum.getInput().hasOneUse() &&
                 isa<BlockArgument>(sum.getWeights()) && !isRow(sum.getWeights());
        mx::BlockType block = mx::getBlockElement(op.getResult(0).getType());
        return (op.hasTrait<OpTrait::Elementwise>() || isa<mx::QuantizeOp>(op)) &&
               llvm::all_of(op.getOperands(), isRow) &&
               (!block || columns % block.getBlockSize() == 0);
      });
  return isColumnwise ? columns : 0;
}

static std::array<AffineMap, 3> getRowGrid(MLIRContext *context, int64_t blockRows,
                                           int64_t columnBlocks) {
  AffineExpr rows = getAffineDimExpr(unsigned(KernelDim::Rows), context);
  auto constant = [&](int64_t value) {
    return AffineMap::get(numKernelDims, 0, getAffineConstantExpr(value, context));
  };
  return {AffineMap::get(numKernelDims, 0, rows.ceilDiv(blockRows)), constant(columnBlocks),
          constant(1)};
}

RowKernel::RowKernel(const KernelRequest &request)
    : group(request.group), blockRows(request.choose(rowsKey)),
      powersOfTwo(request.choose(padKey) != 0),
      blockColumns(getBlockColumns(group, request.choose(columnsKey))), width(getRowWidth(group)),
      kernel(request,
             getRowGrid(group.getContext(), blockRows, blockColumns ? width / blockColumns : 1)),
      b(kernel.getBuilder()), math(b) {
  firstRow = kernel.getBlockId(0);
  if (blockColumns)
    firstColumn = arith::MulIOp::create(b, kernel.getBlockId(1), math.index(blockColumns));
  if (blockRows == 1)
    return;
  firstRow = arith::MulIOp::create(b, firstRow, math.index(blockRows));
  left = arith::SubIOp::create(b, kernel.getDim(KernelDim::Rows), firstRow);
}

//===----------------------------------------------------------------------===//
// Values and tiles
//===----------------------------------------------------------------------===//

int64_t RowKernel::pad(int64_t extent) const {
  return powersOfTwo ? int64_t(llvm::PowerOf2Ceil(extent)) : extent;
}

bool RowKernel::isCut(RankedTensorType type) const {
  return blockColumns && type.getRank() > 1 && type.getShape().back() == width;
}

SmallVector<int64_t> RowKernel::getTileShape(RankedTensorType type) const {
  SmallVector<int64_t> shape{blockRows};
  for (int64_t extent : type.getShape().drop_front())
    shape.push_back(pad(extent));
  if (isCut(type))
    shape.back() = pad(blockColumns);
  return shape;
}

SmallVector<Value> RowKernel::getBounds(ArrayRef<int64_t> extents, ArrayRef<int64_t> shape) {
  if (!left && extents == shape.drop_front())
    return {};
  SmallVector<Value> bounds{left ? left : math.index(blockRows)};
  for (int64_t extent : extents)
    bounds.push_back(math.index(extent));
  return bounds;
}

RowKernel::Tile RowKernel::loadRows(Value ref, RankedTensorType type) {
  SmallVector<int64_t> shape = getTileShape(type);
  SmallVector<Value> indices{firstRow};
  indices.resize(shape.size(), shape.size() > 1 ? math.index(0) : Value());
  SmallVector<int64_t> extents(type.getShape().drop_front());
  if (isCut(type)) {
    indices.back() = firstColumn;
    extents.back() = blockColumns;
  }
  return cast<Tile>(tile::LoadOp::create(b, RankedTensorType::get(shape, type.getElementType()),
                                         ref, indices, getBounds(extents, shape))
                        .getResult());
}

RowKernel::Tile RowKernel::loadStep(StepInput array) {
  Tile &tile = steps[unsigned(array)];
  if (!tile)
    tile = loadRows(kernel.getStep(array),
                    RankedTensorType::get({ShapedType::kDynamic}, b.getI32Type()));
  return tile;
}

RowKernel::Tile RowKernel::loadWeight(FlatSymbolRefAttr symbol, unsigned rank) {
  Tile &loaded = weights[symbol];
  if (!loaded) {
    Value ref = kernel.getWeight(symbol);
    auto type = cast<tile::RefType>(ref.getType());
    int64_t width = type.getDim(0);
    SmallVector<Value> bounds;
    if (pad(width) != width)
      bounds.push_back(math.index(width));
    auto tile = RankedTensorType::get({pad(width)}, type.getElementType());
    loaded = math.widen(tile::LoadOp::create(b, tile, ref, math.index(0), bounds));
  }
  SmallVector<int64_t> shape(rank, 1);
  shape.back() = loaded.getType().getDimSize(0);
  return math.reshape(loaded, shape);
}

RowKernel::Tile RowKernel::getTile(Value value) {
  Tile &tile = tiles[value];
  if (!tile)
    tile = loadRows(kernel.getInput(value), cast<RankedTensorType>(value.getType()));
  return tile;
}

RowKernel::Tile RowKernel::getNumbers(Value value) {
  if (Tile known = numbers.lookup(value))
    return known;
  return numbers[value] = math.widen(getTile(value));
}

RowKernel::Tile RowKernel::getMovable(Value value, RankedTensorType result) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getElementType() == result.getElementType() ? getTile(value) : getNumbers(value);
}

void RowKernel::set(TypedValue<RankedTensorType> result, Value tile) {
  tiles[result] = math.round(tile, result.getType().getElementType());
}

void RowKernel::setParts(TypedValue<RankedTensorType> result, ArrayRef<Value> parts) {
  SmallVector<Value> rounded;
  for (Value part : parts)
    rounded.push_back(math.round(part, result.getType().getElementType()));
  tiles[result] = math.concatLast(rounded);
}

//===----------------------------------------------------------------------===//
// Sums over choices
//===----------------------------------------------------------------------===//

RowKernel::Choice RowKernel::loadChoice(moe::WeightedSumOp op, int64_t choice) {
  RankedTensorType type = op.getInput().getType();
  SmallVector<int64_t> shape = getTileShape(op.getType());
  auto loadScalar = [&](Value array) -> Value {
    Type element = cast<RankedTensorType>(array.getType()).getElementType();
    return tile::LoadScalarOp::create(b, element, kernel.getInput(array),
                                      ValueRange{firstRow, math.index(choice)});
  };
  // A row that nobody wrote is a bound of 0: it reads as zeros.
  Value none = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
  Value isEmpty =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, loadScalar(op.getIds()), none);
  Value rows = arith::SelectOp::create(b, isEmpty, math.index(0), math.index(1));
  SmallVector<Value> indices{firstRow, math.index(choice),
                             firstColumn ? firstColumn : math.index(0)};
  SmallVector<Value> bounds{math.index(1), rows,
                            math.index(blockColumns ? blockColumns : type.getDimSize(2))};
  Value row =
      tile::LoadOp::create(b, RankedTensorType::get({1, 1, shape[1]}, type.getElementType()),
                           kernel.getInput(op.getInput()), indices, bounds);
  Value weight = loadScalar(op.getWeights());
  if (!weight.getType().isF32())
    weight = arith::ExtFOp::create(b, b.getF32Type(), weight);
  auto splat = tile::SplatOp::create(b, RankedTensorType::get(shape, b.getF32Type()), weight);
  return {cast<Tile>(splat.getResult()), math.reshape(math.widen(row), shape)};
}

RowKernel::Choice RowKernel::sliceChoice(moe::WeightedSumOp op, int64_t choice, bool isLoaded) {
  RankedTensorType type = op.getInput().getType();
  SmallVector<int64_t> shape = getTileShape(op.getType()), slotShape{shape[0], 1, shape[1]};
  auto choiceType = RankedTensorType::get(slotShape, type.getElementType());
  Value row;
  if (isLoaded) {
    SmallVector<Value> indices{firstRow, math.index(choice),
                               firstColumn ? firstColumn : math.index(0)};
    row = tile::LoadOp::create(
        b, choiceType, kernel.getInput(op.getInput()), indices,
        getBounds({1, blockColumns ? blockColumns : type.getDimSize(2)}, slotShape));
  } else {
    row = tile::SliceOp::create(b, choiceType, getTile(op.getInput()),
                                ArrayRef<int64_t>{0, choice, 0});
  }
  // Nobody wrote the row of a choice without an expert. Its weight counts, which may be NaN.
  Tile id = math.broadcast(math.sliceLast(getTile(op.getIds()), choice, 1), shape);
  Value none = arith::ConstantOp::create(
      b, DenseElementsAttr::get(RankedTensorType::get(shape, b.getI32Type()), int32_t(0)));
  Value isEmpty = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, id, none);
  Tile numbers = math.reshape(math.widen(row), shape);
  numbers =
      cast<Tile>(arith::SelectOp::create(b, isEmpty, math.constant(0, shape), numbers).getResult());
  return {math.broadcast(math.sliceLast(getNumbers(op.getWeights()), choice, 1), shape), numbers};
}

void RowKernel::emit(moe::WeightedSumOp op) {
  // An input that nothing else reads comes choice by choice, so that no tile of all choices exists.
  bool isLoaded = isa<BlockArgument>(op.getInput()) && op.getInput().hasOneUse();
  // One row has one id and one weight for each choice, which are scalars.
  bool byScalars = isLoaded && blockRows == 1 && isa<BlockArgument>(op.getIds()) &&
                   isa<BlockArgument>(op.getWeights());
  Tile sum;
  for (int64_t choice = 0; choice < op.getInput().getType().getDimSize(1); ++choice) {
    auto [weight, row] = byScalars ? loadChoice(op, choice) : sliceChoice(op, choice, isLoaded);
    sum = sum ? math.fma(weight, row, sum) : math.mul(weight, row);
  }
  set(op.getResult(), sum);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void RowKernel::forEachPart(
    Value tile, int64_t width, int64_t block,
    llvm::function_ref<void(Tile part, int64_t offset, int64_t size)> body) {
  auto type = cast<RankedTensorType>(tile.getType());
  auto join = tile.getDefiningOp<tile::ConcatOp>();
  auto cutsBlocks = [&](Value part) {
    return cast<RankedTensorType>(part.getType()).getShape().back() % block != 0;
  };
  if (!join || int64_t(join.getDim()) != type.getRank() - 1 ||
      llvm::any_of(join.getInputs(), cutsBlocks))
    return body(cast<Tile>(tile), 0, width);
  int64_t offset = 0;
  for (Value part : join.getInputs()) {
    int64_t extent = cast<RankedTensorType>(part.getType()).getShape().back();
    if (offset < width)
      body(cast<Tile>(part), offset, std::min(extent, width - offset));
    offset += extent;
  }
}

LogicalResult RowKernel::emit(moe::CacheAppendOp op) {
  auto type = cast<moe::KVType>(op.getResult().getType());
  auto block = dyn_cast<mx::BlockType>(type.getElement());
  mx::RoundingAttr rounding;
  if (block && block.hasPowerOfTwoScale())
    rounding = mx::RoundingAttr::get(b.getContext(), mx::Rounding::Even);
  Value cache = kernel.getCache(op.getCacheAttr());
  Value cacheRows = loadStep(StepInput::CacheRows);
  int64_t column = 0, rowWidth = type.getKind().getWidth();
  for (Value value : op.getValues()) {
    auto rows = cast<RankedTensorType>(value.getType());
    int64_t width = ShapedType::getNumElements(rows.getShape().drop_front());
    int64_t last = rows.getShape().back();
    auto rounded = RankedTensorType::get(rows.getShape(), type.getElement());
    Value tile = getMovable(value, rounded);
    Value ref = cache;
    // Heads stay heads where the whole row can be seen as such; else they become one row.
    bool byHeads = rows.getRank() == 3 && rowWidth % last == 0 && column % last == 0;
    if (byHeads) {
      auto heads =
          tile::RefType::get({ShapedType::kDynamic, rowWidth / last, last}, type.getElement());
      ref = tile::ViewOp::create(b, heads, cache);
    } else {
      auto flat = RankedTensorType::get({rows.getDimSize(0), width}, type.getElement());
      FailureOr<Tile> whole = view(op, tile, rounded, flat);
      if (failed(whole))
        return failure();
      tile = *whole;
    }
    auto writePart = [&](Tile part, int64_t offset, int64_t size) {
      SmallVector<Value> indices{math.index(column + offset)};
      SmallVector<int64_t> extents{size};
      if (byHeads) {
        indices = {math.index(column / last), math.index(offset)};
        extents = {rows.getDimSize(1), size};
      }
      tile::ScatterOp::create(b, math.convert(part, type.getElement(), rounding), ref, cacheRows,
                              indices, getBounds(extents, part.getType().getShape()),
                              /*run=*/IntegerAttr());
    };
    forEachPart(tile, byHeads ? last : width, block ? block.getBlockSize() : 1, writePart);
    column += width;
  }
  return success();
}

void RowKernel::emitStore(Value tile, Value ref, RankedTensorType type) {
  SmallVector<int64_t> extents(type.getShape().drop_front());
  if (isCut(type))
    extents.back() = blockColumns;
  forEachPart(tile, extents.back(), /*block=*/1, [&](Tile part, int64_t offset, int64_t size) {
    SmallVector<Value> indices{firstRow};
    indices.resize(type.getRank(), math.index(0));
    indices.back() = isCut(type) ? firstColumn : math.index(offset);
    extents.back() = size;
    tile::StoreOp::create(b, part, ref, indices, getBounds(extents, part.getType().getShape()));
  });
}

void RowKernel::emitStores() {
  for (auto [number, value] : llvm::enumerate(group.getYields()))
    if (auto type = dyn_cast<RankedTensorType>(value.getType()))
      emitStore(getTile(value), kernel.getOutput(number), type);
}

LogicalResult RowKernel::emit(Operation *op) {
  b.setLoc(op->getLoc());
  Tile elements = math.elementwise(op, [&](Value operand) { return getNumbers(operand); });
  if (elements) {
    auto result = cast<TypedValue<RankedTensorType>>(op->getResult(0));
    tiles[result] = math.convert(elements, result.getType().getElementType(),
                                 op->getAttrOfType<mx::RoundingAttr>("rounding"));
    return success();
  }
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<moe::ViewOp, moe::CacheAppendOp>([&](auto typed) { return emit(typed); })
      .Case<moe::RMSNormOp, moe::LayerNormOp, moe::L2NormOp, moe::DecayOp, moe::RopeOp,
            moe::SliceOp, moe::ConcatOp, moe::WeightedSumOp>([&](auto typed) {
        emit(typed);
        return success();
      })
      .Default([&](Operation *other) { return other->emitOpError("has no row kernel"); });
}

FailureOr<BuiltKernel> RowKernel::build() {
  for (Operation &op : group.getBody().front().without_terminator())
    if (failed(emit(&op))) {
      kernel.discard();
      return failure();
    }
  b.setLoc(group.getLoc());
  emitStores();
  return kernel.finish();
}

FailureOr<BuiltKernel> moec::buildRowKernel(const KernelRequest &request) {
  return RowKernel(request).build();
}
