//===- MemoryOps.cpp - Loads, stores, gathers, scatters -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Access.h"

#include <cstring>

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

static SmallVector<int64_t, 4> getScalars(Execution &execution, ValueRange values) {
  SmallVector<int64_t, 4> numbers;
  for (Value value : values)
    numbers.push_back(execution.getScalar(value));
  return numbers;
}

static Error read(const Access &access, const Buffer &buffer, std::vector<double> &numbers) {
  return access.forEachElement(buffer, [&](int64_t number, int64_t place) {
    Expected<double> element = buffer.read(place);
    if (!element)
      return element.takeError();
    numbers[number] = *element;
    return Error::success();
  });
}

static Error write(const Access &access, const Buffer &buffer, const std::vector<double> &numbers) {
  return access.forEachElement(buffer, [&](int64_t number, int64_t place) {
    buffer.write(place, numbers[number]);
    return Error::success();
  });
}

/// Takes zero points off codes, and multiplies scales by a matrix's global one: a tile has neither.
static Error applySecondLevel(tile::RefType type, const HostArray &array, const Access &blocks,
                              TileValue &tile) {
  mx::BlockType block = type.getBlock();
  int64_t size = block.getBlockSize();
  if (block.getZero()) {
    Buffer zeros = getZeros(type, array);
    Error error = blocks.forEachElement(zeros, [&](int64_t number, int64_t place) -> Error {
      Expected<double> zero = zeros.read(place);
      if (!zero)
        return zero.takeError();
      for (int64_t i = number * size; i != (number + 1) * size; ++i)
        tile.numbers[i] -= *zero;
      return Error::success();
    });
    if (error)
      return error;
  }
  if (!block.getGlobal())
    return Error::success();
  return blocks.forEachElement(getScales(type, array), [&](int64_t number, int64_t place) {
    float global;
    size_t matrix = type.getRank() > 2 ? place / type.getMatrixScales() : 0;
    std::memcpy(&global, array.global.data() + matrix * sizeof(float), sizeof(float));
    tile.scales[number] = float(tile.scales[number] * global);
    return Error::success();
  });
}

/// Sets `result` to what is in memory there; zeros, with scales of one, where nothing is touched.
static Error readTile(Execution &execution, Value ref, const Access &access, Value result) {
  auto type = cast<tile::RefType>(ref.getType());
  const HostArray &array = execution.getArray(ref);
  TileValue tile = TileValue::forType(result.getType());
  if (Error error = read(access, getElements(type, array), tile.numbers))
    return error;
  if (mx::BlockType block = type.getBlock()) {
    tile.scales.assign(tile.scales.size(), 1);
    Expected<Access> blocks = access.toBlocks(block.getBlockSize());
    if (!blocks)
      return blocks.takeError();
    if (Error error = read(*blocks, getScales(type, array), tile.scales))
      return error;
    if (Error error = applySecondLevel(type, array, *blocks, tile))
      return error;
  }
  execution.set(result, std::move(tile));
  return Error::success();
}

static Error writeTile(Execution &execution, Value ref, const Access &access, Value value) {
  auto type = cast<tile::RefType>(ref.getType());
  const HostArray &array = execution.getArray(ref);
  const TileValue &tile = execution.get(value);
  if (Error error = write(access, getElements(type, array), tile.numbers))
    return error;
  mx::BlockType block = type.getBlock();
  if (!block)
    return Error::success();
  Expected<Access> blocks = access.toBlocks(block.getBlockSize());
  if (!blocks)
    return blocks.takeError();
  return write(*blocks, getScales(type, array), tile.scales);
}

/// The promise of `run`: within an aligned group of positions the rows count up by one, from a
/// multiple of it.
static Error checkRuns(const TileValue &rows, int64_t run) {
  int64_t first = -1;
  for (auto [i, number] : llvm::enumerate(rows.numbers)) {
    int64_t row = int64_t(number), place = int64_t(i) % run;
    if (place == 0)
      first = -1;
    if (row < 0)
      continue;
    if (first < 0)
      first = row - place;
    if (first % run != 0 || row != first + place)
      return Error::make("row ", row, " at position ", i, " breaks its run of ", run);
  }
  return Error::success();
}

/// The promise of a scatter: no row is written twice.
static Error checkDistinct(const TileValue &rows) {
  llvm::DenseMap<int64_t, size_t> seen;
  for (auto [i, row] : llvm::enumerate(rows.numbers)) {
    if (row < 0)
      continue;
    auto [found, isNew] = seen.try_emplace(int64_t(row), i);
    if (!isNew)
      return Error::make("row ", int64_t(row), " is at positions ", found->second, " and ", i);
  }
  return Error::success();
}

void interpreter::addMemoryOps(OpTable &table) {
  auto getAccess = [](Execution &execution, auto op, Value tile) {
    return Access{getScalars(execution, op.getIndices()), TileValue::forType(tile.getType()).shape,
                  getScalars(execution, op.getBounds())};
  };
  table.add<tile::LoadOp>([=](Execution &execution, tile::LoadOp op) {
    return readTile(execution, op.getRef(), getAccess(execution, op, op.getResult()),
                    op.getResult());
  });
  table.add<tile::StoreOp>([=](Execution &execution, tile::StoreOp op) {
    return writeTile(execution, op.getRef(), getAccess(execution, op, op.getValue()),
                     op.getValue());
  });
  table.add<tile::GatherOp>([=](Execution &execution, tile::GatherOp op) {
    TileValue rows = execution.get(op.getRows());
    if (Error error = checkRuns(rows, op.getRun().value_or(1)))
      return error;
    Access access = getAccess(execution, op, op.getResult());
    access.rows = &rows;
    return readTile(execution, op.getRef(), access, op.getResult());
  });
  table.add<tile::ScatterOp>([=](Execution &execution, tile::ScatterOp op) {
    TileValue rows = execution.get(op.getRows());
    if (Error error = checkRuns(rows, op.getRun().value_or(1)))
      return error;
    if (Error error = checkDistinct(rows))
      return error;
    Access access = getAccess(execution, op, op.getValue());
    access.rows = &rows;
    return writeTile(execution, op.getRef(), access, op.getValue());
  });
  table.add<tile::LoadScalarOp>([](Execution &execution, tile::LoadScalarOp op) {
    return readTile(execution, op.getRef(), {getScalars(execution, op.getIndices()), {}, {}},
                    op.getResult());
  });
  table.add<tile::ViewOp>([](Execution &execution, tile::ViewOp op) {
    HostArray array = execution.getArray(op.getRef());
    execution.setArray(op.getResult(), array);
  });
}
