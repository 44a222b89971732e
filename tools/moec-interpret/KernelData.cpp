//===- KernelData.cpp - Arguments for any kernel --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "KernelData.h"

#include "moec/Reference/Encoding.h"
#include "moec/Support/Scalar.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace moec;

namespace {
/// Makes bytes of numbers.
class Generator {
public:
  Generator(uint64_t seed, int64_t below) : engine(seed), below(below) {}

  /// `count` elements, or codes or scales, of a type.
  std::vector<uint8_t> make(int64_t count, Type element);

private:
  std::mt19937_64 engine;
  int64_t below;
};
} // namespace

std::vector<uint8_t> Generator::make(int64_t count, Type element) {
  unsigned bits = element.getIntOrFloatBitWidth() == 1 ? 8 : element.getIntOrFloatBitWidth();
  std::vector<uint8_t> bytes((count * bits + 7) / 8);
  auto fill = [&](auto next) {
    for (int64_t i = 0; i != count; ++i) {
      auto number = next(i);
      std::memcpy(bytes.data() + i * sizeof number, &number, sizeof number);
    }
  };
  // On a grid of 2^-7, so that every float type but the smallest holds it, above −1.
  auto number = [&](int64_t = 0) { return float(int64_t(engine() % 255) - 127) / 128; };
  if (element.isF64())
    fill([&](int64_t) { return double(number()); });
  else if (element.isF32())
    fill(number);
  else if (element.isBF16())
    fill([&](int64_t) { return f32ToBf16(number()); });
  else if (element.isF16())
    fill([&](int64_t) { return f32ToF16(number()); });
  else if (element.isInteger(32))
    fill([&](int64_t i) { return int32_t(i % below); });
  else if (element.isInteger(64))
    fill([&](int64_t i) { return i % below; });
  else if (isa<Float8E8M0FNUType>(element))
    fill([&](int64_t) { return uint8_t(126 + engine() % 3); });
  else
    // Codes, without patterns that are no number.
    for (uint8_t &byte : bytes)
      byte = uint8_t(engine()) & (bits == 4 ? 0x77 : element.isInteger(1) ? 0x01 : 0x3f);
  return bytes;
}

/// Elements of a ref, with padding, or scales; `matrix` of a matrix in its last two dimensions.
static int64_t countOf(ArrayRef<int64_t> shape, int64_t matrix) {
  return shape.size() > 2 ? matrix * ShapedType::getNumElements(shape.drop_back(2)) : matrix;
}

/// Bytes for each array of a ref of static shape.
static SmallVector<std::vector<uint8_t>, 4> makeStreams(Generator &generator, tile::RefType type) {
  ArrayRef<int64_t> shape = type.getShape();
  int64_t elements = countOf(shape, type.getMatrixElements());
  mx::BlockType block = type.getBlock();
  if (!block)
    return {generator.make(elements, type.getElementType())};
  int64_t blocks = countOf(shape, type.getMatrixScales());
  SmallVector<std::vector<uint8_t>, 4> streams;
  for (mx::BlockStream stream : block.getStreams())
    switch (stream) {
    case mx::BlockStream::Codes:
      streams.push_back(generator.make(elements, block.getElement()));
      break;
    case mx::BlockStream::Scales:
      streams.push_back(generator.make(blocks, block.getScale()));
      break;
    case mx::BlockStream::Zeros:
      streams.push_back(generator.make(blocks, block.getZero()));
      break;
    case mx::BlockStream::Global:
      streams.push_back(generator.make(countOf(shape, 1), block.getGlobal()));
      break;
    }
  return streams;
}

KernelData::KernelData(tile::KernelOp kernel, const DataOptions &options) {
  Generator generator(options.seed, options.rows);
  size_t numIndices = 0, numExtents = 0;
  auto next = [&](const std::vector<int64_t> &given, size_t &number) {
    size_t at = number++;
    return at < given.size() ? given[at] : options.rows;
  };
  for (Value argument : kernel.getKernelArguments()) {
    Entry &entry = entries.emplace_back();
    entry.type = dyn_cast<tile::RefType>(argument.getType());
    if (!entry.type) {
      entry.index = next(options.indices, numIndices);
      continue;
    }
    SmallVector<int64_t> shape(entry.type.getShape());
    if (ShapedType::isDynamic(shape[0]))
      shape[0] = next(options.extents, numExtents);
    auto sized = tile::RefType::get(shape, entry.type.getElementType(), entry.type.getPacked());
    entry.streams = makeStreams(generator, sized);
  }
}

std::vector<interpreter::Argument> KernelData::getArguments() {
  std::vector<interpreter::Argument> arguments;
  for (Entry &entry : entries) {
    if (!entry.type) {
      arguments.push_back(entry.index);
      continue;
    }
    interpreter::HostArray array{entry.streams.front()};
    if (mx::BlockType block = entry.type.getBlock())
      for (auto [stream, bytes] : llvm::zip_equal(block.getStreams(), entry.streams))
        array.set(stream, bytes, {});
    arguments.push_back(array);
  }
  return arguments;
}

/// Whether numbers of a type are rounded, so that sound ones may differ. Bytes of other types are
/// compared as they are.
static bool isRounded(Type element) {
  return isa<mx::BlockType>(element) || element.isF32() || element.isBF16() || element.isF16();
}

/// The numbers of an array whose type is rounded or i32; else its bytes.
static std::vector<double> toNumbers(const KernelData::Entry &entry) {
  Type element = entry.type.getElementType();
  if (!isRounded(element) && !element.isInteger(32))
    return {entry.streams[0].begin(), entry.streams[0].end()};
  ArrayRef<uint8_t> scales;
  if (entry.streams.size() > 1)
    scales = entry.streams[1];
  reference::Tensor tensor = reference::decode(entry.streams[0], scales, element);
  std::vector<double> numbers(tensor.values.begin(), tensor.values.end());
  numbers.insert(numbers.end(), tensor.integers.begin(), tensor.integers.end());
  return numbers;
}

/// A sentence for the first number that is too far off; nothing without one.
static std::optional<std::string> compareArrays(const KernelData::Entry &a,
                                                const KernelData::Entry &b, double tolerance) {
  if (a.streams == b.streams)
    return std::nullopt;
  Type element = a.type.getElementType();
  std::vector<double> got = toNumbers(a), want = toNumbers(b);
  double largest = 0;
  for (double number : want)
    largest = std::isfinite(number) ? std::max(largest, std::abs(number)) : largest;
  for (auto [place, x, y] : llvm::enumerate(got, want)) {
    double bound = 0;
    if (isa<mx::BlockType>(element))
      // A code may be one off, which is at most this much of its number.
      bound = tolerance * largest + std::max(std::abs(x), std::abs(y)) / 2;
    else if (isRounded(element))
      bound = tolerance * largest + reference::roundingStep(element, y);
    bool isClose = (std::isnan(x) && std::isnan(y)) || x == y || std::abs(x - y) <= bound;
    if (!isClose)
      return strCat("element ", place, " is ", x, " and ", y);
  }
  return std::nullopt;
}

std::vector<std::string> KernelData::compare(const KernelData &other, double tolerance) const {
  std::vector<std::string> differences;
  for (auto [number, a, b] : llvm::enumerate(entries, other.entries))
    if (a.type)
      if (std::optional<std::string> found = compareArrays(a, b, tolerance))
        differences.push_back(strCat("argument ", number, ": ", *found));
  return differences;
}
