//===- GpuDevice.cpp - A GPU behind its driver as a device -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Memory and modules of one GPU.
//
//===----------------------------------------------------------------------===//

#include "runtime/gpu/GpuStream.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::gpu;

GpuDriver::~GpuDriver() = default;

Error GpuDriver::check(Status status, const std::string &what) const {
  return status == 0 ? Error::success() : Error::make(what, ": ", describe(status));
}

namespace {
class GpuCodeObject : public CodeObject {
public:
  GpuCodeObject(std::shared_ptr<GpuDriver> driver, std::string name, ModuleHandle module)
      : driver(std::move(driver)), name(std::move(name)), module(module) {}
  ~GpuCodeObject() override {
    if (driver->select() == 0)
      driver->unload(module);
  }

  Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) override;

private:
  std::shared_ptr<GpuDriver> driver;
  std::string name;
  ModuleHandle module;
};

class GpuDevice : public Device {
public:
  GpuDevice(std::shared_ptr<GpuDriver> driver, int ordinal)
      : driver(std::move(driver)), ordinal(ordinal) {}
  ~GpuDevice() override;

  std::string description() const override {
    return strCat(driver->name(), ", ", driver->architecture(), ", number ", ordinal);
  }
  Error checkFeatures(const std::vector<std::string> &wanted) const override;
  Expected<uint64_t> freeMemory() const override;
  Expected<DeviceAddress> allocate(uint64_t bytes) override;
  void deallocate(DeviceAddress address, uint64_t bytes) override;
  Expected<DeviceAddress> importHost(std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<CodeObject>> loadCode(const std::string &name,
                                                 std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<Stream>> createStream() override {
    return gpu::createStream(driver, ordinal);
  }
  bool hasGraphs() const override { return true; }

private:
  Error select() const {
    return driver->check(driver->select(), strCat("cannot select GPU ", ordinal));
  }
  Expected<DeviceAddress> allocateRaw(uint64_t bytes);

  std::shared_ptr<GpuDriver> driver;
  int ordinal;
  std::vector<DeviceAddress> imported;
};
} // namespace

Expected<std::unique_ptr<Kernel>> GpuCodeObject::kernel(const KernelInfo &info) {
  if (info.blockThreads == 0)
    return Error::make("'", name, "': the plan gives '", info.symbol, "' no threads per block");
  FunctionHandle function = nullptr;
  Status status = driver->select();
  if (status == 0)
    status = driver->findFunction(function, module, info.symbol);
  if (Error error =
          driver->check(status, strCat("'", name, "' exports no symbol '", info.symbol, "'")))
    return error;
  if (Error error = driver->prepare(function, info))
    return Error::make("'", name, "': '", info.symbol, "' cannot run on this GPU: it ",
                       error.message());
  return std::make_unique<GpuKernel>(function, info);
}

GpuDevice::~GpuDevice() {
  if (!select())
    for (DeviceAddress memory : imported)
      driver->release(memory);
}

Error GpuDevice::checkFeatures(const std::vector<std::string> &wanted) const {
  for (const std::string &feature : wanted)
    if (!driver->has(feature))
      return Error::make("GPU ", ordinal, " (", driver->name(), ") is ", driver->architecture(),
                         ", the code needs ", feature);
  return Error::success();
}

Expected<uint64_t> GpuDevice::freeMemory() const {
  if (Error error = select())
    return error;
  size_t free = 0, total = 0;
  if (Error error = driver->check(driver->readMemory(free, total),
                                  strCat("cannot read how much memory GPU ", ordinal, " has")))
    return error;
  return uint64_t(free);
}

Expected<DeviceAddress> GpuDevice::allocateRaw(uint64_t bytes) {
  if (Error error = select())
    return error;
  DeviceAddress memory = 0;
  Status status = driver->allocate(memory, std::max<uint64_t>(bytes, MOEC_BUFFER_ALIGNMENT));
  if (status == 0)
    return memory;
  size_t free = 0, total = 0;
  std::string left;
  if (driver->readMemory(free, total) == 0)
    left = strCat(", which has ", free, " of ", total, " bytes left");
  return driver->check(status, strCat("cannot allocate ", bytes, " bytes on GPU ", ordinal, left));
}

Expected<DeviceAddress> GpuDevice::allocate(uint64_t bytes) {
  Expected<DeviceAddress> memory = allocateRaw(bytes);
  if (!memory)
    return memory.takeError();
  Status status = driver->clear(*memory, std::max<uint64_t>(bytes, MOEC_BUFFER_ALIGNMENT));
  if (Error error =
          driver->check(status, strCat("cannot clear ", bytes, " bytes on GPU ", ordinal))) {
    driver->release(*memory);
    return error;
  }
  return memory;
}

void GpuDevice::deallocate(DeviceAddress address, uint64_t) {
  if (!select())
    driver->release(address);
}

Expected<DeviceAddress> GpuDevice::importHost(std::span<const std::byte> bytes) {
  Expected<DeviceAddress> memory = allocateRaw(bytes.size());
  if (!memory)
    return memory.takeError();
  imported.push_back(*memory);
  if (!bytes.empty())
    if (Error error =
            driver->check(driver->copyNow(*memory, bytes.data(), bytes.size()),
                          strCat("cannot copy ", bytes.size(), " bytes to GPU ", ordinal)))
      return error;
  return memory;
}

Expected<std::unique_ptr<CodeObject>> GpuDevice::loadCode(const std::string &name,
                                                          std::span<const std::byte> bytes) {
  if (Error error = select())
    return error;
  Expected<ModuleHandle> module = driver->load(bytes);
  if (!module)
    return Error::make("cannot load '", name, "' on GPU ", ordinal, ", ", driver->architecture(),
                       ": ", module.takeError().message());
  return std::make_unique<GpuCodeObject>(driver, name, *module);
}

Expected<std::unique_ptr<Device>> gpu::openGpu(std::shared_ptr<GpuDriver> driver,
                                               unsigned ordinal) {
  int count = 0;
  std::string none = strCat("'", driver->library(), "' finds no GPU");
  if (Error error = driver->check(driver->start(count), none))
    return error;
  if (count == 0)
    return Error::make(none);
  if (ordinal >= unsigned(count))
    return Error::make("there ", count == 1 ? "is 1 GPU" : strCat("are ", count, " GPUs"),
                       ", number ", ordinal, " does not exist");
  if (Error error = driver->open(int(ordinal)))
    return error;
  return std::make_unique<GpuDevice>(std::move(driver), int(ordinal));
}
