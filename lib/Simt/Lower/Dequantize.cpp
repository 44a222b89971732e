//===- Dequantize.cpp - Numbers of codes ----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Small floats have conversions that multiply by a power of two, which is all that the MX formats
// need. With another scale that factor is one, and the scale is multiplied in f32. Integers are
// plain arithmetic.
//
//===----------------------------------------------------------------------===//
#include "Dequantize.h"

#include "moec/Simt/Formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <map>
#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::simt;

bool simt::canDequantize(mx::BlockType block) {
  if (block.getBlock().size() != 1)
    return false;
  // A register of codes lies in one block.
  if (block.getBlockSize() < int64_t(1) << CodeRegister(block).log2Codes)
    return false;
  // The conversions' factor is the whole scale.
  return !block.hasPowerOfTwoScale() || !block.getGlobal();
}

namespace {
class Dequantizer {
public:
  Dequantizer(ImplicitLocOpBuilder &builder, const Lanes &machine, const TileValue &tile,
              mx::BlockType block, const LinearLayout &layout, Type element)
      : builder(builder), machine(machine), tile(tile), block(block), layout(layout),
        element(element), perRegister(1u << CodeRegister(block).log2Codes) {}

  Distributed run();

private:
  Value i32(int64_t value) {
    return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
  }
  /// The register of `blocks` of the block in which an element lies.
  unsigned findBlock(const Distributed &blocks, uint64_t number) {
    return *findRegister(blocks.layout, number / block.getBlockSize());
  }
  /// The f32 whose exponent is the factor of a conversion.
  Value getFactor(uint64_t number);
  /// The scale of an element's block times the global one, an f32; of formats whose scale is no
  /// power of two.
  Value getScale(uint64_t number);
  Value makeScale(Value stored);
  Distributed emitIntegers();
  /// Small floats, of 32 codes or of two at once.
  Distributed emitLongRuns();
  Distributed emitPairs();
  /// Numbers of a conversion, which begin with register `reg`, times their scales.
  Value applyScales(Value numbers, unsigned reg);

  ImplicitLocOpBuilder &builder;
  const Lanes &machine;
  const TileValue &tile;
  mx::BlockType block;
  const LinearLayout &layout;
  Type element;
  unsigned perRegister;
  /// Scales that were made so far, by their registers.
  std::map<unsigned, Value> scales;
};
} // namespace

Value Dequantizer::getFactor(uint64_t number) {
  if (!block.hasPowerOfTwoScale())
    return arith::ConstantOp::create(builder, builder.getF32FloatAttr(1));
  // E8M0 is the exponent field of an f32.
  Value scale = tile.scales->chunks[findBlock(*tile.scales, number)];
  Value wide = arith::ExtUIOp::create(builder, builder.getI32Type(), scale);
  return arith::BitcastOp::create(builder, builder.getF32Type(),
                                  arith::ShLIOp::create(builder, wide, i32(23)));
}

Value Dequantizer::makeScale(Value stored) {
  Type f32 = builder.getF32Type();
  if (block.getScale().isF32())
    return stored;
  if (block.getScaleBits() == 16)
    return arith::ExtFOp::create(builder, f32, stored);
  Value word = arith::ExtUIOp::create(builder, builder.getI32Type(), stored);
  return machine.emitDecodedScale(builder, word);
}

Value Dequantizer::getScale(uint64_t number) {
  unsigned reg = findBlock(*tile.scales, number);
  Value &scale = scales[reg];
  if (!scale) {
    scale = makeScale(tile.scales->chunks[reg]);
    if (tile.global)
      scale = arith::MulFOp::create(builder, scale, tile.global->chunks.front());
  }
  return scale;
}

Distributed Dequantizer::emitIntegers() {
  bool inNibbles = perRegister > 1;
  Distributed codes = regroup(builder, builder.getLoc(), tile.data, 1);
  SmallVector<Value> numbers;
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg) {
    Value code = codes.chunks[reg / perRegister];
    uint64_t number = layout.getElement(reg, 0, 0);
    if (inNibbles) {
      // The low nibble of a byte is the first; shifted up and down again for its sign.
      code = arith::ExtUIOp::create(builder, builder.getI32Type(), code);
      code = arith::ShLIOp::create(builder, code, i32(reg % 2 ? 24 : 28));
      code = arith::ShRSIOp::create(builder, code, i32(28));
    }
    if (tile.zeros) {
      if (!inNibbles)
        code = arith::ExtSIOp::create(builder, builder.getI32Type(), code);
      Value zero = tile.zeros->chunks[findBlock(*tile.zeros, number)];
      zero = arith::ExtSIOp::create(builder, builder.getI32Type(), zero);
      code = arith::SubIOp::create(builder, code, zero);
    }
    // Codes less zero points are at most 255 and exact in f32; the product is rounded once.
    Value value = arith::SIToFPOp::create(builder, builder.getF32Type(), code);
    value = arith::MulFOp::create(builder, value, getScale(number));
    if (!element.isF32())
      value = arith::TruncFOp::create(builder, element, value);
    numbers.push_back(value);
  }
  return makeFromRegisters(layout, element, numbers);
}

Value Dequantizer::applyScales(Value numbers, unsigned reg) {
  if (block.hasPowerOfTwoScale())
    return numbers;
  SmallVector<Value> values = splitChunk(builder, builder.getLoc(), numbers);
  for (auto [i, value] : llvm::enumerate(values)) {
    value = arith::MulFOp::create(builder, value, getScale(layout.getElement(reg + i, 0, 0)));
    if (!element.isF32())
      value = arith::TruncFOp::create(builder, element, value);
  }
  return joinChunk(builder, builder.getLoc(), values);
}

/// What conversions make: what is asked for, or what is then multiplied by scales.
static Type getConverted(ImplicitLocOpBuilder &builder, mx::BlockType block, Type element) {
  return block.hasPowerOfTwoScale() && element.isBF16() ? element : Type(builder.getF32Type());
}

Distributed Dequantizer::emitPairs() {
  bool inNibbles = perRegister > 1;
  unsigned count = layout.getNumRegisters();
  unsigned bytes = count / perRegister, width = std::min(4u, bytes);
  Type pair = VectorType::get({2}, getConverted(builder, block, element));
  Distributed result{layout, element, {}, std::min(2u, count)};
  // A conversion takes a dword of codes and says which byte (FP4) or half (FP8) of it becomes two
  // numbers, so the dword is put together once.
  for (unsigned first = 0; first < bytes; first += width) {
    Value word = extractRegisters(builder, builder.getLoc(), tile.data, first, width);
    Type packedType = builder.getIntegerType(8 * width);
    if (word.getType() != packedType)
      word = LLVM::BitcastOp::create(builder, packedType, word);
    if (width < 4)
      word = arith::ExtUIOp::create(builder, builder.getI32Type(), word);
    for (unsigned i = 0; i < width; i += inNibbles ? 1 : 2) {
      unsigned reg = (first + i) * perRegister;
      Value factor = getFactor(layout.getElement(reg, 0, 0));
      Value both = machine.emitDecodedPair(builder, block.getFormat().code, pair, word, factor,
                                           inNibbles ? i : i / 2);
      // Of a lone code the second number is none of the tile.
      if (count == 1)
        both = LLVM::ExtractElementOp::create(builder, both, i32(0));
      result.chunks.push_back(applyScales(both, reg));
    }
  }
  return result;
}

Distributed Dequantizer::emitLongRuns() {
  constexpr unsigned converted = 32, dwords = 6;
  Location loc = builder.getLoc();
  Distributed codes = regroup(builder, loc, tile.data, 1);
  // One conversion for all codes of a block that a lane has in a row. Where these are 16, the rest
  // of its operand are zeros.
  unsigned run = perRegister;
  if (layout.getContiguousBits() >= 5 && block.getBlockSize() >= converted)
    run = converted;
  Type half = VectorType::get({3}, builder.getI32Type());
  Type number = getConverted(builder, block, element);
  Type type = VectorType::get({converted}, number);
  Distributed result{layout, element, {}, run};
  for (unsigned reg = 0; reg < layout.getNumRegisters(); reg += run) {
    Value low = LLVM::BitcastOp::create(builder, half, codes.chunks[reg / perRegister]);
    Value high =
        run == converted
            ? Value(LLVM::BitcastOp::create(builder, half, codes.chunks[reg / perRegister + 1]))
            : Value(LLVM::ZeroOp::create(builder, half));
    SmallVector<int32_t> all(dwords);
    std::iota(all.begin(), all.end(), 0);
    Value words = LLVM::ShuffleVectorOp::create(builder, low, high, all);
    Value factor = getFactor(layout.getElement(reg, 0, 0));
    Value numbers = machine.emitDecodedRun(builder, block.getFormat().code, type, words, factor);
    Distributed all32{layout, number, {numbers}, converted};
    result.chunks.push_back(applyScales(extractRegisters(builder, loc, all32, 0, run), reg));
  }
  return result;
}

Distributed Dequantizer::run() {
  if (block.getFormat().isInteger())
    return emitIntegers();
  return block.getElementBits() == 6 ? emitLongRuns() : emitPairs();
}

Distributed simt::dequantize(ImplicitLocOpBuilder &builder, const Lanes &machine,
                             const TileValue &tile, mx::BlockType block, const LinearLayout &layout,
                             Type element) {
  return Dequantizer(builder, machine, tile, block, layout, element).run();
}
