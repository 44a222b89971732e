//===- PairKernels.cpp - Products of bf16 in pairs of k -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Tiles add, for each step of 32 k, a chain of the even k and a chain of the odd ones. Few rows go
// through vectors, in the same order, so that a row has the same bytes whatever it goes through.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/MicroKernels.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

//===----------------------------------------------------------------------===//
// By vectors
//===----------------------------------------------------------------------===//

namespace {
/// `rows` rows of f32 times a few vectors of a panel. Each element has three accumulators in
/// registers: its sum, and the step's two chains.
class PairProduct {
public:
  PairProduct(CodeBuilder &b, const Machine &machine, const PanelFormat &format,
              RegisterBlock block, int64_t aStride, Value a, ArrayRef<Value> streams)
      : b(b), format(format), rows(block.rows), vectors(block.vectors), lanes(machine.getLanes()),
        aStride(aStride), a(a), reader(b, machine, format, block.vectors, streams) {}

  /// Adds to `c` what these columns make of `depth` k.
  void emit(Value c, Value cStride, Value depth) {
    VectorType f32 = b.vec(b.getF32Type(), lanes);
    auto getPlace = [&](unsigned number) {
      Value row = b.offset(c, b.getI8Type(), b.mul(cStride, number / vectors));
      return b.offset(row, 4 * (number % vectors) * lanes);
    };
    unsigned count = rows * vectors;
    SmallVector<Value> sums;
    for (unsigned number = 0; number != count; ++number)
      sums.push_back(b.load(f32, getPlace(number)));
    sums = b.loop(b.index(0), b.div(depth, pairStep), 1, sums, [&](Value step, ValueRange sums) {
      SmallVector<Value> chains = addStep(step), next;
      for (unsigned number = 0; number != count; ++number)
        next.push_back(b.fadd(sums[number], b.fadd(chains[number], chains[count + number])));
      return next;
    });
    for (unsigned number = 0; number != count; ++number)
      b.store(sums[number], getPlace(number));
  }

private:
  /// The even chains of all elements of the block, then the odd ones.
  SmallVector<Value> addStep(Value step) {
    // Blocks of codes are as long as steps.
    PanelReader::Block beside;
    if (format.isScaled())
      beside = reader.readBlock(step);
    SmallVector<Value> zeros(2 * rows * vectors, b.zero(b.vec(b.getF32Type(), lanes)));
    return reader.loopGroups(step, pairStep / format.getGroup(), beside, a, zeros,
                             /*isStream=*/rows == 1,
                             [&](SmallVectorImpl<Value> &chains, ArrayRef<Value> numbers,
                                 Value aColumn,
                                 int64_t k) { accumulate(chains, numbers, aColumn, k); });
  }

  /// Groups are pairs or more, so the parity of `k` within one is that of k.
  void accumulate(SmallVectorImpl<Value> &chains, ArrayRef<Value> numbers, Value aColumn,
                  int64_t k) {
    for (unsigned r = 0; r != rows; ++r) {
      Value left = b.load(b.getF32Type(), b.offset(aColumn, 4 * (r * aStride + k)));
      Value wide = b.splat(left, lanes);
      for (unsigned v = 0; v != vectors; ++v) {
        Value &chain = chains[(k % 2 * rows + r) * vectors + v];
        chain = b.fma(wide, numbers[v], chain);
      }
    }
  }

  CodeBuilder &b;
  PanelFormat format;
  unsigned rows, vectors, lanes;
  int64_t aStride;
  Value a;
  PanelReader reader;
};
} // namespace

LLVM::LLVMFuncOp MicroKernels::getPairProduct(const PanelFormat &format, RegisterBlock block,
                                              int64_t aStride) {
  std::string name =
      ("moec_by_pairs_" + format.getName() + "_" + Twine(block.rows) + "_" + Twine(aStride)).str();
  return makeProduct(name, format, block, [&](CodeBuilder &b, const Columns &columns) {
    PairProduct(b, machine, format, block, aStride, columns.a, columns.streams)
        .emit(columns.c, columns.cStride, columns.depth);
  });
}

//===----------------------------------------------------------------------===//
// By tiles
//===----------------------------------------------------------------------===//

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
