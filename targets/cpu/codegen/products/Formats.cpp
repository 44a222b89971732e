//===- Formats.cpp - Block-scaled tiles -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Making and writing codes and scales, bit for bit as lib/Formats defines them.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// A block as int8: the largest magnitude becomes 127. `most` is its bits.
static CodeBlock quantizeToInt8(CodeBuilder &b, ArrayRef<Value> values, Value most) {
  auto f32 = cast<VectorType>(values[0].getType());
  int64_t lanes = f32.getNumElements();
  Value finite = b.slt(most, b.i32(0x7f800000));
  Value amax = b.bitcast(most, b.getF32Type());
  Value scale = b.fdiv(amax, b.f32(127.0));
  Value zero = b.cmpf(arith::CmpFPredicate::OEQ, scale, b.f32(0));
  // A block of zeros, or one whose scale underflows, has codes 0; one that is not finite has a
  // scale that is NaN.
  Value usable = arith::AndIOp::create(b, finite, b.xori(zero, b.integer(b.getI1Type(), 1)));
  Value divisor = b.splat(b.select(usable, scale, b.f32(1)), lanes);
  Value keep = b.splat(usable, lanes);
  CodeBlock result;
  for (Value value : values) {
    Value code = math::RoundEvenOp::create(b, b.fdiv(value, divisor));
    code = b.select(keep, code, b.real(f32, 0));
    code = arith::MinNumFOp::create(b, code, b.real(f32, 127));
    code = arith::MaxNumFOp::create(b, code, b.real(f32, -127));
    Value integer = arith::FPToSIOp::create(b, f32.clone(b.getI32Type()), code);
    result.codes.push_back(b.trunc(integer, f32.clone(b.getI8Type())));
  }
  result.scale = b.select(finite, scale, b.f32(NAN));
  return result;
}

/// The E8M0 scale (i32) of a block whose largest magnitude has the bits `most`.
static Value chooseE8m0(CodeBuilder &b, Value most, bool isE4m3, mx::Rounding rounding) {
  // The largest codes are 1.75 · 2^8 and 1.5 · 2^2.
  Value scale = b.sub(b.shr(most, 23), b.i32(isE4m3 ? 8 : 2));
  // How far the largest number is on its way to the next power of two, in 23 bits. Floor lets
  // numbers past the largest code saturate; Ceil takes the next exponent where the largest code's
  // mantissa (1.75 or 1.5) is exceeded; Even from 1.75 on.
  Value mantissa = b.andi(most, 0x7fffff);
  if (rounding == mx::Rounding::Ceil)
    scale =
        b.add(scale, b.zext(b.slt(b.i32(isE4m3 ? 0x600000 : 0x400000), mantissa), b.getI32Type()));
  if (rounding == mx::Rounding::Even)
    scale = b.add(scale, b.zext(b.sge(mantissa, b.i32(0x600000)), b.getI32Type()));
  return b.min(b.max(scale, b.i32(0)), b.i32(254));
}

/// A block as E4M3 or E2M1 with a scale that is a power of two.
static CodeBlock quantizeToE8m0(CodeBuilder &b, ArrayRef<Value> values, Value most, bool isE4m3,
                                mx::Rounding rounding) {
  auto f32 = cast<VectorType>(values[0].getType());
  VectorType i32 = f32.clone(b.getI32Type());
  Value finite = b.slt(most, b.i32(0x7f800000));
  Value scale = chooseE8m0(b, most, isE4m3, rounding);
  // Codes are of x · 2^(127 − scale), rounded to nearest even by where they lie.
  // 2^(127 - scale) as an f32 has the exponent 254 - scale; 0 is again the subnormal 2^-127.
  Value inverse = b.sub(b.i32(254), scale);
  Value bits = b.select(b.eq(inverse, b.i32(0)), b.i32(0x00400000), b.shl(inverse, 23));
  Value factor = b.splat(b.bitcast(bits, b.getF32Type()), f32.getNumElements());
  Value keep = b.splat(finite, f32.getNumElements());
  CodeBlock result;
  for (Value value : values) {
    Value scaled = b.fmul(value, factor);
    Value code = isE4m3 ? encodeE4m3(b, b.select(keep, scaled, b.real(f32, 0)))
                        : b.select(keep, encodeE2m1(b, scaled), b.integer(i32, 0));
    result.codes.push_back(b.trunc(code, f32.clone(b.getI8Type())));
  }
  result.scale = b.trunc(b.select(finite, scale, b.i32(255)), b.getI8Type());
  return result;
}

bool moec::cpu::canQuantizeTo(const BlockFormat &format) {
  if (format.hasZero || format.hasGlobal || format.blockRows != 1)
    return false;
  return format.isInteger() ? format.code == CodeType::Int8 && format.scale == ScaleType::F32
                            : format.hasPowerOfTwoScale() &&
                                  (format.code == CodeType::E2M1 || format.code == CodeType::E4M3);
}

CodeBlock Puller::quantizeBlock(tile::QuantizeOp op, ArrayRef<Value> at) {
  mx::BlockType block = getBlockType(op.getResult());
  unsigned lanes = std::min<unsigned>(machine.getLanes(), block.getBlockSize());
  VectorType i32 = b.vec(b.getI32Type(), lanes);
  SmallVector<Value> values;
  Value most;
  for (unsigned first = 0; first != block.getBlockSize(); first += lanes) {
    Point place(at);
    place.back() = b.add(place.back(), first);
    values.push_back(pullF32(op.getInput(), place, lanes));
    // As integers, magnitudes order like the numbers, and NaN lies past infinity.
    Value magnitude = b.andi(b.bitcast(values.back(), i32), 0x7fffffff);
    most = most ? b.max(most, magnitude) : magnitude;
  }
  // The block stays in registers, so it is read once for its largest number and its codes.
  most = foldLanes(b, most, [&](Value x, Value y) { return b.max(x, y); });
  BlockFormat format = block.getFormat();
  if (!canQuantizeTo(format))
    state.unsupported(op, "quantises to a format that has no lowering for this machine");
  if (format.isInteger())
    return quantizeToInt8(b, values, most);
  return quantizeToE8m0(b, values, most, format.code == CodeType::E4M3,
                        op.getRounding().value_or(mx::Rounding::Floor));
}

CodeBlock Puller::getBlock(Value tile, ArrayRef<Value> at) {
  auto quantize = tile.getDefiningOp<tile::QuantizeOp>();
  if (quantize && !scratch.contains(tile))
    return quantizeBlock(quantize, at);
  mx::BlockType block = getBlockType(tile);
  unsigned lanes = std::min<unsigned>(machine.getLanes(), block.getBlockSize());
  CodeBlock result;
  for (unsigned first = 0; first != block.getBlockSize(); first += lanes) {
    Point place(at);
    place.back() = b.add(place.back(), first);
    result.codes.push_back(pullCodes(tile, place, lanes));
  }
  result.scale = pullStoredScale(tile, at);
  return result;
}

void Puller::storeCodes(ArrayRef<Value> codes, unsigned bits, Value pointer) {
  int64_t offset = 0;
  for (Value vector : codes) {
    int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
    if (bits == 4) {
      SmallVector<int64_t> even, odd;
      for (int64_t i = 0; i != lanes; i += 2) {
        even.push_back(i);
        odd.push_back(i + 1);
      }
      vector = b.ori(b.shuffle(vector, vector, even), b.shl(b.shuffle(vector, vector, odd), 4));
      lanes /= 2;
    }
    b.store(vector, b.offset(pointer, offset));
    offset += lanes;
  }
}

/// Like loopNest, but a step is a whole block, which has one scale: nothing is masked, since bounds
/// along the last dimension are multiples of a block.
void Puller::blockNest(Value tile, ArrayRef<Value> bounds, function_ref<void(ArrayRef<Value>)> body,
                       function_ref<Value(ArrayRef<Value>)> guard) {
  auto type = cast<RankedTensorType>(tile.getType());
  int64_t block = getBlockType(tile).getBlockSize();
  prepare(tile, machine.getLanes());
  auto emitBlocks = [&](Point at) {
    Nest inner;
    Nest *outer = std::exchange(nest, &inner);
    SmallVector<Value> limits;
    DenseSet<std::pair<Value, unsigned>> seen;
    if (!scratch.contains(tile) && tile.getDefiningOp<tile::QuantizeOp>())
      collectBounds(tile, /*sameColumns=*/false, inner, limits, seen);
    Value end = b.index(type.getShape().back());
    if (bounds.back())
      end = b.min(bounds.back(), end);
    auto loop = scf::ForOp::create(b, b.index(0), end, b.index(block));
    inner.hoistBefore = loop;
    {
      OpBuilder::InsertionGuard restore(b);
      b.setInsertionPointToStart(loop.getBody());
      at.push_back(loop.getInductionVar());
      body(at);
    }
    nest = outer;
  };
  b.nest(type.getShape().drop_back(), bounds, [&](ArrayRef<Value> leading) {
    Value condition = guard ? guard(leading) : Value();
    return condition ? b.ifThen(condition, [&] { emitBlocks(Point(leading)); })
                     : emitBlocks(Point(leading));
  });
}

void Puller::materializeQuantized(tile::QuantizeOp op, const Buffer &buffer) {
  RankedTensorType type = op.getType();
  mx::BlockType block = getBlockType(op.getResult());
  SmallVector<Value> bounds(type.getRank());
  blockNest(op.getResult(), bounds, [&](ArrayRef<Value> at) {
    CodeBlock made = quantizeBlock(op, at);
    Value offset = b.linearize(at, type.getShape());
    unsigned bits = block.getElementBits();
    Value byte = bits == 4 ? b.div(offset, 2) : offset;
    storeCodes(made.codes, bits, b.offset(buffer.data, b.getI8Type(), byte));
    b.store(made.scale,
            b.offset(buffer.scales, made.scale.getType(), b.div(offset, block.getBlockSize())));
  });
}

void Puller::emitBlockStore(const Access &access, Value value) {
  mx::BlockType block = getBlockType(value);
  SmallVector<Value> bounds;
  for (int64_t dim = 0; dim != access.tile.getRank(); ++dim)
    bounds.push_back(getBound(access, dim));
  if (access.rows)
    getBuffer(access.rows);
  auto guard = [&](ArrayRef<Value> leading) -> Value {
    if (!access.rows)
      return {};
    Value row = b.extract(pull(access.rows, {leading[0]}, 1), 0);
    return b.sge(row, b.i32(0));
  };
  Streams streams = state.getStreams(access.refValue);
  blockNest(
      value, bounds,
      [&](ArrayRef<Value> at) {
        CodeBlock made = getBlock(value, at);
        Value offset = getOffset(access, at);
        unsigned bits = block.getElementBits();
        Value byte = bits == 4 ? b.div(offset, 2) : offset;
        storeCodes(made.codes, bits, b.offset(streams.data, b.getI8Type(), byte));
        b.store(made.scale, b.offset(streams.scales, made.scale.getType(),
                                     b.div(offset, block.getBlockSize())));
      },
      guard);
}
