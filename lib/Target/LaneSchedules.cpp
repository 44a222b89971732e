//===- LaneSchedules.cpp - Choices of machines with lanes -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rows follow the tokens that an expert may expect, columns fill the subgroups, and K fills what a
// packed weight's unit holds.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/LaneSchedules.h"

#include "moec/Dialect/MX/MX.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;

/// The columns that all weights of a product take at once.
static int64_t getUnit(const KernelShape &shape, StepColumns getStepColumns) {
  int64_t columns = getStepColumns(shape.weight, shape.k);
  return shape.otherWeight ? std::lcm(columns, getStepColumns(shape.otherWeight, shape.k))
                           : columns;
}

static bool isProduct(const KernelShape &shape) {
  using moe::KernelFamily;
  return shape.family == KernelFamily::Gemm || shape.family == KernelFamily::GroupedGemm;
}

/// Rows that one matrix may expect: an expert its part of the tokens' choices, spread evenly; a
/// head all rows.
static int64_t countRowsOfMatrix(const KernelShape &shape) {
  if (shape.family != moe::KernelFamily::GroupedGemm)
    return std::max<int64_t>(1, shape.rows);
  return std::max<int64_t>(1, shape.rows / std::max<int64_t>(1, shape.matrices));
}

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
    // A block smaller than a matrix's rows would read the weight several times, a larger one
    // compute padding.
    choose("BM", std::clamp<int64_t>(llvm::PowerOf2Ceil(countRowsOfMatrix(shape)), 16, 64));
    int64_t columns = getUnit(shape, traits.getStepColumns);
    int64_t most = 128;
    while (traits.sharedBytes && most * columns * int64_t(sizeof(float)) > traits.sharedBytes)
      most /= 2;
    choose("BN", std::clamp<int64_t>(llvm::PowerOf2Ceil(shape.n), 16, std::max<int64_t>(most, 16)));
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

/// The bytes between the first row and what a copy to shared memory does not reach: offsets have 32
/// bits, of which those from the highest on are nobody's.
static constexpr int64_t kReach = int64_t(1) << 31;

/// Bits of a number of the rows of a product, or of its code.
static int64_t getNumberBits(const KernelShape &shape) {
  auto block = dyn_cast<mx::BlockType>(shape.activation);
  return block ? block.getElementBits() : shape.activation.getIntOrFloatBitWidth();
}

static int64_t getRowBytes(const KernelShape &shape) {
  return std::max<int64_t>(1, shape.k * getNumberBits(shape) / 8);
}

/// Whether copies of a product reach all of its rows, whichever of them a step has.
static bool areRowsNear(const KernelShape &shape) {
  return shape.rows < kReach / getRowBytes(shape);
}

Error moec::checkStages(const KernelShape &shape, tile::ScheduleAttr schedule) {
  int64_t stages = schedule.getInt("stages", 0);
  if (stages <= 1 || !shape.activation || shape.k == 0 || areRowsNear(shape))
    return Error::success();
  return Error::make("stages = ", stages, " copies rows to shared memory, which reaches ", kReach,
                     " bytes, but ", shape.rows, " rows of ", getRowBytes(shape),
                     " bytes may be further apart; leave stages out, or compile for fewer tokens");
}

/// Whether a step of K is none, or its rows are more than `heldBytes`.
static Error checkStep(const KernelShape &shape, tile::ScheduleAttr schedule,
                       StepColumns getStepColumns, int64_t heldBytes) {
  if (!isProduct(shape) || shape.k == 0)
    return Error::success();
  const int64_t step = schedule.getInt("BK", 1), rows = schedule.getInt("BM", 1);
  const int64_t most =
      std::max<int64_t>(llvm::PowerOf2Ceil(shape.k), getUnit(shape, getStepColumns));
  if (step > most)
    return Error::make("a step of BK = ", step, " columns is longer than K = ", shape.k,
                       "; choose BK of at most ", most);
  // Any two choices may have a product that is no int64_t.
  const double bytes = double(rows) * double(step) * double(getNumberBits(shape)) / 8;
  if (bytes <= double(heldBytes))
    return Error::success();
  return Error::make("the rows of a step, BM = ", rows, " by BK = ", step, ", take ",
                     llvm::formatv("{0:f0}", bytes).str(), " bytes, and a block can hold ",
                     heldBytes, " in shared memory and registers; choose a smaller BM or BK");
}

/// Whether the sums of a block, which `lanes` share, leave registers. `subgroups` says for people
/// whose lanes they are.
static Error checkSums(const KernelShape &shape, tile::ScheduleAttr schedule,
                       const std::string &subgroups, int64_t lanes, int64_t registers) {
  if (!isProduct(shape))
    return Error::success();
  const int64_t rows = schedule.getInt("BM", 1), columns = schedule.getInt("BN", 1);
  const int64_t blocks = shape.operands * schedule.getInt("split", 1);
  // The product of any three choices may be no int64_t.
  const double sums = double(blocks) * double(rows) * double(columns) / double(lanes);
  if (sums < double(registers))
    return Error::success();
  return Error::make(blocks, blocks == 1 ? " block" : " blocks", " of ", rows, " x ", columns,
                     " in ", subgroups, ": a lane has ", llvm::formatv("{0:f0}", sums).str(),
                     " sums and only ", registers,
                     " registers for all it holds; choose a smaller BM or BN");
}

Error moec::checkLanes(const KernelShape &shape, tile::ScheduleAttr schedule,
                       StepColumns getStepColumns, const LaneLimits &limits) {
  // What the run times of the vendors whose machines are known allow.
  constexpr int64_t mostThreads = 1024;
  const int64_t subgroups = schedule.getInt("subgroups", limits.subgroups);
  if (subgroups > mostThreads / limits.lanes)
    return Error::make(subgroups, " ", limits.subgroup, "s have ", subgroups * limits.lanes,
                       " threads, and a ", limits.block, " at most ", mostThreads,
                       "; choose subgroups of at most ", mostThreads / limits.lanes);
  if (Error error = checkStages(shape, schedule))
    return error;
  const int64_t apart = limits.apart ? limits.apart : subgroups;
  const int64_t registerBytes = apart * limits.lanes * limits.registers * int64_t(sizeof(float));
  if (Error error = checkStep(shape, schedule, getStepColumns, limits.sharedBytes + registerBytes))
    return error;
  return checkSums(
      shape, schedule, strCat(subgroups, " ", limits.subgroup, subgroups == 1 ? "" : "s"),
      subgroups * limits.lanes, limits.registers / llvm::divideCeilSigned(subgroups, apart));
}

/// Whether so many rows can be copied in steps of which the last has a part of its columns. A copy
/// moves a dword at least. Of scales those of all steps are copied before the first, where there is
/// room, and then need not be whole dwords.
static bool canEndWithinStep(const KernelShape &shape, int64_t rows, int64_t step,
                             int64_t wholeBytes) {
  constexpr int64_t dword = 4;
  auto block = dyn_cast<mx::BlockType>(shape.activation);
  if (!block)
    return shape.k * shape.activation.getIntOrFloatBitWidth() % (8 * dword) == 0;
  const int64_t length = block.getBlockSize(), scaleBytes = block.getScaleBits() / 8;
  if (shape.k % length != 0 || shape.k * block.getElementBits() % (8 * dword) != 0)
    return false;
  int64_t all = llvm::alignTo(shape.k, step) / length * scaleBytes;
  return shape.k / length * scaleBytes % dword == 0 ||
         rows * int64_t(llvm::PowerOf2Ceil(all)) <= wholeBytes;
}

tile::ScheduleAttr moec::chooseStages(tile::ScheduleAttr schedule, const KernelShape &shape,
                                      ArrayRef<StagedBlocks> choices, int64_t wholeBytes) {
  if (!isProduct(shape) || !areRowsNear(shape))
    return schedule;
  const bool isGrouped = shape.family == moe::KernelFamily::GroupedGemm;
  const int64_t rows = countRowsOfMatrix(shape);
  auto getColumns = [&](const StagedBlocks &choice) {
    int64_t most = choice.blockColumns / (choice.columnsOfAll ? shape.operands : 1);
    return std::clamp<int64_t>(llvm::PowerOf2Ceil(shape.n), 16, std::max<int64_t>(most, 1));
  };
  const StagedBlocks &blocks = *llvm::find_if(choices, [&](const StagedBlocks &choice) {
    int64_t height = choice.blockRows ? choice.blockRows : schedule.getInt("BM");
    int64_t blocks = shape.matrices * llvm::divideCeilSigned(rows, height) *
                     llvm::divideCeilSigned(shape.n, getColumns(choice));
    return rows <= choice.rows && blocks >= choice.leastBlocks;
  });
  // Whole steps multiply no zeros, and in one there is nothing to run ahead of.
  int64_t step = blocks.step;
  while (step > schedule.getInt("BK") && shape.k % step != 0)
    step /= 2;
  int64_t height = blocks.blockRows ? blocks.blockRows : schedule.getInt("BM");
  if (shape.k <= step ||
      (shape.k % step != 0 && !canEndWithinStep(shape, height, step, wholeBytes)))
    return schedule;
  if (blocks.blockRows)
    schedule = schedule.with("BM", blocks.blockRows);
  if (isGrouped && blocks.shortRows)
    schedule = schedule.with("short", blocks.shortRows);
  // A slice has whole units of the weight's packing.
  if (int64_t split = std::min(blocks.split, step / schedule.getInt("BK")); split > 1)
    schedule = schedule.with("split", split);
  return schedule.with("BN", getColumns(blocks))
      .with("BK", step)
      .with("subgroups", blocks.subgroups)
      .with("stages", blocks.stages);
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
  if (isProduct(shape))
    add("BN", chosen.getInt("BN") / 2, 32, 128);
  // Products over the same blocks of experts agree on BM.
  if (shape.family == KernelFamily::Gemm) {
    add("BM", chosen.getInt("BM") / 2, 16, 64);
    add("BM", chosen.getInt("BM") * 2, 16, 64);
  }
  return all;
}

tile::PackedAttr moec::chooseDequantizedMap(MLIRContext *context, mx::BlockType block,
                                            int64_t lanes) {
  using Digit = tile::PackedDigit;
  constexpr int64_t run = 32, rows = 16;
  int64_t chunk = llvm::bit_floor(uint64_t(128 / block.getElementBits()));
  int64_t blocks = std::max<int64_t>(1, run / block.getBlockSize());
  // Digits are read from the lowest: {dimension, extent, step}. Dimension 1 is K.
  SmallVector<Digit> codes{{1, chunk, 1}, {0, rows, 1}, {1, lanes / rows, run}},
      scales{{0, rows, 1}, {1, lanes / rows, blocks}};
  if (chunk < run)
    codes.push_back({1, run / chunk, chunk});
  if (blocks > 1)
    scales.insert(scales.begin(), {1, blocks, 1});
  return tile::PackedAttr::get(context, codes, scales);
}
