//===- Panels.cpp - How packed weights lie, by format ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/Panels.h"
#include "moec/Dialect/Tile/CodeProducts.h"
#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

std::optional<PanelFormat> PanelFormat::get(const Machine &machine, Type element, int64_t columns) {
  PanelFormat format;
  format.bf16 = element.isBF16();
  if (format.bf16 && columns % pairStep == 0)
    if (const ProductAtom *atom = findAtom(machine, {Rows::Bf16, std::nullopt, /*paired=*/true}))
      format.packing = atom->packing;
  if (element.isF32() || element.isBF16())
    return format;
  auto type = dyn_cast<mx::BlockType>(element);
  if (!type)
    return std::nullopt;
  format.block = type.getFormat();
  format.packing = getPacking(machine, format.block->code);
  int64_t whole = format.getGroup() * format.getGroupsPerRead();
  if (format.block->blockRows != 1 || format.block->blockColumns % whole != 0)
    return std::nullopt;
  return format;
}

std::optional<PanelFormat> PanelFormat::get(const Machine &machine, tile::RefType ref) {
  std::optional<PanelFormat> format = get(machine, ref.getElementType(), ref.getShape().back());
  if (!format || !ref.getPacked() || format->getPackedMap(ref.getContext()) != ref.getPacked())
    return std::nullopt;
  return format;
}

std::string PanelFormat::getName() const {
  if (!block)
    return !bf16 ? "f32" : getGroup() == 2 ? "bf16_pairs" : "bf16";
  if (StringRef name = formatName(*block); !name.empty())
    return name.str();
  static constexpr const char *codes[] = {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "i4", "i8"};
  static constexpr const char *scales[] = {"e8m0", "e4m3", "bf16", "f16", "f32"};
  return (Twine(codes[unsigned(block->code)]) + "_" + scales[unsigned(block->scale)] + "_" +
          Twine(block->blockColumns) + (block->hasZero ? "_zero" : "") +
          (block->hasGlobal ? "_global" : ""))
      .str();
}

/// Sums are of 16 or 32 k at least.
bool PanelFormat::hasIntegers() const {
  return block && (block->isInteger() || block->code == CodeType::E2M1) &&
         (block->blockColumns == 16 || block->blockColumns % 32 == 0);
}

/// Rows of codes have blocks of 32, of int8 also of several times as many, without zero points;
/// those of FP8 are no small integers.
Rows PanelFormat::getRows(Type element) const {
  if (element && element.isBF16() && hasPairs())
    return Rows::Bf16;
  auto rows = dyn_cast_or_null<mx::BlockType>(element);
  if (!hasIntegers() || !rows || rows.getStreams().size() != 2)
    return Rows::Numbers;
  int64_t length = rows.getBlockSize();
  if (isa<Float4E2M1FNType>(rows.getElement()) && length == 32)
    return Rows::ShortCodes;
  if (!rows.getElement().isInteger(8) || length % 32 != 0 || length > longestGroup)
    return Rows::Numbers;
  bool isWhole = block->code == CodeType::Int8 && block->blockColumns == length && length != 32 &&
                 !block->hasZero && !block->hasGlobal;
  return isWhole || areFolded(element) ? Rows::GroupCodes : Rows::WideCodes;
}

bool PanelFormat::areFolded(Type rows) const {
  auto type = dyn_cast_or_null<mx::BlockType>(rows);
  return type && block && block->blockColumns == 32 && !block->hasGlobal &&
         tile::areFolded(type, mx::BlockType::get(type.getContext(), *block));
}

bool PanelFormat::hasPairs() const {
  if (!block)
    return getGroup() == 2;
  return isExactInBf16() && !block->hasZero && block->blockColumns == pairStep;
}

const ProductAtom &PanelFormat::getAtom(const Machine &machine, Type rows, int64_t height) const {
  Operands operands = {Rows::Numbers, std::nullopt, getGroup() == 2, height};
  if (block)
    operands.codes = block->code;
  operands.rows = getRows(rows);
  // Tiles take whole steps of codes.
  if (operands.rows == Rows::GroupCodes && cast<mx::BlockType>(rows).getBlockSize() % byteStep != 0)
    operands.height = 1;
  if (const ProductAtom *atom = findAtom(machine, operands))
    return *atom;
  operands.rows = Rows::Numbers;
  return *findAtom(machine, operands);
}

bool PanelFormat::isExactInBf16() const {
  return !block || (block->hasPowerOfTwoScale() && !block->hasGlobal);
}

unsigned PanelFormat::getRowBytes() const {
  return getGroup() * (block ? block->codeBits() : bf16 ? 16 : 32) / 8;
}

SmallVector<unsigned, 4> PanelFormat::getStreamBits() const {
  if (!block)
    return {bf16 ? 16u : 32u};
  SmallVector<unsigned, 4> bits = {block->codeBits(), block->scaleBits()};
  if (block->hasZero)
    bits.push_back(8);
  if (block->hasGlobal)
    bits.push_back(0);
  return bits;
}

SmallVector<Value> PanelFormat::getStreamsAt(CodeBuilder &b, ValueRange streams,
                                             Value column) const {
  SmallVector<Value> result;
  for (auto [stream, bits] : llvm::enumerate(getStreamBits())) {
    int64_t bytes = stream == 0 ? getRowBytes() : bits / 8;
    result.push_back(b.offset(streams[stream], b.getI8Type(), b.mul(column, bytes)));
  }
  return result;
}

tile::PackedAttr PanelFormat::getPackedMap(MLIRContext *context) const {
  SmallVector<tile::PackedDigit> scales;
  if (block)
    scales = tile::makePackedDigits(getScaleDigits());
  return tile::PackedAttr::get(context, tile::makePackedDigits(packing->digits), scales);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

PanelReader::PanelReader(CodeBuilder &b, const Machine &machine, const PanelFormat &format,
                         unsigned vectors, ArrayRef<Value> streams)
    : b(b), machine(machine), format(format), lanes(machine.getLanes()), vectors(vectors),
      streams(streams) {
  if (format.isScaled() && format.getBlock().hasGlobal)
    global = b.splat(b.load(b.getF32Type(), streams.back()), lanes);
}

PanelReader::Block PanelReader::readBlock(Value block) {
  Block result;
  const BlockFormat &record = format.getBlock();
  auto load = [&](unsigned stream, Type stored, unsigned v) {
    Value row = b.offset(streams[stream], stored, b.mul(block, panelRows));
    return b.load(b.vec(stored, lanes), b.offset(row, v * lanes * getElementBytes(stored)));
  };
  for (unsigned v = 0; v != vectors; ++v) {
    Value scale = decodeScale(b, record.scale, load(1, getStoredType(b, record.scale), v));
    // The two scales are one number, which is rounded.
    result.scales.push_back(global ? b.fmul(scale, global) : scale);
    if (record.hasZero)
      result.zeros.push_back(
          arith::SIToFPOp::create(b, b.vec(b.getF32Type(), lanes), load(2, b.getI8Type(), v)));
  }
  return result;
}

SmallVector<SmallVector<Value>> PanelReader::readGroup(Value pointer, const Block &block) {
  SmallVector<SmallVector<Value>> numbers(format.getGroup());
  auto place = [&](unsigned v) { return b.offset(pointer, format.getRowBytes() * v * lanes); };
  if (!format.isScaled() && format.getGroup() == 2) {
    for (unsigned v = 0; v != vectors; ++v) {
      Value pairs = b.load(b.vec(b.getI32Type(), lanes), place(v));
      VectorType f32 = b.vec(b.getF32Type(), lanes);
      numbers[0].push_back(b.bitcast(b.shl(pairs, 16), f32));
      numbers[1].push_back(b.bitcast(b.andi(pairs, int32_t(0xffff0000)), f32));
    }
    return numbers;
  }
  if (!format.isScaled()) {
    Type stored = format.isBf16() ? Type(b.getI16Type()) : b.getF32Type();
    for (unsigned v = 0; v != vectors; ++v) {
      Value loaded = b.load(b.vec(stored, lanes), place(v));
      numbers[0].push_back(format.isBf16() ? extendBf16(b, loaded) : loaded);
    }
    return numbers;
  }
  const Packing &packing = *format.packing;
  unsigned together = vectors % packing.together == 0 ? packing.together : 1;
  for (unsigned first = 0; first != vectors; first += together) {
    SmallVector<Value> codes =
        packing.read(b, machine, format.getBlock().code, place(first), lanes * together);
    for (auto [j, wide] : llvm::enumerate(codes))
      for (unsigned i = 0; i != together; ++i) {
        Value number = together == 1 ? wide : b.lanesOf(wide, i * lanes, lanes);
        if (!block.zeros.empty())
          number = b.fsub(number, block.zeros[first + i]);
        // Scaling every number, not the sum of a block, keeps the result that of the dequantised
        // weight.
        numbers[j].push_back(b.fmul(number, block.scales[first + i]));
      }
  }
  return numbers;
}

SmallVector<Value> PanelReader::loopGroups(Value block, int64_t groups, const Block &beside,
                                           Value a, ArrayRef<Value> carried, AddNumbers add) {
  int64_t group = format.getGroup(), together = format.getGroupsPerRead();
  int64_t bytes = format.getRowBytes() * panelRows;
  return b.loop(b.index(0), b.index(groups), together, carried, [&](Value g, ValueRange carried) {
    SmallVector<Value> next(carried);
    Value place = b.add(b.mul(block, groups), g);
    Value row = b.offset(streams.front(), b.getI8Type(), b.mul(place, bytes));
    b.prefetchStream(row, bytes * together);
    Value aColumn = b.offset(a, b.getF32Type(), b.mul(place, group));
    for (int64_t i = 0; i != together; ++i)
      for (auto [k, numbers] : llvm::enumerate(readGroup(b.offset(row, i * bytes), beside)))
        add(next, numbers, aColumn, i * group + k);
    return next;
  });
}
