//===- StepImage.h - The memory of one step ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// All that the launches of a step read, on a machine's model: the arrays of a batch as they would
// be, everything else zeros.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_STEPIMAGE_H
#define MOEC_TOOLS_MOEC_PREDICT_STEPIMAGE_H

#include "moec/Target/KernelShape.h"
#include "moec/abi/plan_generated.h"
#include "moec/emulator/MachineModel.h"
#include "moec/runtime/Device.h"
#include "moec/runtime/StepBatch.h"

#include <map>
#include <span>

namespace moec {

/// An argument of a launch that is memory.
struct MemoryArgument {
  plan::ArgKind kind;
  uint32_t index = 0;
  emulator::AddressRange range;
  /// Bytes that a launch of this step can want of it: of a buffer for the largest step the share of
  /// this one's tokens, of a state the rows of the step's sequences.
  double liveBytes = 0;
};

/// What a launch is given.
struct LaunchArguments {
  std::vector<uint64_t> words;
  std::vector<MemoryArgument> memory;
  runtime::Grid grid{1, 1, 1};
};

/// The memory of a step.
class StepImage {
public:
  /// All references must outlive the image.
  StepImage(emulator::MachineModel &machine, const plan::Plan &plan, const plan::Function &function,
            const plan::Variant &variant, const StepSize &size)
      : machine(machine), plan(plan), function(function), variant(variant), size(size) {}

  /// Maps the memory and fills the arrays of the batch.
  Error create();
  Expected<LaunchArguments> argumentsOf(const plan::Launch &launch);
  /// Writes numbers into a buffer or an output.
  Error fill(plan::ArgKind kind, uint32_t index, std::span<const int32_t> values);
  const runtime::StepBatch &batch() const { return arrays; }
  const runtime::StepDims &dims() const { return arrays.dims; }

private:
  Error makeArrays();
  Expected<MemoryArgument> find(plan::ArgKind kind, uint32_t index);
  Expected<uint64_t> sizeOf(plan::ArgKind kind, uint32_t index) const;
  double liveBytesOf(plan::ArgKind kind, uint32_t index, uint64_t bytes) const;

  emulator::MachineModel &machine;
  const plan::Plan &plan;
  const plan::Function &function;
  const plan::Variant &variant;
  StepSize size;
  runtime::StepBatch arrays;
  std::vector<uint32_t> poolSizes;
  uint64_t arena = 0;
  std::map<std::pair<plan::ArgKind, uint32_t>, MemoryArgument> found; ///< not buffers
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_STEPIMAGE_H
