//===- LaneSchedules.cpp - Block shapes of machines with lanes ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rows follow the tokens that an expert may expect, columns fill the subgroups, and K fills what a
// packed weight's unit holds.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/LaneSchedules.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;

tile::ScheduleAttr moec::chooseLaneSchedule(MLIRContext *context, const KernelShape &shape,
                                            const LaneScheduleTraits &traits) {
  using moe::KernelFamily;
  Builder builder(context);
  NamedAttrList choices;
  auto choose = [&](StringRef name, int64_t value) {
    choices.set(name, builder.getI64IntegerAttr(value));
  };
  // A few rows a block where rows are short, so that all subgroups have some.
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
    int64_t columns = traits.getStepColumns(shape.weight, shape.k);
    if (shape.otherWeight)
      columns = std::lcm(columns, traits.getStepColumns(shape.otherWeight, shape.k));
    choose("BK", columns);
    break;
  }
  case KernelFamily::Row:
    choose("BM", 1);
    break;
  case KernelFamily::SortByExpert: {
    // All blocks count all pairs, so that more of them save time only in what they share; the ends
    // of lists, which they share as well, are there even if pairs are few.
    int64_t pairs = llvm::PowerOf2Ceil(std::max<int64_t>(1, shape.tokens * shape.n));
    int64_t blocks = std::clamp<int64_t>(pairs / 128, 16, 128);
    choose("BM", 1);
    choose("blocks", blocks);
    choose("count", std::clamp<int64_t>(pairs / 2, 16, 8192));
    choose("rank", std::clamp<int64_t>(pairs / blocks, 16, 256));
    break;
  }
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
    choose("BN", traits.selectionKeys);
    break;
  case KernelFamily::Embed:
  case KernelFamily::SelectRows:
    choose("BM", 1);
    choose("BN", 1024);
    break;
  default:
    return {};
  }
  choose("subgroups", traits.subgroups);
  return tile::ScheduleAttr::get(context, choices.getDictionary(context));
}

std::vector<tile::ScheduleAttr> moec::listLaneCandidates(tile::ScheduleAttr chosen,
                                                         const KernelShape &shape) {
  using moe::KernelFamily;
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
