//===- StepMemory.h - Inputs and outputs on a device ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Device memory for the arrays that functions declare; moec/StepArrays.h says what each is. Inputs
// of the same name and pool are one array for all functions. Those of a batch that have a bound of
// their own lie in one block, which one copy fills, so that their addresses never change; block
// tables and outputs grow when a step needs more.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_STEPMEMORY_H
#define MOEC_RUNTIME_STEPMEMORY_H

#include "moec/runtime/Device.h"
#include "moec/runtime/PlanSteps.h"
#include "moec/runtime/StepBatch.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace moec::runtime {

/// Where the inputs of a plan's functions lie, without the memory.
struct InputLayout {
  /// How an input gets its values.
  enum class Filling : uint8_t {
    Block, ///< from the batch, in the block
    Table, ///< from the batch, by itself: its bound is far above what a step needs
    Given  ///< by the caller
  };
  struct Place {
    StepInput input;
    int32_t pool;
    Filling filling;
    /// Bytes in the largest step; of a given array its row, too.
    uint64_t bytes, rowBytes;
  };

  explicit InputLayout(const plan::Plan &plan);

  std::vector<Place> places;
  /// For each function the place of each input.
  std::vector<std::vector<size_t>> functions;
  /// Of the block in the largest step.
  uint64_t blockBytes = 0;
};

/// Bytes that the inputs of a bound and the outputs take in the largest step, which has so many
/// rows of logits; 0 means one for each sequence.
uint64_t stepMemoryBytes(const plan::Plan &plan, uint64_t logitsRows = 0);

/// The arrays of all functions of a plan. Function and array numbers are those of the plan.
class StepMemory {
public:
  /// All three must outlive the memory.
  StepMemory(const plan::Plan &plan, Device &device, Stream &stream)
      : plan(plan), device(device), stream(stream), layout(plan) {}

  /// Allocates all inputs that have a bound.
  Error allocate();
  /// Copies the arrays of `batch` that a function takes to the device; `batch` must live until the
  /// stream is synchronized. Fails, naming the array, where one has not as many elements as the
  /// function says.
  Error upload(uint32_t function, const StepBatch &batch);
  /// Makes room for the outputs of a function in a step with these dims.
  Error reserveOutputs(uint32_t function, const StepDims &dims);

  DeviceAddress input(uint32_t function, uint32_t index) const;
  DeviceAddress output(uint32_t function, uint32_t index) const;
  /// Whether a caller has to give an input, since no batch has it.
  bool isGiven(uint32_t function, uint32_t index) const;

private:
  const InputLayout::Place &placeOf(uint32_t function, uint32_t index) const {
    return layout.places[layout.functions[function][index]];
  }
  Error reserve(DeviceMemory &memory, uint64_t bytes);

  const plan::Plan &plan;
  Device &device;
  Stream &stream;
  InputLayout layout;
  DeviceMemory block;
  std::vector<std::byte> staging;              ///< a host copy of the block
  std::vector<uint64_t> offsets;               ///< in the block of the last step, by place
  std::vector<DeviceMemory> apart;             ///< by place; empty where it is in the block
  std::vector<std::vector<DeviceMemory>> outs; ///< by function and output
};

/// The rows of an array in a step. Fails where the extent has no value or a negative one.
Expected<uint64_t> rowsOf(const plan::Array &array, const StepDims &dims);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_STEPMEMORY_H
