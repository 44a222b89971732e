//===- Packing.cpp - How weights lie in memory ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The unit of FP4 is 16 rows by 256 columns: a lane has the columns 64g … 64g+63 of its row as two
// operands, and so the scales of the two blocks are neighbours, in the weight as in a row-major
// activation.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/layout/Packing.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

tile::PackedAttr amdgpu::choosePackedMap(RankedTensorType weight) {
  using Digit = tile::PackedDigit;
  if (weight.getRank() < 2)
    return {};
  MLIRContext *context = weight.getContext();
  Type element = weight.getElementType();
  if (element.isBF16())
    return tile::PackedAttr::get(context, {Digit{1, 8, 1}, Digit{0, 16, 1}, Digit{1, 4, 8}}, {});
  auto block = dyn_cast<mx::BlockType>(element);
  if (!block || !block.hasPowerOfTwoScale() || block.getBlock().size() != 1 ||
      block.getBlockSize() != 32)
    return {};
  if (isa<Float4E2M1FNType>(block.getElement()))
    return tile::PackedAttr::get(
        context, {Digit{1, 32, 1}, Digit{0, 16, 1}, Digit{1, 4, 64}, Digit{1, 2, 32}},
        {Digit{1, 2, 1}, Digit{0, 2, 16}, Digit{0, 16, 1}, Digit{1, 4, 2}});
  if (isa<Float8E4M3FNType>(block.getElement()))
    return tile::PackedAttr::get(
        context, {Digit{1, 16, 1}, Digit{0, 16, 1}, Digit{1, 4, 16}, Digit{1, 2, 64}},
        {Digit{0, 2, 16}, Digit{0, 16, 1}, Digit{1, 4, 1}});
  return {};
}
