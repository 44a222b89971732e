//===- LowerFormats.cpp - Conversions of number formats -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Block-scaled formats with power-of-two scales use the scaled conversions of the machine; groups
// of integers are plain arithmetic.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

static bool isFp4(mx::BlockType block) { return isa<Float4E2M1FNType>(block.getElement()); }
static bool isFp8(mx::BlockType block) { return isa<Float8E4M3FNType>(block.getElement()); }

/// Whether this machine converts the format. Numbers become int4 in the compiler only.
static LogicalResult checkFormat(Operation *op, mx::BlockType block) {
  bool scaled = block.hasPowerOfTwoScale() && (isFp4(block) || isFp8(block));
  bool integer = (block.getElement().isInteger(8) && block.getScale().isF32()) ||
                 (isa<tile::DequantizeOp>(op) && block.getElement().isInteger(4));
  if (block.getBlock().size() != 1 || block.getGlobal() || !(scaled || integer))
    return op->emitError() << "has no lowering for " << block << " on this machine";
  return success();
}

/// The E8M0 byte, as an i32, for a block whose largest magnitude has the bits `amax`.
static Value emitScaleByte(ImplicitLocOpBuilder &builder, Value amax, mx::BlockType block,
                           mx::Rounding rounding) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
  };
  // Added to the mantissa, this carries into the exponent exactly where the rule rounds up. The
  // largest code is 1.5 · 4 or 1.75 · 256.
  int64_t carry = 0;
  if (rounding == mx::Rounding::Ceil)
    carry = isFp4(block) ? 0x3fffff : 0x1fffff;
  else if (rounding == mx::Rounding::Even)
    carry = 0x200000;
  Value exponent = arith::ShRUIOp::create(
      builder, arith::AddIOp::create(builder, amax, constant(carry)), constant(23));
  Value byte = arith::SubIOp::create(builder, exponent, constant(isFp4(block) ? 2 : 8));
  byte = arith::MaxSIOp::create(builder, byte, constant(0));
  byte = arith::MinSIOp::create(builder, byte, constant(254));
  Value finite =
      arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, amax, constant(0x7f800000));
  return arith::SelectOp::create(builder, finite, byte, constant(255));
}

LogicalResult KernelLowering::lowerQuantize(tile::QuantizeOp op) {
  auto type = op.getResult().getType();
  auto block = cast<mx::BlockType>(type.getElementType());
  if (failed(checkFormat(op, block)))
    return failure();
  Location loc = builder.getLoc();
  const TileLayout &wanted = layouts.get(op.getResult());
  Distributed input = getAs(op.getInput(), wanted.data);
  unsigned count = input.getNumRegisters();
  SmallVector<Value> numbers;
  for (unsigned reg = 0; reg < count; ++reg) {
    Value number = extractRegisters(builder, loc, input, reg, 1);
    if (!number.getType().isF32())
      number = arith::ExtFOp::create(builder, builder.getF32Type(), number);
    numbers.push_back(number);
  }

  // Magnitudes compare as integers, NaN above all.
  SmallVector<Value> magnitudes;
  for (Value number : numbers)
    magnitudes.push_back(arith::AndIOp::create(
        builder, arith::BitcastOp::create(builder, builder.getI32Type(), number), i32(0x7fffffff)));
  std::vector<int64_t> split = wanted.data.getShape(), blocks = split;
  split.back() /= block.getBlockSize();
  blocks.back() /= block.getBlockSize();
  split.push_back(block.getBlockSize());
  Distributed largest =
      emitReduce(tile::ReduceKind::Max,
                 makeFromRegisters(wanted.data.reshape(split), builder.getI32Type(), magnitudes),
                 split.size() - 1, block.getBlockSize());
  largest = regroup(builder, loc, largest, 1);
  largest.layout = largest.layout.reshape(blocks);

  // For each block: the scale to store, the f32 that conversions take, and whether it is finite.
  // FP8 conversions don't saturate: what is beyond the largest code becomes that first.
  SmallVector<Value> stored, factors, finite, limits;
  for (Value amax : largest.chunks) {
    Value isFinite =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, amax, i32(0x7f800000));
    finite.push_back(isFinite);
    if (block.hasPowerOfTwoScale()) {
      Value byte = emitScaleByte(builder, amax, block, *op.getRounding());
      stored.push_back(arith::TruncIOp::create(builder, builder.getI8Type(), byte));
      factors.push_back(arith::BitcastOp::create(builder, builder.getF32Type(),
                                                 arith::ShLIOp::create(builder, byte, i32(23))));
      // 1.75 · 2^8 times the scale.
      Value exponent = arith::AddIOp::create(builder, byte, i32(8));
      exponent = arith::MinSIOp::create(builder, exponent, i32(254));
      Value limit = arith::OrIOp::create(builder, arith::ShLIOp::create(builder, exponent, i32(23)),
                                         i32(0x600000));
      limits.push_back(arith::BitcastOp::create(builder, builder.getF32Type(), limit));
    } else {
      Value value = arith::BitcastOp::create(builder, builder.getF32Type(), amax);
      Value most = arith::ConstantOp::create(builder, builder.getF32FloatAttr(127));
      Value nan = arith::ConstantOp::create(
          builder,
          builder.getFloatAttr(builder.getF32Type(), APFloat::getQNaN(APFloat::IEEEsingle())));
      Value factor = arith::DivFOp::create(builder, value, most);
      factors.push_back(factor);
      stored.push_back(arith::SelectOp::create(builder, isFinite, factor, nan));
    }
  }
  auto registerOfBlock = [&](unsigned reg) {
    uint64_t element = wanted.data.getElement(reg, 0, 0);
    return *findRegister(largest.layout, element / block.getBlockSize());
  };

  Distributed codes{wanted.data, builder.getI8Type(), {}, 1};
  if (block.hasPowerOfTwoScale()) {
    // Four bytes are filled one conversion after the other, each keeping the rest of its register.
    unsigned perByte = isFp4(block) ? 2 : 1;
    codes.layout = wanted.data.packLast(perByte - 1);
    unsigned bytes = count / perByte, width = std::min(4u, bytes);
    codes.width = width;
    for (unsigned first = 0; first < bytes; first += width) {
      Value word = i32(0);
      Value halves = LLVM::ZeroOp::create(builder, VectorType::get({2}, builder.getI16Type()));
      for (unsigned i = 0; i < width; i += isFp4(block) ? 1 : 2) {
        unsigned reg = (first + i) * perByte, last = std::min(reg + 1, count - 1);
        unsigned owner = registerOfBlock(reg);
        auto number = [&](unsigned reg) -> Value {
          Value zero = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0));
          Value value = arith::SelectOp::create(builder, finite[owner], numbers[reg], zero);
          if (isFp4(block))
            return value;
          value = arith::MinNumFOp::create(builder, value, limits[owner]);
          Value least = arith::NegFOp::create(builder, limits[owner]);
          return arith::MaxNumFOp::create(builder, value, least);
        };
        if (isFp4(block))
          word = ROCDL::CvtScaleF32PkFp4F32Op::create(builder, builder.getI32Type(), word,
                                                      number(reg), number(last), factors[owner],
                                                      /*dstSelIndex=*/i);
        else
          halves = ROCDL::CvtScaleF32PkFp8F32Op::create(builder, halves.getType(), halves,
                                                        number(reg), number(last), factors[owner],
                                                        /*dstLoHiSel=*/i >= 2);
      }
      if (!isFp4(block))
        word = LLVM::BitcastOp::create(builder, builder.getI32Type(), halves);
      Type narrow = builder.getIntegerType(8 * width);
      if (width < 4)
        word = arith::TruncIOp::create(builder, narrow, word);
      codes.chunks.push_back(width == 1 ? word
                                        : Value(LLVM::BitcastOp::create(
                                              builder, getChunkType(codes.element, width), word)));
    }
  } else {
    Value zero = arith::ConstantOp::create(builder, builder.getF32FloatAttr(0));
    Value limit = arith::ConstantOp::create(builder, builder.getF32FloatAttr(127));
    for (unsigned reg = 0; reg < count; ++reg) {
      unsigned owner = registerOfBlock(reg);
      Value code = arith::DivFOp::create(builder, numbers[reg], factors[owner]);
      code = math::RoundEvenOp::create(builder, code);
      code = arith::MinNumFOp::create(builder, code, limit);
      code = arith::MaxNumFOp::create(builder, code, arith::NegFOp::create(builder, limit));
      Value some = arith::CmpFOp::create(builder, arith::CmpFPredicate::UNE, factors[owner], zero);
      some = arith::AndIOp::create(builder, some, finite[owner]);
      code = arith::SelectOp::create(builder, some, code, zero);
      code = arith::FPToSIOp::create(builder, builder.getI32Type(), code);
      codes.chunks.push_back(arith::TruncIOp::create(builder, builder.getI8Type(), code));
    }
  }
  Distributed scaleTile = makeFromRegisters(largest.layout, getScaleType(block), stored);
  tiles[op.getResult()] = TileValue{codes, convert(scaleTile, *wanted.scales)};
  return success();
}

/// Whether two layouts differ in the order of registers at most.
static bool holdsSameInLanes(const LinearLayout &a, const LinearLayout &b) {
  return a.getBases(LinearLayout::Space::Lane) == b.getBases(LinearLayout::Space::Lane) &&
         a.getBases(LinearLayout::Space::Subgroup) == b.getBases(LinearLayout::Space::Subgroup) &&
         a.getNumRegisters() == b.getNumRegisters();
}

LogicalResult KernelLowering::lowerDequantize(tile::DequantizeOp op) {
  auto block = cast<mx::BlockType>(op.getInput().getType().getElementType());
  if (failed(checkFormat(op, block)))
    return failure();
  Location loc = builder.getLoc();
  Type element = op.getResult().getType().getElementType();
  const LinearLayout &wanted = layouts.get(op.getResult()).data;
  // The codes in the layout of the numbers if a lane then holds whole bytes, else the reverse.
  const TileLayout &made = layouts.get(op.getInput());
  unsigned packed = block.getElementBits() < 8 ? 1 : 0;
  bool direct = wanted.getContiguousBits() >= packed;
  const LinearLayout &layout = direct ? wanted : made.data;
  LinearLayout scaleLayout = getScaleLayout(layout, block.getBlockSize());
  if (made.data == layout && holdsSameInLanes(*made.scales, scaleLayout))
    scaleLayout = *made.scales;
  TileValue input = getAs(op.getInput(), TileLayout{layout, scaleLayout});
  Distributed scales = regroup(builder, loc, *input.scales, 1);
  auto scaleOf = [&](unsigned reg) {
    uint64_t owner = layout.getElement(reg, 0, 0) / block.getBlockSize();
    Value scale = scales.chunks[*findRegister(scales.layout, owner)];
    if (block.getScale().isBF16())
      scale = arith::ExtFOp::create(builder, builder.getF32Type(), scale);
    if (!block.hasPowerOfTwoScale())
      return scale;
    Value wide = arith::ExtUIOp::create(builder, builder.getI32Type(), scale);
    return Value(arith::BitcastOp::create(builder, builder.getF32Type(),
                                          arith::ShLIOp::create(builder, wide, i32(23))));
  };
  unsigned count = layout.getNumRegisters();
  Distributed result{layout, element, {}, 1};
  if (!block.hasPowerOfTwoScale()) {
    Distributed codes = regroup(builder, loc, input.data, 1);
    for (unsigned reg = 0; reg < count; ++reg) {
      Value code = codes.chunks[reg >> packed];
      if (packed) {
        // The low nibble of a byte is the first; shifted up and down again for its sign.
        code = arith::ExtUIOp::create(builder, builder.getI32Type(), code);
        code = arith::ShLIOp::create(builder, code, i32(reg % 2 ? 24 : 28));
        code = arith::ShRSIOp::create(builder, code, i32(28));
      }
      Value number = arith::SIToFPOp::create(builder, builder.getF32Type(), code);
      number = arith::MulFOp::create(builder, number, scaleOf(reg));
      if (!element.isF32())
        number = arith::TruncFOp::create(builder, element, number);
      result.chunks.push_back(number);
    }
    setTile(op.getResult(), convert(result, wanted));
    return success();
  }

  bool fp4 = isFp4(block);
  unsigned perByte = fp4 ? 2 : 1, bytes = count / perByte, width = std::min(4u, bytes);
  Type pair = VectorType::get({2}, element.isBF16() ? element : Type(builder.getF32Type()));
  SmallVector<Value> numbers;
  for (unsigned first = 0; first < bytes; first += width) {
    Value word = extractRegisters(builder, loc, input.data, first, width);
    Type packedType = builder.getIntegerType(8 * width);
    if (word.getType() != packedType)
      word = LLVM::BitcastOp::create(builder, packedType, word);
    if (width < 4)
      word = arith::ExtUIOp::create(builder, builder.getI32Type(), word);
    for (unsigned i = 0; i < width; i += fp4 ? 1 : 2) {
      Value scale = scaleOf((first + i) * perByte), both;
      if (fp4 && element.isBF16())
        both = ROCDL::CvtScaleF32PkBf16Fp4Op::create(builder, pair, word, scale, i);
      else if (fp4)
        both = ROCDL::CvtScaleF32PkF32Fp4Op::create(builder, pair, word, scale, i);
      else if (element.isBF16())
        both = ROCDL::CvtScaleF32PkBf16Fp8Op::create(builder, pair, word, scale, i >= 2);
      else
        both = ROCDL::CvtScaleF32PkF32Fp8Op::create(builder, pair, word, scale, i >= 2);
      numbers.push_back(both);
    }
  }
  result.chunks = std::move(numbers);
  result.width = std::min(2u, count);
  if (count == 1)
    result = regroup(builder, loc, result, 1);
  setTile(op.getResult(), convert(result, wanted));
  return success();
}
