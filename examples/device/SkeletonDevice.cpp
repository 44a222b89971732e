//===- SkeletonDevice.cpp - A device to copy ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The least that a device can be, with its promises at each place. Its machine is the host: it
// runs the code of the target cpu, one block after the other. Like a real driver it does nothing
// before somebody waits, so a forgotten wait in the runtime shows. Replace what is marked "Driver:"
// in a copy, and put it through MoecDeviceTests.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/File.h"
#include "moec/runtime/DeviceManifest.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <dlfcn.h>
#include <unistd.h>

using namespace moec;
using namespace moec::runtime;

namespace {
/// Driver: a piece of queued work. A real driver has its own queue.
using Work = std::function<void()>;

class SkeletonKernel : public Kernel {
public:
  SkeletonKernel(moec_kernel function, uint64_t scratchBytes)
      : function(function), scratchBytes(scratchBytes) {}
  const moec_kernel function;
  const uint64_t scratchBytes;
};

class SkeletonGraph : public Graph {
public:
  explicit SkeletonGraph(std::deque<Work> work) : work(std::move(work)) {}
  const std::deque<Work> work;
};

class SkeletonCode : public CodeObject {
public:
  explicit SkeletonCode(std::string name) : name(std::move(name)) {}
  ~SkeletonCode() override {
    if (library)
      dlclose(library);
  }

  /// Driver: loads a module from memory. An image that is not for this machine is an error, never
  /// a crash; what is inside has been verified by its hash before.
  Error load(std::span<const std::byte> bytes) {
    std::string path = "/tmp/moec-skeleton-XXXXXX";
    int fd = mkstemp(path.data());
    if (fd < 0)
      return Error::make("cannot make a file for '", name, "': ", lastSystemError());
    bool written = ::write(fd, bytes.data(), bytes.size()) == ssize_t(bytes.size());
    ::close(fd);
    if (written)
      library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    ::unlink(path.c_str());
    return library ? Error::success() : Error::make("cannot load '", name, "' as a library");
  }

  /// Driver: looks up an entry point. The plan's numbers about the kernel come in `info`.
  Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) override {
    void *symbol = dlsym(library, info.symbol.c_str());
    if (!symbol)
      return Error::make("'", name, "' exports no symbol '", info.symbol, "'");
    return std::make_unique<SkeletonKernel>(reinterpret_cast<moec_kernel>(symbol),
                                            info.scratchBytes);
  }

private:
  std::string name;
  void *library = nullptr;
};

class SkeletonStream : public Stream {
public:
  /// Driver: an asynchronous copy. Host memory stays valid until synchronize(), so it may be read
  /// late.
  Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) override {
    queue.push_back([=] {
      std::copy(source.begin(), source.end(), reinterpret_cast<std::byte *>(destination));
    });
    return Error::success();
  }
  Error copyToHost(std::span<std::byte> destination, DeviceAddress source) override {
    queue.push_back([=] {
      const auto *from = reinterpret_cast<const std::byte *>(source);
      std::copy(from, from + destination.size(), destination.data());
    });
    return Error::success();
  }
  /// Driver: an asynchronous copy within the device, which a capture keeps as it does launches.
  Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) override {
    queue.push_back([=] {
      const auto *from = reinterpret_cast<const std::byte *>(source);
      std::copy(from, from + bytes, reinterpret_cast<std::byte *>(destination));
    });
    return Error::success();
  }

  /// Driver: a launch. The words are the argument segment and are gone when this returns. A grid
  /// without blocks is no error.
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override {
    auto &found = static_cast<SkeletonKernel &>(kernel);
    uint64_t blocks = uint64_t(grid[0]) * grid[1] * grid[2];
    if (blocks == 0)
      return Error::success();
    std::vector<moec_word> words(args.begin(), args.end());
    queue.push_back([words, grid, blocks, function = found.function, bytes = found.scratchBytes] {
      uint64_t size = (bytes / MOEC_SCRATCH_ALIGNMENT + 1) * MOEC_SCRATCH_ALIGNMENT;
      void *scratch = std::aligned_alloc(MOEC_SCRATCH_ALIGNMENT, size);
      function(words.data(), grid.data(), 0, blocks, scratch);
      std::free(scratch);
    });
    return Error::success();
  }

  /// Driver: waits, and reports what failed since the last wait.
  Error synchronize() override {
    for (const Work &work : queue)
      work();
    queue.clear();
    return Error::success();
  }

  /// Driver: begins a capture, issues, ends it. The capture ends when `issue` fails, too. Leave
  /// both functions out if the driver has no graphs.
  Expected<std::unique_ptr<Graph>> capture(const std::function<Error()> &issue) override {
    std::deque<Work> waiting = std::exchange(queue, {});
    Error problem = issue();
    std::swap(queue, waiting);
    if (problem)
      return problem;
    return std::make_unique<SkeletonGraph>(std::move(waiting));
  }
  Error replay(Graph &graph) override {
    const std::deque<Work> &work = static_cast<SkeletonGraph &>(graph).work;
    queue.insert(queue.end(), work.begin(), work.end());
    return Error::success();
  }

private:
  std::deque<Work> queue;
};

class SkeletonDevice : public Device {
public:
  std::string description() const override { return "skeleton"; }

  /// Driver: what the compiler half wrote into the plan, for example the processor's name. The
  /// error names what is missing. This machine takes the host's features for granted.
  Error checkFeatures(const std::vector<std::string> &) const override { return Error::success(); }

  /// Driver: free memory.
  Expected<uint64_t> freeMemory() const override { return uint64_t(1) << 30; }

  /// Driver: memory that is zero when this returns, for every stream.
  Expected<DeviceAddress> allocate(uint64_t bytes) override {
    uint64_t size = (bytes / MOEC_BUFFER_ALIGNMENT + 1) * MOEC_BUFFER_ALIGNMENT;
    void *memory = std::aligned_alloc(MOEC_BUFFER_ALIGNMENT, size);
    if (!memory)
      return Error::make("cannot allocate ", bytes, " bytes");
    std::memset(memory, 0, size);
    return reinterpret_cast<DeviceAddress>(memory);
  }
  void deallocate(DeviceAddress address, uint64_t) override {
    std::free(reinterpret_cast<void *>(address));
  }

  /// Driver: a copy that the device keeps, unless kernels can read the host's memory.
  Expected<DeviceAddress> importHost(std::span<const std::byte> bytes) override {
    return reinterpret_cast<DeviceAddress>(bytes.data());
  }

  Expected<std::unique_ptr<CodeObject>> loadCode(const std::string &name,
                                                 std::span<const std::byte> bytes) override {
    auto code = std::make_unique<SkeletonCode>(name);
    if (Error error = code->load(bytes))
      return error;
    return code;
  }
  Expected<std::unique_ptr<Stream>> createStream() override {
    return std::make_unique<SkeletonStream>();
  }
  bool hasGraphs() const override { return true; }
};
} // namespace

/// Driver: opens the library `options.driver`, looks for device number `options.ordinal`. Each
/// thing that may be missing has its own sentence.
static Expected<std::unique_ptr<Device>> createDevice(const DeviceOptions &options) {
  if (options.ordinal != 0)
    return Error::make("there is one skeleton, number ", options.ordinal, " does not exist");
  return std::make_unique<SkeletonDevice>();
}

/// The entry point that DevicePlugin::entryPoint names.
extern "C" __attribute__((visibility("default"))) const DevicePlugin *moecDevicePlugin() {
  static const DevicePlugin plugin = {DevicePlugin::currentVersion, createDevice};
  return &plugin;
}
