//===- WeightPacker.cpp - Weights in the form kernels read ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The permutation is the packing map's own, executed; codes and scales are lib/Formats'. Neither is
// restated here.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/WeightPacker.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Formats/StoredMatrix.h"
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

/// The bytes of one matrix: its elements or codes, and what its format has beside them, in the
/// order of exec::getStreams.
using MatrixBytes = SmallVector<SmallVector<uint8_t, 0>, 4>;
} // namespace

static SmallVector<uint8_t, 0> encodeNumbers(Type element, ArrayRef<float> values) {
  SmallVector<uint8_t, 0> out(values.size() * element.getIntOrFloatBitWidth() / 8);
  if (element.isF32()) {
    std::memcpy(out.data(), values.data(), out.size());
    return out;
  }
  bool isBf16 = element.isBF16();
  for (auto [index, value] : llvm::enumerate(values)) {
    uint16_t bits = isBf16 ? f32ToBf16(value) : f32ToF16(value);
    std::memcpy(out.data() + 2 * index, &bits, 2);
  }
  return out;
}

/// Row-major elements of `width` bits as a map arranges them; what is beside them becomes `fill`.
static SmallVector<uint8_t, 0> permute(const tile::PackedLayout &layout, unsigned width,
                                       int64_t rows, int64_t columns, ArrayRef<uint8_t> rowMajor,
                                       uint64_t fill) {
  SmallVector<uint8_t, 0> out(llvm::divideCeil(layout.getSize(rows, columns) * int64_t(width), 8));
  tile::packElements(layout, width, rows, columns, rowMajor, out, fill);
  return out;
}

/// The packed bytes of a matrix of numbers.
static MatrixBytes packNumbers(tile::RefType type, ArrayRef<float> values) {
  SmallVector<uint8_t, 0> rowMajor = encodeNumbers(type.getElementType(), values);
  Extents extents(type);
  if (tile::PackedAttr packed = type.getPacked())
    return {permute(packed.getLayout(), type.getElementBits(), extents.rows, extents.columns,
                    rowMajor, 0)};
  return {std::move(rowMajor)};
}

/// The packed bytes of a matrix of codes. Their blocks become as fine as the ref's.
static MatrixBytes packCodes(tile::RefType type, StoredMatrix matrix) {
  mx::BlockType block = type.getBlock();
  if (matrix.format.blockRows != 1 || matrix.format.blockColumns != block.getBlockSize())
    matrix = refine(matrix, block.getBlockSize());
  int64_t blocks = matrix.columns / block.getBlockSize();
  tile::PackedAttr packed = type.getPacked();
  auto arrange = [&](unsigned width, int64_t columns, ArrayRef<uint8_t> bytes, uint64_t fill) {
    if (!packed)
      return SmallVector<uint8_t, 0>(bytes);
    const tile::PackedLayout &layout =
        columns == matrix.columns ? packed.getLayout() : packed.getScaleLayout();
    return permute(layout, width, matrix.rows, columns, bytes, fill);
  };
  MatrixBytes result;
  for (mx::BlockStream stream : block.getStreams())
    switch (stream) {
    case mx::BlockStream::Codes:
      result.push_back(arrange(type.getElementBits(), matrix.columns, matrix.codes, 0));
      break;
    case mx::BlockStream::Scales:
      // Scales of rows that do not exist are one.
      result.push_back(
          arrange(block.getScaleBits(), blocks, matrix.scales, matrix.format.neutralScale()));
      break;
    case mx::BlockStream::Zeros:
      result.push_back(arrange(
          8, blocks,
          ArrayRef(reinterpret_cast<const uint8_t *>(matrix.zeros.data()), matrix.zeros.size()),
          0));
      break;
    case mx::BlockStream::Global:
      result.emplace_back(sizeof(float));
      std::memcpy(result.back().data(), &matrix.global, sizeof(float));
      break;
    }
  return result;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static Expected<SafeTensorsWriter> openFile(exec::PlanOp plan, const std::string &path) {
  std::vector<SafeTensorsWriter::Declaration> declarations;
  for (auto weight : plan.getBody().getOps<exec::WeightOp>())
    for (const exec::ArrayStream &stream : exec::getStreams(weight))
      declarations.push_back(
          {stream.name, DType::U8, {int64_t(llvm::alignTo(stream.bytes, pageBytes))}});
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

/// One matrix of the source, as its ref has it.
static Expected<MatrixBytes> packMatrix(tile::RefType type, moe::WeightOp source, int64_t matrix,
                                        const WeightReader &weights) {
  if (type.getBlock()) {
    Expected<StoredMatrix> stored = weights.readCodes(source, matrix);
    if (!stored)
      return stored.takeError();
    return packCodes(type, std::move(*stored));
  }
  Extents extents(type);
  std::vector<float> values(extents.rows * extents.columns);
  if (Error error = weights.readMatrix(source, matrix, values))
    return std::move(error);
  return packNumbers(type, values);
}

/// Packs one weight: all its codes, then all its scales, and so on. What is not codes waits in
/// memory for its turn.
static Error packWeight(exec::WeightOp weight, moe::WeightOp source, SafeTensorsWriter &writer,
                        const WeightReader &weights, const std::function<void(uint64_t)> &wrote) {
  tile::RefType type = weight.getType();
  const int64_t matrices = Extents(type).matrices;
  // A few matrices at a time, each on a thread of its own; they are written in order.
  const int64_t threads = std::max(1u, std::thread::hardware_concurrency());
  MatrixBytes rest;
  uint64_t total = 0;
  for (int64_t first = 0; first < matrices; first += threads) {
    std::vector<std::future<Expected<MatrixBytes>>> batch;
    for (int64_t matrix = first; matrix < std::min(first + threads, matrices); ++matrix)
      batch.push_back(std::async(
          std::launch::async, [&, matrix] { return packMatrix(type, source, matrix, weights); }));
    for (auto [i, future] : llvm::enumerate(batch)) {
      Expected<MatrixBytes> packed = future.get();
      if (!packed)
        return packed.takeError();
      ArrayRef<uint8_t> codes = packed->front();
      total += codes.size();
      rest.resize(packed->size() - 1);
      for (auto [bytes, more] : llvm::zip(rest, llvm::drop_begin(*packed)))
        bytes.append(more.begin(), more.end());
      bool last = first + int64_t(i) + 1 == matrices;
      if (Error error = appendPadded(writer, codes, last, total))
        return error;
      wrote(codes.size());
    }
  }
  for (ArrayRef<uint8_t> bytes : rest) {
    if (Error error = appendPadded(writer, bytes, /*last=*/true, bytes.size()))
      return error;
    wrote(bytes.size());
  }
  return Error::success();
}

Error moec::packWeights(ModuleOp module, const std::string &path, const WeightReader &weights,
                        const PackProgress &progress) {
  exec::PlanOp plan = exec::getPlan(module);
  Expected<SafeTensorsWriter> writer = openFile(plan, path);
  if (!writer)
    return writer.takeError();
  uint64_t total = 0, done = 0;
  for (auto weight : plan.getBody().getOps<exec::WeightOp>())
    for (const exec::ArrayStream &stream : exec::getStreams(weight))
      total += stream.bytes;
  auto wrote = [&](uint64_t bytes) { progress(done += bytes, total); };
  for (auto weight : plan.getBody().getOps<exec::WeightOp>()) {
    auto source = module.lookupSymbol<moe::WeightOp>(weight.getSourceAttr());
    if (!source)
      return Error::make("weight '", weight.getSymName().str(), "' is made of ",
                         weight.getSource().str(), ", which the model does not have");
    if (Error error = packWeight(weight, source, *writer, weights, wrote))
      return error.addContext("weight '" + weight.getSymName().str() + "'");
  }
  return writer->finish();
}
