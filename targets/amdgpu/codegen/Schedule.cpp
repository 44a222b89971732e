//===- Schedule.cpp - Block shapes ----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rows follow the tokens that an expert may expect, columns fill four waves, and K fills what a
// packed weight's unit holds.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Schedule.h"

#include "targets/amdgpu/codegen/Packing.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;

/// The columns of a weight that a product takes at once: whole units of its packing, 256 of those
/// that scaled instructions multiply (one unit of FP4, two of the others) and 64 of bf16 (two).
static int64_t getStepColumns(Type type, int64_t columns) {
  auto block = dyn_cast_or_null<mx::BlockType>(type);
  if (!block)
    return 64;
  if (block.hasPowerOfTwoScale())
    return 256;
  auto weight = RankedTensorType::get({1, columns}, block.getRowForm(columns));
  return amdgpu::choosePackedMap(weight).getLayout().getUnitColumns();
}

tile::ScheduleAttr amdgpu::chooseSchedule(MLIRContext *context, const KernelShape &shape,
                                          const Machine &machine) {
  using moe::KernelFamily;
  Builder builder(context);
  NamedAttrList choices;
  auto choose = [&](StringRef name, int64_t value) {
    choices.set(name, builder.getI64IntegerAttr(value));
  };
  // A few rows a block where rows are short, so that all waves have some.
  bool few = shape.tokens <= 8;
  switch (shape.family) {
  case KernelFamily::Gemm:
  case KernelFamily::GroupedGemm: {
    // Rows that one matrix may expect: of a grouped product, the tokens' choices spread evenly over
    // the experts. A block smaller than that would read the weight several times, a larger one
    // compute padding.
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
    choose("BQ", 1);
    choose("BN", 256);
    break;
  case KernelFamily::Embed:
  case KernelFamily::SelectRows:
    choose("BM", 1);
    choose("BN", 1024);
    break;
  default:
    return {};
  }
  choose(subgroupsKey.name, machine.subgroups);
  return tile::ScheduleAttr::get(context, choices.getDictionary(context));
}

std::vector<tile::ScheduleAttr>
amdgpu::listCandidates(MLIRContext *context, const KernelShape &shape, const Machine &machine) {
  using moe::KernelFamily;
  tile::ScheduleAttr chosen = chooseSchedule(context, shape, machine);
  if (!chosen)
    return {};
  std::vector<tile::ScheduleAttr> all = {chosen};
  auto add = [&](StringRef name, int64_t value, int64_t least, int64_t most) {
    if (value >= least && value <= most)
      all.push_back(chosen.with(name, value));
  };
  bool isProduct = shape.family == KernelFamily::Gemm || shape.family == KernelFamily::GroupedGemm;
  if (isProduct)
    add("BN", chosen.getInt("BN") / 2, 32, 128);
  // Products over the same blocks of experts agree on BM.
  if (shape.family == KernelFamily::Gemm) {
    add("BM", chosen.getInt("BM") / 2, 16, 64);
    add("BM", chosen.getInt("BM") * 2, 16, 64);
  }
  return all;
}
