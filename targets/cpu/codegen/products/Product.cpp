//===- Product.cpp - tile.mma ---------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The left operand is staged as rows of f32, or of bf16 for its products. The right one is streamed
// from memory where it is a packed weight in a format that a micro-kernel reads, else staged as
// panels (Staging.cpp). The product then walks panel by panel, and down each panel by blocks of
// rows as high as there are live rows.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/ProductEmitter.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Rows of a staged operand start this many elements further than a power of two, so that they do
/// not compete for the same cache lines.
static constexpr int64_t strideSkew = 16;

static RankedTensorType getTile(Value tile) { return cast<RankedTensorType>(tile.getType()); }

/// The walk goes from the product back to the load or gather that gives `a` its rows. Rows at or
/// past that access's bound are zeros, and as long as every op on the way keeps zeros, they add
/// nothing to the accumulator, so the product skips them: the last block of an expert has one row
/// as often as it has BM. Anything else on the way, or a tile that is in scratch, ends the walk
/// with all rows, which is never wrong.
Value ProductEmitter::getRowBound(Value a) {
  int64_t extent = getTile(a).getDimSize(0);
  while (Operation *op = a.getDefiningOp()) {
    if (scratch.contains(a))
      break;
    if (std::optional<Access> access = getAccess(op)) {
      Value bound = puller.getBound(*access, 0);
      // A bound is what is left of the array from the tile's start: more than the tile, or less
      // than nothing.
      return bound ? b.max(b.min(bound, b.index(extent)), b.index(0)) : b.index(extent);
    }
    // Ops that keep zero.
    if (!isa<arith::ExtFOp, arith::TruncFOp, tile::DequantizeOp>(op))
      break;
    a = op->getOperand(0);
  }
  return b.index(extent);
}

/// Micro-kernels read rows at a constant stride. A tile that is in scratch as f32 is read where
/// it is; others are converted once, which all panels and all products of the scope with this
/// operand share. Only live rows are staged.
ProductEmitter::Staged ProductEmitter::stageLeft(Value a, Value rows, unsigned bits) {
  bool narrow = bits == 16;
  StagedKey key = {a, narrow ? stagedAsBf16 : stagedAsF32};
  auto found = staged.find(key);
  if (found != staged.end())
    return found->second;
  RankedTensorType type = getTile(a);
  int64_t depth = type.getDimSize(1);
  Staged result;
  const Buffer *buffer = scratch.find(a);
  if (buffer && type.getElementType().isF32() && !narrow) {
    result.data = buffer->data;
    result.stride = depth;
    return result;
  }
  // In elements. Strides are part of a micro-kernel's name, so few different ones keep the library
  // small.
  result.stride = llvm::PowerOf2Ceil(depth) + strideSkew * 32 / bits;
  result.bits = bits;
  Type element = b.getIntegerType(bits);
  result.data = scratch.allocateBytes(bits / 8 * type.getDimSize(0) * result.stride);
  puller.loopNest(type.getShape(), {rows, Value()}, {a}, puller.getWidth(type),
                  [&](ArrayRef<Value> at, unsigned width, Value) {
                    Value offset = b.add(b.mul(at[0], result.stride), at[1]);
                    Value pointer = b.offset(result.data, element, offset);
                    // The last vector of a row may reach past K, into the skew: no count of lanes
                    // is needed.
                    b.store(narrow ? puller.pull(a, at, width) : puller.pullF32(a, at, width),
                            pointer);
                  });
  staged[key] = result;
  trail.push_back(key);
  return result;
}

/// Walks from the product back to a packed weight, over the conversions that the micro-kernel makes
/// in its registers. The weight is then read where it is mapped, and its bytes cross the memory bus
/// once, in their stored width.
std::optional<ProductEmitter::Panels> ProductEmitter::findPanels(Value right) {
  // Conversions that the micro-kernel makes itself, where they are exact.
  if (auto extend = right.getDefiningOp<arith::ExtFOp>())
    right = extend.getIn();
  Type number = getTile(right).getElementType();
  if (auto dequantize = right.getDefiningOp<tile::DequantizeOp>())
    right = dequantize.getInput();
  auto load = right.getDefiningOp<tile::LoadOp>();
  if (!load || state.writtenRefs.contains(getRoot(load.getRef())) || load.getType().getRank() != 2)
    return std::nullopt;
  tile::RefType ref = load.getRef().getType();
  std::optional<PanelFormat> format = PanelFormat::get(machine, ref);
  // A product of bf16 numbers has them rounded. Small floats times a power of two are exact in
  // bf16; integer codes times their scale are not.
  if (!format || (number.isBF16() && !format->isExactInBf16()))
    return std::nullopt;
  Access access = *getAccess(load);
  Panels panels;
  panels.format = *format;
  panels.columns = puller.getBound(access, 0);
  panels.depth = puller.getBound(access, 1);
  unsigned rank = ref.getRank();
  Point indices = puller.getIndices(access, {b.index(0), b.index(0)});
  Value matrix = puller.getMatrixNumber(access, indices);
  Value panel = b.div(indices[rank - 2], panelRows);
  auto addStream = [&](Value base, const tile::PackedLayout &layout, int64_t matrixElements,
                       int64_t columns, Value column, unsigned bits) {
    // Layouts count in elements, addresses in bytes. A tile starts with a panel and, along K, with
    // a group of codes, so no offset falls within a byte.
    int64_t bytes = layout.getUnitRowStride(columns) * bits / 8;
    Value offset = b.mul(matrix, matrixElements * bits / 8);
    offset = b.add(offset, b.mul(panel, bytes));
    offset = b.add(offset, b.mul(column, panelRows * bits / 8));
    panels.streams.push_back({b.offset(base, b.getI8Type(), offset), bytes});
  };
  Streams streams = state.getStreams(load.getRef());
  int64_t columns = ref.getShape().back();
  addStream(streams.data, ref.getPacked().getLayout(), ref.getMatrixElements(), columns,
            indices[rank - 1], ref.getElementBits());
  panels.stepBytes = panelRows * ref.getElementBits() / 8;
  mx::BlockType block = ref.getBlock();
  if (!block)
    return panels;
  int64_t size = block.getBlockSize();
  auto addBeside = [&](Value base, unsigned bits) {
    addStream(base, ref.getPacked().getScaleLayout(), ref.getMatrixScales(), columns / size,
              b.div(indices[rank - 1], size), bits);
  };
  addBeside(streams.scales, block.getScaleBits());
  if (streams.zeros)
    addBeside(streams.zeros, 8);
  if (streams.global)
    panels.streams.push_back({b.offset(streams.global, b.getF32Type(), matrix), 0});
  return panels;
}

Buffer ProductEmitter::getAccumulator(Value acc, Value result) {
  const Buffer *found = scratch.find(acc);
  bool wanted = scratch.isWanted(result);
  if (!wanted && found && acc.hasOneUse() && acc.getDefiningOp() &&
      !isa<tile::ReshapeOp, arith::ConstantOp>(acc.getDefiningOp()) &&
      acc.getDefiningOp()->getBlock() == result.getDefiningOp()->getBlock()) {
    Buffer buffer = *found;
    scratch.set(result, buffer);
    return buffer;
  }
  // Else the start value is copied to where the result belongs, unless it is there: then this is
  // the accumulator of a loop.
  Value start = found ? found->data : Value();
  Buffer buffer = scratch.getDestination(result);
  if (buffer.data != start)
    puller.materializeInto(acc, buffer);
  return buffer;
}

void ProductEmitter::emitRows(Value rows, ArrayRef<RegisterBlock> blocks,
                              function_ref<void(RegisterBlock block, Value row)> body) {
  RegisterBlock highest = blocks.front();
  if (std::optional<int64_t> constant = getConstant(rows)) {
    Value whole = b.index(*constant / highest.rows * highest.rows);
    b.loop(b.index(0), whole, highest.rows, [&](Value row) { body(highest, row); });
    // Every row is known, so the rest is covered without branches.
    int64_t row = *getConstant(whole);
    for (RegisterBlock block : blocks.drop_front())
      for (; *constant - row >= block.rows; row += block.rows)
        body(block, b.index(row));
    return;
  }
  Value whole = b.mul(b.div(rows, highest.rows), highest.rows);
  b.loop(b.index(0), whole, highest.rows, [&](Value row) { body(highest, row); });
  // Each height is at least half of the one before (12, 8, 4, 2, 1), so what the loop leaves takes
  // at most one block of each.
  Value row = whole;
  for (RegisterBlock block : blocks.drop_front()) {
    Value next = b.add(row, block.rows);
    Value fits = b.cmp(arith::CmpIPredicate::sle, next, rows);
    b.ifThen(fits, [&] { body(block, row); });
    row = b.select(fits, next, row);
  }
}

void ProductEmitter::loopPanels(const Panels &right, const Buffer &acc, int64_t depth,
                                function_ref<void(const PanelPlace &, Value)> body) {
  // Bounds as in getRowBound: what is left of the weight from the tile's start. Columns past it are
  // not computed; steps of K past it are zero on one side.
  auto clamp = [&](Value bound, int64_t extent) {
    return bound ? b.max(b.min(bound, b.index(extent)), b.index(0)) : b.index(extent);
  };
  Value columns = clamp(right.columns, acc.type.getDimSize(1));
  Value steps = clamp(right.depth, depth);
  Value count = b.div(b.add(columns, panelRows - 1), panelRows);
  b.loop(b.index(0), count, 1, [&](Value panel) {
    PanelPlace place;
    Type i8 = b.getI8Type();
    for (const PanelStream &stream : right.streams)
      place.streams.push_back(b.offset(stream.base, i8, b.mul(panel, stream.panelBytes)));
    place.out = b.offset(acc.data, b.getF32Type(), b.mul(panel, panelRows));
    body(place, steps);
  });
}

void ProductEmitter::emitBlocks(const Staged &a, const PanelPlace &panel, const Buffer &acc,
                                Value rows, ArrayRef<RegisterBlock> blocks, int64_t stepBytes,
                                Value steps, GetProduct product) {
  int64_t n = acc.type.getDimSize(1);
  emitRows(rows, blocks, [&](RegisterBlock block, Value row) {
    Value left = b.offset(a.data, b.getIntegerType(a.bits), b.mul(row, a.stride));
    Value to = b.offset(panel.out, b.getF32Type(), b.mul(row, n));
    SmallVector<Value> arguments = {left};
    llvm::append_range(arguments, panel.streams);
    arguments.append({to, b.i64(4 * n), b.i64(stepBytes), b.castTo(steps, b.getI64Type())});
    LLVM::CallOp::create(b, product(block), arguments);
  });
}

void ProductEmitter::emitPanels(const Staged &a, const Panels &right, const Buffer &acc, Value rows,
                                int64_t depth, const ProductAtom &atom) {
  int64_t height = acc.type.getDimSize(0);
  auto run = [&](const PanelFormat &format, const ProductAtom &atom, const PanelPlace &panel,
                 int64_t stepBytes, Value steps) {
    emitBlocks(a, panel, acc, rows, atom.getBlocks(height), stepBytes, steps,
               [&](RegisterBlock block) { return library.getProduct(format, block, a.stride); });
  };
  // A panel of codes becomes numbers anew in every block of rows. From the third block on it is
  // cheaper to make them once, into 4 · panelRows · depth bytes of scratch that stay in the cache.
  int64_t often = 2 * atom.blocks.front().rows;
  uint64_t top = scratch.getTop();
  Value plain;
  if (right.format.isScaled() && height > often)
    plain = scratch.allocateBytes(4 * panelRows * depth);
  loopPanels(right, acc, depth, [&](const PanelPlace &panel, Value steps) {
    auto direct = [&] { run(right.format, atom, panel, right.stepBytes, steps); };
    if (!plain)
      return direct();
    // The tile is high enough, but its live rows may be few.
    Value many = b.slt(b.index(often), rows);
    auto viaPlain = [&] {
      SmallVector<Value> arguments(panel.streams.begin(), panel.streams.end());
      arguments.append({plain, b.castTo(steps, b.getI64Type())});
      LLVM::CallOp::create(b, library.getDequantize(right.format), arguments);
      PanelFormat numbers;
      run(numbers, numbers.getAtom(machine, b.getF32Type(), height), {{plain}, panel.out},
          4 * panelRows, steps);
    };
    // All rows of the tile are live.
    if (getConstant(rows))
      return viaPlain();
    b.ifElse(many, viaPlain, direct);
  });
  scratch.release(top);
}

void ProductEmitter::withPanelColumns(const Buffer &acc, Value rows,
                                      function_ref<void(const Buffer &)> body) {
  int64_t m = acc.type.getDimSize(0), n = acc.type.getDimSize(1);
  if (n % panelRows == 0)
    return body(acc);
  // The micro-kernels write whole panels, so they get an accumulator with room for them.
  uint64_t top = scratch.getTop();
  int64_t wide = (n + panelRows - 1) / panelRows * panelRows;
  Buffer padded = scratch.allocate(acc.type.clone({m, wide}));
  auto copy = [&](const Buffer &from, const Buffer &to) {
    b.loop(b.index(0), rows, 1, [&](Value row) {
      auto at = [&](const Buffer &buffer) {
        return b.offset(buffer.data, b.getF32Type(), b.mul(row, buffer.type.getDimSize(1)));
      };
      b.copy(at(to), at(from), b.index(4 * n));
    });
  };
  copy(acc, padded);
  body(padded);
  copy(padded, acc);
  scratch.release(top);
}

/// A tile of bf16, whether it is widened before the product or by it; null for any other.
static Value findBf16(Value tile) {
  if (auto extend = tile.getDefiningOp<arith::ExtFOp>())
    tile = extend.getIn();
  return getTile(tile).getElementType().isBF16() ? tile : Value();
}

/// The panels of pairs that a right operand becomes where both sides are bf16 and the machine has
/// tiles for them. What vectors of pairs alone would gain is not measured.
static std::optional<PanelFormat> findPairs(const Machine &machine, Value a, Value right) {
  int64_t depth = getTile(a).getDimSize(1);
  Value narrow = findBf16(right);
  if (depth % pairStep != 0 || !findBf16(a) || !narrow)
    return std::nullopt;
  Type bf16 = getTile(narrow).getElementType();
  auto format = PanelFormat::get(machine, bf16, depth);
  const bool hasTiles = format->getAtom(machine, bf16, panelRows).body == Body::Tiles;
  return hasTiles ? format : std::nullopt;
}

void ProductEmitter::emitNumberProduct(Value a, Value right, bool kn, const Buffer &acc,
                                       Value rows) {
  std::optional<Panels> panels;
  if (!kn)
    panels = findPanels(right);
  int64_t depth = getTile(a).getDimSize(1);
  Value narrow = depth % pairStep == 0 ? findBf16(a) : Value();
  Type element = narrow ? Type(b.getBF16Type()) : b.getF32Type();
  PanelFormat format;
  if (panels) {
    format = panels->format;
  } else if (auto pairs = findPairs(machine, a, right)) {
    format = *pairs;
    right = findBf16(right);
  }
  const ProductAtom &atom = format.getAtom(machine, element, acc.type.getDimSize(0));
  Staged left = stageLeft(atom.staging.bits == 16 ? narrow : a, rows, atom.staging.bits);
  uint64_t top = scratch.getTop();
  if (!panels)
    panels = stageRight(right, kn, format);
  ++instructions[atom.instruction];
  withPanelColumns(acc, rows, [&](const Buffer &acc) {
    if (atom.body == Body::MultiplyAdd)
      emitPanels(left, *panels, acc, rows, depth, atom);
    else if (atom.body == Body::PairsOfBf16)
      emitPairs(left, *panels, acc, rows, depth, atom);
    else
      withoutDenormals([&] {
        atom.body == Body::Tiles ? emitTiles(left, *panels, acc, rows, depth, atom)
                                 : emitPairs(left, *panels, acc, rows, depth, atom);
      });
  });
  scratch.release(top);
}

void ProductEmitter::closeScope(size_t scope) {
  while (trail.size() > scope)
    staged.erase(trail.pop_back_val());
}

void ProductEmitter::emit(tile::MmaOp op) {
  Buffer acc = getAccumulator(op.getAcc(), op.getResult());
  Value rows = getRowBound(op.getA());
  bool kn = op.getOrder() == tile::OperandOrder::KN;
  // Rows and weights that are codes in blocks of other lengths or with zero points are multiplied
  // as codes, too, where the numbers would not have been rounded.
  auto left = op.getA().getDefiningOp<tile::DequantizeOp>();
  auto right = op.getB().getDefiningOp<tile::DequantizeOp>();
  if (left && right && !kn && left.getType().getElementType().isF32() &&
      right.getType().getElementType().isF32()) {
    std::optional<Panels> panels = findPanels(op.getB());
    if (panels) {
      const ProductAtom &atom =
          panels->format.getAtom(machine, getBlockType(left.getInput()), acc.type.getDimSize(0));
      if (!atom.staging.order.empty())
        return emitCodeProduct(left.getInput(), *panels, atom, acc, rows);
    }
  }
  emitNumberProduct(op.getA(), op.getB(), kn, acc, rows);
}
