//===- HipDevice.cpp - A GPU behind HIP as a device ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Memory and modules of one GPU. HIP's current device belongs to the calling thread, so whatever
// depends on it selects the GPU first.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDevice.h"

#include <cstring>

using namespace moec;
using namespace moec::amdgpu;
using namespace moec::runtime;

namespace {
/// Where ELF's header says what a file is.
struct ElfHeader {
  static constexpr size_t bytes = 64, sectionOffset = 40, sectionBytes = 58, sections = 60;
};

class HipCodeObject : public CodeObject {
public:
  HipCodeObject(std::shared_ptr<HipDriver> driver, std::string name, HipModule module)
      : driver(std::move(driver)), name(std::move(name)), module(module) {}
  ~HipCodeObject() override { driver->moduleUnload(module); }

  Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) override {
    if (info.blockThreads == 0)
      return Error::make("'", name, "': the plan gives '", info.symbol, "' no threads per block");
    HipFunction function = nullptr;
    HipStatus status = driver->moduleGetFunction(&function, module, info.symbol.c_str());
    if (Error error =
            driver->check(status, strCat("'", name, "' exports no symbol '", info.symbol, "'")))
      return error;
    return std::make_unique<HipKernel>(function, info);
  }

private:
  std::shared_ptr<HipDriver> driver;
  std::string name;
  HipModule module;
};

class HipDevice : public Device {
public:
  HipDevice(std::shared_ptr<HipDriver> driver, int ordinal)
      : driver(std::move(driver)), ordinal(ordinal) {}
  ~HipDevice() override;

  /// Reads what the GPU is.
  Error open();

  std::string description() const override {
    return strCat(name, ", ", architecture(), ", number ", ordinal);
  }
  Error checkFeatures(const std::vector<std::string> &wanted) const override;
  Expected<uint64_t> freeMemory() const override;
  Expected<DeviceAddress> allocate(uint64_t bytes) override;
  void deallocate(DeviceAddress address, uint64_t bytes) override;
  Expected<DeviceAddress> importHost(std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<CodeObject>> loadCode(const std::string &name,
                                                 std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<Stream>> createStream() override {
    return amdgpu::createStream(driver, ordinal);
  }
  bool hasGraphs() const override { return true; }

private:
  Error select() const {
    return driver->check(driver->setDevice(ordinal), strCat("cannot select GPU ", ordinal));
  }
  /// The processor's name without the modes that follow it: "gfx950:sramecc+:xnack-" is gfx950.
  std::string architecture() const { return arch.substr(0, arch.find(':')); }
  Expected<void *> allocateRaw(uint64_t bytes);

  std::shared_ptr<HipDriver> driver;
  int ordinal;
  std::string name, arch;
  std::vector<void *> imported;
};
} // namespace

HipDevice::~HipDevice() {
  if (!select())
    for (void *memory : imported)
      driver->free(memory);
}

Error HipDevice::open() {
  alignas(16) char properties[HipProperties::bytes] = {};
  if (Error error = driver->check(driver->getDeviceProperties(properties, ordinal),
                                  strCat("cannot read the properties of GPU ", ordinal)))
    return error;
  auto text = [&](size_t offset) {
    const char *begin = properties + offset;
    return std::string(begin, strnlen(begin, HipProperties::textBytes));
  };
  name = text(HipProperties::name);
  arch = text(HipProperties::arch);
  return Error::success();
}

Error HipDevice::checkFeatures(const std::vector<std::string> &wanted) const {
  for (const std::string &feature : wanted)
    if (feature != architecture())
      return Error::make("GPU ", ordinal, " (", name, ") is ", architecture(), ", the code needs ",
                         feature);
  return Error::success();
}

Expected<uint64_t> HipDevice::freeMemory() const {
  if (Error error = select())
    return error;
  size_t free = 0, total = 0;
  if (Error error = driver->check(driver->memGetInfo(&free, &total),
                                  strCat("cannot read how much memory GPU ", ordinal, " has")))
    return error;
  return uint64_t(free);
}

Expected<void *> HipDevice::allocateRaw(uint64_t bytes) {
  if (Error error = select())
    return error;
  void *memory = nullptr;
  uint64_t size = std::max<uint64_t>(bytes, MOEC_BUFFER_ALIGNMENT);
  if (Error error = driver->check(driver->malloc(&memory, size),
                                  strCat("cannot allocate ", bytes, " bytes on GPU ", ordinal)))
    return error;
  return memory;
}

Expected<DeviceAddress> HipDevice::allocate(uint64_t bytes) {
  Expected<void *> memory = allocateRaw(bytes);
  if (!memory)
    return memory.takeError();
  // The clearing may return before it is done; no stream of ours waits for the null stream.
  HipStatus status = driver->memset(*memory, 0, std::max<uint64_t>(bytes, MOEC_BUFFER_ALIGNMENT));
  if (status == 0)
    status = driver->streamSynchronize(nullptr);
  if (Error error =
          driver->check(status, strCat("cannot clear ", bytes, " bytes on GPU ", ordinal))) {
    driver->free(*memory);
    return error;
  }
  return reinterpret_cast<DeviceAddress>(*memory);
}

void HipDevice::deallocate(DeviceAddress address, uint64_t) {
  if (!select())
    driver->free(reinterpret_cast<void *>(address));
}

Expected<DeviceAddress> HipDevice::importHost(std::span<const std::byte> bytes) {
  Expected<void *> memory = allocateRaw(bytes.size());
  if (!memory)
    return memory.takeError();
  imported.push_back(*memory);
  if (!bytes.empty())
    if (Error error =
            driver->check(driver->memcpy(*memory, bytes.data(), bytes.size(), HipHostToDevice),
                          strCat("cannot copy ", bytes.size(), " bytes to GPU ", ordinal)))
      return error;
  return reinterpret_cast<DeviceAddress>(*memory);
}

/// HIP takes an image without its size, so an image that ends early must not reach it.
static Error checkImage(std::span<const std::byte> bytes) {
  if (bytes.size() < ElfHeader::bytes || std::memcmp(bytes.data(), "\177ELF", 4) != 0)
    return Error::make("is no code object: it has ", bytes.size(), " bytes and no ELF header");
  uint64_t offset;
  uint16_t entryBytes, entries;
  std::memcpy(&offset, bytes.data() + ElfHeader::sectionOffset, sizeof offset);
  std::memcpy(&entryBytes, bytes.data() + ElfHeader::sectionBytes, sizeof entryBytes);
  std::memcpy(&entries, bytes.data() + ElfHeader::sections, sizeof entries);
  uint64_t table = uint64_t(entryBytes) * entries;
  if (offset > bytes.size() || table > bytes.size() - offset)
    return Error::make("is cut short: it has ", bytes.size(), " bytes, its section headers are ",
                       table, " bytes at ", offset);
  return Error::success();
}

Expected<std::unique_ptr<CodeObject>> HipDevice::loadCode(const std::string &name,
                                                          std::span<const std::byte> bytes) {
  if (Error error = checkImage(bytes))
    return Error::make("cannot load '", name, "': it ", error.message());
  if (Error error = select())
    return error;
  HipModule module = nullptr;
  if (Error error =
          driver->check(driver->moduleLoadData(&module, bytes.data()),
                        strCat("cannot load '", name, "' on GPU ", ordinal, ", ", architecture())))
    return error;
  return std::make_unique<HipCodeObject>(driver, name, module);
}

Expected<std::unique_ptr<Device>> amdgpu::createDevice(const DeviceOptions &options) {
  Expected<std::shared_ptr<HipDriver>> opened = HipDriver::open(options.driver);
  if (!opened)
    return opened.takeError();
  HipDriver &driver = **opened;
  int count = 0;
  HipStatus status = driver.init(0);
  if (status == 0)
    status = driver.getDeviceCount(&count);
  if (Error error = driver.check(status, strCat("'", driver.library(), "' finds no GPU")))
    return error;
  if (count == 0)
    return Error::make("'", driver.library(), "' finds no GPU");
  if (options.ordinal >= unsigned(count))
    return Error::make("there ", count == 1 ? "is 1 GPU" : strCat("are ", count, " GPUs"),
                       ", number ", options.ordinal, " does not exist");
  auto device = std::make_unique<HipDevice>(std::move(*opened), int(options.ordinal));
  if (Error error = device->open())
    return error;
  return device;
}
