//===- CpuDevice.cpp - The host processor as a device -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Everything is synchronous: when launch() returns, the launch is done.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/device/CpuDevice.h"
#include "moec/Support/File.h"
#include "targets/cpu/device/CpuFeatures.h"
#include "targets/cpu/device/WorkerPool.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <sys/mman.h>
#include <unistd.h>

using namespace moec;
using namespace moec::cpu;
using namespace moec::runtime;

static constexpr unsigned maxThreads = 4096;
/// Memory for which large pages are asked.
static constexpr uint64_t largePage = 2 << 20;

namespace {
class CpuKernel : public Kernel {
public:
  explicit CpuKernel(moec_kernel function) : function(function) {}
  const moec_kernel function;
};

/// A shared library, loaded from an anonymous file that holds the very bytes that were verified.
class CpuCodeObject : public CodeObject {
public:
  CpuCodeObject(std::string name, WorkerPool &pool) : name(std::move(name)), pool(pool) {}
  ~CpuCodeObject() override {
    if (library)
      dlclose(library);
    if (fd >= 0)
      ::close(fd);
  }

  Error load(std::span<const std::byte> bytes) {
    fd = memfd_create("moec-kernels", MFD_CLOEXEC);
    if (fd < 0)
      return Error::make("cannot make memory for '", name, "': ", lastSystemError());
    for (size_t done = 0; done < bytes.size();) {
      ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
      if (count <= 0)
        return Error::make("cannot copy '", name, "' to memory: ", lastSystemError());
      done += static_cast<size_t>(count);
    }
    // The descriptor stays open: the loader tells libraries apart by this name.
    library = dlopen(strCat("/proc/self/fd/", fd).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return Error::make("cannot load '", name, "': ", dlerror());
    return Error::success();
  }

  Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) override {
    void *symbol = dlsym(library, info.symbol.c_str());
    if (!symbol)
      return Error::make("'", name, "' exports no symbol '", info.symbol, "'");
    if (!pool.reserveScratch(info.scratchBytes))
      return Error::make("cannot allocate ", info.scratchBytes, " bytes of scratch for each of ",
                         pool.threads(), " threads");
    return std::make_unique<CpuKernel>(reinterpret_cast<moec_kernel>(symbol));
  }

private:
  std::string name;
  WorkerPool &pool;
  int fd = -1;
  void *library = nullptr;
};

class CpuStream : public Stream {
public:
  explicit CpuStream(WorkerPool &pool) : pool(pool) {}

  Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) override {
    if (!source.empty())
      std::memcpy(reinterpret_cast<void *>(destination), source.data(), source.size());
    return Error::success();
  }
  Error copyToHost(std::span<std::byte> destination, DeviceAddress source) override {
    if (!destination.empty())
      std::memcpy(destination.data(), reinterpret_cast<const void *>(source), destination.size());
    return Error::success();
  }
  Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) override {
    if (bytes != 0)
      std::memcpy(reinterpret_cast<void *>(destination), reinterpret_cast<const void *>(source),
                  bytes);
    return Error::success();
  }
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override {
    uint64_t plane = uint64_t(grid[0]) * grid[1], blocks;
    if (__builtin_mul_overflow(plane, uint64_t(grid[2]), &blocks))
      return Error::make("a grid of ", grid[0], " x ", grid[1], " x ", grid[2],
                         " has more than 2^64 blocks");
    if (blocks != 0)
      pool.run(static_cast<CpuKernel &>(kernel).function, args.data(), grid);
    return Error::success();
  }
  Error synchronize() override { return Error::success(); }

private:
  WorkerPool &pool;
};

class CpuDevice : public Device {
public:
  CpuDevice(CpuFeatures features, unsigned threads, void (*finish)())
      : features(std::move(features)), areEmulated(finish), pool(threads, finish) {}

  std::string description() const override {
    return strCat(features.model().empty() ? "cpu" : features.model(), ", ", pool.threads(),
                  pool.threads() == 1 ? " thread" : " threads",
                  areEmulated ? ", emulated tiles" : "");
  }

  Error checkFeatures(const std::vector<std::string> &wanted) const override {
    std::string missing = features.describeMissing(wanted);
    return missing.empty() ? Error::success() : Error::make(missing);
  }

  Expected<uint64_t> freeMemory() const override {
    std::ifstream file("/proc/meminfo");
    for (std::string key; file >> key;) {
      uint64_t kibibytes = 0;
      if (key == "MemAvailable:" && file >> kibibytes)
        return kibibytes << 10;
    }
    return Error::make("/proc/meminfo does not say how much memory is available");
  }

  Expected<DeviceAddress> allocate(uint64_t bytes) override {
    uint64_t size = std::max<uint64_t>(bytes, MOEC_BUFFER_ALIGNMENT);
    void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return Error::make("cannot allocate ", bytes, " bytes: ", lastSystemError());
    if (size >= largePage)
      madvise(memory, size, MADV_HUGEPAGE);
    return reinterpret_cast<DeviceAddress>(memory);
  }
  void deallocate(DeviceAddress address, uint64_t bytes) override {
    munmap(reinterpret_cast<void *>(address), std::max<uint64_t>(bytes, MOEC_BUFFER_ALIGNMENT));
  }

  Expected<DeviceAddress> importHost(std::span<const std::byte> bytes) override {
    return reinterpret_cast<DeviceAddress>(bytes.data());
  }

  Expected<std::unique_ptr<CodeObject>> loadCode(const std::string &name,
                                                 std::span<const std::byte> bytes) override {
    auto object = std::make_unique<CpuCodeObject>(name, pool);
    if (Error error = object->load(bytes))
      return error;
    return object;
  }

  Expected<std::unique_ptr<Stream>> createStream() override {
    return std::make_unique<CpuStream>(pool);
  }

private:
  CpuFeatures features;
  bool areEmulated;
  WorkerPool pool;
};
} // namespace

/// What there is of tiles: `finish` is to be called behind each kernel, if it is set.
static Error openTiles(const std::string &emulation, CpuFeatures &features, void (*&finish)()) {
  // Asked for before there are workers. A system that refuses leaves a machine without tiles.
  if (features.has("amx-tile") && !CpuFeatures::requestTiles())
    features.removeAll("amx-");
  if (emulation.empty())
    return Error::success();
  // Its handler of signals stays, and so does it.
  void *library = dlopen(emulation.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Error::make("cannot load the emulation of tiles: ", dlerror());
  auto open = reinterpret_cast<int (*)()>(dlsym(library, "moec_tiles_open"));
  finish = reinterpret_cast<void (*)()>(dlsym(library, "moec_tiles_finish"));
  if (!open || !finish)
    return Error::make("'", emulation, "' is no emulation of tiles: it lacks moec_tiles_open or ",
                       "moec_tiles_finish");
  if (open() != 0)
    return Error::make("cannot handle tile instructions: ", lastSystemError());
  for (const char *emulated : {"amx-tile", "amx-bf16", "amx-int8"})
    features.add(emulated);
  return Error::success();
}

Expected<std::unique_ptr<Device>> cpu::createDevice(const DeviceOptions &options) {
  if (options.ordinal != 0)
    return Error::make("there is one cpu device, number ", options.ordinal, " does not exist");
  if (options.threads > maxThreads)
    return Error::make(options.threads, " threads are more than the ", maxThreads, " allowed");
  CpuFeatures features = CpuFeatures::host();
  void (*finish)() = nullptr;
  if (Error error = openTiles(options.driver, features, finish))
    return error;
  unsigned threads = options.threads ? options.threads : std::max(1u, HostFacts::read().cores);
  return std::make_unique<CpuDevice>(std::move(features), threads, finish);
}
