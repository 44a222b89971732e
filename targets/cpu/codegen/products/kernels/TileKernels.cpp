//===- TileKernels.cpp - Products by tiles --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Two by two tiles of sums, of bf16 and of bytes. Configurations are data of the module.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/kernels/MicroKernels.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Numbers of tiles: sums of the upper and of the lower 16 rows, each of both halves of a panel;
/// rows; columns.
static constexpr unsigned sumTiles[2][2] = {{0, 1}, {2, 3}}, rowTiles[2] = {4, 5},
                          columnTiles[2] = {6, 7};
static constexpr int64_t tileRows = 16, tileBytes = 64, mostRows = 32;

LLVM::GlobalOp MicroKernels::getTileConfigs() {
  constexpr StringLiteral name = "moec_tile_configs";
  if (auto global = module.lookupSymbol<LLVM::GlobalOp>(name))
    return global;
  SmallVector<int8_t> bytes(tileConfigBytes * (mostRows + 1));
  for (int64_t rows = 1; rows <= mostRows; ++rows) {
    int8_t *config = &bytes[tileConfigBytes * rows];
    config[0] = 1; // the palette
    auto set = [&](unsigned tile, int64_t height) {
      config[16 + 2 * tile] = height ? tileBytes : 0;
      config[48 + tile] = int8_t(height);
    };
    for (unsigned half = 0; half != 2; ++half) {
      int64_t height = std::clamp<int64_t>(rows - half * tileRows, 0, tileRows);
      set(sumTiles[half][0], height);
      set(sumTiles[half][1], height);
      set(rowTiles[half], height);
      set(columnTiles[half], tileRows);
    }
  }
  CodeBuilder b(module.getLoc(), module.getContext());
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  auto values = DenseElementsAttr::get(
      RankedTensorType::get({int64_t(bytes.size())}, b.getI8Type()), ArrayRef<int8_t>(bytes));
  return LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, values,
                                /*alignment=*/64);
}

LLVM::LLVMFuncOp MicroKernels::getTileProduct(RegisterBlock block) {
  std::string name = ("moec_tiles_" + Twine(block.rows)).str();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType(), i64 = b.getI64Type(), i8 = b.getI8Type();
  auto function = declare(name, {ptr, ptr, ptr, i64, i64, i64});
  b.setInsertionPointToStart(&function.front());
  ValueRange given = function.getArguments();
  Value left = given[0], right = given[1], sums = given[2], leftStride = given[3],
        sumsStride = given[4];
  Value depth = b.castTo(given[5], b.getIndexType()), rightStride = b.i64(4 * panelRows);
  unsigned halves = block.rows / tileRows;
  auto tile = [&](unsigned number) { return b.integer(i8, number); };
  auto move = [&](Instruction which, unsigned number, Value pointer, Value stride) {
    b.intrinsic(machine.getIntrinsic(which), {tile(number), pointer, stride});
  };
  auto moveSums = [&](Instruction which) {
    for (unsigned half = 0; half != halves; ++half) {
      Value row = b.offset(sums, i8, b.mul(sumsStride, half * tileRows));
      for (unsigned side = 0; side != 2; ++side)
        move(which, sumTiles[half][side], b.offset(row, side * tileBytes), sumsStride);
    }
  };
  moveSums(Instruction::LoadTile);
  b.loop(b.index(0), depth, pairStep, [&](Value k) {
    Value columns = b.offset(right, i8, b.mul(k, 2 * panelRows));
    for (unsigned side = 0; side != 2; ++side)
      move(Instruction::LoadTile, columnTiles[side], b.offset(columns, side * tileBytes),
           rightStride);
    for (unsigned half = 0; half != halves; ++half) {
      Value row = b.offset(left, i8, b.mul(leftStride, half * tileRows));
      move(Instruction::LoadTile, rowTiles[half], b.offset(row, i8, b.mul(k, 2)), leftStride);
      for (unsigned side = 0; side != 2; ++side)
        b.intrinsic(machine.getIntrinsic(Instruction::MultiplyTiles),
                    {tile(sumTiles[half][side]), tile(rowTiles[half]), tile(columnTiles[side])});
    }
  });
  moveSums(Instruction::StoreTile);
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}

/// Adds to the live rows the sums behind the tiles, times both scales; of getByteTileProduct's
/// arguments.
static void scaleTileSums(CodeBuilder &b, const Machine &machine, ValueRange given) {
  Value rowScales = given[1], columnScales = given[3], c = given[4], sums = given[5];
  unsigned lanes = machine.getLanes();
  VectorType f32 = b.vec(b.getF32Type(), lanes), i32 = b.vec(b.getI32Type(), lanes);
  SmallVector<Value> columns;
  for (unsigned v = 0; v != panelRows / lanes; ++v)
    columns.push_back(b.load(f32, b.offset(columnScales, 4 * v * lanes)));
  b.loop(b.index(0), b.castTo(given[9], b.getIndexType()), 1, [&](Value row) {
    Value number = b.castTo(row, b.getI64Type());
    Value scalePlace = b.offset(rowScales, b.getI8Type(), b.mul(number, given[7]));
    Value scale = b.splat(b.load(b.getF32Type(), scalePlace), lanes);
    Value out = b.offset(c, b.getI8Type(), b.mul(number, given[8]));
    Value in = b.offset(sums, b.getI32Type(), b.mul(row, panelRows));
    for (auto [v, column] : llvm::enumerate(columns)) {
      Value exact = b.load(i32, b.offset(in, 4 * v * lanes)), place = b.offset(out, 4 * v * lanes);
      Value sum = arith::SIToFPOp::create(b, f32, exact);
      b.store(b.fma(sum, b.fmul(column, scale), b.load(f32, place)), place);
    }
  });
}

/// Sums of a group stay in tiles of 32 bits; behind it they are multiplied by both scales as
/// vectors do it.
LLVM::LLVMFuncOp MicroKernels::getByteTileProduct(RegisterBlock block, int64_t group) {
  std::string name = ("moec_byte_tiles_" + Twine(block.rows) + "_" + Twine(group)).str();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType(), i64 = b.getI64Type(), i8 = b.getI8Type();
  auto function = declare(name, {ptr, ptr, ptr, ptr, ptr, ptr, i64, i64, i64, i64});
  b.setInsertionPointToStart(&function.front());
  ValueRange given = function.getArguments();
  Value left = given[0], right = given[2], sums = given[5], leftStride = given[6];
  Value rightStride = b.i64(4 * panelRows);
  unsigned halves = block.rows / tileRows;
  auto tile = [&](unsigned number) { return b.integer(i8, number); };
  auto move = [&](Instruction which, unsigned number, Value pointer, Value stride) {
    b.intrinsic(machine.getIntrinsic(which), {tile(number), pointer, stride});
  };
  auto forSums = [&](function_ref<void(unsigned half, unsigned side)> body) {
    for (unsigned half = 0; half != halves; ++half)
      for (unsigned side = 0; side != 2; ++side)
        body(half, side);
  };
  forSums([&](unsigned half, unsigned side) {
    b.intrinsic(machine.getIntrinsic(Instruction::ClearTile), {tile(sumTiles[half][side])});
  });
  b.loop(b.index(0), b.index(group), byteStep, [&](Value k) {
    Value columns = b.offset(right, i8, b.mul(k, panelRows));
    for (unsigned side = 0; side != 2; ++side)
      move(Instruction::LoadTile, columnTiles[side], b.offset(columns, side * tileBytes),
           rightStride);
    for (unsigned half = 0; half != halves; ++half) {
      Value row = b.offset(left, i8, b.mul(leftStride, half * tileRows));
      move(Instruction::LoadTile, rowTiles[half], b.offset(row, i8, k), leftStride);
      for (unsigned side = 0; side != 2; ++side)
        b.intrinsic(machine.getIntrinsic(Instruction::MultiplyTilesOfInt8),
                    {tile(sumTiles[half][side]), tile(rowTiles[half]), tile(columnTiles[side])});
    }
  });
  forSums([&](unsigned half, unsigned side) {
    Value place = b.offset(sums, half * tileRows * 4 * panelRows + side * tileBytes);
    move(Instruction::StoreTile, sumTiles[half][side], place, rightStride);
  });
  scaleTileSums(b, machine, given);
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}
