//===- HipDevice.cpp - A GPU behind HIP as a device ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is HIP's own of a GPU: the calls, its properties, images and limits of launches.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDevice.h"

#include "targets/amdgpu/device/HipDriver.h"

#include <cstring>
#include <limits>

using namespace moec;
using namespace moec::amdgpu;
using namespace moec::runtime;
using namespace moec::runtime::gpu;

namespace {
class HipGpu : public ModuleDriver {
public:
  explicit HipGpu(std::shared_ptr<HipDriver> driver)
      : ModuleDriver(*driver, HipLaunchEnd), hip(std::move(driver)) {}

  std::string describe(Status status) const override {
    return strCat(hip->getErrorString(status), " (", hip->getErrorName(status), ")");
  }
  Error open(int number) override;
  bool has(const std::string &feature) const override { return feature == arch; }

  Status select() override { return hip->setDevice(ordinal); }
  Status allocate(DeviceAddress &address, uint64_t bytes) override {
    void *memory = nullptr;
    Status status = hip->malloc(&memory, bytes);
    address = reinterpret_cast<DeviceAddress>(memory);
    return status;
  }
  Status release(DeviceAddress address) override { return hip->free(at(address)); }
  Status clear(DeviceAddress address, uint64_t bytes) override {
    // It may return before it is done; no stream of ours waits for the null stream.
    Status status = hip->memset(at(address), 0, bytes);
    return status == 0 ? hip->streamSynchronize(nullptr) : status;
  }
  Status copyNow(DeviceAddress to, const void *from, uint64_t bytes) override {
    return hip->memcpy(at(to), from, bytes, HipHostToDevice);
  }

  Status copyToDevice(DeviceAddress to, const void *from, uint64_t bytes,
                      StreamHandle stream) override {
    return hip->memcpyAsync(at(to), from, bytes, HipHostToDevice, stream);
  }
  Status copyToHost(void *to, DeviceAddress from, uint64_t bytes, StreamHandle stream) override {
    return hip->memcpyAsync(to, at(from), bytes, HipDeviceToHost, stream);
  }
  Status copyOnDevice(DeviceAddress to, DeviceAddress from, uint64_t bytes,
                      StreamHandle stream) override {
    return hip->memcpyAsync(at(to), at(from), bytes, HipDeviceToDevice, stream);
  }

  Expected<ModuleHandle> load(std::span<const std::byte> bytes) override;
  Error prepare(FunctionHandle, const KernelInfo &) override { return Error::success(); }
  Error checkGrid(const KernelInfo &info, const Grid &grid) const override;
  Status instantiate(ExecHandle &exec, GraphHandle graph) override {
    return hip->graphInstantiate(&exec, graph, nullptr, nullptr, 0);
  }

private:
  static void *at(DeviceAddress address) { return reinterpret_cast<void *>(address); }

  std::shared_ptr<HipDriver> hip;
  int ordinal = 0;
};
} // namespace

Error HipGpu::open(int number) {
  ordinal = number;
  alignas(16) char properties[HipProperties::bytes] = {};
  if (Error error = check(hip->getDeviceProperties(properties, ordinal),
                          strCat("cannot read the properties of GPU ", ordinal)))
    return error;
  auto text = [&](size_t offset) {
    const char *begin = properties + offset;
    return std::string(begin, strnlen(begin, HipProperties::textBytes));
  };
  cardName = text(HipProperties::name);
  arch = text(HipProperties::arch);
  // The processor's name without the modes that follow it: "gfx950:sramecc+:xnack-" is gfx950.
  arch = arch.substr(0, arch.find(':'));
  return Error::success();
}

Expected<ModuleHandle> HipGpu::load(std::span<const std::byte> bytes) {
  if (!isElf(bytes))
    return Error::make("it is no code object: it has ", bytes.size(), " bytes and no ELF header");
  // An image that ends early must not reach HIP, which takes it without its size.
  if (Error error = checkElfLength(bytes))
    return error;
  ModuleHandle module = nullptr;
  if (Status status = hip->moduleLoadData(&module, bytes.data()))
    return Error::make(describe(status));
  return module;
}

Error HipGpu::checkGrid(const KernelInfo &info, const Grid &grid) const {
  // A launch packet counts the threads of a row with 32 bits.
  if (uint64_t(grid[0]) * info.blockThreads > std::numeric_limits<uint32_t>::max())
    return Error::make(grid[0], " blocks of ", info.blockThreads,
                       " threads are more than 2^32 threads");
  return Error::success();
}

Expected<std::unique_ptr<Device>> amdgpu::createDevice(const DeviceOptions &options) {
  Expected<std::shared_ptr<HipDriver>> opened = openDriver<HipDriver>(options.driver);
  if (!opened)
    return opened.takeError();
  return openGpu(std::make_shared<HipGpu>(std::move(*opened)), options.ordinal);
}
