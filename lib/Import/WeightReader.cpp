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
    Expected<Checkpoint> opened = Checkpoint::open(reader->checkpointFolder);
    if (!opened)
      return opened.takeError();
    reader->checkpoint = std::move(*opened);
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

Error WeightReader::readStored(moe::WeightOp weight, int64_t begin,
                               MutableArrayRef<float> values) const {
  if (!checkpoint) {
    fillRandom(weight, seed, normSources.contains(std::string_view(weight.getSource())), begin,
               values);
    return Error::success();
  }
  int64_t perTensor = 1;
  for (int64_t extent : weight.getStoredShape())
    perTensor *= extent;
  perTensor /= weight.getSourceCount();
  while (!values.empty()) {
    std::string name = weight.getSourceName(begin / perTensor);
    std::optional<Checkpoint::Entry> entry = checkpoint->find(name);
    if (!entry)
      return Error::make(checkpointFolder, ": has no tensor ", name, " for weight ",
                         weight.getSymName().str());
    if (int64_t(entry->info->elements()) != perTensor)
      return Error::make(checkpointFolder, ": tensor ", name, " has ", entry->info->elements(),
                         " elements, the model declares ", perTensor);
    int64_t first = begin % perTensor;
    size_t count = std::min<size_t>(values.size(), perTensor - first);
    const std::byte *data = entry->data().data() + first * dtypeSize(entry->info->dtype);
    if (Error error = decode(entry->info->dtype, data, values.take_front(count)))
      return error.addContext(strCat(checkpointFolder, ": tensor ", name));
    values = values.drop_front(count);
    begin += count;
  }
  return Error::success();
}

Error WeightReader::readViewed(moe::WeightOp weight, int64_t index,
                               MutableArrayRef<float> values) const {
  moe::WeightViewAttr view = *weight.getView();
  ArrayRef<int64_t> shape = weight.getTensorType().getShape();
  unsigned rank = shape.size();
  int64_t columns = shape.back(), rows = values.size() / columns;

  SmallVector<int64_t> position(rank);
  for (int64_t dim = int64_t(rank) - 3; dim >= 0; --dim) {
    position[dim] = index % shape[dim];
    index /= shape[dim];
  }
  auto sourceOf = [&](int64_t row, int64_t column) {
    if (rank > 1)
      position[rank - 2] = row;
    position.back() = column;
    return view.getSourceIndex(position);
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

/// Rows and columns of a weight's matrices; a vector is one row.
static std::pair<int64_t, int64_t> getExtents(moe::WeightOp weight) {
  ArrayRef<int64_t> shape = weight.getTensorType().getShape();
  return {shape.size() > 1 ? shape[shape.size() - 2] : 1, shape.back()};
}

Expected<StoredMatrix> WeightReader::readCodes(moe::WeightOp weight, int64_t index) const {
  BlockFormat format = mx::getBlockElement(weight.getTensorType()).getFormat();
  auto [rows, columns] = getExtents(weight);
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
