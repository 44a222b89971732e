//===- HipDevice.cpp - A GPU behind HIP as a device ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is HIP's own of a GPU: the calls, its properties, images and limits of launches.
//
//===----------------------------------------------------------------------===//

#include "targets/amdgpu/device/HipDevice.h"

#include "moec/runtime/gpu/GpuDriver.h"
#include "targets/amdgpu/device/HipDriver.h"

#include <cstring>
#include <limits>

using namespace moec;
using namespace moec::amdgpu;
using namespace moec::runtime;
using namespace moec::runtime::gpu;

namespace {
/// Where ELF's header says what a file is.
struct ElfHeader {
  static constexpr size_t bytes = 64, sectionOffset = 40, sectionBytes = 58, sections = 60;
};

class HipGpu : public GpuDriver {
public:
  explicit HipGpu(std::shared_ptr<HipDriver> hip) : hip(std::move(hip)) {}

  const std::string &library() const override { return hip->library(); }
  std::string describe(Status status) const override {
    return strCat(hip->getErrorString(status), " (", hip->getErrorName(status), ")");
  }
  Status start(int &count) override {
    Status status = hip->init(0);
    return status == 0 ? hip->getDeviceCount(&count) : status;
  }
  Error open(int number) override;
  const std::string &name() const override { return cardName; }
  const std::string &architecture() const override { return arch; }
  bool has(const std::string &feature) const override { return feature == arch; }

  Status select() override { return hip->setDevice(ordinal); }
  Status readMemory(size_t &free, size_t &total) override { return hip->memGetInfo(&free, &total); }
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

  Status createStream(StreamHandle &stream) override {
    HipStream made = nullptr;
    Status status = hip->streamCreateWithFlags(&made, HipStreamNonBlocking);
    stream = made;
    return status;
  }
  Status destroyStream(StreamHandle stream) override { return hip->streamDestroy(hipOf(stream)); }
  Status synchronize(StreamHandle stream) override { return hip->streamSynchronize(hipOf(stream)); }
  Status copyToDevice(DeviceAddress to, const void *from, uint64_t bytes,
                      StreamHandle stream) override {
    return hip->memcpyAsync(at(to), from, bytes, HipHostToDevice, hipOf(stream));
  }
  Status copyToHost(void *to, DeviceAddress from, uint64_t bytes, StreamHandle stream) override {
    return hip->memcpyAsync(to, at(from), bytes, HipDeviceToHost, hipOf(stream));
  }
  Status copyOnDevice(DeviceAddress to, DeviceAddress from, uint64_t bytes,
                      StreamHandle stream) override {
    return hip->memcpyAsync(at(to), at(from), bytes, HipDeviceToDevice, hipOf(stream));
  }

  Expected<ModuleHandle> load(std::span<const std::byte> bytes) override;
  Status unload(ModuleHandle module) override {
    return hip->moduleUnload(static_cast<HipModule>(module));
  }
  Status findFunction(FunctionHandle &function, ModuleHandle module,
                      const std::string &symbol) override {
    HipFunction found = nullptr;
    Status status = hip->moduleGetFunction(&found, static_cast<HipModule>(module), symbol.c_str());
    function = found;
    return status;
  }
  Error prepare(FunctionHandle, const KernelInfo &) override { return Error::success(); }
  Error checkGrid(const KernelInfo &info, const Grid &grid) const override;
  Status launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                std::span<const moec_word> args, StreamHandle stream) override;

  Status beginCapture(StreamHandle stream) override {
    return hip->streamBeginCapture(hipOf(stream), HipCaptureThreadLocal);
  }
  Status endCapture(StreamHandle stream, GraphHandle &graph) override {
    HipGraph captured = nullptr;
    Status status = hip->streamEndCapture(hipOf(stream), &captured);
    graph = captured;
    return status;
  }
  Status instantiate(ExecHandle &exec, GraphHandle graph) override {
    HipGraphExec made = nullptr;
    Status status = hip->graphInstantiate(&made, static_cast<HipGraph>(graph), nullptr, nullptr, 0);
    exec = made;
    return status;
  }
  Status launchGraph(ExecHandle exec, StreamHandle stream) override {
    return hip->graphLaunch(static_cast<HipGraphExec>(exec), hipOf(stream));
  }
  Status destroyGraph(GraphHandle graph) override {
    return hip->graphDestroy(static_cast<HipGraph>(graph));
  }
  Status destroyExec(ExecHandle exec) override {
    return hip->graphExecDestroy(static_cast<HipGraphExec>(exec));
  }

private:
  static void *at(DeviceAddress address) { return reinterpret_cast<void *>(address); }
  static HipStream hipOf(StreamHandle stream) { return static_cast<HipStream>(stream); }

  std::shared_ptr<HipDriver> hip;
  int ordinal = 0;
  std::string cardName, arch;
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

/// HIP takes an image without its size, so an image that ends early must not reach it.
static Error checkImage(std::span<const std::byte> bytes) {
  if (bytes.size() < ElfHeader::bytes || std::memcmp(bytes.data(), "\177ELF", 4) != 0)
    return Error::make("it is no code object: it has ", bytes.size(), " bytes and no ELF header");
  uint64_t offset;
  uint16_t entryBytes, entries;
  std::memcpy(&offset, bytes.data() + ElfHeader::sectionOffset, sizeof offset);
  std::memcpy(&entryBytes, bytes.data() + ElfHeader::sectionBytes, sizeof entryBytes);
  std::memcpy(&entries, bytes.data() + ElfHeader::sections, sizeof entries);
  uint64_t table = uint64_t(entryBytes) * entries;
  if (offset > bytes.size() || table > bytes.size() - offset)
    return Error::make("it is cut short: it has ", bytes.size(), " bytes, its section headers are ",
                       table, " bytes at ", offset);
  return Error::success();
}

Expected<ModuleHandle> HipGpu::load(std::span<const std::byte> bytes) {
  if (Error error = checkImage(bytes))
    return error;
  HipModule module = nullptr;
  if (Status status = hip->moduleLoadData(&module, bytes.data()))
    return Error::make(describe(status));
  return static_cast<ModuleHandle>(module);
}

Error HipGpu::checkGrid(const KernelInfo &info, const Grid &grid) const {
  // A launch packet counts the threads of a row with 32 bits.
  if (uint64_t(grid[0]) * info.blockThreads > std::numeric_limits<uint32_t>::max())
    return Error::make(grid[0], " blocks of ", info.blockThreads,
                       " threads are more than 2^32 threads");
  return Error::success();
}

Status HipGpu::launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                      std::span<const moec_word> args, StreamHandle stream) {
  auto key = [](size_t value) { return reinterpret_cast<void *>(value); };
  size_t bytes = args.size_bytes();
  void *extra[] = {key(HipLaunchBufferPointer), const_cast<moec_word *>(args.data()),
                   key(HipLaunchBufferSize), &bytes, key(HipLaunchEnd)};
  return hip->moduleLaunchKernel(static_cast<HipFunction>(function), grid[0], grid[1], grid[2],
                                 info.blockThreads, 1, 1, unsigned(info.scratchBytes),
                                 hipOf(stream), /*params=*/nullptr, extra);
}

Expected<std::unique_ptr<Device>> amdgpu::createDevice(const DeviceOptions &options) {
  Expected<std::shared_ptr<HipDriver>> opened = HipDriver::open(options.driver);
  if (!opened)
    return opened.takeError();
  return openGpu(std::make_shared<HipGpu>(std::move(*opened)), options.ordinal);
}
