//===- ScaledProduct.cpp - Products of codes ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The left operand's codes are staged as bytes in the order the panel's words want them, with a
// scale and a correction for each block.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/ProductEmitter.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// For each row there are `stride` codes, as 8 or 16 bits, a scale (f32) for each of its blocks and
/// a sum (i32) for each run of k within a block of both sides. The order of codes, their width and
/// the bias depend on the weight's format, so one operand may be staged more than once.
ProductEmitter::Staged ProductEmitter::stageCodes(Value a, Value rows, const ProductAtom &atom,
                                                  const BlockFormat &weight) {
  // What of the weight's format shows in how codes are staged.
  StagedKey key = {a, 1 + unsigned(weight.code) + 8 * weight.hasZero +
                          16 * unsigned(weight.blockColumns)};
  auto found = staged.find(key);
  if (found != staged.end())
    return found->second;
  auto type = cast<RankedTensorType>(a.getType());
  mx::BlockType block = getBlockType(a);
  bool wide = block.getElement().isInteger(8);
  const CodeStaging &staging = atom.staging;
  // Doubled E2M1 codes on either side are taken off by the scale.
  double factor = (wide ? 1 : 0.5) * (weight.code == CodeType::E2M1 ? 0.5 : 1);
  int64_t extent = type.getDimSize(1), heights = type.getDimSize(0);
  Staged result;
  // 64 codes on, for the reason of strideSkew.
  result.stride = llvm::PowerOf2Ceil(extent) + 64;
  result.block = block.getBlockSize();
  result.run = std::gcd(result.block, weight.blockColumns);
  int64_t scalesPerRow = result.stride / result.block, sumsPerRow = result.stride / result.run;
  int64_t parts = result.block / result.run;
  result.data = scratch.allocateBytes(heights * result.stride * staging.bits / 8);
  result.scales = scratch.allocateBytes(4 * heights * scalesPerRow);
  result.sums = scratch.allocateBytes(4 * heights * sumsPerRow);
  // Folded panels are int8.
  if (parts != 1 && weight.code == CodeType::E2M1)
    result.wholeSums = scratch.allocateBytes(4 * heights * scalesPerRow);
  puller.blockNest(a, {rows, Value()}, [&](ArrayRef<Value> at) {
    CodeBlock made = puller.getBlock(a, at);
    Value place = b.add(b.mul(at[0], result.stride), at[1]);
    // A sum for each run, of which there may be several here.
    SmallVector<Value> sums(parts);
    int64_t offset = 0;
    for (Value codes : made.codes) {
      int64_t lanes = cast<VectorType>(codes.getType()).getNumElements();
      VectorType i32 = b.vec(b.getI32Type(), lanes), f32 = b.vec(b.getF32Type(), lanes);
      Value numbers;
      if (wide) {
        numbers = b.sext(codes, i32);
      } else {
        // E2M1 counts halves: 0, 1/2, … 6. Doubled they are the integers 0 … 12.
        Value doubled = b.fmul(decodeE2m1(b, machine, b.zext(codes, i32)), b.real(f32, 2));
        numbers = arith::FPToSIOp::create(b, i32, doubled);
      }
      Value &sum = sums[offset / result.run];
      sum = sum ? b.add(sum, numbers) : numbers;
      // Each group of codes in the order in which the panel's words give their weights.
      SmallVector<int64_t> order;
      for (int64_t group = 0; group != lanes; group += staging.order.size())
        for (int64_t i : staging.order)
          order.push_back(group + i);
      numbers =
          b.trunc(b.shuffle(numbers, numbers, order), b.vec(b.getIntegerType(staging.bits), lanes));
      b.store(numbers, b.offset(result.data, b.getIntegerType(staging.bits), b.add(place, offset)));
      offset += lanes;
    }
    auto storeAt = [&](Value value, Value array, int64_t perRow, int64_t length, int64_t part) {
      Value number = b.add(b.mul(at[0], perRow), b.div(at[1], length));
      b.store(value, b.offset(array, value.getType(), b.add(number, part)));
    };
    Value whole;
    for (auto [part, sum] : llvm::enumerate(sums)) {
      Value total = foldLanes(b, sum, [&](Value x, Value y) { return b.add(x, y); });
      whole = whole ? b.add(whole, total) : total;
      // With weights that are `bias` too large, a sum is bias · Σ a too large, in integers,
      // exactly. Zero points differ by column, so their kernels get the sum itself.
      Value stored = weight.hasZero ? total : b.mul(total, -atom.getBias(weight.code));
      storeAt(stored, result.sums, sumsPerRow, result.run, part);
    }
    if (result.wholeSums)
      storeAt(b.mul(whole, -atom.getBias(CodeType::Int8)), result.wholeSums, scalesPerRow,
              result.block, 0);
    Value scale = decodeScale(b, block.getFormat().scale, made.scale);
    storeAt(b.fmul(scale, b.f32(factor)), result.scales, scalesPerRow, result.block, 0);
  });
  staged[key] = result;
  trail.push_back(key);
  return result;
}

void ProductEmitter::emitByVectors(const CodeProduct &product, const PanelPlace &panel, Value first,
                                   Value rows, Value group, Value count) {
  const Staged &left = product.left;
  const PanelFormat &format = product.panels.format;
  const BlockFormat &weight = format.getBlock();
  int64_t codeBytes = product.atom.staging.bits / 8;
  // Groups start with blocks of the weight, but where it is read from its first k on.
  SmallVector<Value> streams(ArrayRef(panel.streams));
  if (product.folded) {
    Value k = b.mul(group, left.block);
    streams[0] = b.offset(streams[0], b.getI8Type(), b.mul(k, panelRows * weight.codeBits() / 8));
    Value blocks = b.mul(group, left.block / weight.blockColumns);
    streams[1] = b.offset(streams[1], b.getI8Type(), b.mul(blocks, panelRows));
  }
  emitRows(rows, product.atom.getBlocks(product.height), [&](RegisterBlock block, Value number) {
    MicroKernels::CodeRows staged = {left.stride, left.block};
    LLVM::LLVMFuncOp function =
        product.folded
            ? library.getFoldedProduct(product.atom, format, block, staged)
            : library.getScaledProduct(product.atom, product.kind, format, block, staged);
    Value row = b.add(first, number);
    auto getPlace = [&](Value array, Type element, int64_t length) {
      Value place = b.add(b.mul(row, left.stride / length), b.mul(group, left.block / length));
      return b.offset(array, element, place);
    };
    SmallVector<Value> arguments = {getPlace(left.data, b.getIntegerType(8 * codeBytes), 1),
                                    getPlace(left.scales, b.getF32Type(), left.block),
                                    getPlace(left.sums, b.getI32Type(), left.run)};
    llvm::append_range(arguments, streams);
    Value to = b.offset(panel.out, b.getF32Type(), b.mul(row, product.columns));
    arguments.append({to, b.i64(4 * product.columns), b.castTo(count, b.getI64Type())});
    LLVM::CallOp::create(b, function, arguments);
  });
}

void ProductEmitter::emitCodeProduct(Value a, const Panels &panels, const ProductAtom &atom,
                                     const Buffer &acc, Value rows) {
  ++instructions[atom.instruction];
  Type type = cast<RankedTensorType>(a.getType()).getElementType();
  const BlockFormat &weight = panels.format.getBlock();
  bool byTiles = atom.body == Body::TilesOfBytes;
  Rows kind = panels.format.getRows(type);
  const ProductAtom &vectors = byTiles ? *findAtom(machine, {kind, weight.code}) : atom;
  int64_t height = acc.type.getDimSize(0);
  CodeProduct product = {stageCodes(a, rows, vectors, weight),
                         panels,
                         vectors,
                         kind,
                         panels.format.areFolded(type),
                         cast<RankedTensorType>(a.getType()).getDimSize(1),
                         height,
                         0};
  // Codes become int8 where vectors multiply these as bytes, too, and for many rows.
  bool toWhole = product.folded && height >= ProductAtom::manyRows &&
                 findAtom(machine, {kind, CodeType::Int8})->body == Body::FoursOfBytes;
  withPanelColumns(acc, rows, [&](const Buffer &acc) {
    product.columns = acc.type.getDimSize(1);
    WholePanel whole;
    int64_t groups = product.depth / product.left.block;
    if (product.folded && (byTiles || toWhole))
      whole = {scratch.allocateBytes(panelRows * product.depth),
               scratch.allocateBytes(4 * panelRows * groups), scratch.allocateBytes(4 * groups)};
    loopPanels(panels, acc, product.depth, [&](const PanelPlace &panel, Value steps) {
      if (byTiles || toWhole)
        emitGroups(product, byTiles ? &atom : nullptr, panel, whole, rows, steps);
      else
        emitByVectors(product, panel, b.index(0), rows, b.index(0), steps);
    });
  });
}

void ProductEmitter::emit(tile::MmaScaledOp op) {
  Buffer acc = getAccumulator(op.getAcc(), op.getResult());
  Value rows = getRowBound(op.getA());
  std::optional<Panels> panels = findPanels(op.getB());
  // What has no panels of integers becomes f32 first.
  const ProductAtom *atom =
      panels ? &panels->format.getAtom(machine, getBlockType(op.getA()), acc.type.getDimSize(0))
             : nullptr;
  if (!atom || atom->staging.order.empty())
    return emitNumberProduct(op.getA(), op.getB(), /*kn=*/false, acc, rows);
  emitCodeProduct(op.getA(), *panels, *atom, acc, rows);
}
