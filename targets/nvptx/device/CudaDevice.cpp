//===- CudaDevice.cpp - A GPU behind CUDA as a device ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is CUDA's own of a GPU: the calls, its primary context, compute capability, images and
// limits of launches.
//
//===----------------------------------------------------------------------===//

#include "targets/nvptx/device/CudaDevice.h"

#include "targets/nvptx/device/CudaDriver.h"

#include <algorithm>
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

class CudaGpu : public ModuleDriver {
public:
  explicit CudaGpu(std::shared_ptr<CudaDriver> driver)
      : ModuleDriver(*driver, CudaLaunchEnd), cuda(std::move(driver)) {}
  ~CudaGpu() override {
    if (context)
      cuda->primaryContextRelease(device);
  }

  std::string describe(Status status) const override;
  Error open(int ordinal) override;
  bool has(const std::string &feature) const override;

  Status select() override { return cuda->contextSetCurrent(context); }
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

  Status copyToDevice(DeviceAddress to, const void *from, uint64_t bytes,
                      StreamHandle stream) override {
    return cuda->memcpyToDeviceAsync(to, from, bytes, stream);
  }
  Status copyToHost(void *to, DeviceAddress from, uint64_t bytes, StreamHandle stream) override {
    return cuda->memcpyToHostAsync(to, from, bytes, stream);
  }
  Status copyOnDevice(DeviceAddress to, DeviceAddress from, uint64_t bytes,
                      StreamHandle stream) override {
    return cuda->memcpyOnDeviceAsync(to, from, bytes, stream);
  }

  Expected<ModuleHandle> load(std::span<const std::byte> bytes) override;
  Error prepare(FunctionHandle function, const KernelInfo &info) override;
  Error checkGrid(const KernelInfo &info, const Grid &grid) const override;
  Status instantiate(ExecHandle &exec, GraphHandle graph) override {
    return cuda->graphInstantiate(&exec, graph, 0);
  }

private:
  CudaStatus loadImage(CudaModule &module, const void *image, std::string &said);

  std::shared_ptr<CudaDriver> cuda;
  CudaOrdinal device = 0;
  CudaContext context = nullptr;
  int major = 0, minor = 0, maxShared = 0;
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

/// The architecture that PTX is for, as its .target says first; empty if it says none.
static std::string getArchitecture(std::string_view text) {
  constexpr std::string_view directive = "\n.target";
  size_t begin = text.find(directive);
  if (begin == text.npos)
    return {};
  begin = text.find_first_not_of(" \t", begin + directive.size());
  return std::string(text.substr(begin, text.find_first_of(" \t\r\n,;", begin) - begin));
}

Expected<ModuleHandle> CudaGpu::load(std::span<const std::byte> bytes) {
  // Texts, each of which ends with a zero, then machine code.
  const std::string image(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  std::vector<const char *> texts;
  size_t code = 0;
  while (code < image.size() && isPtx(std::string_view(image).substr(code))) {
    texts.push_back(image.c_str() + code);
    code = std::min(image.size(), code + strlen(texts.back()) + 1);
  }
  std::span<const std::byte> behind = bytes.subspan(code);
  const bool hasCode = isElf(behind);
  if (texts.empty() && !hasCode)
    return Error::make("it is neither PTX nor machine code: it has ", bytes.size(),
                       " bytes and begins with neither .version nor an ELF header");
  // An image that ends early must not reach CUDA, which takes it without its size.
  if (Error error = hasCode ? checkElfLength(behind) : Error::success())
    return error;
  ModuleHandle module = nullptr;
  std::string said;
  CudaStatus status = CudaNoBinaryForGpu;
  if (hasCode)
    status = loadImage(module, behind.data(), said);
  // Machine code of another architecture is no failure as long as there is PTX: the first that is
  // for this card, and if none says so the first, so that the driver says why.
  if (!texts.empty() && (status == CudaNoBinaryForGpu || status == CudaInvalidImage)) {
    auto fits = [&](const char *text) { return has(getArchitecture(text)); };
    auto found = std::find_if(texts.begin(), texts.end(), fits);
    status = loadImage(module, found == texts.end() ? texts.front() : *found, said);
  }
  if (status == 0)
    return module;
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

Error CudaGpu::prepare(FunctionHandle function, const KernelInfo &info) {
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

Expected<std::unique_ptr<Device>> nvptx::createDevice(const DeviceOptions &options) {
  Expected<std::shared_ptr<CudaDriver>> opened = openDriver<CudaDriver>(options.driver);
  if (!opened)
    return opened.takeError();
  return openGpu(std::make_shared<CudaGpu>(std::move(*opened)), options.ordinal);
}
