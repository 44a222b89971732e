//===- Cost.cpp - What launches should cost -------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The formula of moec/CostModel/Time.h, given what is known of a kernel before there is one: its
// family's counts, and how this backend lowers what they count. Nothing is run.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Cost.h"

#include "moec/Dialect/MX/MX.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

/// Slots of an instruction of vectors, memory or matrices: 64 lanes, 16 at a time.
static constexpr double kSlots = 4;
/// Most bytes of a lane that one instruction loads.
static constexpr double kLaneBytes = 16;

namespace {
/// How a product is computed.
struct Product {
  /// Multiply-adds of a matrix core's cycle, and of an instruction (16x16 of K = 32 or 128).
  double perCycle, perInstruction;
  /// Operations on each number of the weight before it is multiplied.
  double widening;
};
} // namespace

/// Both operands as they are where the matrix cores have them; else the weight is widened to bf16.
static Product productOf(const KernelShape &shape) {
  constexpr double plain = 16 * 16 * 32, scaled = 16 * 16 * 128;
  auto weight = dyn_cast_or_null<mx::BlockType>(shape.weight);
  if (weight && isa_and_nonnull<mx::BlockType>(shape.activation))
    return {weight.getElementBits() < 8 ? scaled / 16 : scaled / 32, scaled, 0};
  // A code and its scale become a number, two of them an operand's register.
  return {plain / 16, plain, weight ? 2.0 : 0.0};
}

/// Operations go over tiles whose rows are powers of two; of sorting, over all pairs at a stretch.
static double getPadding(const KernelShape &shape) {
  using moe::KernelFamily;
  bool hasRows = shape.family != KernelFamily::Gemm && shape.family != KernelFamily::GroupedGemm &&
                 shape.family != KernelFamily::SortByExpert && shape.n >= 1;
  return hasRows ? double(llvm::PowerOf2Ceil(uint64_t(shape.n))) / double(shape.n) : 1;
}

/// Waves of one block on a SIMD, by registers: sums and what is loaded for this step and the next.
static double getBlocksOnUnit(const BlockWork &block, double tripBytes, const Machine &machine) {
  constexpr double registers = kGfx950.registers, around = 40, registerBytes = 4, most = 8;
  double lanes = double(machine.lanes) * machine.subgroups;
  double held = (block.held + 2 * std::min(tripBytes, block.bytesRead) / registerBytes) / lanes;
  double blocks = std::floor(registers / (around + held));
  return std::clamp(blocks * machine.simds / machine.subgroups, 1.0, most);
}

cost::LaunchWork amdgpu::estimateLaunch(const KernelShape &shape, const KernelWork &work,
                                        const Machine &machine) {
  const BlockWork &block = work.block;
  Product product = productOf(shape);
  double waves = machine.subgroups, lanes = machine.lanes;
  cost::WorkPart trip;
  trip.trips = block.trips;
  trip.matrixCycles = block.multiplyAdds / product.perCycle / block.trips;
  trip.loadBytes = trip.lineBytes = block.bytesRead / block.trips;
  // An instruction for each 64 numbers, for each 16 bytes of 64 lanes, and for each product. A
  // reduction is halved among lanes with a move and an operation a step, and among waves through
  // LDS: a write, a barrier and a read.
  double numbers = block.numbers * getPadding(shape) + block.weights * product.widening;
  double instructions = numbers / lanes + block.bytesRead / (lanes * kLaneBytes) +
                        block.multiplyAdds / product.perInstruction +
                        block.reductions * waves * (2 * llvm::Log2_32(machine.lanes) + 8);
  // A loop's counter, addresses and barriers.
  constexpr double around = 10;
  trip.issueSlots = kSlots * (instructions / block.trips + waves * around);
  // All of a trip's loads are under way together, as often as one needs another.
  trip.underWay = trip.loadBytes / block.dependentLoads;
  trip.waits = block.dependentLoads;

  cost::GroupWork group;
  group.waves = waves;
  if (block.trips > 1)
    group.loops = {trip};
  else
    group.outside = trip;
  cost::LaunchWork launch;
  launch.groups = block.blocks;
  launch.groupsPerUnit = getBlocksOnUnit(block, trip.loadBytes, machine);
  launch.samples = {group};
  launch.readBytes = work.bytesRead();
  launch.writtenBytes = work.bytesWritten;
  return launch;
}
