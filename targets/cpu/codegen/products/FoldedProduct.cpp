//===- FoldedProduct.cpp - Products of groups of int8 ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Groups of codes that have one scale on both sides: a weight's own, or what a panel of E2M1 codes
// becomes where a column's exponents are close to each other. Tiles multiply these, or vectors; all
// sums of a group are exact, so it does not show which.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/ProductEmitter.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Up to so many live rows a panel's codes are read as they are.
static constexpr int64_t fewRows = 12;

void ProductEmitter::ifWhole(const WholePanel &whole, Value group, function_ref<void()> body,
                             function_ref<void()> otherwise) {
  if (!whole.folds)
    return body();
  Value fold = b.load(b.getI32Type(), b.offset(whole.folds, b.getI32Type(), group));
  b.ifElse(b.cmp(arith::CmpIPredicate::ne, fold, b.i32(0)), body, otherwise);
}

void ProductEmitter::emitGroups(const CodeProduct &product, const ProductAtom *tiles,
                                const PanelPlace &panel, const WholePanel &whole, Value rows,
                                Value steps) {
  auto emitWhole = [&] {
    WholePanel groups = whole;
    if (whole.codes) {
      SmallVector<Value> arguments(ArrayRef(panel.streams));
      arguments.append({whole.codes, whole.scales, whole.folds, b.castTo(steps, b.getI64Type())});
      LLVM::CallOp::create(b, library.getFold(product.panels.format, product.left.block),
                           arguments);
    } else {
      groups = {panel.streams[0], panel.streams[1], Value()};
    }
    if (tiles)
      emitWholeByTiles(product, *tiles, panel, groups, rows, steps);
    else
      emitWholeByVectors(product, panel, groups, rows, steps);
  };
  // The tile is high enough, but its live rows may be few.
  b.ifElse(b.slt(b.index(fewRows), rows), emitWhole,
           [&] { emitByVectors(product, panel, b.index(0), rows, b.index(0), steps); });
}

void ProductEmitter::emitWholeByVectors(const CodeProduct &product, const PanelPlace &panel,
                                        const WholePanel &whole, Value rows, Value steps) {
  const Staged &left = product.left;
  auto type = mx::BlockType::get(b.getContext(), {CodeType::Int8, ScaleType::F32, 1, left.block});
  PanelFormat format = *PanelFormat::get(machine, type, product.depth);
  const ProductAtom &atom = *findAtom(machine, {Rows::GroupCodes, CodeType::Int8});
  b.loop(b.index(0), b.div(steps, left.block), 1, [&](Value group) {
    auto multiply = [&](RegisterBlock block, Value row) {
      Value number = b.add(b.mul(row, left.stride / left.block), group);
      Value codes = b.add(b.mul(row, left.stride), b.mul(group, left.block));
      Value out = b.offset(panel.out, b.getF32Type(), b.mul(row, product.columns));
      LLVM::CallOp::create(
          b,
          library.getScaledProduct(atom, Rows::GroupCodes, format, block,
                                   {left.stride, left.block}),
          ValueRange{b.offset(left.data, b.getI8Type(), codes),
                     b.offset(left.scales, b.getF32Type(), number),
                     b.offset(left.wholeSums, b.getI32Type(), number),
                     b.offset(whole.codes, b.getI8Type(), b.mul(group, left.block * panelRows)),
                     b.offset(whole.scales, b.getF32Type(), b.mul(group, panelRows)), out,
                     b.i64(4 * product.columns), b.i64(left.block)});
    };
    ifWhole(
        whole, group, [&] { emitRows(rows, atom.getBlocks(product.height), multiply); },
        [&] { emitByVectors(product, panel, b.index(0), rows, group, b.index(left.block)); });
  });
}

void ProductEmitter::forTileBlocks(Value rows, const ProductAtom &atom,
                                   function_ref<void(RegisterBlock, Value, Value)> body) {
  RegisterBlock high = atom.blocks.front(), low = atom.blocks.back();
  Value whole = b.mul(b.div(rows, high.rows), high.rows), rest = b.sub(rows, whole);
  Value configs =
      LLVM::AddressOfOp::create(b, b.ptrType(), library.getTileConfigs().getSymNameAttr());
  auto configure = [&](Value live) {
    b.intrinsic(machine.getIntrinsic(Instruction::ConfigureTiles),
                b.offset(configs, b.getI8Type(), b.mul(live, MicroKernels::tileConfigBytes)));
  };
  b.ifThen(b.slt(b.index(0), whole), [&] {
    configure(b.index(high.rows));
    b.loop(b.index(0), whole, high.rows, [&](Value row) { body(high, row, b.index(high.rows)); });
  });
  b.ifThen(b.slt(b.index(0), rest), [&] {
    configure(rest);
    b.ifElse(
        b.slt(b.index(low.rows), rest), [&] { body(high, whole, rest); },
        [&] { body(low, whole, rest); });
  });
}

void ProductEmitter::emitWholeByTiles(const CodeProduct &product, const ProductAtom &tiles,
                                      const PanelPlace &panel, const WholePanel &whole, Value rows,
                                      Value steps) {
  const Staged &left = product.left;
  uint64_t top = scratch.getTop();
  Value sums = scratch.allocateBytes(MicroKernels::tileSumBytes);
  forTileBlocks(rows, tiles, [&](RegisterBlock block, Value row, Value live) {
    b.loop(b.index(0), b.div(steps, left.block), 1, [&](Value group) {
      auto multiply = [&] {
        int64_t scalesPerRow = left.stride / left.block;
        Value codes = b.add(b.mul(row, left.stride), b.mul(group, left.block));
        Value number = b.add(b.mul(row, scalesPerRow), group);
        LLVM::CallOp::create(
            b, library.getByteTileProduct(block, left.block),
            ValueRange{b.offset(left.data, b.getI8Type(), codes),
                       b.offset(left.scales, b.getF32Type(), number),
                       b.offset(whole.codes, b.getI8Type(), b.mul(group, left.block * panelRows)),
                       b.offset(whole.scales, b.getF32Type(), b.mul(group, panelRows)),
                       b.offset(panel.out, b.getF32Type(), b.mul(row, product.columns)), sums,
                       b.i64(left.stride), b.i64(4 * scalesPerRow), b.i64(4 * product.columns),
                       b.castTo(live, b.getI64Type())});
      };
      ifWhole(whole, group, multiply,
              [&] { emitByVectors(product, panel, row, live, group, b.index(left.block)); });
    });
  });
  b.intrinsic(machine.getIntrinsic(Instruction::ReleaseTiles), {});
  scratch.release(top);
}
