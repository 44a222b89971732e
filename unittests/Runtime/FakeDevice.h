//===- FakeDevice.h - The tiny model's kernels, without any code *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A device for simulations: it takes the tiny model's launches, and gives the logit 1 to a token
// that depends on every token of the context, as pages and slots hold it. So a page or slot that
// was lost, given away too early or filled from the wrong place shows in the tokens.
//
//===----------------------------------------------------------------------===//

#ifndef UNITTESTS_RUNTIME_FAKEDEVICE_H
#define UNITTESTS_RUNTIME_FAKEDEVICE_H

#include "TinyModel.h"
#include "moec/runtime/Device.h"

#include <map>

namespace moec::test {

/// What some tokens come to, one after the other.
struct ContextHash {
  uint64_t value = 0;

  void add(int32_t token) { mix(uint64_t(uint32_t(token) + 1)); }
  void mix(uint64_t word) {
    value = (value ^ word) * 0x9e3779b97f4a7c15u;
    value ^= value >> 29;
  }
};

/// The context of one sequence, as all pools of the tiny model hold it together.
class TinyContext {
public:
  explicit TinyContext(TinyModel::Pools pools = {}) : pools(std::move(pools)) {}

  void add(int32_t token) {
    tokens.push_back(token);
    all.add(token);
  }
  /// The hidden state behind the last token, and what `draft` makes of one.
  uint64_t hidden() const;
  static uint64_t drafted(uint64_t hidden) { return ~hidden; }
  /// The token that follows a hidden state.
  static int32_t next(uint64_t hidden);
  int32_t next() const { return next(hidden()); }

private:
  TinyModel::Pools pools;
  std::vector<int32_t> tokens;
  ContextHash all;
};

/// Runs launches of TinyModel's plan at once, on host memory. Overruns of its memory are errors.
class FakeDevice : public runtime::Device {
public:
  /// Gives logits behind a hidden state, as many as the plan's vocabulary has tokens.
  using Head = std::function<void(uint64_t hidden, std::span<float> logits)>;

  FakeDevice() = default;
  /// With other logits; where the plan has no pools, a hidden state is the last token.
  FakeDevice(uint32_t vocab, Head head) : vocab(vocab), head(std::move(head)) {}
  ~FakeDevice() override;

  std::string description() const override { return "no device"; }
  Error checkFeatures(const std::vector<std::string> &) const override { return Error::success(); }
  Expected<uint64_t> freeMemory() const override { return uint64_t(1) << 20; }
  Expected<runtime::DeviceAddress> allocate(uint64_t bytes) override;
  void deallocate(runtime::DeviceAddress address, uint64_t bytes) override;
  Expected<runtime::DeviceAddress> importHost(std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<runtime::CodeObject>> loadCode(const std::string &name,
                                                          std::span<const std::byte>) override;
  Expected<std::unique_ptr<runtime::Stream>> createStream() override;

  void giveLogits(uint64_t hidden, std::span<float> logits) const;
  uint32_t vocabulary() const { return vocab; }

  /// `count` numbers at an address; fails the running test, and gives null, where they are not all
  /// in one allocation.
  template <typename T> T *at(runtime::DeviceAddress address, uint64_t count) {
    return static_cast<T *>(find(address, count * sizeof(T)));
  }

private:
  void *find(runtime::DeviceAddress address, uint64_t bytes);

  uint32_t vocab = TinyModel::vocab;
  Head head;
  std::map<runtime::DeviceAddress, std::vector<std::byte>> memory;
};

} // namespace moec::test

#endif // UNITTESTS_RUNTIME_FAKEDEVICE_H
