//===- Schedule.cpp - Block shapes, and what they cost --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane has 255 registers, of which a product's sums may take some 64 and each operand's step as
// many. A time is the larger of what memory and matrix instructions take at the data sheet's rates.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Schedule.h"

#include "targets/nvptx/codegen/Packing.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;

/// The columns of a weight that a product takes at once: whole units of its packing, at least 64.
static int64_t getStepColumns(Type type, int64_t columns) {
  constexpr int64_t least = 64;
  auto block = dyn_cast_or_null<mx::BlockType>(type);
  if (!block)
    return least;
  auto weight = RankedTensorType::get({1, columns}, block.getRowForm(columns));
  tile::PackedAttr packed = nvptx::choosePackedMap(weight);
  int64_t scales = packed.getScaleLayout().getUnitColumns() * block.getBlockSize();
  return std::lcm(std::lcm(least, packed.getLayout().getUnitColumns()), scales);
}

tile::ScheduleAttr nvptx::chooseSchedule(MLIRContext *context, const KernelShape &shape) {
  using moe::KernelFamily;
  Builder builder(context);
  NamedAttrList choices;
  auto choose = [&](StringRef name, int64_t value) {
    choices.set(name, builder.getI64IntegerAttr(value));
  };
  // A few rows a block where rows are short, so that all warps have some.
  bool few = shape.tokens <= 8;
  switch (shape.family) {
  case KernelFamily::Gemm:
  case KernelFamily::GroupedGemm: {
    // Rows that one matrix may expect: of a grouped product, the tokens' choices spread evenly over
    // the experts.
    int64_t perMatrix = std::max<int64_t>(1, shape.rows / std::max<int64_t>(1, shape.matrices));
    choose("BM", std::clamp<int64_t>(llvm::PowerOf2Ceil(perMatrix), 16, 64));
    choose("BN", std::clamp<int64_t>(llvm::PowerOf2Ceil(shape.n), 16, 128));
    int64_t columns = getStepColumns(shape.weight, shape.k);
    if (shape.otherWeight)
      columns = std::lcm(columns, getStepColumns(shape.otherWeight, shape.k));
    choose("BK", columns);
    break;
  }
  case KernelFamily::Row:
  case KernelFamily::SortByExpert:
    choose("BM", 1);
    break;
  case KernelFamily::Route:
    choose("BM", few ? 1 : 4);
    break;
  case KernelFamily::Attention:
    // Heads fill the rows of a product, then queries; sums of all must stay in registers.
    choose("HB", 16);
    choose("BQ", few ? 1 : 4);
    choose("BN", 64);
    break;
  case KernelFamily::CausalConv:
    choose("BC", 64);
    break;
  case KernelFamily::GatedDelta:
    choose("BV", 16);
    if (shape.tokens >= moe::deltaChunk)
      choose("chunks", 1);
    break;
  case KernelFamily::IndexSelect:
    // The keys of a step and the best so far are in registers.
    choose("BQ", 1);
    choose("BN", 128);
    break;
  case KernelFamily::Embed:
  case KernelFamily::SelectRows:
    choose("BM", 1);
    choose("BN", 1024);
    break;
  default:
    return {};
  }
  choose(subgroupsKey.name, blockWarps);
  return tile::ScheduleAttr::get(context, choices.getDictionary(context));
}

std::vector<tile::ScheduleAttr> nvptx::listCandidates(MLIRContext *context,
                                                      const KernelShape &shape) {
  using moe::KernelFamily;
  tile::ScheduleAttr chosen = chooseSchedule(context, shape);
  if (!chosen)
    return {};
  std::vector<tile::ScheduleAttr> all = {chosen};
  bool isGemm = shape.family == KernelFamily::Gemm;
  if ((isGemm || shape.family == KernelFamily::GroupedGemm) && chosen.getInt("BN") >= 64)
    all.push_back(chosen.with("BN", chosen.getInt("BN") / 2));
  // Products over the same blocks of experts agree on BM.
  for (int64_t rows : {chosen.getInt("BM") / 2, chosen.getInt("BM") * 2})
    if (isGemm && rows >= 16 && rows <= 64)
      all.push_back(chosen.with("BM", rows));
  return all;
}

/// A launch by itself, as gfx950's table has it: none of a card of this vendor is at hand.
static constexpr double kLaunchMicroseconds = 2;

/// How often the rate of bf16 a product of these operands has.
static double getRate(const KernelShape &shape) {
  auto isInt8 = [](mx::BlockType block) {
    return block && block.getElement().isInteger(8) && block.getScale().isF32();
  };
  auto isNarrow = [](Type type, mx::BlockType block) {
    return !type || type.isBF16() || (block && block.hasPowerOfTwoScale());
  };
  auto rows = dyn_cast_or_null<mx::BlockType>(shape.activation);
  auto weight = dyn_cast_or_null<mx::BlockType>(shape.weight);
  if (isInt8(rows) && isInt8(weight))
    return 2;
  // Three products of tf32, which has half the rate.
  return isNarrow(shape.activation, rows) && isNarrow(shape.weight, weight) ? 1 : 1.0 / 6;
}

double nvptx::estimateTime(const KernelShape &shape, const KernelWork &work,
                           const Machine &machine) {
  double memory = (work.bytesRead() + work.bytesWritten) / machine.bytesPerMicrosecond;
  double matrix = work.multiplyAdds / (machine.multiplyAddsPerMicrosecond * getRate(shape));
  return kLaunchMicroseconds + std::max(memory, matrix);
}
