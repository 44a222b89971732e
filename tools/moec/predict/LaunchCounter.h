//===- LaunchCounter.h - What the launches of a step do ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs a few workgroups of each kernel of a step on a machine's model, once for all launches that
// do the same, and says what whole launches do.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_LAUNCHCOUNTER_H
#define MOEC_TOOLS_MOEC_PREDICT_LAUNCHCOUNTER_H

#include "../check/PlanMap.h"
#include "BlockSamples.h"
#include "Routing.h"
#include "StepImage.h"

namespace moec {

/// What is known of a launch after some of its workgroups ran.
struct CountedLaunch {
  std::vector<cost::GroupWork> samples;
  double groupsPerUnit = 1;
  /// Workgroups of the grid, or, where the launch goes over blocks of experts, of a block.
  double groups = 0;
  /// Of the blocks of experts that the launch goes over, and which of them were run.
  std::optional<RoutingShape> routing;
  BlockSamples blocks;
  /// How blocks of the grid go to workgroups: to each of the caches in turn a band of so many rows
  /// of a plane (include/moec/Simt/BlockOrder.h); 0: as they are numbered.
  runtime::Grid grid = {1, 1, 1};
  uint64_t caches = 1, bands = 0;
  /// Memory, with the bytes of lines that a workgroup reads and writes of it, by sample.
  struct Memory {
    MemoryArgument argument;
    std::vector<double> readBytes, writtenBytes;
  };
  std::vector<Memory> memory;

  /// The number of the workgroup that computes a block of the grid.
  uint64_t findWorkgroup(std::array<uint64_t, 3> block) const;
  /// What the whole launch does; `experts` are those of its blocks, and workgroups go to the
  /// machine's second-level caches in turn.
  cost::LaunchWork workWith(const Routing *experts, unsigned caches) const;

private:
  /// By the workgroups' numbers, the samples that they are like.
  std::vector<uint16_t> likesOf(const Routing &experts) const;
};

/// The launches of one variant in steps of one size.
class LaunchCounter {
public:
  /// All references must outlive the counter. `code` is loaded on the machine.
  /// `caches` is how many second-level caches workgroups go to in turn.
  LaunchCounter(emulator::MachineModel &machine, const plan::Plan &plan, StepImage &image,
                const PlanMap &map, const StepSize &size, unsigned caches)
      : machine(machine), plan(plan), image(image), map(map), size(size), caches(caches) {}

  Expected<const CountedLaunch *> count(const PlanMap::Launch &launch);
  /// A step's experts, drawn once for each shape and draw.
  const Routing &routing(const RoutingShape &shape, const RoutingDraw &draw);

private:
  Error prepare(const PlanMap::Launch &launch, const std::optional<RoutingShape> &experts);
  Error fill(mlir::Value value, std::span<const int32_t> numbers, size_t part = 0);
  std::vector<int32_t> selectionOf(moe::GroupOp group, int64_t width) const;
  std::optional<RoutingShape> routingOf(const PlanMap::Launch &launch,
                                        const runtime::Grid &grid) const;
  Error runSamples(const PlanMap::Launch &launch, const LaunchArguments &arguments,
                   CountedLaunch &counted);

  emulator::MachineModel &machine;
  const plan::Plan &plan;
  StepImage &image;
  const PlanMap &map;
  StepSize size;
  unsigned caches;
  std::map<std::vector<uint64_t>, CountedLaunch> found;
  std::map<std::vector<uint64_t>, Routing> drawn;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_LAUNCHCOUNTER_H
