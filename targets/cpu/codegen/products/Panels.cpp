//===- Panels.cpp - How packed weights lie, by format ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/Panels.h"
#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

//===----------------------------------------------------------------------===//
// The table of code types
//===----------------------------------------------------------------------===//

/// Codes of k, k + 1, … lie in a word of 32 bits from the low end up.
static SmallVector<Value> readBytesOfWords(CodeBuilder &b, const Machine &, CodeType, Value pointer,
                                           unsigned lanes) {
  Value words = b.load(b.vec(b.getI32Type(), lanes), pointer);
  SmallVector<Value> numbers;
  for (unsigned j = 0; j != 4; ++j)
    numbers.push_back(signedToFloat(b, words, 8 * j, 8));
  return numbers;
}

static SmallVector<Value> readNibbles(CodeBuilder &b, const Machine &machine, CodeType type,
                                      Value pointer, unsigned lanes) {
  Value words = b.load(b.vec(b.getI32Type(), lanes), pointer);
  SmallVector<Value> numbers;
  for (unsigned j = 0; j != 8; ++j)
    numbers.push_back(decodeNibbles(b, machine, type, words, 4 * j));
  return numbers;
}

/// Four codes of 6 bits are three bytes of a row, which become the low ones of a word: 12 bytes of
/// each 16 that are loaded go to their places in one shuffle within 128 bits.
static SmallVector<Value> readSixBits(CodeBuilder &b, const Machine &machine, CodeType type,
                                      Value pointer, unsigned lanes) {
  unsigned bytes = 3 * lanes;
  SmallVector<int64_t> order, joined;
  SmallVector<Value> parts;
  for (unsigned part = 0; part != lanes / 4; ++part) {
    // The last part starts earlier: nothing behind the rows is read.
    unsigned start = std::min(12 * part, bytes - 16);
    parts.push_back(b.load(b.vec(b.getI8Type(), 16), b.offset(pointer, start)));
    for (unsigned byte = 0; byte != 16; ++byte)
      order.push_back(16 * part + 12 * part - start + byte / 4 * 3 + std::min(byte % 4, 2u));
  }
  for (unsigned size = 16; parts.size() != 1; size *= 2) {
    joined = llvm::to_vector(llvm::seq<int64_t>(2 * size));
    for (size_t i = 0; i != parts.size() / 2; ++i)
      parts[i] = b.shuffle(parts[2 * i], parts[2 * i + 1], joined);
    parts.resize(parts.size() / 2);
  }
  Value words = b.bitcast(b.shuffle(parts[0], parts[0], order), b.vec(b.getI32Type(), lanes));
  SmallVector<Value> numbers;
  for (unsigned j = 0; j != 4; ++j)
    numbers.push_back(decodeSixBits(b, machine, type, words, 6 * j));
  return numbers;
}

static SmallVector<Value> readBytes(CodeBuilder &b, const Machine &, CodeType type, Value pointer,
                                    unsigned lanes) {
  Value codes = b.load(b.vec(b.getI8Type(), lanes), pointer);
  return {decodeSmallFloat(b, type, b.zext(codes, b.vec(b.getI16Type(), lanes)))};
}

static SmallVector<Value> readBytesByLookup(CodeBuilder &b, const Machine &, CodeType type,
                                            Value pointer, unsigned lanes) {
  return lookUpBytes(b, type, b.load(b.vec(b.getI8Type(), 4 * lanes), pointer));
}

using Digits = std::pair<unsigned, int64_t>;
static constexpr Digits rowByRow[] = {{0, panelRows}};
static constexpr Digits byFour[] = {{1, 4}, {0, panelRows}}, byEight[] = {{1, 8}, {0, panelRows}};
/// The order in which lookUpBytes makes vectors of rows of one k.
static constexpr Digits byLookup[] = {{1, 2}, {0, 4}, {1, 2}, {0, panelRows / 4}};

/// Integers and E2M1 fill words, which products of codes multiply as they are. A float of 8 bits is
/// converted from 16, so its codes of one k are side by side, unless bytes are looked up.
static constexpr CodePanel codePanels[] = {
    {CodeType::E2M1, false, 8, byEight, 1, readNibbles},
    {CodeType::E2M3, false, 4, byFour, 1, readSixBits},
    {CodeType::E3M2, false, 4, byFour, 1, readSixBits},
    {CodeType::E4M3, true, 4, byLookup, 1, readBytesByLookup},
    {CodeType::E4M3, false, 1, rowByRow, 2, readBytes},
    {CodeType::E5M2, true, 4, byLookup, 1, readBytesByLookup},
    {CodeType::E5M2, false, 1, rowByRow, 2, readBytes},
    {CodeType::Int4, false, 8, byEight, 1, readNibbles},
    {CodeType::Int8, false, 4, byFour, 1, readBytesOfWords},
};

static const CodePanel &getCodePanel(const Machine &machine, CodeType type) {
  return *llvm::find_if(codePanels, [&](const CodePanel &panel) {
    return panel.type == type && (machine.vbmi || !panel.lookups);
  });
}

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

std::optional<PanelFormat> PanelFormat::get(const Machine &machine, Type element) {
  PanelFormat format;
  format.bf16 = element.isBF16();
  if (element.isF32() || element.isBF16())
    return format;
  auto type = dyn_cast<mx::BlockType>(element);
  if (!type)
    return std::nullopt;
  format.block = type.getFormat();
  format.codes = &getCodePanel(machine, format.block->code);
  int64_t whole = format.getGroup() * format.getGroupsPerRead();
  if (format.block->blockRows != 1 || format.block->blockColumns % whole != 0)
    return std::nullopt;
  return format;
}

std::optional<PanelFormat> PanelFormat::get(const Machine &machine, tile::RefType ref) {
  std::optional<PanelFormat> format = get(machine, ref.getElementType());
  if (!format || !ref.getPacked() || format->getPackedMap(ref.getContext()) != ref.getPacked())
    return std::nullopt;
  return format;
}

std::string PanelFormat::getName() const {
  if (!block)
    return bf16 ? "bf16" : "f32";
  if (StringRef name = formatName(*block); !name.empty())
    return name.str();
  static constexpr const char *codes[] = {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "i4", "i8"};
  static constexpr const char *scales[] = {"e8m0", "e4m3", "bf16", "f16", "f32"};
  return (Twine(codes[unsigned(block->code)]) + "_" + scales[unsigned(block->scale)] + "_" +
          Twine(block->blockColumns) + (block->hasZero ? "_zero" : "") +
          (block->hasGlobal ? "_global" : ""))
      .str();
}

bool PanelFormat::hasIntegers() const {
  return block && (block->isInteger() || block->code == CodeType::E2M1) &&
         (block->blockColumns == 16 || block->blockColumns == 32);
}

bool PanelFormat::isExactInBf16() const {
  return !block || (block->hasPowerOfTwoScale() && !block->hasGlobal);
}

unsigned PanelFormat::getGroup() const { return codes ? codes->group : 1; }

unsigned PanelFormat::getRowBytes() const {
  return block ? getGroup() * block->codeBits() / 8 : bf16 ? 2 : 4;
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
    scales = tile::makePackedDigits(rowByRow);
  return tile::PackedAttr::get(
      context, tile::makePackedDigits(codes ? codes->digits : ArrayRef(rowByRow)), scales);
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
  if (!format.isScaled()) {
    Type stored = format.isBf16() ? Type(b.getI16Type()) : b.getF32Type();
    for (unsigned v = 0; v != vectors; ++v) {
      Value loaded = b.load(b.vec(stored, lanes), place(v));
      numbers[0].push_back(format.isBf16() ? extendBf16(b, loaded) : loaded);
    }
    return numbers;
  }
  const CodePanel &panel = *format.codes;
  unsigned together = vectors % panel.together == 0 ? panel.together : 1;
  for (unsigned first = 0; first != vectors; first += together) {
    SmallVector<Value> codes = panel.read(b, machine, panel.type, place(first), lanes * together);
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
