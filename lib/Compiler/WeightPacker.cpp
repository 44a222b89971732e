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
#include "moec/Support/Hash.h"
#include "moec/Support/InOrder.h"
#include "moec/Support/SafeTensors.h"
#include "moec/Support/Scalar.h"

#include "llvm/Support/MathExtras.h"

#include <array>
#include <numeric>

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

/// The bytes of rows of a matrix: elements or codes, and what their format has beside them, in the
/// order of exec::getStreams.
using PackedBytes = SmallVector<SmallVector<uint8_t, 0>, 4>;
} // namespace

static SmallVector<uint8_t, 0> encodeNumbers(Type element, ArrayRef<float> values) {
  SmallVector<uint8_t, 0> out;
  out.resize_for_overwrite(values.size() * element.getIntOrFloatBitWidth() / 8);
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

static ArrayRef<uint8_t> toArrayRef(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()};
}

/// Row-major elements of `width` bits as a map arranges them; what is beside them becomes `fill`.
static SmallVector<uint8_t, 0> permute(const tile::PackedLayout &layout, unsigned width,
                                       int64_t rows, int64_t columns, ArrayRef<uint8_t> rowMajor,
                                       uint64_t fill) {
  SmallVector<uint8_t, 0> out;
  out.resize_for_overwrite(llvm::divideCeil(layout.getSize(rows, columns) * int64_t(width), 8));
  tile::packElements(layout, width, rows, columns, rowMajor, out, fill);
  return out;
}

/// The packed bytes of rows of numbers.
static PackedBytes packNumbers(tile::RefType type, int64_t rows, ArrayRef<uint8_t> rowMajor) {
  if (tile::PackedAttr packed = type.getPacked())
    return {permute(packed.getLayout(), type.getElementBits(), rows, Extents(type).columns,
                    rowMajor, 0)};
  return {SmallVector<uint8_t, 0>(rowMajor)};
}

/// The packed bytes of rows of codes. Their blocks become as fine as the ref's.
static PackedBytes packCodes(tile::RefType type, StoredMatrix matrix) {
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
  PackedBytes result;
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
      result.push_back(arrange(8, blocks, toArrayRef(std::as_bytes(std::span(matrix.zeros))), 0));
      break;
    case mx::BlockStream::Global:
      result.emplace_back(sizeof(float));
      std::memcpy(result.back().data(), &matrix.global, sizeof(float));
      break;
    }
  return result;
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

namespace {
/// What is packed at once: rows of a matrix of a weight.
struct Piece {
  StringRef weight;
  tile::RefType type;
  moe::WeightOp source;
  MatrixRows part;
  /// Where its elements or codes begin in the data of the file.
  uint64_t offset;
  bool isLast;

  /// About what it has in memory: numbers in f32 and their packed bytes, if it has to be quantised.
  uint64_t bytes() const { return part.count * Extents(type).columns * 8; }
};
} // namespace

/// The rows whose packed bytes lie together whatever rows are beside them: units of the packing
/// maps that are whole bytes, and blocks of the source. At most those that there are.
static int64_t getRowStep(tile::RefType type, moe::WeightOp source) {
  Extents extents(type);
  int64_t step = 1;
  if (mx::BlockType block = mx::getBlockElement(source.getTensorType())) {
    // Such a scale follows from all numbers of a matrix.
    if (block.getFormat().hasGlobal)
      return extents.rows;
    step = block.getFormat().blockRows;
  }
  int64_t stride = extents.columns;
  if (tile::PackedAttr packed = type.getPacked()) {
    step = std::lcm(step, packed.getLayout().getUnitRows());
    if (type.getBlock())
      step = std::lcm(step, packed.getScaleLayout().getUnitRows());
    stride = packed.getLayout().getUnitRowStride(extents.columns);
  }
  if (stride * type.getElementBits() % 8 != 0)
    step *= 8;
  return std::min(step, extents.rows);
}

/// Appends the pieces of a weight whose data begin at `offset`, about 4 MiB each.
static void addPieces(exec::WeightOp weight, moe::WeightOp source, uint64_t offset,
                      std::vector<Piece> &pieces) {
  constexpr int64_t wantedBits = int64_t(8) << 22;
  tile::RefType type = weight.getType();
  Extents extents(type);
  int64_t rowBits = extents.columns * type.getElementBits(), step = getRowStep(type, source);
  int64_t rows = std::max(wantedBits / rowBits / step, int64_t(1)) * step;
  int64_t matrixBytes = llvm::divideCeil(type.getMatrixElements() * type.getElementBits(), 8);
  for (int64_t matrix = 0; matrix < extents.matrices; ++matrix)
    for (int64_t first = 0; first < extents.rows; first += rows) {
      int64_t before = type.getPacked()
                           ? type.getPacked().getLayout().getSize(first, extents.columns)
                           : first * extents.columns;
      pieces.push_back({weight.getSymName(),
                        type,
                        source,
                        {matrix, first, std::min(rows, extents.rows - first)},
                        offset + matrix * matrixBytes + before * type.getElementBits() / 8,
                        /*isLast=*/false});
    }
  pieces.back().isLast = true;
}

/// The pieces of all weights, in the order of the file.
static Expected<std::vector<Piece>> findPieces(ModuleOp module) {
  std::vector<Piece> pieces;
  uint64_t offset = 0;
  for (auto weight : exec::getPlan(module).getBody().getOps<exec::WeightOp>()) {
    auto source = module.lookupSymbol<moe::WeightOp>(weight.getSourceAttr());
    if (!source)
      return Error::make("weight '", weight.getSymName().str(), "' is made of ",
                         weight.getSource().str(), ", which the model does not have");
    addPieces(weight, source, offset, pieces);
    for (const exec::ArrayStream &stream : exec::getStreams(weight))
      offset += llvm::alignTo(stream.bytes, pageBytes);
  }
  return pieces;
}

/// A piece in the form that kernels read.
static Expected<PackedBytes> packPiece(const Piece &piece, const WeightReader &weights) {
  tile::RefType type = piece.type;
  if (type.getBlock()) {
    Expected<StoredMatrix> stored = weights.readCodes(piece.source, piece.part);
    if (!stored)
      return stored.takeError();
    return packCodes(type, std::move(*stored));
  }
  Expected<std::span<const std::byte>> held = weights.findRows(piece.source, piece.part);
  if (!held)
    return held.takeError();
  if (!held->empty())
    return packNumbers(type, piece.part.count, toArrayRef(*held));
  std::vector<float> values(piece.part.count * Extents(type).columns);
  if (Error error = weights.readRows(piece.source, piece.part, values))
    return std::move(error);
  return packNumbers(type, piece.part.count, encodeNumbers(type.getElementType(), values));
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

/// Appends zeros to bytes that stand at `offset` up to the next page.
static void pad(SmallVector<uint8_t, 0> &bytes, uint64_t offset) {
  bytes.resize(llvm::alignTo(offset + bytes.size(), pageBytes) - offset);
}

namespace {
/// Writes the file: pieces as they are made, what belongs behind them in order.
class FilePacker {
public:
  FilePacker(const SafeTensorsWriter &writer, std::vector<Piece> pieces,
             const WeightReader &weights, const PackProgress &progress)
      : writer(writer), pieces(std::move(pieces)), weights(weights), progress(progress) {
    hash.update(asBytes(writer.head()));
  }

  Error run();
  /// The SHA-256 of the file.
  std::string finish() { return hash.finish(); }

private:
  Error make(size_t index);
  Error take(size_t index);
  void hashNext(ArrayRef<uint8_t> bytes);

  /// Pieces that are there at once: some are packed while others wait for the disk or their turn.
  static constexpr size_t atOnce = 6;
  static constexpr uint64_t bytesAtOnce = uint64_t(512) << 20;

  const SafeTensorsWriter &writer;
  const std::vector<Piece> pieces;
  const WeightReader &weights;
  const PackProgress &progress;
  std::array<PackedBytes, atOnce> made;
  /// The weight's scales and so on, which stand behind all of its codes.
  PackedBytes rest;
  Sha256 hash;
  /// The bytes of data that were hashed.
  uint64_t position = 0;
};
} // namespace

void FilePacker::hashNext(ArrayRef<uint8_t> bytes) {
  hash.update(std::as_bytes(std::span(bytes.data(), bytes.size())));
  position += bytes.size();
  progress(position, writer.dataBytes());
}

Error FilePacker::make(size_t index) {
  const Piece &piece = pieces[index];
  PackedBytes &bytes = made[index % atOnce];
  Expected<PackedBytes> packed = packPiece(piece, weights);
  if (!packed)
    return packed.takeError().addContext("weight '" + piece.weight.str() + "'");
  bytes = std::move(*packed);
  if (piece.isLast)
    pad(bytes.front(), piece.offset);
  return writer.write(piece.offset, std::as_bytes(std::span(bytes.front())));
}

Error FilePacker::take(size_t index) {
  const Piece &piece = pieces[index];
  PackedBytes &bytes = made[index % atOnce];
  assert(piece.offset == position && "pieces lie one behind the other");
  hashNext(bytes.front());
  rest.resize(bytes.size() - 1);
  for (auto [stream, more] : llvm::zip(rest, llvm::drop_begin(bytes)))
    stream.append(more.begin(), more.end());
  if (!piece.isLast)
    return Error::success();
  for (SmallVector<uint8_t, 0> &stream : rest) {
    pad(stream, position);
    if (Error error = writer.write(position, std::as_bytes(std::span(stream))))
      return error;
    hashNext(stream);
  }
  rest.clear();
  return Error::success();
}

Error FilePacker::run() {
  return forEachInOrder(
      pieces.size(), {atOnce, bytesAtOnce}, [this](size_t i) { return pieces[i].bytes(); },
      [this](size_t i) { return make(i); }, [this](size_t i) { return take(i); });
}

Expected<std::string> moec::packWeights(ModuleOp module, const std::string &path,
                                        const WeightReader &weights, const PackProgress &progress) {
  Expected<std::vector<Piece>> pieces = findPieces(module);
  if (!pieces)
    return pieces.takeError();
  Expected<SafeTensorsWriter> writer = openFile(exec::getPlan(module), path);
  if (!writer)
    return writer.takeError();
  FilePacker packer(*writer, std::move(*pieces), weights, progress);
  if (Error error = packer.run())
    return error;
  if (Error error = writer->finish())
    return error;
  return packer.finish();
}
