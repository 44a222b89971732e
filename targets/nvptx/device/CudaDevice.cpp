//===- CudaDevice.cpp - A GPU behind CUDA as a device ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is CUDA's own of a GPU: the calls, its primary context, compute capability, images and
// limits of launches.
//
//===----------------------------------------------------------------------===//

#include "targets/nvptx/device/CudaDevice.h"

#include "moec/runtime/gpu/GpuDriver.h"
#include "targets/nvptx/device/CudaDriver.h"

#include <charconv>
#include <cstring>

using namespace moec;
using namespace moec::nvptx;
using namespace moec::runtime;
using namespace moec::runtime::gpu;

namespace {
/// What a launch takes of shared memory without asking, and the extents that a grid may have.
constexpr uint64_t usualSharedBytes = 48 * 1024;
constexpr Grid maxGrid = {2147483647, 65535, 65535};
/// Where ELF's header says what a file is.
struct ElfHeader {
  static constexpr size_t bytes = 64, sectionOffset = 40, sectionBytes = 58, sections = 60;
};

class CudaGpu : public GpuDriver {
public:
  explicit CudaGpu(std::shared_ptr<CudaDriver> cuda) : cuda(std::move(cuda)) {}
  ~CudaGpu() override {
    if (context)
      cuda->primaryContextRelease(device);
  }

  const std::string &library() const override { return cuda->library(); }
  std::string describe(Status status) const override;
  Status start(int &count) override {
    Status status = cuda->init(0);
    return status == 0 ? cuda->deviceGetCount(&count) : status;
  }
  Error open(int ordinal) override;
  const std::string &name() const override { return cardName; }
  const std::string &architecture() const override { return arch; }
  bool has(const std::string &feature) const override;

  Status select() override { return cuda->contextSetCurrent(context); }
  Status readMemory(size_t &free, size_t &total) override {
    return cuda->memGetInfo(&free, &total);
  }
  Status allocate(DeviceAddress &address, uint64_t bytes) override {
    CudaAddress memory = 0;
    Status status = cuda->memAlloc(&memory, bytes);
    address = memory;
    return status;
  }
  Status release(DeviceAddress address) override { return cuda->memFree(address); }
  Status clear(DeviceAddress address, uint64_t bytes) override {
    // It may return before it is done; no stream of ours waits for the null stream.
    Status status = cuda->memsetBytes(address, 0, bytes);
    return status == 0 ? cuda->streamSynchronize(nullptr) : status;
  }
  Status copyNow(DeviceAddress to, const void *from, uint64_t bytes) override {
    return cuda->memcpyToDevice(to, from, bytes);
  }

  Status createStream(StreamHandle &stream) override {
    CudaStream made = nullptr;
    Status status = cuda->streamCreate(&made, CudaStreamNonBlocking);
    stream = made;
    return status;
  }
  Status destroyStream(StreamHandle stream) override { return cuda->streamDestroy(cudaOf(stream)); }
  Status synchronize(StreamHandle stream) override {
    return cuda->streamSynchronize(cudaOf(stream));
  }
  Status copyToDevice(DeviceAddress to, const void *from, uint64_t bytes,
                      StreamHandle stream) override {
    return cuda->memcpyToDeviceAsync(to, from, bytes, cudaOf(stream));
  }
  Status copyToHost(void *to, DeviceAddress from, uint64_t bytes, StreamHandle stream) override {
    return cuda->memcpyToHostAsync(to, from, bytes, cudaOf(stream));
  }
  Status copyOnDevice(DeviceAddress to, DeviceAddress from, uint64_t bytes,
                      StreamHandle stream) override {
    return cuda->memcpyOnDeviceAsync(to, from, bytes, cudaOf(stream));
  }

  Expected<ModuleHandle> load(std::span<const std::byte> bytes) override;
  Status unload(ModuleHandle module) override {
    return cuda->moduleUnload(static_cast<CudaModule>(module));
  }
  Status findFunction(FunctionHandle &function, ModuleHandle module,
                      const std::string &symbol) override {
    CudaFunction found = nullptr;
    Status status =
        cuda->moduleGetFunction(&found, static_cast<CudaModule>(module), symbol.c_str());
    function = found;
    return status;
  }
  Error prepare(FunctionHandle function, const KernelInfo &info) override;
  Error checkGrid(const KernelInfo &info, const Grid &grid) const override;
  Status launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                std::span<const moec_word> args, StreamHandle stream) override;

  Status beginCapture(StreamHandle stream) override {
    return cuda->streamBeginCapture(cudaOf(stream), CudaCaptureThreadLocal);
  }
  Status endCapture(StreamHandle stream, GraphHandle &graph) override {
    CudaGraph captured = nullptr;
    Status status = cuda->streamEndCapture(cudaOf(stream), &captured);
    graph = captured;
    return status;
  }
  Status instantiate(ExecHandle &exec, GraphHandle graph) override {
    CudaGraphExec made = nullptr;
    Status status = cuda->graphInstantiate(&made, static_cast<CudaGraph>(graph), 0);
    exec = made;
    return status;
  }
  Status launchGraph(ExecHandle exec, StreamHandle stream) override {
    return cuda->graphLaunch(static_cast<CudaGraphExec>(exec), cudaOf(stream));
  }
  Status destroyGraph(GraphHandle graph) override {
    return cuda->graphDestroy(static_cast<CudaGraph>(graph));
  }
  Status destroyExec(ExecHandle exec) override {
    return cuda->graphExecDestroy(static_cast<CudaGraphExec>(exec));
  }

private:
  CudaStatus loadImage(CudaModule &module, const void *image, std::string &said);
  static CudaStream cudaOf(StreamHandle stream) { return static_cast<CudaStream>(stream); }

  std::shared_ptr<CudaDriver> cuda;
  CudaOrdinal device = 0;
  CudaContext context = nullptr;
  int major = 0, minor = 0, maxShared = 0;
  std::string cardName, arch;
};
} // namespace

std::string CudaGpu::describe(Status status) const {
  const char *name = nullptr, *text = nullptr;
  if (cuda->getErrorName(status, &name) != 0 || cuda->getErrorString(status, &text) != 0 || !name ||
      !text)
    return strCat("error ", status);
  return strCat(text, " (", name, ")");
}

Error CudaGpu::open(int ordinal) {
  char text[256] = {};
  Status status = cuda->deviceGet(&device, ordinal);
  if (status == 0)
    status = cuda->deviceGetName(text, sizeof text, device);
  for (auto [value, attribute] : {std::pair(&major, int(CudaCapabilityMajor)),
                                  {&minor, CudaCapabilityMinor},
                                  {&maxShared, CudaMaxBlockShared}})
    if (status == 0)
      status = cuda->deviceGetAttribute(value, attribute, device);
  if (Error error = check(status, strCat("cannot read the properties of GPU ", ordinal)))
    return error;
  cardName = std::string(text, strnlen(text, sizeof text));
  arch = strCat("sm_", major, minor);
  return check(cuda->primaryContextRetain(&context, device),
               strCat("cannot work on GPU ", ordinal));
}

/// sm_90 is for cards of compute capability 9.0 and newer ones, sm_90a for those of 9.0 alone, and
/// sm_100f for 10.x from 10.0 on.
bool CudaGpu::has(const std::string &feature) const {
  int number = 0;
  const char *end = feature.data() + feature.size();
  if (feature.rfind("sm_", 0) != 0)
    return false;
  auto [suffix, error] = std::from_chars(feature.data() + 3, end, number);
  if (error != std::errc())
    return false;
  int own = major * 10 + minor;
  std::string kind(suffix, end);
  if (kind == "a")
    return number == own;
  if (kind == "f")
    return number / 10 == major && number <= own;
  return kind.empty() && number <= own;
}

/// Whether bytes are machine code; an image that ends early must not reach CUDA, which takes it
/// without its size.
static Expected<bool> isMachineCode(std::span<const std::byte> bytes) {
  if (bytes.size() < 4 || std::memcmp(bytes.data(), "\177ELF", 4) != 0)
    return false;
  uint64_t offset = 0;
  uint16_t entryBytes = 0, entries = 0;
  if (bytes.size() < ElfHeader::bytes)
    return Error::make("it is cut short: it has ", bytes.size(), " bytes, its header ",
                       ElfHeader::bytes);
  std::memcpy(&offset, bytes.data() + ElfHeader::sectionOffset, sizeof offset);
  std::memcpy(&entryBytes, bytes.data() + ElfHeader::sectionBytes, sizeof entryBytes);
  std::memcpy(&entries, bytes.data() + ElfHeader::sections, sizeof entries);
  uint64_t table = uint64_t(entryBytes) * entries;
  if (offset > bytes.size() || table > bytes.size() - offset)
    return Error::make("it is cut short: it has ", bytes.size(), " bytes, its section headers are ",
                       table, " bytes at ", offset);
  return true;
}

/// Whether bytes are PTX: comments and blanks, then .version.
static bool isPtx(std::string_view text) {
  for (;;) {
    size_t start = text.find_first_not_of(" \t\r\n");
    if (start == text.npos)
      return false;
    text.remove_prefix(start);
    if (!text.starts_with("//"))
      return text.starts_with(".version");
    text.remove_prefix(std::min(text.size(), text.find('\n')));
  }
}

/// A code object is PTX, machine code, or PTX with a zero and machine code behind it. Machine code
/// of another architecture is no failure as long as there is PTX.
Expected<ModuleHandle> CudaGpu::load(std::span<const std::byte> bytes) {
  // PTX ends with a zero.
  std::string image(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  bool hasText = isPtx(image);
  size_t code = hasText ? std::min(image.size(), strlen(image.c_str()) + 1) : 0;
  std::span<const std::byte> behind = bytes.subspan(code);
  Expected<bool> machineCode = isMachineCode(behind);
  if (!machineCode)
    return machineCode.takeError();
  if (!hasText && !*machineCode)
    return Error::make("it is neither PTX nor machine code: it has ", bytes.size(),
                       " bytes and begins with neither .version nor an ELF header");
  CudaModule module = nullptr;
  std::string said;
  CudaStatus status = CudaNoBinaryForGpu;
  if (*machineCode)
    status = loadImage(module, behind.data(), said);
  if (hasText && (status == CudaNoBinaryForGpu || status == CudaInvalidImage))
    status = loadImage(module, image.c_str(), said);
  if (status == 0)
    return static_cast<ModuleHandle>(module);
  return Error::make(describe(status), said.empty() ? "" : ": ", said);
}

/// One image; what the driver says of a failure goes to `said`.
CudaStatus CudaGpu::loadImage(CudaModule &module, const void *image, std::string &said) {
  char log[4096] = {};
  int options[] = {CudaJitErrorLog, CudaJitErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  CudaStatus status = cuda->moduleLoadDataEx(&module, image, 2, options, values);
  said = std::string(log, strnlen(log, sizeof log));
  said.erase(said.find_last_not_of(" \t\r\n") + 1);
  return status;
}

Error CudaGpu::prepare(FunctionHandle handle, const KernelInfo &info) {
  auto function = static_cast<CudaFunction>(handle);
  int fixed = 0;
  if (Error error = check(cuda->functionGetAttribute(&fixed, CudaFunctionSharedBytes, function),
                          "does not say what it takes"))
    return error;
  uint64_t wanted = info.scratchBytes + uint64_t(fixed);
  if (wanted > uint64_t(maxShared))
    return Error::make("takes ", wanted, " bytes of shared memory, and a block of ", arch,
                       " may have ", maxShared);
  if (wanted <= usualSharedBytes)
    return Error::success();
  return check(
      cuda->functionSetAttribute(function, CudaFunctionMaxDynamicShared, int(info.scratchBytes)),
      strCat("does not get ", info.scratchBytes, " bytes of shared memory"));
}

Error CudaGpu::checkGrid(const KernelInfo &, const Grid &grid) const {
  for (size_t axis = 0; axis < grid.size(); ++axis)
    if (grid[axis] > maxGrid[axis])
      return Error::make(grid[axis], " blocks in ", "xyz"[axis], " are more than ", maxGrid[axis],
                         ", compile the model with a smaller --max-tokens");
  return Error::success();
}

Status CudaGpu::launch(FunctionHandle function, const KernelInfo &info, const Grid &grid,
                       std::span<const moec_word> args, StreamHandle stream) {
  auto key = [](size_t value) { return reinterpret_cast<void *>(value); };
  size_t bytes = args.size_bytes();
  void *extra[] = {key(CudaLaunchBufferPointer), const_cast<moec_word *>(args.data()),
                   key(CudaLaunchBufferSize), &bytes, key(CudaLaunchEnd)};
  return cuda->launchKernel(static_cast<CudaFunction>(function), grid[0], grid[1], grid[2],
                            info.blockThreads, 1, 1, unsigned(info.scratchBytes), cudaOf(stream),
                            /*params=*/nullptr, extra);
}

Expected<std::unique_ptr<Device>> nvptx::createDevice(const DeviceOptions &options) {
  Expected<std::shared_ptr<CudaDriver>> opened = CudaDriver::open(options.driver);
  if (!opened)
    return opened.takeError();
  return openGpu(std::make_shared<CudaGpu>(std::move(*opened)), options.ordinal);
}
