//===- FakeDevice.h - The tiny model's kernels, without any code *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A device for simulations: it takes the tiny model's launches, and gives the logit 1 to a token
// that depends on every token of the context, as the cache pages hold it. So a page that was lost,
// given away too early or filled from the wrong place shows in the tokens.
//
//===----------------------------------------------------------------------===//

#ifndef UNITTESTS_RUNTIME_FAKEDEVICE_H
#define UNITTESTS_RUNTIME_FAKEDEVICE_H

#include "moec/runtime/Device.h"

#include <map>

namespace moec::test {

/// What a context comes to, token by token.
struct ContextHash {
  uint64_t value = 0;

  /// Adds the next token.
  void add(int32_t token) {
    value = (value ^ uint64_t(uint32_t(token) + 1)) * 0x9e3779b97f4a7c15u;
    value ^= value >> 29;
  }
  /// The token that follows the context.
  int32_t next(uint32_t vocabulary) const { return int32_t((value >> 20) % vocabulary); }
};

/// Runs launches of TinyModel's plan at once, on host memory. Overruns of its memory are errors.
class FakeDevice : public runtime::Device {
public:
  explicit FakeDevice(uint32_t pageSize) : pageSize(pageSize) {}
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

  /// `count` numbers at an address; fails the running test, and gives null, where they are not all
  /// in one allocation.
  template <typename T> T *at(runtime::DeviceAddress address, uint64_t count) {
    return static_cast<T *>(find(address, count * sizeof(T)));
  }
  uint32_t rowsPerPage() const { return pageSize; }

private:
  void *find(runtime::DeviceAddress address, uint64_t bytes);

  uint32_t pageSize;
  std::map<runtime::DeviceAddress, std::vector<std::byte>> memory;
};

} // namespace moec::test

#endif // UNITTESTS_RUNTIME_FAKEDEVICE_H
