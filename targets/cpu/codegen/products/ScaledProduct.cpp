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

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// For each row there are `stride` codes, as 8 or 16 bits, and stride / 32 scales (f32) and sums
/// (i32), one of each a block, of the weight where that is shorter. The order of codes, their width
/// and the bias depend on the weight's format, so one operand may be staged more than once.
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
  int64_t blocksPerRow = result.stride / 32;
  result.data = scratch.allocateBytes(heights * result.stride * staging.bits / 8);
  result.scales = scratch.allocateBytes(4 * heights * blocksPerRow);
  int64_t parts = 32 / weight.blockColumns;
  result.sums = scratch.allocateBytes(4 * heights * blocksPerRow * parts);
  puller.blockNest(a, {rows, Value()}, [&](ArrayRef<Value> at) {
    CodeBlock made = puller.getBlock(a, at);
    Value place = b.add(b.mul(at[0], result.stride), at[1]);
    // A sum for each block of the weight, of which there may be several here.
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
      Value &sum = sums[offset / weight.blockColumns];
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
    Value scale = decodeScale(b, block.getFormat().scale, made.scale);
    Value number = b.div(place, 32);
    for (auto [part, sum] : llvm::enumerate(sums)) {
      Value total = foldLanes(b, sum, [&](Value x, Value y) { return b.add(x, y); });
      // With weights that are `bias` too large, a block's sum is bias · Σ a too large, in integers,
      // exactly. Zero points differ by column, so their kernels get the sum itself.
      Value stored = weight.hasZero ? total : b.mul(total, -atom.getBias(weight.code));
      Value at = b.add(b.mul(number, parts), part);
      b.store(stored, b.offset(result.sums, b.getI32Type(), at));
    }
    b.store(b.fmul(scale, b.f32(factor)), b.offset(result.scales, b.getF32Type(), number));
  });
  staged[key] = result;
  trail.push_back(key);
  return result;
}

void ProductEmitter::emitCodeProduct(Value a, const Panels &panels, const ProductAtom &atom,
                                     const Buffer &acc, Value rows) {
  ++instructions[atom.instruction];
  const BlockFormat &weight = panels.format.getBlock();
  Staged left = stageCodes(a, rows, atom, weight);
  Rows kind = getBlockType(a).getElement().isInteger(8) ? Rows::WideCodes : Rows::ShortCodes;
  int64_t extent = cast<RankedTensorType>(a.getType()).getDimSize(1);
  int64_t codeBytes = atom.staging.bits / 8;
  withPanelColumns(acc, rows, [&](const Buffer &acc) {
    int64_t n = acc.type.getDimSize(1);
    loopPanels(panels, acc, extent, [&](const PanelPlace &panel, Value steps) {
      emitRows(rows, atom.getBlocks(acc.type.getDimSize(0)), [&](RegisterBlock block, Value row) {
        LLVM::LLVMFuncOp function =
            library.getScaledProduct(atom, kind, panels.format, block, left.stride);
        Value codes = b.offset(left.data, b.getI8Type(), b.mul(row, left.stride * codeBytes));
        Value scales = b.offset(left.scales, b.getF32Type(), b.mul(row, left.stride / 32));
        Value sums =
            b.offset(left.sums, b.getI32Type(), b.mul(row, left.stride / weight.blockColumns));
        Value to = b.offset(panel.out, b.getF32Type(), b.mul(row, n));
        SmallVector<Value> arguments = {codes, scales, sums};
        llvm::append_range(arguments, panel.streams);
        arguments.append({to, b.i64(4 * n), b.castTo(steps, b.getI64Type())});
        LLVM::CallOp::create(b, function, arguments);
      });
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
