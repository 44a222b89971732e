//===- Executor.h - Runs a plan, step by step -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Owns the device memory of a model: weights, states, the arena, inputs and outputs. For each call
// of a function it picks the variant, evaluates formulas and does the steps; it knows no op.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_EXECUTOR_H
#define MOEC_RUNTIME_EXECUTOR_H

#include "moec/runtime/Artifact.h"
#include "moec/runtime/StepGraphs.h"
#include "moec/runtime/StepMemory.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moec::runtime {

/// How many blocks a launch has in a step; 0 in a dimension means that there is nothing to do.
Expected<Grid> evaluateGrid(const plan::Launch &launch, const StepDims &dims);

/// Told after each launch how many seconds it took.
using LaunchObserver =
    std::function<void(const plan::Launch &launch, const StepBatch &batch, double seconds)>;

class Executor;

/// Asked before each launch; where it fails, the step does, too. For devices that check more than a
/// launch tells them.
using LaunchInspector = std::function<Error(const Executor &executor, const plan::Launch &launch)>;

/// A result of a group of the model that is copied to the host as soon as a launch has written it,
/// before its memory is used for another. It has a row for each token or each row of logits.
struct CapturedValue {
  std::string name; ///< for people
  int32_t group;
  uint32_t result;
  /// The output of the function that it is, if it is one; else a buffer holds it.
  std::optional<uint32_t> output;
  plan::Element element;
  uint64_t width; ///< elements of a row
  bool overLogits;
};

/// The value of an input that no batch has, such as hidden states: bytes on the host, or an output
/// of the function that was run last, which is copied on the device.
struct GivenInput {
  std::string_view input;
  /// As many bytes as the input has in the step; used where `output` is empty. They must live until
  /// the call returns.
  std::span<const std::byte> bytes;
  std::string_view output = {};
};

/// An output on the host, row after row; valid until the next step or the next reading of the same
/// output.
struct OutputRows {
  plan::Element element;
  uint64_t rows, width;
  std::span<const std::byte> bytes;
};

/// The outputs of a function that was run; good until the next step.
class StepOutputs {
public:
  explicit StepOutputs(Executor &executor) : executor(&executor) {}
  /// Copies an output to the host. Fails, naming those that there are, on another name.
  Expected<OutputRows> read(std::string_view name) const;
  /// The same for these rows alone.
  Expected<OutputRows> read(std::string_view name, std::span<const int32_t> rows) const;

private:
  Executor *executor;
};

/// A model loaded on a device.
class Executor {
public:
  /// Loads weights and kernels, and allocates states for `poolSizes` pages or slots of each pool.
  /// Both references must outlive the executor.
  static Expected<std::unique_ptr<Executor>> create(const Artifact &artifact, Device &device,
                                                    std::span<const uint32_t> poolSizes);

  /// Writes zeros over all states: systems give memory when it is written first, and a server does
  /// better to find at its start that there is too little.
  Error touchStates();

  /// Device bytes besides states and weights, for the largest step, which has so many rows of
  /// logits; 0 means one for each sequence that the plan allows.
  static uint64_t workspaceBytes(const plan::Plan &plan, uint64_t logitsRows = 0);

  /// Computes `forward` and returns one row of `vocab` logits for each row of the batch, valid
  /// until the next step. Where the device has graphs, decode steps that repeat are replayed.
  Expected<std::span<const float>> run(const StepBatch &batch);

  /// Computes a function. `given` has each of its inputs that no batch has.
  Expected<StepOutputs> call(std::string_view function, const StepBatch &batch,
                             std::span<const GivenInput> given = {});

  /// With an observer, run() and call() wait for each launch and tell it; without one (null) they
  /// do not.
  void observe(LaunchObserver observer) { launchObserver = std::move(observer); }

  /// With an inspector, each launch asks it first; null ends it.
  void inspect(LaunchInspector inspector) { launchInspector = std::move(inspector); }

  /// Has run() and call() copy these values; none ends it. A step fails where one is in no memory.
  void capture(std::vector<CapturedValue> values);
  /// Row `row` of captured value `value` in the step that was run last.
  std::span<const std::byte> captured(size_t value, size_t row) const;

  /// The parts of call(), for tools that look at or replace what launches read and write: begin()
  /// picks the variant and fills the inputs that a batch has, runStep() does step `index` of the
  /// variant, finish() waits. `batch` must live until then.
  Error begin(std::string_view function, const StepBatch &batch);
  Error runStep(size_t index);
  Expected<StepOutputs> finish();
  /// What begin() picked.
  const plan::Function &function() const { return *artifact.plan().functions()->Get(callee); }
  const plan::Variant &variant() const { return *current; }
  /// Where buffer, weight, state, input or output `index` lies, for use with queue(). `kind` is not
  /// Scalar. Buffers are those of the current variant, inputs and outputs of the current function.
  DeviceAddress addressOf(plan::ArgKind kind, uint32_t index) const;
  /// The bytes that it has there in the current step; of an input or output those of its rows.
  Expected<uint64_t> bytesOf(plan::ArgKind kind, uint32_t index) const;
  /// The stream that everything goes to.
  Stream &queue() { return *stream; }
  /// The decode steps that were captured.
  const StepGraphs &stepGraphs() const { return graphs; }

  /// Whether kernels read the weights where the artifact has them mapped.
  bool readsMappedWeights() const { return weightsInPlace; }

private:
  friend class StepOutputs;
  /// What a copy does in the current step.
  struct CopyRange {
    DeviceAddress destination, source;
    uint64_t bytes;
  };

  Executor(const Artifact &artifact, Device &device) : artifact(artifact), device(device) {}
  Error load(std::span<const uint32_t> poolSizes);
  Error loadKernels();
  Error loadWeights();
  Error allocateStates(std::span<const uint32_t> poolSizes);
  Expected<uint32_t> functionNumber(std::string_view name) const;
  Error checkDims(const StepDims &dims) const;
  Error give(uint32_t function, const StepBatch &batch, const GivenInput &given);
  Error giveAll(uint32_t function, const StepBatch &batch, std::span<const GivenInput> given);
  Expected<uint32_t> outputNumber(std::string_view name) const;
  Expected<OutputRows> readOutput(std::string_view name);
  Expected<OutputRows> readOutput(std::string_view name, std::span<const int32_t> rows);
  /// Appends the words of a launch to `words`, and computes its grid.
  Expected<Grid> evaluateLaunch(const plan::Launch &launch, std::vector<moec_word> &words) const;
  Expected<CopyRange> evaluateCopy(const plan::Copy &copy) const;
  Error launch(const plan::Launch &launch);
  Error copy(const plan::Copy &copy);
  /// Does all steps of the variant, or a graph of them.
  Error issue(const StepBatch &batch);
  Error launchObserved(const LaunchAt &at, const StepBatch &batch);
  /// Copies what a launch wrote and is captured.
  Error copyCaptured(const plan::Launch &launch);
  Expected<DeviceAddress> addressOf(const CapturedValue &value, uint64_t bytes) const;
  Expected<StepGraphs::Description> describe() const;
  Expected<moec_word> wordOf(const plan::Arg &arg) const;

  const Artifact &artifact;
  Device &device;
  std::vector<std::unique_ptr<CodeObject>> code;
  std::vector<std::unique_ptr<Kernel>> kernels;
  std::vector<DeviceAddress> weights;
  bool weightsInPlace = true;
  std::vector<DeviceMemory> states;
  DeviceMemory arena;
  std::unique_ptr<Stream> stream;
  std::unique_ptr<StepMemory> memory;
  StepGraphs graphs;
  /// What begin() was given and picked; no variant before the first step.
  uint32_t callee = 0;
  const plan::Variant *current = nullptr;
  StepDims dims;
  std::vector<std::vector<std::byte>> hostOutputs; ///< by output of the function
  std::vector<moec_word> words;
  std::vector<CapturedValue> captures;
  std::vector<std::vector<std::byte>> capturedRows; ///< by captured value
  LaunchObserver launchObserver;
  LaunchInspector launchInspector;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_EXECUTOR_H
