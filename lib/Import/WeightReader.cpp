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
#include <sys/mman.h>
#include <unistd.h>

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

/// Tells the system that the files are read from front to back, by several readers: without, each
/// page that is missing is waited for with the pages around it.
static void expectSequentialReads(const Checkpoint &checkpoint) {
  static const uintptr_t page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::set<const SafeTensors *> files;
  for (const Checkpoint::Entry &entry : checkpoint.tensors())
    if (files.insert(entry.file).second) {
      std::span<const std::byte> data = entry.file->allData();
      uintptr_t begin = reinterpret_cast<uintptr_t>(data.data()), before = begin % page;
      // A hint, whose failure costs time alone.
      (void)::madvise(reinterpret_cast<void *>(begin - before), before + data.size(),
                      MADV_SEQUENTIAL);
    }
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
    expectSequentialReads(reader->checkpoint->checkpoint());
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

/// The tensor that was found last.
struct WeightReader::Found {
  std::string name;
  std::optional<StoredTensor> tensor;
};

Error WeightReader::findTensor(moe::WeightOp weight, int64_t number, Found &found) const {
  std::string name = weight.getSourceName(number);
  if (name == found.name)
    return Error::success();
  Expected<std::optional<StoredTensor>> tensor = checkpoint->find(name);
  if (!tensor)
    return tensor.takeError();
  if (!*tensor)
    return Error::make(checkpointFolder, ": has no tensor ", name, " for weight ",
                       weight.getSymName().str());
  int64_t held = ShapedType::getNumElements((*tensor)->shape), declared = getTensorSize(weight);
  if (held != declared)
    return Error::make(checkpointFolder, ": tensor ", name, " has ", held,
                       " elements, the model declares ", declared);
  found = {std::move(name), std::move(*tensor)};
  return Error::success();
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

Error WeightReader::readStored(moe::WeightOp weight, int64_t begin, MutableArrayRef<float> values,
                               Found &found) const {
  if (!checkpoint) {
    fillRandom(weight, seed, normSources.contains(std::string_view(weight.getSource())), begin,
               values);
    return Error::success();
  }
  int64_t perTensor = getTensorSize(weight);
  while (!values.empty()) {
    if (Error error = findTensor(weight, begin / perTensor, found))
      return error;
    int64_t first = begin % perTensor;
    size_t count = std::min<size_t>(values.size(), perTensor - first);
    if (Error error = readNumbers(*found.tensor, first, values.take_front(count)))
      return error.addContext(strCat(checkpointFolder, ": tensor ", found.name));
    values = values.drop_front(count);
    begin += count;
  }
  return Error::success();
}

Error WeightReader::readViewed(moe::WeightOp weight, MatrixRows part,
                               MutableArrayRef<float> values) const {
  int64_t rows = part.count, columns = getExtents(weight).second;
  auto sourceOf = [&](int64_t row, int64_t column) {
    return getStoredIndex(weight, part.matrix, part.first + row, column);
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
  Found found;
  for (int64_t first = 0; first < runs; first += atOnce) {
    int64_t count = std::min(runs - first, atOnce);
    for (int64_t i = 0; i < count; ++i)
      if (Error error = readStored(weight, origin + (first + i) * runStep,
                                   MutableArrayRef(stored).slice(i * runSize, runSize), found))
        return error;
    for (int64_t j = 0; j < length; ++j)
      for (int64_t i = 0; i < count; ++i)
        values[alongRows ? j * columns + first + i : (first + i) * columns + j] =
            stored[i * runSize + j * step];
  }
  return Error::success();
}

Error WeightReader::readRows(moe::WeightOp weight, MatrixRows part,
                             MutableArrayRef<float> values) const {
  if (weight.getView())
    return readViewed(weight, part, values);
  Found found;
  return readStored(weight, getStoredIndex(weight, part.matrix, part.first, 0), values, found);
}

Error WeightReader::readMatrix(moe::WeightOp weight, int64_t index,
                               MutableArrayRef<float> values) const {
  return readRows(weight, {index, 0, getExtents(weight).first}, values);
}

/// The stored type of numbers of an element type.
static std::optional<DType> getStoredType(Type element) {
  if (element.isF32())
    return DType::F32;
  if (element.isBF16())
    return DType::BF16;
  return element.isF16() ? std::optional(DType::F16) : std::nullopt;
}

Expected<std::span<const std::byte>> WeightReader::findRows(moe::WeightOp weight,
                                                            MatrixRows part) const {
  int64_t size = part.count * getExtents(weight).second, perTensor = getTensorSize(weight);
  int64_t begin = getStoredIndex(weight, part.matrix, part.first, 0);
  if (!checkpoint || weight.getView() || begin / perTensor != (begin + size - 1) / perTensor)
    return std::span<const std::byte>();
  Found found;
  if (Error error = findTensor(weight, begin / perTensor, found))
    return std::move(error);
  if (found.tensor->format ||
      found.tensor->dtype != getStoredType(weight.getTensorType().getElementType()))
    return std::span<const std::byte>();
  uint64_t bytes = dtypeSize(found.tensor->dtype);
  return found.tensor->codes().data().subspan(begin % perTensor * bytes, size * bytes);
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

/// The codes of rows that are rows of a stored tensor of the same format; none where they are not.
Expected<std::optional<StoredMatrix>> WeightReader::copyRows(moe::WeightOp weight,
                                                             MatrixRows part) const {
  const std::optional<StoredMatrix> none;
  const BlockFormat format = mx::getBlockElement(weight.getTensorType()).getFormat();
  int64_t columns = getExtents(weight).second, perTensor = getTensorSize(weight);
  auto sourceOf = [&](int64_t row, int64_t column) {
    return getStoredIndex(weight, part.matrix, part.first + row, column);
  };
  int64_t origin = sourceOf(0, 0), step = part.count > 1 ? sourceOf(1, 0) - origin : columns;
  if (!checkpoint || weight.getStoredShape().back() != columns ||
      sourceOf(0, columns - 1) != origin + columns - 1 || origin % columns != 0 ||
      step % columns != 0 || step <= 0)
    return none;
  std::optional<StoredMatrix> matrix;
  Found found;
  for (int64_t row = 0; row < part.count;) {
    int64_t begin = sourceOf(row, 0);
    if (Error error = findTensor(weight, begin / perTensor, found))
      return std::move(error);
    const StoredTensor &tensor = *found.tensor;
    BlockFormat wanted = format;
    if (weight.getView() && tensor.format)
      wanted.blockRows = tensor.format->blockRows;
    if (tensor.format != wanted || !tensor.columnOrder.empty())
      return none;
    // As many as lie in one of its matrices.
    int64_t index = begin % perTensor / columns / tensor.rows();
    StoredRows rows{begin % perTensor / columns % tensor.rows(), 0, step / columns};
    rows.count = std::min<int64_t>(part.count - row,
                                   llvm::divideCeil(tensor.rows() - rows.first, rows.step));
    Expected<StoredMatrix> run = weight.getView()
                                     ? checkpoint->readApart(tensor, index, rows)
                                     : checkpoint->read(tensor, index, rows.first, rows.count);
    if (!run)
      return run.takeError();
    if (rows.count == part.count)
      return std::optional(std::move(*run));
    if (!matrix) {
      matrix.emplace(format, part.count, columns);
      matrix->global = run->global;
    }
    if (run->global != matrix->global)
      return none;
    for (int64_t i = 0; i < rows.count; ++i)
      matrix->copyRow(row++, *run, i);
  }
  return matrix;
}

Expected<StoredMatrix> WeightReader::readCodes(moe::WeightOp weight, MatrixRows part) const {
  Expected<std::optional<StoredMatrix>> held = copyRows(weight, part);
  if (!held)
    return held.takeError();
  if (*held)
    return std::move(**held);
  int64_t columns = getExtents(weight).second;
  std::vector<float> values(part.count * columns);
  if (Error error = readRows(weight, part, values))
    return std::move(error);
  return quantize(mx::getBlockElement(weight.getTensorType()).getFormat(), getRounding(weight),
                  part.count, columns, values);
}

Error WeightReader::readRounded(moe::WeightOp weight, int64_t index,
                                MutableArrayRef<float> values) const {
  Type element = weight.getTensorType().getElementType();
  if (isa<mx::BlockType>(element)) {
    Expected<StoredMatrix> stored = readCodes(weight, {index, 0, getExtents(weight).first});
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
