//===- Formats.cpp - Block-scaled tiles -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Reading, making and writing codes and scales, bit for bit as lib/Support defines them.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/KernelEmitter.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

mx::BlockType moec::cpu::getBlockType(Value tile) {
  return cast<mx::BlockType>(cast<RankedTensorType>(tile.getType()).getElementType());
}

/// The byte is the exponent of an f32, so it goes to bit 23. Byte 0 is 2^-127, which f32 has as a
/// subnormal; 255 is NaN.
Value moec::cpu::decodeE8m0(CodeBuilder &b, Value bytes) {
  Type i32 = bytes.getType();
  auto vector = dyn_cast<VectorType>(i32);
  Type f32 = vector ? Type(vector.clone(b.getF32Type())) : b.getF32Type();
  Value bits = b.shl(bytes, 23);
  bits = b.select(b.eq(bytes, b.integer(i32, 0)), b.integer(i32, 0x00400000), bits);
  bits = b.select(b.eq(bytes, b.integer(i32, 255)), b.integer(i32, 0x7fc00000), bits);
  return b.bitcast(bits, f32);
}

Value moec::cpu::decodeScale(CodeBuilder &b, Value stored) {
  if (stored.getType().isF32())
    return stored;
  Value wide = b.zext(stored, b.getI32Type());
  return stored.getType().isInteger(16) ? b.bitcast(b.shl(wide, 16), b.getF32Type())
                                        : decodeE8m0(b, wide);
}

/// By code: sign, two bits of exponent (bias 1), one of mantissa.
static const float e2m1Numbers[16] = {0,    .5f,  1,  1.5f,  2,  3,  4,  6,
                                      -0.f, -.5f, -1, -1.5f, -2, -3, -4, -6};

Value moec::cpu::decodeE2m1(CodeBuilder &b, const Machine &machine, Value codes) {
  int64_t lanes = cast<VectorType>(codes.getType()).getNumElements();
  VectorType f32 = b.vec(b.getF32Type(), lanes), i32 = b.vec(b.getI32Type(), lanes);
  // One instruction looks up 16 numbers by the low four bits of each lane.
  if (machine.avx512 && lanes == 16)
    return b.intrinsic("llvm.x86.avx512.permvar.sf.512", f32, {b.reals(e2m1Numbers), codes});
  Value sign = b.shl(b.andi(codes, 8), 28);
  Value magnitude;
  // Eight numbers fit a 256-bit register: those without sign, by the low three bits. The sign moves
  // to bit 31.
  if (lanes == 8) {
    magnitude = b.intrinsic("llvm.x86.avx2.permps", f32,
                            {b.reals(ArrayRef(e2m1Numbers).take_front(8)), codes});
  } else {
    // The code's exponent and mantissa at their places in an f32, which is 2^126 too small.
    Value bits = b.bitcast(b.shl(b.andi(codes, 7), 22), f32);
    magnitude = b.fmul(bits, b.real(f32, 0x1p126));
  }
  return b.bitcast(b.ori(b.bitcast(magnitude, i32), sign), f32);
}

static bool isE4m3(mx::BlockType block) { return isa<Float8E4M3FNType>(block.getElement()); }

/// The numbers of E4M3 codes (i32), whose magnitude 0x7f is NaN.
static Value decodeE4m3(CodeBuilder &b, Value codes) {
  auto i32 = cast<VectorType>(codes.getType());
  VectorType f32 = i32.clone(b.getF32Type());
  Value sign = b.shl(b.andi(codes, 0x80), 24), magnitude = b.andi(codes, 0x7f);
  // The code's exponent and mantissa at their places in an f32, which is 2^120 too small.
  Value number = b.fmul(b.bitcast(b.shl(magnitude, 20), f32), b.real(f32, 0x1p120));
  Value nan = b.eq(magnitude, b.integer(i32, 0x7f));
  Value bits = b.select(nan, b.integer(i32, 0x7fc00000), b.bitcast(number, i32));
  return b.bitcast(b.ori(bits, sign), f32);
}

/// The E4M3 codes (i32) of finite numbers: to nearest even, at most 448.
static Value encodeE4m3(CodeBuilder &b, Value numbers) {
  auto f32 = cast<VectorType>(numbers.getType());
  VectorType i32 = f32.clone(b.getI32Type());
  Value bits = b.bitcast(numbers, i32), magnitude = math::AbsFOp::create(b, numbers);
  // Below 2^-6 codes count steps of 2^-9; above, the mantissa is cut after its third bit.
  Value steps = math::RoundEvenOp::create(b, b.fmul(magnitude, b.real(f32, 0x1p9)));
  Value isSmall = b.cmpf(arith::CmpFPredicate::OLT, magnitude, b.real(f32, 0x1p-6));
  Value small = arith::FPToSIOp::create(b, i32, b.select(isSmall, steps, b.real(f32, 0)));
  Value word = b.bitcast(magnitude, i32);
  Value last = b.andi(b.shr(word, 20), 1);
  Value rounded = b.shr(b.add(word, b.add(last, b.integer(i32, 0x7ffff))), 20);
  Value large = b.min(b.sub(rounded, b.integer(i32, (127 - 7) << 3)), b.integer(i32, 0x7e));
  return b.ori(b.select(isSmall, small, large), b.andi(b.shr(bits, 24), 0x80));
}

/// The E2M1 codes (i32) of finite numbers: to nearest even, at most 6.
static Value encodeE2m1(CodeBuilder &b, Value numbers) {
  auto f32 = cast<VectorType>(numbers.getType());
  VectorType i32 = f32.clone(b.getI32Type());
  // A code is how many of the halfway points between neighbouring magnitudes (0, 1/2, 1, 3/2, 2, 3,
  // 4, 6) lie below the number. At a halfway point the even code wins, so every second comparison
  // includes it.
  struct Edge {
    float at;
    bool inclusive;
  };
  static constexpr Edge edges[] = {{.25f, false}, {.75f, true}, {1.25f, false}, {1.75f, true},
                                   {2.5f, false}, {3.5f, true}, {5.f, false}};
  Value magnitude = math::AbsFOp::create(b, numbers);
  Value code = b.integer(i32, 0);
  for (Edge edge : edges) {
    auto predicate = edge.inclusive ? arith::CmpFPredicate::OGE : arith::CmpFPredicate::OGT;
    Value past = b.cmpf(predicate, magnitude, b.real(f32, edge.at));
    code = b.add(code, b.zext(past, i32));
  }
  return b.ori(code, b.andi(b.shr(b.bitcast(numbers, i32), 28), 8));
}

/// Codes of up to one block, from scratch or from memory. Elements are counted in codes; a byte
/// holds two of 4 bits, the even one low.
Value KernelEmitter::pullCodes(Value tile, ArrayRef<Value> at, unsigned width) {
  unsigned bits = getBlockType(tile).getElementBits();
  auto type = cast<RankedTensorType>(tile.getType());
  VectorType lanes = b.vec(b.getI8Type(), width);
  Value data, offset, inside;
  Operation *op = tile.getDefiningOp();
  std::optional<Access> access;
  if (!buffers.contains(tile) && op)
    access = getAccess(op);
  if (!access) {
    Buffer buffer = getBuffer(tile);
    data = buffer.data;
    offset = b.linearize(at, type.getShape());
  } else {
    data = getPointers(access->refValue).first;
    // Bounds are whole blocks, so a vector is inside or outside.
    inside = getInside(*access, at, /*lastToo=*/true);
    if (access->ref.getPacked()) {
      Point indices = getIndices(*access, at);
      Value column = indices.back(), vector = b.zero(lanes);
      for (unsigned i = 0; i != width; ++i) {
        indices.back() = b.add(column, i);
        Value place =
            getPackedOffset(*access, indices, access->ref.getPacked().getLayout(),
                            access->ref.getMatrixElements(), access->ref.getShape().back());
        Value pointer = b.offset(data, b.getI8Type(), bits == 4 ? b.div(place, 2) : place);
        if (inside)
          pointer = b.select(inside, pointer, zeros);
        Value code = b.load(b.getI8Type(), pointer);
        if (bits == 4) {
          Value odd = b.trunc(b.castTo(b.rem(place, 2), b.getI32Type()), b.getI1Type());
          code = b.select(odd, b.shr(code, 4), b.andi(code, 15));
        }
        vector = b.insert(code, vector, i);
      }
      return vector;
    }
    offset = getOffset(*access, at);
  }
  auto load = [&](Type type, Value offset) {
    Value pointer = b.offset(data, b.getI8Type(), offset);
    return b.load(type, inside ? b.select(inside, pointer, zeros) : pointer);
  };
  if (bits == 8)
    return load(lanes, offset);
  if (width == 1) {
    Value byte = load(lanes, b.div(offset, 2));
    Value odd = b.eq(b.rem(offset, 2), b.index(1));
    return b.select(odd, b.shr(byte, 4), b.andi(byte, 15));
  }
  Value bytes = load(b.vec(b.getI8Type(), width / 2), b.div(offset, 2));
  // Low nibbles are the even lanes, high ones the odd.
  SmallVector<int64_t> order;
  for (unsigned i = 0; i != width / 2; ++i)
    order.append({i, i + width / 2});
  return b.shuffle(b.andi(bytes, 15), b.shr(bytes, 4), order);
}

Value KernelEmitter::pullStoredScale(Value tile, ArrayRef<Value> at) {
  mx::BlockType block = getBlockType(tile);
  auto type = cast<RankedTensorType>(tile.getType());
  Type stored = block.hasPowerOfTwoScale() ? b.getI8Type() : getLaneType(block.getScale());
  Operation *op = tile.getDefiningOp();
  std::optional<Access> access;
  if (!buffers.contains(tile) && op)
    access = getAccess(op);
  if (!access) {
    Buffer buffer = getBuffer(tile);
    Value offset = b.linearize(at, type.getShape());
    return b.load(stored, b.offset(buffer.scales, stored, b.div(offset, block.getBlockSize())));
  }
  Value offset, inside = getInside(*access, at, /*lastToo=*/true);
  if (access->ref.getPacked()) {
    Point indices = getIndices(*access, at);
    indices.back() = b.div(indices.back(), block.getBlockSize());
    offset = getPackedOffset(*access, indices, access->ref.getPacked().getScaleLayout(),
                             access->ref.getMatrixScales(),
                             access->ref.getShape().back() / block.getBlockSize());
  } else {
    offset = b.div(getOffset(*access, at), block.getBlockSize());
  }
  Value pointer = b.offset(getPointers(access->refValue).second, stored, offset);
  return b.load(stored, inside ? b.select(inside, pointer, zeros) : pointer);
}

Value KernelEmitter::pullScale(Value tile, ArrayRef<Value> at) {
  return decodeScale(b, pullStoredScale(tile, at));
}

Value KernelEmitter::pullNumbers(Value tile, ArrayRef<Value> at, unsigned width) {
  Value codes = pullCodes(tile, at, width), numbers;
  if (getBlockType(tile).getElement().isInteger(4))
    // Sign of four bits: (c ^ 8) - 8.
    codes = b.sub(b.xori(codes, b.integer(codes.getType(), 8)), b.integer(codes.getType(), 8));
  if (getBlockType(tile).getElement().isInteger())
    numbers = arith::SIToFPOp::create(b, b.vec(b.getF32Type(), width), codes);
  else if (isE4m3(getBlockType(tile)))
    numbers = decodeE4m3(b, b.zext(codes, b.vec(b.getI32Type(), width)));
  else
    numbers = decodeE2m1(b, machine, b.zext(codes, b.vec(b.getI32Type(), width)));
  return b.fmul(numbers, b.splat(pullScale(tile, at), width));
}

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

CodeBlock KernelEmitter::quantizeBlock(tile::QuantizeOp op, ArrayRef<Value> at) {
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
  if (block.getElement().isInteger(8))
    return quantizeToInt8(b, values, most);
  bool wide = isE4m3(block);
  if (!(wide || isa<Float4E2M1FNType>(block.getElement())) || !block.hasPowerOfTwoScale())
    unsupported(op, "quantises to a format that has no lowering for this machine");
  return quantizeToE8m0(b, values, most, wide, op.getRounding().value_or(mx::Rounding::Floor));
}

CodeBlock KernelEmitter::getBlock(Value tile, ArrayRef<Value> at) {
  auto quantize = tile.getDefiningOp<tile::QuantizeOp>();
  if (quantize && !buffers.contains(tile))
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

void KernelEmitter::storeCodes(ArrayRef<Value> codes, unsigned bits, Value pointer) {
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
void KernelEmitter::blockNest(Value tile, ArrayRef<Value> bounds,
                              function_ref<void(ArrayRef<Value>)> body,
                              function_ref<Value(ArrayRef<Value>)> guard) {
  auto type = cast<RankedTensorType>(tile.getType());
  int64_t block = getBlockType(tile).getBlockSize();
  unsigned rank = type.getRank();
  prepare(tile, machine.getLanes());
  Point at;
  auto emitBlocks = [&] {
    Nest inner;
    Nest *outer = std::exchange(nest, &inner);
    SmallVector<Value> limits;
    DenseSet<std::pair<Value, unsigned>> seen;
    if (!buffers.contains(tile) && tile.getDefiningOp<tile::QuantizeOp>())
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
      at.pop_back();
    }
    nest = outer;
  };
  std::function<void(unsigned)> emitDim = [&](unsigned dim) {
    if (dim + 1 == rank) {
      Value condition = guard ? guard(at) : Value();
      return condition ? b.ifThen(condition, emitBlocks) : emitBlocks();
    }
    Value end = b.index(type.getDimSize(dim));
    if (bounds[dim])
      end = b.min(bounds[dim], end);
    b.loop(b.index(0), end, 1, [&](Value i) {
      at.push_back(i);
      emitDim(dim + 1);
      at.pop_back();
    });
  };
  emitDim(0);
}

void KernelEmitter::materializeQuantized(tile::QuantizeOp op, const Buffer &buffer) {
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

void KernelEmitter::emitBlockStore(const Access &access, Value value) {
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
  auto [data, scales] = getPointers(access.refValue);
  blockNest(
      value, bounds,
      [&, data = data, scales = scales](ArrayRef<Value> at) {
        CodeBlock made = getBlock(value, at);
        Value offset = getOffset(access, at);
        unsigned bits = block.getElementBits();
        Value byte = bits == 4 ? b.div(offset, 2) : offset;
        storeCodes(made.codes, bits, b.offset(data, b.getI8Type(), byte));
        b.store(made.scale,
                b.offset(scales, made.scale.getType(), b.div(offset, block.getBlockSize())));
      },
      guard);
}
