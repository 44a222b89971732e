//===- Schedule.cpp - Block shapes ----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Those of all machines with lanes, with the columns that the machine's instructions take at once.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Schedule.h"

#include "moec/Simt/Geometry.h"
#include "moec/Target/LaneSchedules.h"
#include "targets/amdgpu/codegen/Packing.h"

#include "llvm/ADT/bit.h"
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

/// Whether both operands go to scaled instructions as they are.
static bool isScaled(const KernelShape &shape) {
  auto scaled = [](Type type) {
    auto block = dyn_cast_or_null<mx::BlockType>(type);
    return block && block.hasPowerOfTwoScale() && llvm::isPowerOf2_32(block.getElementBits());
  };
  return scaled(shape.activation) && scaled(shape.weight) &&
         (!shape.otherWeight || scaled(shape.otherWeight));
}

/// The schedule as a walk over blocks of columns, where a block's rows fit LDS at once and K is
/// soon multiplied: what is read and set up for the rows is for several blocks then, and writing
/// one goes on beside reading for the next.
static tile::ScheduleAttr chooseWalk(tile::ScheduleAttr schedule, const KernelShape &shape,
                                     const amdgpu::Machine &machine) {
  // Sums that leave room for a step's columns twice, and the most blocks of a walk.
  constexpr int64_t mostDepth = 512, sums = 32768, most = 24;
  int64_t rows = schedule.getInt("BM"), columns = std::min<int64_t>(sums / rows, 256);
  int64_t bits = cast<mx::BlockType>(shape.activation).getElementBits();
  if (shape.operands > 1 || shape.k > mostDepth || !llvm::isPowerOf2_64(shape.k) ||
      rows * shape.k * bits / 8 > simt::getWholeBytes(machine.ldsBytes) || shape.n % columns != 0)
    return schedule;
  // Each unit has several walks, so that none is without work for long while others end.
  constexpr int64_t walksPerUnit = 3;
  const int64_t blocks = shape.n / columns;
  const int64_t below = llvm::divideCeilSigned(shape.rows, rows) + shape.matrices / 2;
  int64_t walk = std::clamp<int64_t>(below * blocks / (walksPerUnit * machine.units), 1, most);
  while (blocks % walk != 0)
    --walk;
  if (walk == 1)
    return schedule;
  return schedule.with("BN", columns).with("BK", shape.k).with("walk", walk);
}

/// What an XCD takes in for the workgroups that its units run at one time, as numbers of a step of
/// K: of `rows` blocks of rows, which are from `span` ones below each other, and of `columns` ones.
static double countFill(tile::ScheduleAttr schedule, const KernelShape &shape, int64_t units,
                        double rows, double span, double columns) {
  // An expert has a matrix, and so many of the blocks below each other.
  double blocksOfOne = span;
  if (shape.family == moe::KernelFamily::GroupedGemm)
    blocksOfOne =
        std::max(1.0, double(shape.rows) / double(shape.matrices * schedule.getInt("BM")));
  double weights = std::min(double(units), columns * std::max(1.0, span / blocksOfOne));
  return rows * double(schedule.getInt("BM")) +
         weights * double(schedule.getInt("BN") * schedule.getInt("walk") * shape.operands);
}

/// The schedule with bands of as many blocks as the units of an XCD run at one time, where they
/// share more of what they read than those whose numbers are an XCD's, and there are several.
static tile::ScheduleAttr chooseBands(tile::ScheduleAttr schedule, const KernelShape &shape,
                                      const amdgpu::Machine &machine) {
  using moe::KernelFamily;
  if (shape.family != KernelFamily::Gemm && shape.family != KernelFamily::GroupedGemm)
    return schedule;
  const int64_t caches = machine.caches, units = machine.units / caches;
  int64_t columns =
      llvm::divideCeilSigned(shape.n, schedule.getInt("BN") * schedule.getInt("walk"));
  int64_t height = llvm::bit_floor(uint64_t(units / columns));
  if (height == 0 || shape.rows < schedule.getInt("BM") * caches * height)
    return schedule;
  double span = double(machine.units) / double(columns), all = double(columns);
  double numbered = countFill(schedule, shape, units, std::min(double(units), span), span,
                              all / double(std::gcd(columns, caches)));
  double banded = countFill(schedule, shape, units, double(height), double(height), all);
  return banded < 0.9 * numbered ? schedule.with("bands", height) : schedule;
}

static bool isBF16(const KernelShape &shape) {
  return shape.activation && shape.weight && shape.activation.isBF16() && shape.weight.isBF16();
}

/// Large blocks fill the registers with sums, one wave a SIMD, so that a byte that comes from the
/// second-level cache is multiplied by as many others as can be, and what is under way for the next
/// step is enough. Small ones wait for their weights, have the registers for more of them, and are
/// narrow, so that more units read. Where even so most units would have none, as few columns have
/// few blocks, the subgroups of a block share K. Times by `moec predict` decided;
/// docs/Performance.md has them.
static constexpr StagedBlocks kScaledBlocks[] = {{95, 0, 128, 256, 4, 4},
                                                 {511, 128, 256, 256, 4, 2, false, 32},
                                                 {INT64_MAX, 256, 256, 256, 4, 2, true, 64}};
static constexpr StagedBlocks kBF16Blocks[] = {
    {8, 16, 32, 256, 2, 4, false, 0, 1, 160}, {8, 16, 32, 1024, 4, 3, false, 0, 4},
    {64, 0, 128, 256, 4, 3, false, 0, 1, 80}, {64, 0, 64, 256, 4, 3, false, 0, 1, 80},
    {64, 0, 32, 256, 4, 4, false, 0, 4},      {512, 64, 128, 128, 4, 3},
    {INT64_MAX, 128, 256, 64, 4, 2}};

tile::ScheduleAttr amdgpu::chooseSchedule(MLIRContext *context, const KernelShape &shape,
                                          const Machine &machine) {
  using moe::KernelFamily;
  tile::ScheduleAttr schedule = chooseLaneSchedule(
      context, shape, {machine.subgroups, /*selectionKeys=*/256, getStepColumns});
  // A few rows are shared by more units.
  if (shape.family == KernelFamily::Row && shape.tokens <= 64)
    return schedule.with("BN", 1024);
  const int64_t wholeBytes = simt::getWholeBytes(machine.ldsBytes);
  if (isScaled(shape)) {
    schedule = chooseStages(schedule, shape, kScaledBlocks, wholeBytes);
    if (schedule.getInt("short", 0))
      schedule = chooseWalk(schedule, shape, machine);
    return chooseBands(schedule, shape, machine);
  }
  bool isStaged = shape.family == KernelFamily::Gemm && isBF16(shape) && !shape.otherWeight;
  if (!isStaged)
    return schedule;
  return chooseBands(chooseStages(schedule, shape, kBF16Blocks, wholeBytes), shape, machine);
}

Error amdgpu::checkSchedule(const KernelShape &shape, tile::ScheduleAttr schedule,
                            const Machine &machine) {
  // Blocks are numbered in 32 bits.
  constexpr int64_t mostBlocks = INT32_MAX;
  const int64_t bands = schedule.getInt("bands", 0);
  if (bands > mostBlocks / machine.caches)
    return Error::make("bands of ", bands,
                       " rows are more than any grid has; choose bands of at most ",
                       mostBlocks / machine.caches);
  return checkLanes(shape, schedule, getStepColumns,
                    {"wave", "workgroup", machine.lanes, machine.subgroups, machine.registers,
                     machine.simds, machine.ldsBytes});
}

std::vector<tile::ScheduleAttr>
amdgpu::listCandidates(MLIRContext *context, const KernelShape &shape, const Machine &machine) {
  return listLaneCandidates(chooseSchedule(context, shape, machine), shape);
}
