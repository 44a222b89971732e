//===- Executor.h - Runs a plan, step by step -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Owns the device memory of a model: weights, caches, the arena, the step arrays. For each step
// it picks the variant, evaluates formulas and issues the launches; it knows no op.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_EXECUTOR_H
#define MOEC_RUNTIME_EXECUTOR_H

#include "moec/runtime/Artifact.h"
#include "moec/runtime/Device.h"
#include "moec/runtime/StepBatch.h"
#include "moec/runtime/StepGraphs.h"

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace moec::runtime {

/// How many blocks a launch has in a step; 0 in a dimension means that there is nothing to do.
Expected<Grid> evaluateGrid(const plan::Launch &launch, const StepDims &dims);

/// Told after each launch how many seconds it took.
using LaunchObserver =
    std::function<void(const plan::Launch &launch, const StepBatch &batch, double seconds)>;

/// A model loaded on a device.
class Executor {
public:
  /// Loads weights and kernels, and allocates caches of `pages` pages. Both references must outlive
  /// the executor.
  static Expected<std::unique_ptr<Executor>> create(const Artifact &artifact, Device &device,
                                                    uint32_t pages);

  /// Bytes of all caches for one page.
  static uint64_t pageBytes(const plan::Plan &plan);
  /// Device bytes besides caches and weights, for the largest step.
  static uint64_t workspaceBytes(const plan::Plan &plan);

  /// Computes one step and returns one row of `vocab` logits for each row of the batch, valid until
  /// the next step. Where the device has graphs, decode steps that repeat are replayed.
  Expected<std::span<const float>> run(const StepBatch &batch);

  /// With an observer, run() waits for each launch and tells it; without one (null) it does not.
  void observe(LaunchObserver observer) { launchObserver = std::move(observer); }

  /// The parts of run(), for tools that look at or replace what launches read and write:
  /// begin() picks the variant and fills the step arrays, launchOne() issues launch `index` of the
  /// variant, finish() waits and returns the logits.
  Error begin(const StepBatch &batch);
  Error launchOne(const StepBatch &batch, size_t index);
  Expected<std::span<const float>> finish(const StepBatch &batch);
  /// The variant that begin() picked.
  const plan::Variant &variant() const { return *current; }
  /// Where buffer, weight, cache or step array `index` of the current variant lies, for use with
  /// queue(). `kind` is not Scalar.
  DeviceAddress addressOf(plan::ArgKind kind, uint32_t index) const;
  /// The stream that launches go to.
  Stream &queue() { return *stream; }
  /// The decode steps that were captured.
  const StepGraphs &stepGraphs() const { return graphs; }

  /// Whether kernels read the weights where the artifact has them mapped.
  bool readsMappedWeights() const { return weightsInPlace; }

private:
  Executor(const Artifact &artifact, Device &device) : artifact(artifact), device(device) {}
  Error load(uint32_t pages);
  Error loadKernels();
  Error loadWeights();
  Error upload(const StepBatch &batch);
  Error reserve(DeviceMemory &memory, uint64_t bytes);
  /// Appends the words of a launch to `words`, and computes its grid.
  Expected<Grid> evaluateLaunch(const plan::Launch &launch, const StepDims &dims,
                                std::vector<moec_word> &words) const;
  Error launch(const plan::Launch &launch, const StepDims &dims);
  /// Issues all launches of the variant, or a graph of them.
  Error issue(const StepBatch &batch);
  Error launchObserved(const StepBatch &batch, size_t index);
  Expected<StepGraphs::Description> describe(const StepBatch &batch) const;
  const plan::Variant &variantFor(uint32_t tokens) const;
  Expected<moec_word> wordOf(const plan::Arg &arg, const StepDims &dims) const;

  const Artifact &artifact;
  Device &device;
  std::vector<std::unique_ptr<CodeObject>> code;
  std::vector<std::unique_ptr<Kernel>> kernels;
  const plan::Variant *current = nullptr;
  std::vector<DeviceAddress> weights;
  bool weightsInPlace = true;
  std::vector<DeviceMemory> caches;
  DeviceMemory arena, inputs, blockTable, logits;
  std::unique_ptr<Stream> stream;
  StepGraphs graphs;
  std::array<DeviceAddress, 9> stepArrays{};
  std::vector<int32_t> staging;
  std::vector<float> hostLogits;
  std::vector<moec_word> words;
  LaunchObserver launchObserver;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_EXECUTOR_H
