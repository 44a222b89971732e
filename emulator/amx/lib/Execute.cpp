//===- Execute.cpp - What tile instructions do ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The configuration, moves between memory and tiles, and what has to hold before a product.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/amx/Tiles.h"

#include <cstring>

using namespace moec::amx;

/// Where a configuration of 64 bytes has what: two bytes for each tile's row, one for its rows.
static constexpr unsigned configBytes = 64, startRowByte = 1, bytesOfRow = 16, rowsOf = 48;

static uint64_t getAddress(const Address &address, const uint64_t registers[16], uint64_t next,
                           bool withIndex) {
  uint64_t result = uint64_t(int64_t(address.displacement));
  if (address.base == Address::nextInstruction)
    result += next;
  else if (address.base != Address::none)
    result += registers[address.base];
  if (withIndex && address.index != Address::none)
    result += registers[address.index] * address.scale;
  return result;
}

/// What is wrong with a configuration of palette 1.
static Fault checkConfig(const uint8_t *config) {
  for (unsigned byte = startRowByte + 1; byte != bytesOfRow; ++byte)
    if (config[byte] != 0)
      return {"cannot be configured: a reserved byte of the configuration is not 0"};
  for (unsigned slot = 0; slot != 16; ++slot) {
    unsigned bytes = config[bytesOfRow + 2 * slot] | config[bytesOfRow + 2 * slot + 1] << 8;
    unsigned rows = config[rowsOf + slot];
    if (slot >= tileCount && (bytes != 0 || rows != 0))
      return {"cannot be configured: there are 8 tiles", int(slot)};
    if (rows > mostRows || bytes > mostBytes)
      return {"cannot have more than 16 rows of 64 bytes", int(slot)};
    if ((rows == 0) != (bytes == 0))
      return {"has rows without bytes or bytes without rows", int(slot)};
  }
  return {};
}

static Fault loadConfig(const uint8_t *config, Tiles &tiles) {
  uint8_t palette = config[0];
  if (palette == 0) {
    tiles = Tiles();
    return {};
  }
  if (palette != 1)
    return {"cannot be configured: the palette is not 1"};
  if (config[startRowByte] != 0)
    return {"cannot be configured: a first row that is not 0 belongs to an interrupted load"};
  if (Fault fault = checkConfig(config); fault.what)
    return fault;
  tiles = Tiles();
  tiles.palette = palette;
  for (unsigned tile = 0; tile != tileCount; ++tile)
    tiles.shapes[tile] = {config[rowsOf + tile], config[bytesOfRow + 2 * tile]};
  return {};
}

static void storeConfig(uint8_t *config, const Tiles &tiles) {
  std::memset(config, 0, configBytes);
  config[0] = tiles.palette;
  for (unsigned tile = 0; tile != tileCount; ++tile) {
    config[bytesOfRow + 2 * tile] = tiles.shapes[tile].bytes;
    config[rowsOf + tile] = tiles.shapes[tile].rows;
  }
}

static Fault checkConfigured(const Tiles &tiles, unsigned tile) {
  if (tiles.palette == 0 || tiles.shapes[tile].rows == 0)
    return {"is not configured", int(tile)};
  return {};
}

/// The shapes of a product: m x k, k / 4 rows of n, m x n, in dwords along rows.
static Fault checkProduct(const Instruction &instruction, const Tiles &tiles) {
  for (unsigned tile : {instruction.tile, instruction.left, instruction.right})
    if (Fault fault = checkConfigured(tiles, tile); fault.what)
      return fault;
  if (instruction.tile == instruction.left || instruction.tile == instruction.right ||
      instruction.left == instruction.right)
    return {"is two operands of one product",
            instruction.tile == instruction.left ? instruction.left : instruction.right};
  for (unsigned tile : {instruction.tile, instruction.left, instruction.right})
    if (tiles.shapes[tile].bytes % 4 != 0)
      return {"has rows that are no whole dwords", int(tile)};
  const Tiles::Shape &sums = tiles.shapes[instruction.tile], &left = tiles.shapes[instruction.left],
                     &right = tiles.shapes[instruction.right];
  if (left.rows != sums.rows)
    return {"has other rows than the sums", instruction.left};
  if (left.bytes / 4 != right.rows)
    return {"has other rows than the left operand has dwords in one", instruction.right};
  if (right.bytes != sums.bytes)
    return {"has longer or shorter rows than the sums", instruction.right};
  return {};
}

static Fault multiply(const Instruction &instruction, Tiles &tiles) {
  if (Fault fault = checkProduct(instruction, tiles); fault.what)
    return fault;
  unsigned tile = instruction.tile, left = instruction.left, right = instruction.right;
  Operation operation = instruction.operation;
  if (operation == Operation::MultiplyBf16)
    multiplyBf16(tiles, tile, left, right);
  else
    multiplyBytes(tiles, tile, left, right,
                  operation == Operation::MultiplySignedSigned ||
                      operation == Operation::MultiplySignedUnsigned,
                  operation == Operation::MultiplySignedSigned ||
                      operation == Operation::MultiplyUnsignedSigned);
  return {};
}

/// Moves the rows of a tile, which are as far apart as the index says.
static Fault moveRows(const Instruction &instruction, const uint64_t registers[16], uint64_t next,
                      Tiles &tiles) {
  if (Fault fault = checkConfigured(tiles, instruction.tile); fault.what)
    return fault;
  const Tiles::Shape &shape = tiles.shapes[instruction.tile];
  const Address &address = instruction.address;
  uint64_t start = getAddress(address, registers, next, /*withIndex=*/false);
  uint64_t stride =
      address.index == Address::none ? 0 : registers[address.index] * uint64_t(address.scale);
  for (unsigned row = 0; row != shape.rows; ++row) {
    uint8_t *data = tiles.data[instruction.tile][row];
    auto *memory = reinterpret_cast<uint8_t *>(start + row * stride);
    if (instruction.operation == Operation::Store)
      std::memcpy(memory, data, shape.bytes);
    else
      std::memcpy(data, memory, shape.bytes);
  }
  return {};
}

Fault moec::amx::execute(const Instruction &instruction, const uint64_t registers[16],
                         uint64_t next, Tiles &tiles) {
  auto getConfig = [&] {
    return reinterpret_cast<uint8_t *>(
        getAddress(instruction.address, registers, next, /*withIndex=*/true));
  };
  switch (instruction.operation) {
  case Operation::LoadConfig:
    return loadConfig(getConfig(), tiles);
  case Operation::StoreConfig:
    storeConfig(getConfig(), tiles);
    return {};
  case Operation::Release:
    tiles = Tiles();
    return {};
  case Operation::Zero:
    if (Fault fault = checkConfigured(tiles, instruction.tile); fault.what)
      return fault;
    std::memset(tiles.data[instruction.tile], 0, sizeof(tiles.data[0]));
    return {};
  case Operation::Load:
  case Operation::LoadOnce:
  case Operation::Store:
    return moveRows(instruction, registers, next, tiles);
  default:
    return multiply(instruction, tiles);
  }
}
