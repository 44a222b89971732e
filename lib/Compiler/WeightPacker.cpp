//===- WeightPacker.cpp - Weights in the form kernels read ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The permutation is the packing map's own, executed; quantisation is lib/Support's definition.
// Neither is restated here.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/WeightPacker.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Support/Quantize.h"
#include "moec/Support/SafeTensors.h"
#include "moec/Support/Scalar.h"

#include "llvm/Support/MathExtras.h"

#include <future>
#include <thread>

using namespace mlir;
using namespace moec;

/// Packed tensors start and end on pages, so that each can be mapped by itself.
static constexpr uint64_t pageBytes = 4096;

namespace {
/// The extents of one packed weight.
struct Extents {
  explicit Extents(tile::RefType type) {
    ArrayRef<int64_t> shape = type.getShape();
    columns = shape.back();
    rows = shape.size() > 1 ? shape[shape.size() - 2] : 1;
    for (int64_t size : shape.drop_back(std::min<size_t>(2, shape.size())))
      matrices *= size;
  }
  int64_t matrices = 1, rows = 1, columns = 1;
};

/// The bytes of one matrix: numbers or codes, and scales.
struct MatrixBytes {
  SmallVector<uint8_t, 0> elements, scales;
};

/// Encodes and permutes the matrices of one weight.
class MatrixPacker {
public:
  MatrixPacker(tile::RefType type, ScaleRounding rounding)
      : type(type), extents(type), rounding(rounding) {}

  /// The packed bytes of a matrix of f32 numbers.
  MatrixBytes pack(ArrayRef<float> values);

private:
  void encodeNumbers(ArrayRef<float> values, MutableArrayRef<uint8_t> out);
  void encodeBlocks(ArrayRef<float> values, MutableArrayRef<uint8_t> codes,
                    MutableArrayRef<uint8_t> scales);

  tile::RefType type;
  Extents extents;
  ScaleRounding rounding;
};
} // namespace

void MatrixPacker::encodeNumbers(ArrayRef<float> values, MutableArrayRef<uint8_t> out) {
  if (type.getElementType().isF32()) {
    std::memcpy(out.data(), values.data(), out.size());
    return;
  }
  bool isBf16 = type.getElementType().isBF16();
  for (auto [index, value] : llvm::enumerate(values)) {
    uint16_t bits = isBf16 ? f32ToBf16(value) : f32ToF16(value);
    std::memcpy(out.data() + 2 * index, &bits, 2);
  }
}

void MatrixPacker::encodeBlocks(ArrayRef<float> values, MutableArrayRef<uint8_t> codes,
                                MutableArrayRef<uint8_t> scales) {
  mx::BlockType format = type.getBlock();
  int64_t size = format.getBlockSize();
  SmallVector<int8_t> one(size);
  for (int64_t row = 0, block = 0; row < extents.rows; ++row)
    for (int64_t column = 0; column < extents.columns; column += size, ++block) {
      int64_t count = std::min(size, extents.columns - column);
      int64_t first = row * extents.columns + column;
      std::span<const float> group(values.data() + first, count);
      std::span<int8_t> made(one.data(), count);
      if (format.hasPowerOfTwoScale()) {
        std::span<uint8_t> bits(reinterpret_cast<uint8_t *>(made.data()), count);
        scales[block] = quantizeMxfp4Block(group, rounding, bits);
      } else if (format.getElementBits() == 4) {
        uint16_t scale = f32ToBf16(quantizeInt4Group(group, made));
        std::memcpy(scales.data() + 2 * block, &scale, 2);
      } else {
        float scale = quantizeInt8Group(group, made);
        std::memcpy(scales.data() + 4 * block, &scale, 4);
      }
      if (format.getElementBits() == 8)
        std::memcpy(codes.data() + first, made.data(), count);
      else
        for (int64_t i = 0; i < count; ++i)
          codes[(first + i) / 2] |= (made[i] & 15) << (4 * ((first + i) % 2));
    }
}

MatrixBytes MatrixPacker::pack(ArrayRef<float> values) {
  MatrixBytes result;
  unsigned bits = type.getElementBits();
  tile::PackedAttr packed = type.getPacked();
  auto permute = [&](const tile::PackedLayout &layout, unsigned width, int64_t columns,
                     ArrayRef<uint8_t> rowMajor, uint64_t fill) {
    SmallVector<uint8_t, 0> out(
        llvm::divideCeil(layout.getSize(extents.rows, columns) * int64_t(width), 8));
    tile::packElements(layout, width, extents.rows, columns, rowMajor, out, fill);
    return out;
  };

  SmallVector<uint8_t, 0> rowMajor(llvm::divideCeil(extents.rows * extents.columns * bits, 8));
  mx::BlockType block = type.getBlock();
  if (!block) {
    encodeNumbers(values, rowMajor);
    result.elements = packed ? permute(packed.getLayout(), bits, extents.columns, rowMajor, 0)
                             : std::move(rowMajor);
    return result;
  }
  int64_t blocks = llvm::divideCeil(extents.columns, block.getBlockSize());
  SmallVector<uint8_t, 0> scales(extents.rows * blocks * block.getScaleBits() / 8);
  encodeBlocks(values, rowMajor, scales);
  if (!packed) {
    result.elements = std::move(rowMajor);
    result.scales = std::move(scales);
    return result;
  }
  // Scales of rows that do not exist are one.
  uint64_t one = block.hasPowerOfTwoScale()  ? 127
                 : block.getScale().isBF16() ? f32ToBf16(1)
                                             : llvm::bit_cast<uint32_t>(1.0f);
  result.elements = permute(packed.getLayout(), bits, extents.columns, rowMajor, 0);
  result.scales = permute(packed.getScaleLayout(), block.getScaleBits(), blocks, scales, one);
  return result;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static Expected<SafeTensorsWriter> openFile(exec::PlanOp plan, const std::string &path) {
  std::vector<SafeTensorsWriter::Declaration> declarations;
  for (auto weight : plan.getBody().getOps<exec::WeightOp>())
    for (const exec::WeightStream &stream : exec::getStreams(weight))
      declarations.push_back(
          {stream.tensor, DType::U8, {int64_t(llvm::alignTo(stream.bytes, pageBytes))}});
  return SafeTensorsWriter::create(path, std::move(declarations), {}, pageBytes);
}

/// Appends bytes and zeros up to the next page.
static Error appendPadded(SafeTensorsWriter &writer, ArrayRef<uint8_t> bytes, bool last,
                          uint64_t total) {
  if (Error error = writer.append(std::as_bytes(std::span(bytes.data(), bytes.size()))))
    return error;
  if (!last)
    return Error::success();
  std::vector<std::byte> zeros(llvm::alignTo(total, pageBytes) - total);
  return writer.append(zeros);
}

static ScaleRounding roundingOf(moe::WeightOp weight) {
  if (!weight.getRounding())
    return ScaleRounding::Even;
  switch (*weight.getRounding()) {
  case mx::Rounding::Floor:
    return ScaleRounding::Floor;
  case mx::Rounding::Ceil:
    return ScaleRounding::Ceil;
  case mx::Rounding::Even:
    return ScaleRounding::Even;
  }
  llvm_unreachable("every rounding is handled");
}

/// lib/Support defines how numbers become these formats, and no other.
static Error checkEncodable(exec::WeightOp weight) {
  tile::RefType type = weight.getType();
  mx::BlockType block = type.getBlock();
  MLIRContext *context = weight.getContext();
  if (!block || block == mx::BlockType::getMXFP4(context) ||
      block == mx::BlockType::getInt8(context) || block == mx::BlockType::getInt4(context))
    return Error::success();
  std::string name;
  llvm::raw_string_ostream(name) << block;
  return Error::make("cannot be packed as ", name,
                     ": numbers are quantised to mxfp4, int8 or int4");
}

/// Packs one weight: all its codes, then all its scales.
static Error packWeight(exec::WeightOp weight, moe::WeightOp source, SafeTensorsWriter &writer,
                        const MatrixReader &read, const std::function<void(uint64_t)> &wrote) {
  if (Error error = checkEncodable(weight))
    return error;
  tile::RefType type = weight.getType();
  Extents extents(type);
  // A few matrices at a time, each on a thread of its own; they are written in order.
  struct Packed {
    MatrixBytes bytes;
    Error error = Error::success();
  };
  auto pack = [&](int64_t matrix) {
    Packed result;
    std::vector<float> values(extents.rows * extents.columns);
    result.error = read(source, matrix, values);
    if (!result.error)
      result.bytes = MatrixPacker(type, roundingOf(source)).pack(values);
    return result;
  };
  const int64_t threads = std::max(1u, std::thread::hardware_concurrency());
  SmallVector<uint8_t, 0> scales;
  uint64_t total = 0;
  for (int64_t first = 0; first < extents.matrices; first += threads) {
    std::vector<std::future<Packed>> batch;
    for (int64_t matrix = first; matrix < std::min(first + threads, extents.matrices); ++matrix)
      batch.push_back(std::async(std::launch::async, pack, matrix));
    for (auto [i, future] : llvm::enumerate(batch)) {
      Packed packed = future.get();
      if (packed.error)
        return std::move(packed.error);
      const MatrixBytes &bytes = packed.bytes;
      total += bytes.elements.size();
      scales.append(bytes.scales.begin(), bytes.scales.end());
      bool last = first + int64_t(i) + 1 == extents.matrices;
      if (Error error = appendPadded(writer, bytes.elements, last, total))
        return error;
      wrote(bytes.elements.size());
    }
  }
  if (!type.getBlock())
    return Error::success();
  wrote(scales.size());
  return appendPadded(writer, scales, /*last=*/true, scales.size());
}

Error moec::packWeights(ModuleOp module, const std::string &path, const MatrixReader &read,
                        const PackProgress &progress) {
  exec::PlanOp plan = exec::getPlan(module);
  Expected<SafeTensorsWriter> writer = openFile(plan, path);
  if (!writer)
    return writer.takeError();
  uint64_t total = 0, done = 0;
  for (auto weight : plan.getBody().getOps<exec::WeightOp>())
    for (const exec::WeightStream &stream : exec::getStreams(weight))
      total += stream.bytes;
  auto wrote = [&](uint64_t bytes) { progress(done += bytes, total); };
  for (auto weight : plan.getBody().getOps<exec::WeightOp>()) {
    auto source = module.lookupSymbol<moe::WeightOp>(weight.getSourceAttr());
    if (!source)
      return Error::make("weight '", weight.getSymName().str(), "' is made of ",
                         weight.getSource().str(), ", which the model does not have");
    if (Error error = packWeight(weight, source, *writer, read, wrote))
      return error.addContext("weight '" + weight.getSymName().str() + "'");
  }
  return writer->finish();
}
