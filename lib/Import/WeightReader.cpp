//===- WeightReader.cpp - The numbers of weights --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Stored numbers are addressed linearly over all stacked tensors; a view is read row by row.
//
//===----------------------------------------------------------------------===//

#include "moec/Import/WeightReader.h"

#include "moec/Support/Scalar.h"

#include <cmath>
#include <cstring>
#include <filesystem>

using namespace mlir;
using namespace moec;

namespace fs = std::filesystem;

/// The tensors by which norms multiply what they have normalised.
static std::set<std::string, std::less<>> findNormSources(ModuleOp module) {
  std::set<std::string, std::less<>> sources;
  module.walk([&](Operation *op) {
    FlatSymbolRefAttr symbol;
    if (auto norm = dyn_cast<moe::RMSNormOp>(op); norm && norm.getOffset().isZero())
      symbol = norm.getWeightAttr();
    else if (auto norm = dyn_cast<moe::LayerNormOp>(op))
      symbol = norm.getWeightAttr();
    if (moe::WeightOp weight = symbol ? moe::lookupWeight(op, symbol) : moe::WeightOp())
      sources.insert(weight.getSource().str());
  });
  return sources;
}

Expected<std::unique_ptr<WeightReader>> WeightReader::open(ModuleOp module,
                                                           const std::string &baseFolder) {
  std::unique_ptr<WeightReader> reader(new WeightReader());
  if (auto path = module->getAttrOfType<StringAttr>(moe::MoEDialect::getCheckpointAttrName())) {
    fs::path folder = fs::path(baseFolder.empty() ? "." : baseFolder) / path.str();
    reader->checkpointFolder = folder.lexically_normal().string();
    Expected<StoredTensors> opened = StoredTensors::open(reader->checkpointFolder);
    if (!opened)
      return opened.takeError();
    reader->checkpoint.emplace(std::move(*opened));
    return reader;
  }
  if (auto seed = module->getAttrOfType<IntegerAttr>(moe::MoEDialect::getRandomWeightsAttrName())) {
    reader->seed = seed.getInt();
    reader->normSources = findNormSources(module);
    return reader;
  }
  return std::unique_ptr<WeightReader>();
}

/// A well-mixed 64-bit word for a counter (the finaliser of splitmix64).
static uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

/// A number of about normal distribution, deviation 1: the sum of four uniform ones.
static float randomNormal(uint64_t key, uint64_t counter) {
  uint64_t word = mix(key + counter * 0x9e3779b97f4a7c15u);
  float sum = 0;
  for (unsigned i = 0; i < 4; ++i)
    sum += float((word >> (16 * i)) & 0xffff) / 65536.0f - 0.5f;
  return sum * 1.7320508f;
}

/// Random weights keep activations of ordinary size: matrices scale by 1/√columns, vectors are
/// about 0 or, where a norm multiplies by them, 1.
static void fillRandom(moe::WeightOp weight, uint64_t seed, bool isNorm, uint64_t begin,
                       MutableArrayRef<float> values) {
  uint64_t key = seed;
  for (char letter : weight.getSource())
    key = mix(key ^ uint8_t(letter));
  // By the stored shape, so that all views of a tensor see the same numbers.
  SmallVector<int64_t> shape = weight.getStoredShape();
  float scale = shape.size() == 1 ? 0.1f : 1.0f / std::sqrt(float(shape.back()));
  for (auto [i, value] : llvm::enumerate(values))
    value = bf16ToF32(f32ToBf16((isNorm ? 1.0f : 0.0f) + scale * randomNormal(key, begin + i)));
}

/// Elements of one stored type as f32.
static Error decode(DType type, const std::byte *data, MutableArrayRef<float> values) {
  switch (type) {
  case DType::F32:
    std::memcpy(values.data(), data, values.size() * sizeof(float));
    return Error::success();
  case DType::BF16:
  case DType::F16:
    for (float &value : values) {
      uint16_t bits;
      std::memcpy(&bits, data, 2);
      data += 2;
      value = type == DType::BF16 ? bf16ToF32(bits) : f16ToF32(bits);
    }
    return Error::success();
  default:
    return Error::make("is stored as ", dtypeName(type), "; F32, BF16 or F16 is expected");
  }
}

/// Rows and columns of a weight's matrices; a vector is one row.
static std::pair<int64_t, int64_t> getExtents(moe::WeightOp weight) {
  ArrayRef<int64_t> shape = weight.getTensorType().getShape();
  return {shape.size() > 1 ? shape[shape.size() - 2] : 1, shape.back()};
}

/// Which number of all stored ones is number (row, column) of matrix `index`.
static int64_t getStoredIndex(moe::WeightOp weight, int64_t index, int64_t row, int64_t column) {
  auto [rows, columns] = getExtents(weight);
  if (!weight.getView())
    return (index * rows + row) * columns + column;
  ArrayRef<int64_t> shape = weight.getTensorType().getShape();
  SmallVector<int64_t> position(shape.size());
  for (int64_t dim = int64_t(shape.size()) - 3; dim >= 0; --dim) {
    position[dim] = index % shape[dim];
    index /= shape[dim];
  }
  if (position.size() > 1)
    position[position.size() - 2] = row;
  position.back() = column;
  return weight.getView()->getSourceIndex(position);
}

/// Numbers in one tensor of a weight, of which there may be several, stacked.
static int64_t getTensorSize(moe::WeightOp weight) {
  return ShapedType::getNumElements(weight.getStoredShape()) / weight.getSourceCount();
}

Expected<StoredTensor> WeightReader::findTensor(moe::WeightOp weight, const std::string &name,
                                                int64_t elements) const {
  Expected<std::optional<StoredTensor>> tensor = checkpoint->find(name);
  if (!tensor)
    return tensor.takeError();
  if (!*tensor)
    return Error::make(checkpointFolder, ": has no tensor ", name, " for weight ",
                       weight.getSymName().str());
  int64_t held = ShapedType::getNumElements((*tensor)->shape);
  if (held != elements)
    return Error::make(checkpointFolder, ": tensor ", name, " has ", held,
                       " elements, the model declares ", elements);
  return std::move(**tensor);
}

/// Numbers `begin` … of one tensor. Codes are read by rows.
Error WeightReader::readNumbers(const StoredTensor &tensor, int64_t begin,
                                MutableArrayRef<float> values) const {
  if (!tensor.format)
    return decode(tensor.dtype, tensor.codes().data().data() + begin * dtypeSize(tensor.dtype),
                  values);
  int64_t rows = tensor.rows(), columns = tensor.columns(), high = tensor.format->blockRows;
  std::vector<float> numbers;
  while (!values.empty()) {
    int64_t row = begin / columns % rows, column = begin % columns;
    // Rows of one matrix and of one block, or whole blocks of rows.
    int64_t wanted = llvm::divideCeil(column + int64_t(values.size()), columns);
    int64_t most = std::min(rows - row, row % high == 0 && wanted >= high ? wanted / high * high
                                                                          : high - row % high);
    int64_t count = std::min(wanted, most);
    Expected<StoredMatrix> matrix = checkpoint->read(tensor, begin / columns / rows, row, count);
    if (!matrix)
      return matrix.takeError();
    numbers.resize(count * columns);
    dequantize(*matrix, numbers);
    if (!tensor.columnOrder.empty())
      for (int64_t r = 0; r < count; ++r) {
        std::vector<float> sorted(numbers.begin() + r * columns,
                                  numbers.begin() + (r + 1) * columns);
        for (int64_t c = 0; c < columns; ++c)
          numbers[r * columns + tensor.columnOrder[c]] = sorted[c];
      }
    size_t taken = std::min<size_t>(values.size(), count * columns - column);
    std::copy_n(numbers.begin() + column, taken, values.begin());
    values = values.drop_front(taken);
    begin += int64_t(taken);
  }
  return Error::success();
}

Error WeightReader::readStored(moe::WeightOp weight, int64_t begin,
                               MutableArrayRef<float> values) const {
  if (!checkpoint) {
    fillRandom(weight, seed, normSources.contains(std::string_view(weight.getSource())), begin,
               values);
    return Error::success();
  }
  int64_t perTensor = getTensorSize(weight);
  while (!values.empty()) {
    std::string name = weight.getSourceName(begin / perTensor);
    Expected<StoredTensor> tensor = findTensor(weight, name, perTensor);
    if (!tensor)
      return tensor.takeError();
    int64_t first = begin % perTensor;
    size_t count = std::min<size_t>(values.size(), perTensor - first);
    if (Error error = readNumbers(*tensor, first, values.take_front(count)))
      return error.addContext(strCat(checkpointFolder, ": tensor ", name));
    values = values.drop_front(count);
    begin += count;
  }
  return Error::success();
}

Error WeightReader::readViewed(moe::WeightOp weight, int64_t index,
                               MutableArrayRef<float> values) const {
  auto [rows, columns] = getExtents(weight);
  auto sourceOf = [&](int64_t row, int64_t column) {
    return getStoredIndex(weight, index, row, column);
  };
  // A view is affine, so one step along each dimension tells all of them.
  int64_t origin = sourceOf(0, 0);
  int64_t columnStep = columns > 1 ? sourceOf(0, 1) - origin : 1;
  int64_t rowStep = rows > 1 ? sourceOf(1, 0) - origin : 1;

  // Read runs along the dimension in which the stored numbers are nearer to each other, and place a
  // few at once, so that a transposition writes neighbours.
  bool alongRows = rowStep < columnStep;
  int64_t runs = alongRows ? columns : rows, length = alongRows ? rows : columns;
  int64_t runStep = alongRows ? columnStep : rowStep, step = alongRows ? rowStep : columnStep;
  constexpr int64_t atOnce = 16;
  int64_t runSize = (length - 1) * step + 1;
  std::vector<float> stored(runSize * std::min(runs, atOnce));
  for (int64_t first = 0; first < runs; first += atOnce) {
    int64_t count = std::min(runs - first, atOnce);
    for (int64_t i = 0; i < count; ++i)
      if (Error error = readStored(weight, origin + (first + i) * runStep,
                                   MutableArrayRef(stored).slice(i * runSize, runSize)))
        return error;
    for (int64_t j = 0; j < length; ++j)
      for (int64_t i = 0; i < count; ++i)
        values[alongRows ? j * columns + first + i : (first + i) * columns + j] =
            stored[i * runSize + j * step];
  }
  return Error::success();
}

Error WeightReader::readMatrix(moe::WeightOp weight, int64_t index,
                               MutableArrayRef<float> values) const {
  if (weight.getView())
    return readViewed(weight, index, values);
  return readStored(weight, index * int64_t(values.size()), values);
}

static ScaleRounding getRounding(moe::WeightOp weight) {
  switch (weight.getRounding().value_or(mx::Rounding::Even)) {
  case mx::Rounding::Floor:
    return ScaleRounding::Floor;
  case mx::Rounding::Ceil:
    return ScaleRounding::Ceil;
  case mx::Rounding::Even:
    return ScaleRounding::Even;
  }
  llvm_unreachable("every rounding is handled");
}

/// Rows of a stored tensor that lie in memory, as many as are worth a call.
struct WeightReader::Piece {
  std::string name;
  std::optional<StoredTensor> tensor;
  std::optional<StoredMatrix> rows;
  /// The first of the rows, counted over all matrices of the tensor.
  int64_t first = 0;

  bool has(int64_t row) const { return rows && row >= first && row < first + rows->rows; }
};

/// Makes `piece` have a row, counted over all matrices of its tensor.
Error WeightReader::readPiece(Piece &piece, int64_t row) const {
  constexpr int64_t most = 256;
  const StoredTensor &tensor = *piece.tensor;
  int64_t high = tensor.format->blockRows, matrix = row / tensor.rows();
  int64_t begin = row % tensor.rows() / high * high;
  int64_t count = std::min(std::max(most / high, int64_t(1)) * high, tensor.rows() - begin);
  Expected<StoredMatrix> rows = checkpoint->read(tensor, matrix, begin, count);
  if (!rows)
    return rows.takeError();
  piece.rows = std::move(*rows);
  piece.first = matrix * tensor.rows() + begin;
  return Error::success();
}

/// Copies the codes of a matrix whose rows are rows of a stored tensor of the same format; where
/// they are not, `isHeld` becomes false.
Error WeightReader::copyRows(moe::WeightOp weight, int64_t index, StoredMatrix &matrix,
                             bool &isHeld) const {
  isHeld = false;
  int64_t columns = matrix.columns, perTensor = getTensorSize(weight);
  if (!checkpoint || weight.getStoredShape().back() != columns ||
      getStoredIndex(weight, index, 0, columns - 1) !=
          getStoredIndex(weight, index, 0, 0) + columns - 1)
    return Error::success();
  Piece piece;
  for (int64_t row = 0; row < matrix.rows; ++row) {
    int64_t begin = getStoredIndex(weight, index, row, 0);
    if (std::string name = weight.getSourceName(begin / perTensor); name != piece.name) {
      Expected<StoredTensor> found = findTensor(weight, name, perTensor);
      if (!found)
        return found.takeError();
      piece = {std::move(name), std::move(*found), {}, 0};
    }
    const StoredTensor &tensor = *piece.tensor;
    BlockFormat wanted = matrix.format;
    if (weight.getView() && tensor.format)
      wanted.blockRows = tensor.format->blockRows;
    if (tensor.format != wanted || !tensor.columnOrder.empty() || begin % columns != 0)
      return Error::success();
    int64_t stored = begin % perTensor / columns;
    if (!weight.getView()) {
      Expected<StoredMatrix> whole =
          checkpoint->read(tensor, stored / tensor.rows(), stored % tensor.rows(), matrix.rows);
      if (!whole)
        return whole.takeError();
      matrix = std::move(*whole);
      break;
    }
    if (!piece.has(stored))
      if (Error error = readPiece(piece, stored))
        return error;
    if (row > 0 && piece.rows->global != matrix.global)
      return Error::success();
    matrix.global = piece.rows->global;
    matrix.copyRow(row, *piece.rows, stored - piece.first);
  }
  isHeld = true;
  return Error::success();
}

Expected<StoredMatrix> WeightReader::readCodes(moe::WeightOp weight, int64_t index) const {
  BlockFormat format = mx::getBlockElement(weight.getTensorType()).getFormat();
  auto [rows, columns] = getExtents(weight);
  StoredMatrix matrix(format, rows, columns);
  bool isHeld;
  if (Error error = copyRows(weight, index, matrix, isHeld))
    return std::move(error);
  if (isHeld)
    return matrix;
  std::vector<float> values(rows * columns);
  if (Error error = readMatrix(weight, index, values))
    return std::move(error);
  return quantize(format, getRounding(weight), rows, columns, values);
}

Error WeightReader::readRounded(moe::WeightOp weight, int64_t index,
                                MutableArrayRef<float> values) const {
  Type element = weight.getTensorType().getElementType();
  if (isa<mx::BlockType>(element)) {
    Expected<StoredMatrix> stored = readCodes(weight, index);
    if (!stored)
      return stored.takeError();
    dequantize(*stored, values);
    return Error::success();
  }
  if (Error error = readMatrix(weight, index, values))
    return error;
  for (float &value : values)
    if (element.isBF16())
      value = bf16ToF32(f32ToBf16(value));
    else if (element.isF16())
      value = f16ToF32(f32ToF16(value));
  return Error::success();
}
