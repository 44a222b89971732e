//===- Access.cpp - A tile in memory --------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Access.h"

#include "moec/Support/Bits.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

Expected<double> Buffer::read(int64_t place) const {
  size_t bit = size_t(place) * bits, first = bit / 8, count = (bit % 8 + bits + 7) / 8;
  if (!written.empty() && llvm::is_contained(written.slice(first, count), 0))
    return Error::make("reads element ", place, ", which nobody wrote");
  double number = decodeNumber(readBits(data, bit, bits), element);
  if (!isHeld(number, element))
    return Error::make("reads an integer of more than 53 bits, which the interpreter cannot hold");
  return number;
}

void Buffer::write(int64_t place, double number) const {
  size_t bit = size_t(place) * bits, first = bit / 8, count = (bit % 8 + bits + 7) / 8;
  writeBits(data, bit, bits, encodeNumber(number, element));
  if (!written.empty())
    std::fill_n(written.begin() + first, count, 1);
}

/// The extents of a ref; a dynamic one by how many elements there are.
static SmallVector<int64_t, 4> getExtents(ArrayRef<int64_t> shape, int64_t columns,
                                          int64_t matrixElements, int64_t elements) {
  SmallVector<int64_t, 4> extents(shape);
  extents.back() = columns;
  if (!ShapedType::isDynamic(extents[0]))
    return extents;
  // Of a matrix or a vector whole rows count; of more dimensions whole matrices.
  int64_t inner = extents.size() == 1 ? 1 : columns;
  if (extents.size() > 2)
    inner = matrixElements * countOf(ArrayRef(extents).drop_front().drop_back(2));
  extents[0] = elements / inner;
  return extents;
}

Buffer interpreter::getElements(tile::RefType type, const HostArray &array) {
  unsigned bits = type.getElementBits();
  mx::BlockType block = type.getBlock();
  int64_t matrix =
      ShapedType::isDynamic(type.getDim(0)) && type.getRank() <= 2 ? 0 : type.getMatrixElements();
  int64_t columns = type.getShape().back();
  return {array.data,
          array.written,
          block ? block.getElement() : type.getElementType(),
          bits,
          getExtents(type.getShape(), columns, matrix, int64_t(array.data.size()) * 8 / bits),
          type.getPacked() ? type.getPacked().getLayout() : tile::PackedLayout(),
          matrix};
}

/// What a ref has one of for each block, in `bytes`.
static Buffer getBlocks(tile::RefType type, Type element, MutableArrayRef<uint8_t> bytes,
                        MutableArrayRef<uint8_t> written) {
  unsigned bits = element.getIntOrFloatBitWidth();
  int64_t matrix =
      ShapedType::isDynamic(type.getDim(0)) && type.getRank() <= 2 ? 0 : type.getMatrixScales();
  int64_t columns = type.getShape().back() / type.getBlock().getBlockSize();
  return {bytes,
          written,
          element,
          bits,
          getExtents(type.getShape(), columns, matrix, int64_t(bytes.size()) * 8 / bits),
          type.getPacked() ? type.getPacked().getScaleLayout() : tile::PackedLayout(),
          matrix};
}

Buffer interpreter::getScales(tile::RefType type, const HostArray &array) {
  return getBlocks(type, type.getBlock().getScale(), array.scales, array.writtenScales);
}

Buffer interpreter::getZeros(tile::RefType type, const HostArray &array) {
  return getBlocks(type, type.getBlock().getZero(), array.zeros, {});
}

//===----------------------------------------------------------------------===//
// Accesses
//===----------------------------------------------------------------------===//

Expected<Access> Access::toBlocks(int64_t blockSize) const {
  Access blocks = *this;
  auto divide = [&](int64_t &number, const char *what) {
    if (number % blockSize != 0)
      return Error::make("the last ", what, " is ", number, ", no multiple of the block, ",
                         blockSize);
    number /= blockSize;
    return Error::success();
  };
  blocks.shape.back() /= blockSize;
  if (Error error = divide(blocks.starts.back(), "index"))
    return error;
  if (!bounds.empty()) {
    blocks.bounds.back() = std::clamp<int64_t>(bounds.back(), 0, shape.back());
    if (Error error = divide(blocks.bounds.back(), "bound"))
      return error;
  }
  return blocks;
}

Error Access::checkUnits(const Buffer &buffer) const {
  if (buffer.layout.getDigits().empty())
    return Error::success();
  int64_t units[] = {buffer.layout.getUnitRows(), buffer.layout.getUnitColumns()};
  for (size_t fromEnd = 1; fromEnd <= std::min<size_t>(2, shape.size()); ++fromEnd) {
    int64_t unit = units[2 - fromEnd], start = starts[starts.size() - fromEnd];
    int64_t extent = buffer.extents[buffer.extents.size() - fromEnd];
    if (start % unit != 0)
      return Error::make("index ", start, " is no multiple of the packed ref's unit, ", unit);
    if (bounds.empty())
      continue;
    int64_t bound =
        std::clamp<int64_t>(bounds[bounds.size() - fromEnd], 0, shape[shape.size() - fromEnd]);
    if (bound % unit != 0 && start + bound != extent)
      return Error::make("bound ", bound, " is neither a multiple of the packed ref's unit, ", unit,
                         ", nor the end of the matrix, ", extent - start);
  }
  return Error::success();
}

/// The place of an element in a buffer whose matrices are packed or row-major.
static int64_t placeOf(ArrayRef<int64_t> index, const Buffer &buffer) {
  ArrayRef<int64_t> extents = buffer.extents;
  if (buffer.layout.getDigits().empty())
    return flatten(index, extents);
  int64_t matrix = flatten(index.drop_back(2), extents.drop_back(2));
  return matrix * buffer.matrixElements +
         buffer.layout.getOffset(index[index.size() - 2], index.back(), extents.back());
}

Error Access::forEachElement(const Buffer &buffer,
                             llvm::function_ref<Error(int64_t number, int64_t place)> body) const {
  if (Error error = checkUnits(buffer))
    return error;
  Error failure = Error::success();
  size_t rank = buffer.extents.size(), skipped = rows ? 1 : 0;
  size_t behind = rank - (shape.size() - skipped);
  SmallVector<int64_t, 4> at(rank);
  forEachIndex(shape, [&](ArrayRef<int64_t> index, int64_t number) {
    if (failure)
      return;
    for (auto [i, bound] : llvm::zip(index, bounds))
      if (i >= bound)
        return;
    std::copy(starts.begin(), starts.end(), at.begin() + skipped);
    if (rows) {
      at[0] = int64_t(rows->numbers[index[0]]);
      if (at[0] < 0)
        return;
    }
    for (size_t dim = skipped; dim != shape.size(); ++dim)
      at[behind + dim - skipped] += index[dim];
    for (auto [dim, i, extent] : llvm::enumerate(at, buffer.extents))
      if (i < 0 || i >= extent) {
        failure = Error::make("index ", i, " of dimension ", dim, " is out of bounds of ", extent);
        return;
      }
    failure = body(number, placeOf(at, buffer));
  });
  return failure;
}
