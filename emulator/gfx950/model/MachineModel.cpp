//===- MachineModel.cpp - Workgroups of kernels, counted --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Memory is mapped, not allocated: a model's weights are larger than a host, and a workgroup reads
// few of them.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/MachineModel.h"

#include "GroupWork.h"
#include "moec/emulator/gfx950/Launch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/mman.h>

namespace moec::emulator {

MachineModel::~MachineModel() = default;

namespace {
class Gfx950Model : public MachineModel {
public:
  ~Gfx950Model() override {
    module.reset();
    for (auto [address, bytes] : maps) {
      memory.hide(address);
      munmap(address, bytes);
    }
  }
  Expected<uint64_t> reserve(uint64_t bytes) override;
  Error load(std::span<const std::byte> code, const std::string &name) override;
  Expected<GroupCounts> run(const LaunchRequest &request, uint64_t group,
                            std::span<const AddressRange> ranges) override;

private:
  gfx950::AllocationTable memory;
  std::unique_ptr<gfx950::Module> module;
  std::vector<std::pair<void *, size_t>> maps;
};
} // namespace

Expected<uint64_t> Gfx950Model::reserve(uint64_t bytes) {
  // Between two maps lies a page that nobody may touch.
  constexpr uint64_t page = 4096;
  uint64_t size = (bytes + page - 1) / page * page + page;
  void *map = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED)
    return Error::make("cannot map ", bytes, " bytes: ", std::strerror(errno));
  maps.push_back({map, size});
  memory.expose(map, bytes, /*readOnly=*/false);
  return reinterpret_cast<uint64_t>(map);
}

Error Gfx950Model::load(std::span<const std::byte> code, const std::string &name) {
  module.reset();
  auto loaded = gfx950::Module::load(code, memory);
  if (!loaded)
    return loaded.takeError().addContext(strCat("'", name, "'"));
  module = std::move(*loaded);
  return Error::success();
}

/// Bytes of the lines that lie in a range; `lines` are ascending.
static double bytesIn(const std::vector<uint64_t> &lines, const AddressRange &range) {
  if (range.end <= range.begin)
    return 0;
  auto first = std::lower_bound(lines.begin(), lines.end(), range.begin / gfx950::kLineBytes);
  auto last = std::upper_bound(first, lines.end(), (range.end - 1) / gfx950::kLineBytes);
  return double(last - first) * double(gfx950::kLineBytes);
}

Expected<GroupCounts> Gfx950Model::run(const LaunchRequest &request, uint64_t group,
                                       std::span<const AddressRange> ranges) {
  const gfx950::KernelInfo *kernel = module ? module->kernel(request.symbol) : nullptr;
  if (!kernel)
    return Error::make("the code has no kernel '", request.symbol, "'");
  gfx950::LaunchShape shape;
  std::copy(request.grid.begin(), request.grid.end(), shape.grid);
  shape.block[0] = request.threads;
  shape.dynamicShared = uint32_t(request.sharedBytes);
  gfx950::Profile profile;
  gfx950::LaunchOptions options;
  options.threads = 1;
  options.blocks = {group};
  options.profile = &profile;
  // Its numbers are no one's, so what it computes of them may be anything; where it goes may not.
  options.allowed = gfx950::findingBit(gfx950::FindingClass::Poison);
  auto counters =
      gfx950::launch(*module, *kernel, shape, std::as_bytes(request.words), memory, options);
  if (!counters)
    return counters.takeError();
  GroupCounts counts;
  counts.work = gfx950::groupWorkOf(profile);
  counts.groupsPerUnit =
      gfx950::occupancyOf(kernel->allocatedVgprs(), kernel->ldsBytes + shape.dynamicShared,
                          (request.threads + gfx950::kLanes - 1) / gfx950::kLanes)
          .groupsPerCu;
  counts.issueSlots = profile.total().slots;
  for (const AddressRange &range : ranges) {
    counts.readBytes.push_back(bytesIn(profile.readLines, range));
    counts.writtenBytes.push_back(bytesIn(profile.writtenLines, range));
  }
  return counts;
}

std::vector<std::string> modelledTargets() { return {"gfx950"}; }

std::unique_ptr<MachineModel> createMachineModel(const std::string &target) {
  return target == "gfx950" ? std::make_unique<Gfx950Model>() : nullptr;
}

} // namespace moec::emulator
