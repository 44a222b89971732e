//===- Schedule.cpp - Block shapes and what they should cost --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rows follow the tokens that an expert may expect, columns fill four waves, and K fills what a
// packed weight's unit holds.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Schedule.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace moec;

/// Bits of one stored number, its share of a scale included; 0 if the type is unknown.
static double getStoredBits(Type type) {
  if (!type)
    return 0;
  if (auto block = dyn_cast<mx::BlockType>(type))
    return block.getElementBits() + double(block.getScaleBits()) / block.getBlockSize();
  return type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0;
}

ScheduleChoice amdgpu::chooseSchedule(MLIRContext *context, const KernelShape &shape,
                                      const Machine &machine) {
  Builder builder(context);
  SmallVector<NamedAttribute> choices;
  auto choose = [&](StringRef name, int64_t value) {
    choices.push_back(builder.getNamedAttr(name, builder.getI64IntegerAttr(value)));
  };
  auto block = dyn_cast_or_null<mx::BlockType>(shape.weight);
  bool product = shape.family == "gemm" || shape.family == "grouped_gemm";
  if (product) {
    int64_t perMatrix = std::max<int64_t>(1, shape.rows / std::max<int64_t>(1, shape.batches));
    int64_t rows = std::clamp<int64_t>(llvm::PowerOf2Ceil(perMatrix), 16, 64);
    int64_t columns = std::clamp<int64_t>(llvm::PowerOf2Ceil(shape.n), 16, 128);
    choose("BM", rows);
    choose("BN", columns);
    choose("BK", block && block.hasPowerOfTwoScale() ? 256 : 64);
  } else {
    // A few rows a block where rows are short, so that all waves have some.
    bool few = shape.tokens <= 8;
    choose("BM", shape.family == "route" && !few ? 4 : 1);
    if (shape.family == "attention") {
      // Heads fill the rows of a product, then queries; sums of all must stay in registers.
      choose("HB", 16);
      choose("BQ", few ? 1 : 4);
      choose("BN", 64);
    } else if (shape.family == "index_select") {
      choose("BQ", 1);
      choose("BN", 256);
    } else if (shape.family == "embed" || shape.family == "select_rows") {
      choose("BN", 1024);
    }
  }
  choose("subgroups", machine.subgroups);
  choices.push_back(builder.getNamedAttr("source", builder.getStringAttr("predicted")));

  ScheduleChoice choice;
  choice.schedule = tile::ScheduleAttr::get(context, builder.getDictionaryAttr(choices));
  double weights =
      double(shape.batches) * shape.n * shape.k * shape.operands * getStoredBits(shape.weight) / 8;
  // Of many matrices, at most one a row is read.
  if (shape.batches > shape.rows && shape.batches > 0)
    weights *= double(shape.rows) / shape.batches;
  choice.bytesRead = weights + double(shape.rows) * shape.k * getStoredBits(shape.activation) / 8;
  choice.bytesWritten = double(shape.rows) * shape.n * 4;
  double flops = 2.0 * shape.rows * shape.n * shape.k * shape.operands;
  double rate = machine.bf16Flops;
  if (block && isa_and_nonnull<mx::BlockType>(shape.activation))
    rate = block.getElementBits() < 8 ? machine.fp4Flops : machine.fp8Flops;
  double seconds = std::max((choice.bytesRead + choice.bytesWritten) / machine.memoryBandwidth,
                            product ? flops / rate : 0.0);
  choice.microseconds = seconds * 1e6;
  return choice;
}
